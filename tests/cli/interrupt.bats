# Stopping and going on: what was stopped anywhere ends as if nothing had happened, to the last bit.
load helpers

setup() {
    common_setup
}

# 180 steps an epoch, at a rate that is stable for thousands of epochs: how far a training is when it
# is stopped depends on the machine.
many_steps=(--set train.batch=10 --set train.learning_rate=0.02)

# interrupt SIGNAL RUN LINES ARGUMENTS...: starts a training, sends the signal once its history has
# so many epochs; the exit code in $status, stderr in $stderr. Shells start background commands with
# SIGINT ignored, which env undoes.
interrupt() {
    local signal="$1" folder="$2" lines="$3" pid
    shift 3
    env --default-signal=INT,TERM,HUP "$DENSEAM" train "$@" --quiet > out 2> err &
    pid=$!
    wait_for_lines "$folder/metrics.jsonl" "$lines"
    kill -s "$signal" "$pid"
    status=0
    wait "$pid" || status=$?
    stderr=$(cat err)
    output=$(cat out)
}

# Where it stopped, of "stopped in epoch 7 after step 93 of 180".
stopped_epoch() { sed -n 's/.*stopped in epoch \([0-9]*\) after step.*/\1/p' <<<"$stderr"; }
stopped_step() { sed -n 's/.*after step \([0-9]*\) of.*/\1/p' <<<"$stderr"; }

was_interrupted() {
    [ "$status" -eq 8 ] || { echo "exit $status: $stderr"; return 1; }
    [ -z "$output" ]
    [[ "$stderr" == "denseam: stopped in epoch "*"everything is saved, --resume goes on from here" ]]
    [ "$(wc -l <<<"$stderr")" -eq 1 ]
}

# ends_as_if_whole SIGNAL: a training that the signal stopped in the middle of an epoch, beside one that ran through.
ends_as_if_whole() {
    interrupt "$1" stopped 2 small.conf --out stopped "${many_steps[@]}" \
        --set train.epochs=100000 --set train.checkpoint=1000
    was_interrupted
    epochs=$(($(stopped_epoch) + 2))
    tool train stopped --resume --quiet --set train.epochs="$epochs"
    succeeded
    tool train small.conf --quiet --out whole "${many_steps[@]}" --set train.checkpoint=1000 \
        --set train.epochs="$epochs"
    succeeded
    same_training stopped whole
    [ "$(wc -l < stopped/metrics.jsonl)" -eq "$epochs" ]
    nothing_left_over stopped
}

@test "a training stopped in the middle of an epoch ends as if it had not been" {
    ends_as_if_whole INT
}

# bats test_tags=nightly
@test "so does one that is terminated" {
    ends_as_if_whole TERM
}

# bats test_tags=nightly
@test "so does one that hangs up" {
    ends_as_if_whole HUP
}

@test "stopped after the last step of an epoch, before its validation" {
    # One step an epoch: whenever it stops, it is there.
    interrupt INT stopped 2 small.conf --out stopped --set train.batch=5000 --set train.epochs=100000
    was_interrupted
    [ "$(stopped_step)" -eq 1 ]
    epochs=$(($(stopped_epoch) + 2))
    tool train stopped --resume --quiet --set train.epochs="$epochs"
    succeeded
    tool train small.conf --quiet --out whole --set train.batch=5000 --set train.epochs="$epochs"
    succeeded
    same_training stopped whole
}

@test "stopped during the validation" {
    # Nearly all the time goes into it.
    options=(--set data.samples=20000 --set data.validation=0.99 --set train.batch=100)
    interrupt TERM stopped 2 small.conf --out stopped --set train.epochs=100000 "${options[@]}"
    was_interrupted
    epochs=$(($(stopped_epoch) + 1))
    tool train stopped --resume --quiet --set train.epochs="$epochs"
    succeeded
    tool train small.conf --quiet --out whole --set train.epochs="$epochs" "${options[@]}"
    succeeded
    same_training stopped whole
}

@test "stopped twice, streamed, with an annealed beta" {
    options=("${many_steps[@]}" --set data.memory=1 --set model.beta_rule=annealed
        --set model.anneal_to=100 --set model.anneal_epochs=20)
    interrupt INT stopped 2 small.conf --out stopped --set train.epochs=100000 "${options[@]}"
    was_interrupted
    interrupt TERM stopped $(($(stopped_epoch) + 2)) stopped --resume
    was_interrupted
    epochs=$(($(stopped_epoch) + 1))
    tool train stopped --resume --quiet --set train.epochs="$epochs"
    succeeded
    tool train small.conf --quiet --out whole --set train.epochs="$epochs" "${options[@]}"
    succeeded
    same_training stopped whole
}

@test "an interrupted run can be looked at and evaluated" {
    interrupt INT stopped 1 small.conf --out stopped "${many_steps[@]}" --set train.epochs=100000
    was_interrupted
    tool show stopped --json
    succeeded
    jq -e '.finished == false and .memories == 20' <<<"$output"
    tool eval stopped --json --quiet
    succeeded
    jq -e '.accuracy > 0.1' <<<"$output"
}

