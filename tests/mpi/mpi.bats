# Several ranks train together (docs/cluster.md): $DENSEAM is a build with MPI, $MPIRUN starts it. ci/mpi runs
# this, in the environment that a machine with two processors and one device needs.
load ../cli/helpers

setup() {
    common_setup
    : "${MPIRUN:?set MPIRUN to the mpirun of the MPI that \$DENSEAM was built with}"
}

# ranks N ARGUMENTS...: like tool; what mpirun itself says of a rank's failure is left out of $stderr.
ranks() {
    local count="$1"
    shift
    status=0
    timeout 120 "$MPIRUN" -n "$count" "$DENSEAM" "$@" --share-device > out 2> err || status=$?
    output=$(cat out)
    stderr=$(grep -E '^(denseam|warning): ' err || true)
}

history_of() {
    jq -c 'del(.seconds, .split_seconds, .split_epochs)' "$1/metrics.jsonl"
}

# Every byte of the parameters and velocities, and the history.
same_training() {
    h5diff "$1/run.h5" "$2/run.h5" /parameters /parameters
    h5diff "$1/run.h5" "$2/run.h5" /velocities /velocities
    [ "$(history_of "$1")" = "$(history_of "$2")" ]
}

# same_for_ranks PRESET KEYS...: trains by 1, 2 and 4 ranks, and by 8 where there are as many shards.
same_for_ranks() {
    local preset="$1" keys=() key
    shift
    for key; do keys+=(--set "$key"); done
    rm -rf one two four
    tool train "$preset" --quiet --out one "${keys[@]}"
    succeeded
    ranks 2 train "$preset" --quiet --out two "${keys[@]}"
    succeeded
    ranks 4 train "$preset" --quiet --out four "${keys[@]}"
    succeeded
    same_training one two
    same_training one four
    [[ " ${keys[*]} " == *" train.shards=8 "* ]] || return 0
    rm -rf eight
    ranks 8 train "$preset" --quiet --out eight "${keys[@]}"
    succeeded
    same_training one eight
}

# a_rank MPIRUN: the process of a rank, whichever, below that of mpirun.
a_rank() {
    local process="$1" child
    while child=$(pgrep -P "$process" | tail -n 1) && [ -n "$child" ]; do
        process=$child
    done
    printf '%s\n' "$process"
}

@test "1, 2, 4 and 8 ranks give the same bits: vmf, and batches with fewer samples than shards" {
    # The last batch of an epoch has two samples.
    same_for_ranks small.conf train.shards=4 data.samples=1779
    same_for_ranks small.conf train.shards=8 data.samples=1779 model.loss=unsupervised
}

@test "energy, of both tasks" {
    same_for_ranks bench/energy-classes train.shards=4 data.samples=301 train.epochs=2
    same_for_ranks bench/energy-store train.shards=8 data.samples=130 train.epochs=2
}

@test "denoisers, with and without means over the batch" {
    same_for_ranks bench/denoise-small train.shards=4 train.epochs=2 model.centring=batch
    same_for_ranks bench/denoise-small train.shards=8 train.epochs=2 model.centring=none
    same_for_ranks bench/denoise-small train.shards=4 train.epochs=2 model.centring=batch \
        train.optimizer=sgd train.rates=spectrum model.activation=softmax train.eta0=0.001
}

@test "growth, early stopping and streamed samples" {
    same_for_ranks small.conf train.shards=4 model.memories=8 grow.to=16 grow.epochs=2 \
        grow.patience=0 grow.samples=500 grow.threshold=0
    same_for_ranks small.conf train.shards=4 train.epochs=50 train.patience=1 train.learning_rate=0.3
    [ "$(wc -l < four/metrics.jsonl)" -lt 50 ]
    same_for_ranks small.conf train.shards=4 data.memory=1
}

@test "a run goes on with another number of ranks" {
    tool train small.conf --quiet --out whole --set train.shards=4 --set train.epochs=6
    succeeded
    ranks 4 train small.conf --quiet --out run --set train.shards=4 --set train.epochs=2
    succeeded
    ranks 2 train run --resume --quiet --set train.epochs=4
    succeeded
    tool train run --resume --quiet --set train.epochs=6
    succeeded
    same_training whole run
}

@test "the first rank alone writes and speaks, and tells who works where" {
    ranks 2 train small.conf --out run --json --set train.shards=2
    succeeded
    jq -e '.epoch == 3 and .run == "run"' <<<"$output"
    [ "$(grep -c '^rank [01] of 2: ' err)" -eq 2 ]
    [ "$(grep -c '^device ' err)" -eq 1 ]
    [ "$(ls)" = "$(printf '%s\n' err out run small.conf)" ]
    nothing_left_over run
}

