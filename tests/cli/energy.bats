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

@test "patterns are stored, and the run is described and scored" {
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
