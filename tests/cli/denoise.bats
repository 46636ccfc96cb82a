# The denoiser in the tool: training, going on, evaluation, its scales, and what it refuses.
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

@test "vectors are denoised, the scales are told, and the run is described and evaluated" {
    tool train small.conf --out run --json
    succeeded
    # The loss of the zero predictor is 1/2.
    jq -e '.epoch == 8 and .loss < 0.2 and .validation_accuracy == null' <<<"$output"
    [[ "$stderr" == *"2 of 110 samples are left out each epoch, because train.batch = 12 does not divide them"* ]]
    [[ "$stderr" == *"N = 24, K = 48: s1 = 0.204124, s2 = 0.144338; rates of W 0.125, of b 0.125, of c 0.125"* ]]
    tool show run --json
    succeeded
    jq -e '.dim == 24 and .classes == 0 and .memories == 48 and .finished' <<<"$output"
    tool show run
    succeeded
    [[ "$output" != *"classes"* && "$output" != *"none:"* && "$output" != *"purity"* ]]
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
    [[ "$stderr" == *"the loss is beyond all bounds in epoch "*"lower train.eta0, or take train.optimizer"* ]]
    tool train small.conf --out softmax --quiet --set train.optimizer=sgd --set train.eta0=50 \
        --set model.activation=softmax
    [ "$status" -eq 7 ]
    [[ "$stderr" == *"lower train.eta0, or take model.gain = 0.5"* ]]
    tool train small.conf --out bare --quiet --set train.optimizer=sgd --set train.eta0=50 \
        --set model.centring=none
    [[ "$stderr" == *'lower train.eta0, or take model.centring = "batch"'* ]]
}

@test "steps are looked into, also over a stop, and compared across sizes" {
    for dim in 16 32; do
        tool train small.conf --out "n$dim" --quiet --set data.dim=$dim --set model.memories=$((2 * dim)) \
            --set data.samples=$((5 * dim)) --set train.batch=$((dim / 2)) --set train.epochs=2 \
            --set train.diagnostics=0,3,15
        succeeded
    done
    head -1 n16/diagnostics.csv | grep -qx "step,DW,DZ,D1F,D2F,DbZ,DcF,lmax,bulk"
    [ "$(wc -l < n16/diagnostics.csv)" -eq 4 ]
    tool train small.conf --out parts --quiet --set data.dim=16 --set model.memories=32 \
        --set data.samples=80 --set train.batch=8 --set train.epochs=1 --set train.diagnostics=0,3
    succeeded
    tool train parts --resume --quiet --set train.epochs=2 --set train.diagnostics=0,3,15
    succeeded
    diff n16/diagnostics.csv parts/diagnostics.csv
    tool analyse n16 --json --quiet
    succeeded
    # Adam moves every weight that has a gradient by eta0 in its first step.
    jq -e '.rows[0] | .number == "DW" and .step == 0 and .values[0] > 0.1 and .values[0] < 0.12501' \
        <<<"$output"
    tool analyse n32 n16 --out collapse --quiet
    succeeded
    [[ "$output" == *"N=16"*"N=32"*"slope"*" of 12 changes are flat"* ]]
    [ -s collapse/collapse.csv ] && [ -s collapse/collapse.gp ]
    ! command -v gnuplot > /dev/null || [ -s collapse/collapse.png ]
    [ -z "$stderr" ]
    # Runs that differ in more than sizes, or looked into other steps.
    tool train small.conf --out other --quiet --set data.dim=48 --set model.memories=96 \
        --set data.samples=240 --set train.batch=24 --set train.epochs=1 --set train.diagnostics=0,5 \
        --set train.eta0=0.01
    succeeded
    tool analyse n16 other
    succeeded
    [[ "$stderr" == *"'n16' has train.eta0 = 0.125, but 'other' 0.01: slopes tell of sizes only"* ]]
    [[ "$stderr" == *"left out, because not all runs have them: steps 3, 5, 15"* ]]
    tool train small.conf --out short --set train.epochs=1 --set train.diagnostics=0,8,9,100
    succeeded
    [[ "$stderr" == *"2 of the 4 steps of train.diagnostics"*"were not reached: the last is 8, counted from 0"* ]]
    tool analyse n16 n16 --quiet
    failed_with 2 "all runs are of one size, N = 16, K = 32"
    tool analyse n16 --memories --quiet
    failed_with 2 "'n16' is a denoiser"
    tool train small.conf --out none --quiet --set train.epochs=1
    tool analyse n16 none --quiet
    failed_with 2 "'none' has no diagnostics; train it with train.diagnostics"
    tool train small.conf --out run --quiet --set train.diagnostics=3,2
    failed_with 2 "train.diagnostics = \"3,2\" is no list of rising steps"
}

