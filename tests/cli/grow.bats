# Growth by splitting: stages, what a run says of them, and going on inside and between them.
load helpers

setup() {
    common_setup
    # Ten memories that become forty, in stages of three epochs.
    cat > grow.conf << 'END_OF_PRESET'
title = "grown"
data { name = "fashion-mnist"  samples = 2000  validation = 0.1 }
model { memories = 10 }
train { batch = 200  checkpoint = 1000 }
grow { to = 40  samples = 1800  iterations = 4  epochs = 3  patience = 0  threshold = 0 }
END_OF_PRESET
}

@test "a run grows stage by stage, and its history, result, metrics and pictures know" {
    tool train grow.conf --out run --json
    succeeded
    jq -e '.stage == 2 and .memories == 40 and .epoch == 9' <<<"$output"
    [[ "$stderr" == *"split 10 -> 20 memories: lambda from -"* ]]
    [[ "$stderr" == *"split 20 -> 40 memories: lambda from -"* ]]
    [ "$(jq -c '[.stage, .memories]' run/metrics.jsonl | uniq -c | tr -s ' ' | tr '\n' ';')" = \
        " 3 [0,10]; 3 [1,20]; 3 [2,40];" ]
    tool show run --json
    succeeded
    jq -e '.memories == 40 and .finished' <<<"$output"
    tool eval run --json --quiet
    succeeded
    jq -e '.accuracy > 0.2' <<<"$output"
    tool train run --resume --json
    succeeded
    [[ "$stderr" == *"the run has grown to its end in 9 epochs"* ]]
    nothing_left_over run
}

@test "the history says what each split took" {
    tool train grow.conf --out run --quiet
    succeeded
    [ "$(jq -c '[.epoch, .split_seconds > 0, .split_epochs > 0]' run/metrics.jsonl | grep -c true,true)" -eq 2 ]
    jq -se 'map(select(.split_epochs > 0).epoch) == [4, 7]' run/metrics.jsonl
    jq -se 'map(select(.epoch == 4 or .epoch == 7)) | all(.split_seconds < .seconds)' run/metrics.jsonl
}

@test "a stage ends with the first epoch that brings too little, but not right after a split" {
    tool train grow.conf --out run --quiet --set grow.patience=1 --set grow.gain=1000 \
        --set grow.epochs=100 --set grow.settle=2 --set grow.splits=1
    succeeded
    # The first epoch that counts is always a gain, the next one is not.
    [ "$(jq .stage run/metrics.jsonl | uniq -c | tr -s ' ' | tr '\n' ';')" = " 2 0; 4 1;" ]
}

@test "growth says which keys of training it does not use" {
    tool train grow.conf --dry-run --set train.epochs=7 --set train.patience=4
    succeeded
    [[ "$stderr" == *"train.epochs = 7 is not used"* ]]
    [[ "$stderr" == *"train.patience = 4 is not used"* ]]
    tool train grow.conf --dry-run
    succeeded
    [[ "$stderr" != *"not used"* ]]
}

@test "growth takes one matrix of its memories beyond training as wide from the start" {
    for gemm in panel clblast; do
        tool train grow.conf --dry-run --json --gemm "$gemm" --set grow.to=2000 --set train.batch=1000
        succeeded
        grown=$(jq .total_bytes <<<"$output")
        tool train grow.conf --dry-run --json --gemm "$gemm" --set grow.to=0 --set model.memories=2000 \
            --set train.batch=1000
        succeeded
        [ $((grown - $(jq .total_bytes <<<"$output"))) -eq $((2000 * 784 * 4)) ]
    done
}

@test "stopped inside and between stages, a run grows as if it had not been" {
    tool train grow.conf --out whole --quiet
    succeeded
    # A stage's end is saved: grown no further, the run stops there.
    tool train grow.conf --out stopped --quiet --set grow.splits=1
    succeeded
    [ "$(wc -l < stopped/metrics.jsonl)" -eq 6 ]
    tool train stopped --resume --quiet --set grow.splits=14
    succeeded
    same_training stopped whole
    # Inside a stage, wherever the signal meets it.
    options=(--set train.batch=10 --set grow.epochs=20)
    env --default-signal=INT "$DENSEAM" train grow.conf --out inside --quiet "${options[@]}" 2> err &
    pid=$!
    wait_for_lines inside/metrics.jsonl 23
    kill -s INT "$pid"
    status=0
    wait "$pid" || status=$?
    [ "$status" -eq 8 ] || { echo "exit $status: $(cat err)"; return 1; }
    tool show inside --json
    succeeded
    jq -e '.finished == false and .memories > 10' <<<"$output"
    tool eval inside --json --quiet
    succeeded
    tool train inside --resume --quiet
    succeeded
    tool train grow.conf --out long --quiet "${options[@]}"
    succeeded
    same_training inside long
}

@test "batches so small that class weights would underflow do not end the growth" {
    tool train grow.conf --out run --quiet --set train.batch=10 --set grow.epochs=20
    succeeded
    [ "$(wc -l < run/metrics.jsonl)" -eq 60 ]
}

@test "samples that are streamed grow the same memories" {
    tool train grow.conf --out whole --quiet
    succeeded
    tool train grow.conf --out streamed --quiet --set data.memory=1
    succeeded
    same_training whole streamed
}

