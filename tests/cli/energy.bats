# The energy model in the tool: storing, classifying, going on, diverging, and keys of its kind.
load helpers

setup() {
    common_setup
    cat > store.conf << 'END_OF_PRESET'
title = "stored"
data { name = "patterns"  samples = 10  dim = 60 }
model { kind = "energy"  memories = 60  exponent = 5 }
train { batch = 4  epochs = 8  checkpoint = 3 }
END_OF_PRESET
    cat > classes.conf << 'END_OF_PRESET'
title = "classes"
data { name = "fashion-mnist"  samples = 3000  validation = 0.1 }
model { kind = "energy"  task = "classify"  memories = 40  interaction = "rect"  exponent = 3
        temperature = 0.5  mean = -0.3  spread = 0.3 }
train { batch = 50  epochs = 15  learning_rate = 0.3  momentum = 0.6  decay = 0.9 }
END_OF_PRESET
}

@test "patterns are stored, and the run is described and evaluated" {
    tool train store.conf --out run --json
    succeeded
    jq -e '.epoch == 8 and .loss < 1 and .validation_accuracy == null' <<<"$output"
    tool show run --json
    succeeded
    jq -e '.dim == 60 and .classes == 0 and .memories == 60 and .finished' <<<"$output"
    [ -s run/memories.png ]
    tool eval run --json --quiet
    succeeded
    jq -e '.samples == 10 and .loss < 1' <<<"$output"
    grep -q 'exponent = 5' run/preset.conf
    ! grep -q varsigma run/preset.conf
}

@test "a run that goes on ends like one that never stopped" {
    tool train store.conf --out whole --quiet
    succeeded
    tool train store.conf --out parts --set train.epochs=3 --quiet
    succeeded
    tool train parts --resume --set train.epochs=8 --quiet
    succeeded
    diff <(h5dump -d /parameters/memories whole/run.h5 | tail -n +2) \
        <(h5dump -d /parameters/memories parts/run.h5 | tail -n +2)
    diff <(h5dump -d /velocities/memories whole/run.h5 | tail -n +2) \
        <(h5dump -d /velocities/memories parts/run.h5 | tail -n +2)
}

@test "class neurons classify" {
    tool train classes.conf --out run --json
    succeeded
    jq -e '.validation_accuracy > 0.5' <<<"$output"
    tool eval run --json --quiet
    succeeded
    jq -e '.accuracy > 0.5 and .macro_f1 > 0.4' <<<"$output"
    tool eval run --quiet
    succeeded
    [[ "$output" == *"loss (per neuron) "* ]]
}

# bytes_for SAMPLES DIM MEMORIES: what the plan of storing them takes.
bytes_for() {
    tool train store.conf --dry-run --json --quiet --gemm panel --set data.samples="$1" \
        --set data.dim="$2" --set model.memories="$3" --set train.batch="$1"
    succeeded || return 1
    planned=$(jq .total_bytes <<<"$output")
}

@test "memory grows with samples x (memories + neurons), not with all three" {
    # Three of each of the arrays with a row a sample, six of memories x neurons, and two pieces of
    # 16 MiB for the data: 0.27 GB, where samples x neurons x memories would be 31.
    bytes_for 10000 784 1000
    [ "$planned" -le $((4 * (3 * 10000 * (784 + 1000) + 6 * 784 * 1000) * 102 / 100 + 2 * 16777216)) ]
    # In a sum of products of two sizes at most, the eight corners of a cube of sizes cancel.
    difference=0
    for samples in 5008 10016; do
        for dim in 384 768; do
            for memories in 480 960; do
                bytes_for "$samples" "$dim" "$memories"
                sign=-1
                (((samples > 5008) ^ (dim > 384) ^ (memories > 480))) && sign=1
                difference=$((difference + sign * planned))
            done
        done
    done
    # To a hundredth of what one array of all three would leave: 4 x 5008 x 384 x 480.
    [ "${difference#-}" -lt $((4 * 5008 * 384 * 480 / 100)) ] || { echo "$difference"; return 1; }
}

@test "rule original overflows in single precision and says so" {
    tool train store.conf --out run --set model.rule=original --set model.exponent=30 \
        --set model.temperature=60 --set train.epochs=100
    [ "$status" -eq 7 ]
    [[ "$stderr" == *"the loss is not finite in epoch "*"model.rule = \"modified\""* ]]
}

@test "keys of another kind, and states that cannot be stored, are refused" {
    tool train store.conf --out run --set model.varsigma=1
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"model.varsigma belongs to model.kind = \"vmf\", and this model is \"energy\""* ]]
    tool train classes.conf --out run --set data.name=patterns
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"model.task = \"classify\" learns classes, but the data has no labels"* ]]
    [ ! -e run/run.h5 ]
}