@test "the plan tells what ranks send" {
    # All gradients, once for two ranks and twice for four: float rows of multiples of 16.
    ranks 2 train bench/denoise-small --dry-run --json --set train.shards=4
    succeeded
    sent=$(jq .sent_bytes <<<"$output")
    jq -e '.ranks == 2 and .sent_bytes >= ([.buffers[] | select(.name | endswith(": gradient")) | .bytes] | add)' \
        <<<"$output"
    ranks 4 train bench/denoise-small --dry-run --json --set train.shards=4
    jq -e ".ranks == 4 and .sent_bytes == 2 * $sent" <<<"$output"
    tool train bench/denoise-small --dry-run --json --set train.shards=4
    jq -e '.ranks == 1 and .sent_bytes == 0' <<<"$output"
}

@test "one rank is a training alone, and without mpirun MPI is not even begun" {
    tool train small.conf --quiet --out alone
    succeeded
    ranks 1 train small.conf --quiet --out one
    succeeded
    same_training alone one
    if command -v ltrace > /dev/null; then
        ! ltrace -e MPI_Init_thread "$DENSEAM" train small.conf --dry-run 2>&1 | grep MPI_Init
    fi
}

@test "what cannot be shared is refused in one line" {
    ranks 2 train small.conf --out run
    [ "$status" -eq 2 ]
    [ "$(wc -l <<<"$stderr")" -eq 1 ]
    [[ "$stderr" == "denseam: train.shards = 1 cannot be shared by 2 ranks"* ]]
    ranks 3 train small.conf --out run --set train.shards=4
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"train.shards = 4 cannot be shared by 3 ranks; start 2, 4, 8"* ]]
    [ ! -e run ]
    status=0
    timeout 120 "$MPIRUN" -n 2 "$DENSEAM" train small.conf --out run --set train.shards=2 > out 2> err || status=$?
    [ "$status" -eq 2 ]
    [ "$(grep -c '^denseam: ' err)" -eq 1 ]
    grep -q 'denseam: rank 1: 2 ranks are on this machine, but it has 1 device for them; .* --share-device' err
}

@test "ranks with other samples are refused" {
    # The second rank takes another key than the first.
    cat > one-of-two << 'END'
#!/bin/bash
[ "${OMPI_COMM_WORLD_RANK:-${PMI_RANK:-}}" = 0 ] || set -- "$@" --set data.invert=yes
exec "$DENSEAM" "$@"
END
    chmod +x one-of-two
    status=0
    DENSEAM=$DENSEAM timeout 120 "$MPIRUN" -n 2 ./one-of-two train small.conf --out run --share-device \
        --set train.shards=2 > out 2> err || status=$?
    [ "$status" -eq 3 ]
    [ "$(grep -c '^denseam: ' err)" -eq 1 ]
    grep -q '^denseam: the samples of rank 1 have other numbers than those of rank 0' err
    [ ! -e run ]
}

@test "a rank's own failure ends all with its line" {
    # The first rank cannot claim the folder, of which the others do not even know.
    mkdir run
    : > run/run.h5
    ranks 2 train small.conf --out run --set train.shards=2
    [ "$status" -eq 2 ]
    [ "$(wc -l <<<"$stderr")" -eq 1 ]
    [[ "$stderr" == "denseam: 'run' holds a run already"* ]]
    # What all come to, all know.
    ranks 2 train small.conf --out other --set train.shards=2 --set train.learning_rate=100
    [ "$status" -eq 7 ]
    [[ "$stderr" == "denseam: the loss is "* ]]
}

@test "a failure at one rank while the others wait for its sums ends all" {
    "$MPIRUN" -n 2 "$DENSEAM" train small.conf --share-device --quiet --out run --set train.shards=2 \
        --set train.learning_rate=0.02 --set train.epochs=1000000 --set train.checkpoint=100 > out 2> err &
    started=$!
    for _ in $(seq 300); do
        [ ! -s run/run.h5 ] || break
        sleep 0.1
    done
    mv run gone
    began=$SECONDS
    status=0
    wait "$started" || status=$?
    [ $((SECONDS - began)) -lt 20 ]
    [ "$status" -ne 0 ]
    [ "$(grep -c '^denseam: ' err)" -eq 1 ]
    "$DENSEAM" show gone > /dev/null
}

@test "a signal to one rank stops all after the same step, and saves" {
    "$MPIRUN" -n 2 "$DENSEAM" train small.conf --share-device --quiet --out run \
        --set train.shards=2 --set train.batch=20 --set train.learning_rate=0.02 \
        --set train.epochs=100000 --set train.checkpoint=100000 > out 2> err &
    started=$!
    for _ in $(seq 300); do
        [ ! -s run/metrics.jsonl ] || break
        sleep 0.1
    done
    [ -s run/metrics.jsonl ]
    kill -TERM "$(a_rank "$started")"
    status=0
    wait "$started" || status=$?
    [ "$status" -eq 8 ]
    [ "$(grep -c '^denseam: stopped in epoch .* everything is saved' err)" -eq 1 ]
    epochs=$(($(sed -n 's/.*stopped in epoch \([0-9]*\) after.*/\1/p' err) + 1))
    tool train run --resume --quiet --set train.epochs="$epochs"
    succeeded
    tool train small.conf --quiet --out whole --set train.shards=2 --set train.batch=20 \
        --set train.learning_rate=0.02 --set train.epochs="$epochs" --set train.checkpoint=100000
    succeeded
    same_training whole run
}