@test "remedies: rates over the inputs' largest eigenvalue, and warm-up" {
    tool train small.conf --out whole --json --set train.rates=spectrum --set train.optimizer=sgd
    succeeded
    [[ "$stderr" == *"the largest eigenvalue of the inputs' covariance is "*"rates over it: of W "* ]]
    tool train small.conf --out parts --quiet --set train.rates=spectrum --set train.optimizer=sgd \
        --set train.warmup=40 --set train.epochs=3
    succeeded
    tool train parts --resume --set train.epochs=8 --quiet
    succeeded
    tool train small.conf --out warm --quiet --set train.rates=spectrum --set train.optimizer=sgd \
        --set train.warmup=40
    succeeded
    diff <(h5dump -d /parameters/memories warm/run.h5 | tail -n +2) \
        <(h5dump -d /parameters/memories parts/run.h5 | tail -n +2)
    ! diff -q <(h5dump -d /parameters/memories warm/run.h5 | tail -n +2) \
        <(h5dump -d /parameters/memories whole/run.h5 | tail -n +2)
    tool train small.conf --dry-run --set data.name=fashion-mnist --set data.plaquette=7 \
        --set train.optimizer=sgd
    succeeded
    [[ "$stderr" == *"train.rates = \"spectrum\" divides by it"* ]]
}

@test "a small run's rate is transferred to a large one's preset" {
    tool train small.conf --out run --quiet --set train.optimizer=sgd
    succeeded
    tool transfer run --to 48 --out large.conf
    succeeded
    [[ "$output" == *"small"*"large"*"N "*"24"*"48"*"K "*"48"*"96"*"P "*"110"*"220"*"B "*"12"*"24"* ]]
    [[ "$output" == *"eta_W "*"144"*"576"* ]]
    [[ "$stderr" == *"B = 24 does not divide P = 220: each epoch of the large run leaves out 4 samples"* ]]
    tool train large.conf --dry-run
    succeeded
    [[ "$stderr" == *"N = 48, K = 96: s1 = 0.144338, s2 = 0.102062; rates of W 576, of b 12, of c 6"* ]]
    tool transfer run --to 48,96,220,24 --quiet
    succeeded
    diff <(echo "$output") large.conf
    tool transfer run --to 48,96,220,24 --json
    succeeded
    jq -e '.eta0 == 0.125 and .large.eta_W == 576 and .small.eta_W == 144 and .large.samples == 220' <<<"$output"
    tool transfer run --to 48,200,220,24 --out other.conf
    succeeded
    [[ "$stderr" == *"K / N changes from 2 to 4.167: the best train.eta0 depends on it"* ]]
    # The best rate of a sweep, at its smallest size.
    tool sweep small.conf --quiet --out sweep --grid train.eta0=0.0001,0.03,0.0002 \
        --grid model.memories=48,12 --set train.epochs=3
    succeeded
    tool transfer sweep --to 24 --json
    succeeded
    # As numbers: jq 1.7 compares decimals as they are written.
    jq -e '.eta0 - 0.03 == 0 and .small.memories == 12 and .large.memories == 12' <<<"$output"
    for command in recall analyse show "train --resume"; do
        tool $command sweep --quiet
        failed_with 3 "'sweep' is a sweep, which keeps no run"
    done
    tool transfer sweep --to 24 --set train.epochs=77
    succeeded
    [[ "$output" == *"epochs = 77"* ]]
    # What is set is set for the large run alone, and what the rate was tuned for is named.
    tool transfer run --to 48,96,220,24 --set train.eta0=0.5 --set train.optimizer=adam --json
    succeeded
    jq -e '.eta0 == 0.5 and .large.eta_W == 0.5 and .small.eta0 == 0.125 and .small.eta_W == 144' <<<"$output"
    jq -e '.preset | contains("whose train.eta0 was 0.125: --set has changed it.")' <<<"$output"
    [[ "$stderr" == *"--set changes train.eta0 from 0.125, which was tuned, to 0.5"* ]]
    [[ "$stderr" == *'--set changes train.optimizer from "sgd" to "adam"'* ]]
    tool transfer run --to 48,96,220,24 --set data.dim=200
    failed_with 2 "--set data.dim: the data stay those of the small run, and --to says all sizes"
    # Other keys than sizes make lines too: the better one is taken, wherever it stands.
    tool sweep small.conf --quiet --out lines --grid train.eta0=0.0001,0.03,0.0002 \
        --grid model.activation=linear,relu --grid model.memories=12 --set train.epochs=3
    succeeded
    tool transfer lines --to 24 --out of-lines.conf
    succeeded
    [[ "$stderr" == *"of 2 lines of 'lines' at its smallest size, that with the best mse is taken: "* ]]
    best=$(h5dump -d /results/mse -y -w 1 lines/sweep.h5 | grep -E '^ +[0-9]' | tr -d ' ,' |
        awk 'NR == 1 || $1 < least { least = $1; at = NR } END { print at % 2 == 1 ? "linear" : "relu" }')
    grep -q "activation = \"$best\"" of-lines.conf
    # A file that is there stays as it is.
    echo kept > kept.conf
    tool transfer run --to 48 --out kept.conf
    failed_with 2 "'kept.conf' is there already; remove it, or choose another --out"
    tool transfer run --to 48,96,20,24 --out new.conf
    failed_with 2 "a batch of 24 is more than 20 samples"
    tool transfer run --to 48,0,20,24 --out new.conf
    failed_with 2 "is not N,K,P,B, four whole numbers above 0"
    tool transfer run --out new.conf
    failed_with 2 "transfer wants --to N,K,P,B"
    tool transfer nothing --to 48
    failed_with 3 "there is no run 'nothing'"
    [ "$(cat kept.conf)" = kept ] && [ ! -e new.conf ]
    small_preset > vmf.conf
    tool train vmf.conf --out vmf --quiet --set train.epochs=1
    tool transfer vmf --to 48 --quiet
    failed_with 2 "'vmf' is not of model.kind = \"denoise\""
}