@test "an interrupted run that is profiled still says so" {
    interrupt INT stopped 1 small.conf --out stopped "${many_steps[@]}" \
        --set train.epochs=100000 --profile
    [ "$status" -eq 8 ]
    [[ "$(tail -n 1 err)" == "denseam: stopped in epoch "* ]]
    [ -e stopped/run.h5 ]
}

@test "a hangup that is ignored (nohup) does not stop a training" {
    nohup "$DENSEAM" train small.conf --quiet --out run --set train.epochs=300 > out 2> err &
    pid=$!
    wait_for_lines run/metrics.jsonl 2
    kill -HUP "$pid"
    wait "$pid" || { echo "exit $?: $(cat err)"; return 1; }
    [ "$(wc -l < run/metrics.jsonl)" -eq 300 ]
}

@test "a finished run is reported once more, and nothing of it changes but pictures" {
    run_file run
    before=$(fingerprint run | grep -v png)
    tool train run --resume --json
    succeeded
    jq -e '.epoch == 3 and .run == "run"' <<<"$output"
    [[ "$stderr" == *"the run has all of its 3 epochs; a higher train.epochs goes on"* ]]
    [ "$(fingerprint run | grep -v png)" = "$before" ]
    # Asked for less than it has, it does nothing either.
    tool train run --resume --quiet --set train.epochs=2
    succeeded
    [ "$(fingerprint run | grep -v png)" = "$before" ]
}

@test "a run goes on past its epochs as if it had been asked for more at once" {
    run_file run
    tool train run --resume --quiet --set train.epochs=6
    succeeded
    tool train small.conf --quiet --out whole --set train.epochs=6
    succeeded
    same_training run whole
    cmp run/preset.conf whole/preset.conf
    tool show run --json
    jq -e '.finished and .last_epoch.epoch == 6' <<<"$output"
}

@test "a run that stopped early says so, and goes on with more patience" {
    options=(--set train.learning_rate=0.000001 --set train.epochs=30)
    tool train small.conf --quiet --out early --json "${options[@]}" --set train.patience=1
    succeeded
    stopped=$(jq .epoch <<<"$output")
    [ "$stopped" -lt 30 ]
    tool train early --resume --json
    succeeded
    [[ "$stderr" == *"the run stopped early after $stopped epochs; a higher train.patience goes on"* ]]
    # More epochs alone do not make it go on: it did not stop because of them.
    tool train early --resume --json --quiet --set train.epochs=40
    succeeded
    [ "$(jq .epoch <<<"$output")" -eq "$stopped" ]
    tool train early --resume --json --quiet --set train.patience=0
    succeeded
    [ "$(jq .epoch <<<"$output")" -eq 30 ]
    tool train small.conf --quiet --out whole "${options[@]}"
    succeeded
    same_training early whole
}

@test "a run file moved elsewhere and under another name goes on" {
    run_file run
    mkdir -p 'else where/ünd'
    mv run 'else where/ünd/moved run'
    cd 'else where' || return 1
    tool train 'ünd/moved run/run.h5' --resume --quiet --json --set train.epochs=4
    succeeded
    jq -e '.epoch == 4 and .run == "ünd/moved run"' <<<"$output"
    ln -s 'ünd/moved run' link
    tool train link --resume --quiet --json --set train.epochs=5
    succeeded
    jq -e '.epoch == 5' <<<"$output"
}

@test "going on elsewhere than it began is said" {
    run_file run
    tool train run --resume --set train.epochs=4 --gemm clblast
    succeeded
    [[ "$stderr" == *"warning: the run began on "*"gemm panel): results will differ in the last bits"* ]]
}

@test "a preset is no run and a run is no preset, and each says what to do" {
    run_file run
    tool train run
    failed_with 2 "'run' is a run, not a preset; 'denseam train run --resume' goes on with it"
    tool train run/run.h5
    failed_with 2 "is a run, not a preset"
    tool train small.conf --resume
    failed_with 3 "'small.conf' is not a denseam run file"
    tool train mnist --resume
    failed_with 3 "there is no run 'mnist'"
    mkdir empty
    tool train empty --resume
    failed_with 3 "'empty' is no run: it has no run.h5"
    tool train run --resume --out other
    failed_with 2 "--resume goes on in the run's own folder; leave out --out"
    [ ! -e other ]
}

@test "overrides that do not fit the run are refused and change nothing" {
    interrupt INT stopped 1 small.conf --out stopped "${many_steps[@]}" --set train.epochs=100000
    was_interrupted
    before=$(fingerprint stopped)
    tool train stopped --resume --quiet --set model.memories=40
    failed_with 3 "'stopped/run.h5'" "'velocities/memories' has 15680 items where its preset needs 31360" \
        "leave out changes to what shapes the model or its batches (--set)"
    tool train stopped --resume --quiet --set train.batch=5
    failed_with 3 "'state/losses' has 180 items where its preset needs 360"
    tool train stopped --resume --quiet --set data.name=nonsense
    failed_with 3 "data set 'nonsense' is in none of"
    tool train stopped --resume --quiet --set train.momentum=2
    failed_with 2 "train.momentum"
    [ "$(fingerprint stopped)" = "$before" ]
}
