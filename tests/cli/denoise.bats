# The denoiser in the tool: training, going on, scoring, its scales, and what it refuses.
load helpers

setup() {
    common_setup
    cat > small.conf << 'END_OF_PRESET'
title = "vectors"
data { name = "gaussian"  dim = 24  samples = 110 }
model { kind = "denoise"  memories = 48 }
train { batch = 12  epochs = 8  checkpoint = 3  eta0 = 0.125 }
END_OF_PRESET
}

@test "vectors are denoised, the scales are told, and the run is described and scored" {
    tool train small.conf --out run --json
    succeeded
    # The loss of the zero predictor is 1/2.
    jq -e '.epoch == 8 and .loss < 0.2 and .validation_accuracy == null' <<<"$output"
    [[ "$stderr" == *"N = 24, K = 48: s1 = 0.204124, s2 = 0.144338; rates of W 0.125, of b 0.125, of c 0.125"* ]]
    tool show run --json
    succeeded
    jq -e '.dim == 24 and .classes == 0 and .memories == 48 and .finished' <<<"$output"
    [ -s run/memories.png ]
    tool eval run --json --quiet
    succeeded
    jq -e '.samples == 110 and .loss < 0.4' <<<"$output"
}

@test "a run that goes on ends like one that never stopped" {
    for optimizer in sgd adam; do
        tool train small.conf --out "whole-$optimizer" --quiet --set train.optimizer=$optimizer \
            --set train.eta0=0.03 --set data.pairs=fresh
        succeeded
        tool train small.conf --out "parts-$optimizer" --quiet --set train.optimizer=$optimizer \
            --set train.eta0=0.03 --set data.pairs=fresh --set train.epochs=3
        succeeded
        tool train "parts-$optimizer" --resume --set train.epochs=8 --quiet
        succeeded
        for name in parameters/memories parameters/activation_means velocities/inner_biases; do
            diff <(h5dump -d "/$name" "whole-$optimizer/run.h5" | tail -n +2) \
                <(h5dump -d "/$name" "parts-$optimizer/run.h5" | tail -n +2)
        done
    done
    diff <(h5dump -d /squares/memories whole-adam/run.h5 | tail -n +2) \
        <(h5dump -d /squares/memories parts-adam/run.h5 | tail -n +2)
}

@test "streamed samples keep their noise and their order" {
    tool train small.conf --out whole --quiet --set data.dim=300 --set data.samples=1000 \
        --set train.epochs=2
    succeeded
    tool train small.conf --out streamed --quiet --set data.dim=300 --set data.samples=1000 \
        --set train.epochs=2 --set data.memory=1
    succeeded
    diff <(h5dump -d /parameters/memories whole/run.h5 | tail -n +2) \
        <(h5dump -d /parameters/memories streamed/run.h5 | tail -n +2)
}

@test "images are averaged over plaquettes" {
    tool train small.conf --out run --json --set data.name=fashion-mnist --set data.plaquette=7 \
        --set data.samples=80 --set train.epochs=4 --set data.validation=0.25
    succeeded
    jq -e '.validation_loss < 0.6 and .loss < 0.4' <<<"$output"
    tool show run --json
    jq -e '.dim == 16' <<<"$output"
}

@test "what is risky is warned about" {
    tool train small.conf --dry-run --set train.optimizer=sgd --set model.centring=none
    succeeded
    [[ "$stderr" == *"SGD without centring: the largest stable train.eta0 falls as 1 / dim"* ]]
    tool train small.conf --dry-run --set train.optimizer=sgd --set model.activation=softmax
    succeeded
    [[ "$stderr" == *"model.gain = 0.5 mends it"* ]]
}

@test "wrong sizes, rates and powers are refused in one line" {
    tool train small.conf --out run --quiet --set train.batch=111
    failed_with 2 "train.batch = 111 is more than the 110 training samples of 'gaussian'"
    tool train small.conf --out run --quiet --set data.name=fashion-mnist --set data.plaquette=3
    failed_with 3 "data.plaquette = 3 does not divide the images of 'fashion-mnist', 28 x 28 pixels"
    tool train small.conf --out run --quiet --set data.plaquette=2 --set data.name=patterns
    failed_with 3 "'patterns' has no images to average over plaquettes"
    tool train small.conf --out run --quiet --set train.eta0=-1
    failed_with 2 "train.eta0 = -1 is out of range"
    tool train small.conf --out run --quiet --set model.power=2 --set model.activation=linear
    failed_with 2 "model.power = 2 is for model.activation = \"relu\" alone"
    [ ! -e run/run.h5 ]
}

@test "a rate that is too large ends in a line that says so" {
    tool train small.conf --out run --quiet --set train.optimizer=sgd --set train.eta0=50
    [ "$status" -eq 7 ]
    [[ "$stderr" == *"is not finite in epoch "*"lower train.eta0"* ]]
}