@test "corrupted images are denoised down the energy, also by a smaller model" {
    images() {
        tool train small.conf --out "$1" --quiet --set data.name=fashion-mnist --set data.plaquette="$2" \
            --set model.memories="$3" --set data.samples=400 --set train.batch=40 --set train.epochs=12
        succeeded
    }
    images large 2 98
    images odd 7 32 # 28 / 2 pixels are no multiple of 28 / 7
    tool recall large odd --count 5 --quiet
    failed_with 2 "those of the first must be larger by a whole number"
    images small 14 8
    tool recall large --count 20 --out recalled --json --quiet
    succeeded
    jq -e '.probes == 20 and .steps == 200 and .time == 1 and .energy_rose == 0 and .not_finite == 0' <<<"$output"
    jq -e '.mse_denoised < 0.8 * .mse_corrupted and .mean_energy_after < .mean_energy_before' <<<"$output"
    [ -s recalled/recall.h5 ] && [ -s recalled/recall.png ]
    h5dump -H recalled/recall.h5 | grep -q "DATASET \"energies\""
    tool recall large --count 20 --out arrays --format npy --quiet
    succeeded
    [[ "$output" == *"never rose (20 probes, 200 steps)"* ]]
    [ -s arrays/states.npy ] && [ -s arrays/clean.npy ]
    # The same probes from a file, as they are: there is nothing to compare with.
    tool recall large --probes arrays/probes.npy --count 20 --out again --format npy --json --quiet
    succeeded
    jq -e '.mse_denoised == null and .probes == 20' <<<"$output"
    [ ! -e again/clean.npy ]
    cmp arrays/probes.npy again/probes.npy
    tool recall small --probes arrays/probes.npy --quiet
    failed_with 3 "has 196 features a sample, but 'small' was trained on 4"
    tool recall large small --count 9 --out both --json --quiet
    succeeded
    jq -e '.small.plaquette == 7 and .small.mse_by_small > 0 and .small.mean_squared_difference > 0' <<<"$output"
    [ -s both/recall.png ]
}

@test "an energy without a lower bound is refused unless features are clipped" {
    tool train small.conf --out run --quiet --set model.power=2 --set train.eta0=0.03
    succeeded
    tool recall run --quiet
    failed_with 2 "the energy of relu to the power 2 has no lower bound: states would diverge; clip the features (recall.clip)"
    tool recall run --quiet --json --set recall.clip=4
    succeeded
    jq -e '.not_finite == 0' <<<"$output"
    # Probes outside of the clip start at its edge, from where no step leads up.
    tool recall run --json --set recall.clip=1 --set recall.dt=0.1 --noise 3
    succeeded
    jq -e '.energy_rose == 0 and .not_finite == 0 and .mean_energy_after < .mean_energy_before' <<<"$output"
    # Where nothing is left there is no result.
    tool train small.conf --out linear --quiet --set model.activation=linear
    tool recall linear --quiet --set recall.dt=1 --set recall.steps=400 --noise 50
    failed_with 7 "all 110 probes of 'linear' diverged" "lower recall.dt or recall.steps, or set recall.clip"
    tool recall small.conf --quiet
    failed_with 2 "'small.conf' is a denoiser's preset; train it"
    # No noise is none; by default it is that of the training.
    tool recall run --json --set recall.clip=9 --noise 0
    succeeded
    jq -e '.mse_corrupted == 0' <<<"$output"
    [[ "$stderr" == *"recall.noise = 0: samples are taken without noise; -1 takes data.noise"* ]]
    tool recall run --json --quiet --set recall.clip=9
    succeeded
    jq -e '.mse_corrupted > 0.2 and .mse_corrupted < 0.3' <<<"$output"
    # What cannot go well is found before anything relaxes.
    touch file
    tool recall run --set recall.clip=9 --set recall.steps=1000000 --out file/none
    [ "$status" -eq 3 ]
    tool recall run nothing --set recall.clip=9 --set recall.steps=1000000
    failed_with 3 "there is no run 'nothing'"
    tool recall run run --set recall.clip=9 --quiet
    failed_with 2 "the samples of 'run' are no images"
    tool recall run --flip 3 --quiet
    failed_with 2 "recall.flips belongs to model.kind = \"energy\""
}