@test "a rank that is killed ends the job, and the last checkpoint goes on" {
    "$MPIRUN" -n 2 "$DENSEAM" train small.conf --share-device --quiet --out run \
        --set train.shards=2 --set train.batch=20 --set train.learning_rate=0.02 \
        --set train.epochs=100000 --set train.checkpoint=2 > out 2> err &
    started=$!
    for _ in $(seq 300); do
        [ ! -s run/run.h5 ] || break
        sleep 0.1
    done
    [ -s run/run.h5 ]
    kill -KILL "$(a_rank "$started")"
    status=0
    wait "$started" || status=$?
    [ "$status" -ne 0 ]
    epochs=$(($(h5dump -d /history run/run.h5 | sed -n 's/.*( \([0-9]*\), .*/\1/p' | head -n 1) + 4))
    ranks 2 train run --resume --quiet --set train.epochs="$epochs"
    succeeded
    tool train small.conf --quiet --out whole --set train.shards=2 --set train.batch=20 \
        --set train.learning_rate=0.02 --set train.epochs="$epochs" --set train.checkpoint=2
    succeeded
    same_training whole run
}

# --- sweeps ---------------------------------------------------------------------------------------

# A sweep's table but for its seconds, the last column of each row.
same_table() {
    diff <(sed 's/,[^,]*$//' "$1/sweep.csv") <(sed 's/,[^,]*$//' "$2/sweep.csv")
}

@test "a sweep by several ranks has the table of one process" {
    local grid=(--grid model.memories=10,20,30,40 --grid train.learning_rate=0.1,1 --seeds 2)
    tool sweep small.conf "${grid[@]}" --quiet --out one
    succeeded
    ranks 3 sweep small.conf "${grid[@]}" --json --out three
    succeeded
    same_table one three
    [ "$(grep -c '^rank [012] of 3: ' err)" -eq 3 ]
    jq -e '.sweep == "three"' <<<"$output"
    # Denoisers of a group are trained side by side, in the same company whoever trains them.
    local batched=(--grid train.eta0=0.001:0.1:6:log --grid model.memories=20,40)
    tool sweep bench/denoise-small --set train.epochs=2 "${batched[@]}" --quiet --out b1
    succeeded
    ranks 2 sweep bench/denoise-small --set train.epochs=2 "${batched[@]}" --quiet --out b2
    succeeded
    same_table b1 b2
}

@test "a search goes on by the results of all ranks" {
    local keys=(--set train.epochs=2 --set sweep.extend=3 --grid train.eta0=0.0001:0.0004:3:log
                --grid model.memories=20,40)
    tool sweep bench/denoise-small "${keys[@]}" --quiet --out one
    succeeded
    ranks 2 sweep bench/denoise-small "${keys[@]}" --quiet --out two
    succeeded
    same_table one two
    h5diff one/sweep.h5 two/sweep.h5 /results/curve /results/curve
}

@test "a signal to one rank ends a sweep at all, and its results are kept" {
    local grid=(--grid train.learning_rate=0.1:1:40)
    "$MPIRUN" -n 2 "$DENSEAM" sweep small.conf "${grid[@]}" --share-device --quiet --out run \
        --set train.epochs=20 > out 2> err &
    started=$!
    for _ in $(seq 300); do
        ! grep -qs '^[0-9.]*,done,' run/sweep.csv || break
        sleep 0.1
    done
    grep -q '^[0-9.]*,done,' run/sweep.csv
    kill -TERM "$(a_rank "$started")"
    status=0
    wait "$started" || status=$?
    [ "$status" -eq 8 ]
    [ "$(grep -c '^denseam: stopped with .* everything is saved' err)" -eq 1 ]
    ranks 2 sweep run --resume --quiet
    succeeded
    tool sweep small.conf "${grid[@]}" --set train.epochs=20 --quiet --out whole
    succeeded
    same_table whole run
}

@test "what ranks cannot do in a sweep is refused in one line" {
    ranks 2 sweep small.conf --grid model.memories=10,20 --part 1/2 --out run
    [ "$status" -eq 2 ]
    [ "$(wc -l <<<"$stderr")" -eq 1 ]
    [[ "$stderr" == *"leave out --part"* ]]
    ranks 2 sweep small.conf --grid model.memories=10,20 --set train.batch=0 --out run
    [ "$status" -eq 2 ]
    [ "$(wc -l <<<"$stderr")" -eq 1 ]
    # A training that cannot be run is in unit/sweep_ranks: what the tool can foresee it refuses before any.
    ranks 2 sweep small.conf --grid data.validation=0,0.1,0.2 --set sweep.score=validation_accuracy --quiet --out run
    [ "$status" -eq 2 ]
    [ "$(wc -l <<<"$stderr")" -eq 1 ]
    [ ! -e run/sweep.csv ]
}
