# Batches in shards (docs/cluster.md): the key, what it promises of a run, and what it refuses.
load helpers

setup() {
    common_setup
}

# What a run's history says, without what differs from day to day.
history_of() {
    jq -c 'del(.seconds, .split_seconds, .split_epochs)' "$1/metrics.jsonl"
}

same_parameters() {
    h5diff "$1/run.h5" "$2/run.h5" /parameters /parameters
}

@test "one shard is no shards: not a bit changes" {
    tool train small.conf --out without --quiet
    succeeded
    tool train small.conf --out one --quiet --set train.shards=1
    succeeded
    same_parameters without one
    [ "$(history_of without)" = "$(history_of one)" ]
}

@test "shards learn the same to rounding, keep their number in the run, and go on from it to the bit" {
    # The last batch of an epoch has two samples: most shards have none.
    keys=(--set data.samples=1779 --set train.shards=8 --set train.epochs=4)
    tool train small.conf --out whole --quiet --set data.samples=1779 --set train.epochs=4
    succeeded
    tool train small.conf --out shards --quiet "${keys[@]}"
    succeeded
    tool train small.conf --out resumed --quiet "${keys[@]}" --set train.epochs=2
    succeeded
    grep -q 'shards *= 8' resumed/preset.conf
    tool train resumed --resume --quiet --set train.epochs=4
    succeeded
    same_parameters shards resumed
    [ "$(history_of shards)" = "$(history_of resumed)" ]
    [ "$(history_of shards)" != "$(history_of whole)" ]
    jq -se '.[0].loss / .[4].loss - 1 | fabs < 1e-4' whole/metrics.jsonl shards/metrics.jsonl
    jq -se '.[3].loss / .[7].loss - 1 | fabs < 1e-3' whole/metrics.jsonl shards/metrics.jsonl
}

@test "a model that grows takes shards before and after its splits" {
    grow=(--set model.memories=8 --set grow.to=16 --set grow.epochs=2 --set grow.patience=0
        --set grow.samples=500 --set grow.threshold=0)
    tool train small.conf --out whole --quiet "${grow[@]}"
    succeeded
    tool train small.conf --out shards --quiet "${grow[@]}" --set train.shards=4
    succeeded
    jq -se 'map(.memories) == [8, 8, 16, 16, 8, 8, 16, 16]' whole/metrics.jsonl shards/metrics.jsonl
    jq -se '.[3].loss / .[7].loss - 1 | fabs < 1e-2' whole/metrics.jsonl shards/metrics.jsonl
}

@test "the plan lists what shards take, and streamed samples take them too" {
    tool train small.conf --dry-run --set train.shards=8
    succeeded
    [[ "$output" == *"memories: gradient, sums of shards"* ]]
    [[ "$output" == *"batches of 200 in chunks of 25"* ]]
    tool train small.conf --out resident --quiet --set train.shards=4 --set train.epochs=1
    succeeded
    tool train small.conf --out streamed --quiet --set train.shards=4 --set train.epochs=1 --set data.memory=1
    succeeded
    same_parameters resident streamed
}

@test "shards that cannot be are refused in one line" {
    tool train small.conf --set train.shards=3
    failed_with 2 "small.conf: train.shards = 3 is no power of two; take 2, 4, 8"
    tool train small.conf --set train.shards=256
    failed_with 2 "train.shards = 256 are more than the samples of a batch" "raise train.batch from 200"
    tool train small.conf --set train.shards=0
    failed_with 2 "train.shards"
    tool train transfer-quick --set train.shards=2 --set train.diagnostics=0
    failed_with 2 "train.diagnostics looks into batches as one"
}