@test "some memories at a time, and no more than are allowed" {
    tool train grow.conf --out run --quiet --set grow.to=22 --set grow.fraction=0.5 \
        --set grow.epochs=1
    succeeded
    [ "$(jq -c .memories run/metrics.jsonl | tr '\n' ' ')" = "10 15 22 " ]
}

@test "stable memories end the growth" {
    tool train grow.conf --out run --set grow.threshold=-1000
    succeeded
    [[ "$stderr" == *"no memory is unstable: growth ends at 10 memories"* ]]
    [ "$(wc -l < run/metrics.jsonl)" -eq 3 ]
    tool train run --resume --json
    succeeded
    jq -e '.memories == 10 and .epoch == 3' <<<"$output"
}

@test "random directions to compare with" {
    for direction in tangent noise; do
        tool train grow.conf --out "$direction" --set grow.direction="$direction" --set grow.epochs=1
        succeeded
        [[ "$stderr" == *"split 20 -> 40 memories along random directions"* ]]
    done
    ! cmp -s tangent/run.h5 noise/run.h5
}

@test "memory for growth is planned at once, and costs a fixed width nothing" {
    tool train grow.conf --dry-run --json
    succeeded
    jq -e '[.buffers[] | select(.name == "memories")][0].bytes == 40 * 784 * 4' <<<"$output"
    jq -e 'any(.buffers[]; .name == "splitting: directions")' <<<"$output"
    tool train small.conf --dry-run --json
    succeeded
    jq -e '[.buffers[] | select(.name == "memories")][0].bytes == 20 * 784 * 4' <<<"$output"
    jq -e 'all(.buffers[]; .name | startswith("splitting") | not)' <<<"$output"
}

@test "growth that cannot be is refused" {
    tool train grow.conf --out run --set grow.to=10
    failed_with 2 "grow.to = 10 is not more than model.memories = 10"
    tool train grow.conf --out run --set model.capacity=50
    failed_with 2 "model.capacity = 50, but grow.to = 40"
    tool train grow.conf --out run --quiet --set grow.epochs=1
    succeeded
    tool train run --resume --quiet --set grow.to=30
    failed_with 3 "the run has 40 memories, but its preset allows 30"
}

# resumed_alike PRESET ARGUMENTS...: it grows, is recalled at its width, and goes on, from inside of a
# stage too, as if nothing had happened.
resumed_alike() {
    tool train "$@" --out whole --json
    succeeded
    jq -e '.memories == 24 and .stage == 2' <<<"$output"
    tool train "$@" --out parts --quiet --set grow.splits=1
    succeeded
    tool train parts --resume --quiet --set grow.splits=14
    succeeded
    for part in parameters/memories velocities/memories; do
        diff <(h5dump -d "/$part" whole/run.h5 | tail -n +2) <(h5dump -d "/$part" parts/run.h5 | tail -n +2)
    done
    tool eval whole --json --quiet
    succeeded
}

@test "an energy model grows, goes on, and is recalled" {
    printf '%s\n' 'data { name = "patterns"  samples = 6  dim = 40 }' \
        'model { kind = "energy"  memories = 6 }' 'train { batch = 6 }' \
        'grow { to = 24  epochs = 3  patience = 0  threshold = 0 }' > stored.conf
    resumed_alike stored.conf
    tool recall whole --flip 2 --json
    succeeded
    tool train stored.conf --set model.interaction=leaky
    failed_with 2 "have no halves"
}

@test "a denoiser grows, goes on with what Adam keeps, and relaxes" {
    printf '%s\n' 'data { name = "gaussian"  dim = 16  samples = 60 }' \
        'model { kind = "denoise"  memories = 6 }' 'train { batch = 20 eta0 = 0.06 }' \
        'grow { to = 24  epochs = 3  patience = 0  threshold = 0 }' > vectors.conf
    resumed_alike vectors.conf
    diff <(h5dump -d /squares/memories whole/run.h5 | tail -n +2) \
        <(h5dump -d /squares/memories parts/run.h5 | tail -n +2)
    tool recall whole --json
    succeeded
}

@test "a model without labels grows, and its matrix says what a split does" {
    tool train unsupervised-patches --out run --json --set data.name=fashion-mnist --set data.samples=60 --set model.memories=8 \
        --set grow.to=16 --set grow.epochs=1 --set grow.samples=2000 --set grow.threshold=0 --set grow.splits=1
    succeeded
    jq -e '.memories > 8 and .stage == 1' <<<"$output"
    [[ "$stderr" == *"split 8 -> "*"lambda from -"* ]]
    tool analyse run --embedding --limit 2000 --json --quiet
    succeeded
    jq -e '.embedding.steps[0] | .measured / .predicted > 0.99 and .measured / .predicted < 1.01' <<<"$output"
}

@test "eval --check compares with what the preset expects" {
    tool train grow.conf --out run --quiet --set expect.metric=accuracy --set expect.value=0.1
    succeeded
    tool eval run --check
    succeeded
    [[ "$stderr" == *"as expected: 0.1 within 0"* ]]
    tool eval run --check --quiet --set expect.value=0.999 --set expect.tolerance=0.0005
    # What was measured is printed before.
    [ "$status" -eq 6 ]
    [[ "$stderr" == *"0.999 is expected, and 0.0005 of it may be missing"* && "$output" == *"accuracy "* ]]
    tool eval run --check --quiet --set expect.metric=loss --set expect.value=100
    succeeded
    tool eval run --check --quiet --set expect.metric=none
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"expects nothing"* ]]
}
