# What is too large, too small, absent or out of hand: devices, memory, sizes, divergence.
load helpers

setup() {
    common_setup
}

# --- devices ----------------------------------------------------------------------------------------

@test "no OpenCL platform, no such device, several that fit" {
    export RUSTICL_ENABLE=llvmpipe
    OCL_ICD_VENDORS=/nonexistent tool train small.conf --quiet --out run
    failed_with 4 "no OpenCL device" "OCL_ICD_VENDORS=/nonexistent" "pocl-opencl-icd"
    tool train small.conf --quiet --out run --device geforce
    failed_with 4 "device 'geforce' matches no device; there are: 0 (0:0) "
    tool train small.conf --quiet --out run --device ''
    failed_with 2 "device '': give an index, P:D, a part of a name, gpu or cpu"
    DENSEAM_DEVICE=geforce tool train small.conf --quiet --out run
    failed_with 4 "DENSEAM_DEVICE 'geforce' matches no device"
    [ ! -e run ]
    # Every name has an l in it: pthread-skylake..., llvmpipe.
    unset OCL_ICD_VENDORS
    ignore_leaks
    tool train small.conf --quiet --out run --device l
    failed_with 2 "device 'l' matches 2 devices, choose one by its index: 0 (0:0) "
    [ ! -e run ]
}

@test "double precision where there is none, and where there is" {
    ignore_leaks
    RUSTICL_ENABLE=llvmpipe OCL_ICD_VENDORS=rusticl.icd tool train small.conf --quiet --out run \
        --set train.precision=double
    [ "$status" -eq 4 ]
    [[ "$stderr" == *"llvmpipe"*"has no fp64, which train.precision = "*"take \"single\" or another device (--device)"* ]]
    [ ! -e run ]
    tool train small.conf --quiet --out run --set train.precision=double --json
    succeeded
    loss=$(jq .loss <<<"$output")
    tool train small.conf --quiet --out single --json
    succeeded
    jq -e --argjson d "$loss" '(.loss - $d) | fabs < 1e-3' <<<"$output"
    tool eval run --quiet --json
    succeeded
    # A run in double goes on in single where the device has no other.
    tool train run --resume --quiet --set train.precision=single --set train.epochs=4
    succeeded
}

@test "more memories than the device holds, said at once" {
    before=$SECONDS
    tool train small.conf --quiet --out run --set model.memories=9000000
    failed_with 5 "'memories' needs one buffer of " "take fewer memories or a smaller batch"
    tool train small.conf --quiet --out run --set model.memories=10000000 --set train.batch=10000000 --dry-run
    failed_with 5 "needs" "take fewer memories or a smaller batch"
    [ $((SECONDS - before)) -le 10 ]
    [ ! -e run ]
}

# --- sizes ------------------------------------------------------------------------------------------

@test "a batch larger than the training set is all of it" {
    tool train small.conf --quiet --out large --set train.batch=10000000
    succeeded
    tool train small.conf --quiet --out exact --set train.batch=1800
    succeeded
    [ "$(array_of large parameters/memories 4)" = "$(array_of exact parameters/memories 4)" ]
    tool eval large --quiet --json
    succeeded
    jq -e '.samples == 10000' <<<"$output"
}

@test "batches of one, and a last batch of one" {
    tool train small.conf --quiet --json --out one --set train.batch=1 --set data.samples=50
    succeeded
    jq -e '.loss < 5 and .validation_loss != null' <<<"$output"
    tool train small.conf --quiet --json --out last --set train.batch=1799
    succeeded
    jq -e '.loss < 0' <<<"$output"
}

@test "one memory, two classes, forty classes, three features" {
    tool train small.conf --quiet --json --out one --set model.memories=1
    succeeded
    tool eval one --quiet --json
    succeeded
    jq -e '.one_nn >= 0.09' <<<"$output"
    tool show one --json
    succeeded
    jq -e '.memories == 1' <<<"$output"

    # Classes that three features tell apart: each sample is its class's own direction.
    for classes in 2 40; do
        rm -rf own
        # shellcheck disable=SC2046
        bytes $(for ((i = 0; i < 400; i++)); do
            c=$((i % classes))
            echo $((1 + c * 250 / classes)) $((1 + (c * 97) % 250)) $((251 - c * 250 / classes))
        done) | npy images.npy '|u1' "(400, 3)"
        # shellcheck disable=SC2046
        bytes $(for ((i = 0; i < 400; i++)); do echo $((i % classes)); done) | npy labels.npy '|u1' "(400,)"
        own_conf
        tool train own.conf --quiet --json --out own
        succeeded
        jq -e '.beta > 0' <<<"$output"
        tool eval own --quiet --json
        succeeded
        jq -e --argjson n "$classes" '.accuracy > 0.6 and (.confusion | length == $n)
            and ([.confusion[] | add] | all(. == 400 / $n))' <<<"$output"
        tool eval own --quiet
        succeeded
        [ -z "$(awk 'length($0) > 80' <<<"$output")" ]
        tool show own --json
        succeeded
        jq -e --argjson n "$classes" '.classes == $n and (.memories_by_class | length == $n + 1)' <<<"$output"
        [ -s own/memories.png ]
    done
}

own_conf() {
    cat > own.conf << 'END'
data { images = "images.npy" labels = "labels.npy" test_images = "images.npy" test_labels = "labels.npy" }
model { memories = 80 beta = 100 varsigma = 1 }
train { batch = 100 epochs = 200 patience = 0 learning_rate = 0.3 momentum = 0.9 }
END
}

@test "samples that are all the same, or all zero" {
    for value in 0 7; do
        rm -rf run
        head -c 240 /dev/zero | tr '\0' "\\$value" | npy images.npy '|u1' "(60, 4)"
        head -c 60 /dev/zero | npy labels.npy '|u1' "(60,)"
        own_conf
        tool train own.conf --quiet --json --out run --set train.epochs=5
        failed_with 3 "all samples of 'images.npy' are blank"
        # One that is not is enough to train.
        { head -c 239 /dev/zero | tr '\0' "\\$value"; bytes 1; } | npy images.npy '|u1' "(60, 4)"
        tool train own.conf --quiet --json --out run --set train.epochs=5
        succeeded
        jq -e '.loss != null and .validation_accuracy == 1' <<<"$output"
        [[ "$stderr" == *"59 of the 60 samples of 'images.npy' are blank"* ]]
    done
}

@test "settings at the ends of their ranges" {
    for override in model.softening=0.999 data.validation=0 data.validation=0.999 train.epochs=1 \
        model.varsigma=1 model.varsigma=0.000001 model.sinkhorn=1 model.beta=0.001 model.beta=1000000 \
        model.capacity=10000000 train.momentum=0 train.learning_rate=0.000000001 \
        train.checkpoint=1000000 seed=9223372036854775807 seed=0; do
        rm -rf run
        tool train small.conf --quiet --json --out run --set "$override"
        succeeded
        jq -e '(.loss | . > -100 and . < 100) and .beta != null' <<<"$output"
    done
    [ "$(wc -l < run/metrics.jsonl)" -eq 3 ]
}

@test "without softening no sample and no memory is of the extra class" {
    tool train small.conf --quiet --json --out run --set model.softening=0 --set train.epochs=6
    succeeded
    jq -e '.loss < -1' <<<"$output"
    tool eval run --quiet --json
    succeeded
    jq -e '.accuracy > 0.15 and ([.confusion[][10]] | add == 0)' <<<"$output"
    # The extra class comes last, its weights stay zero.
    array_of run parameters/class_weights 3 > weights
    [ "$(sed -n 's/ //gp' weights | tr -d '\n' | tail -c $((21 * 8)) | tr -d 0 | wc -c)" -eq 0 ]
}

@test "beta annealed, and frozen" {
    tool train small.conf --quiet --out run --set model.beta_rule=annealed --set model.beta=10 \
        --set model.anneal_to=50 --set model.anneal_epochs=4 --set train.epochs=6
    succeeded
    [ "$(jq -c .beta run/metrics.jsonl | paste -sd ' ')" = "20 30 40 50 50 50" ]
    tool train small.conf --quiet --out frozen --set model.beta_rule=frozen --set model.beta=10
    succeeded
    [ "$(jq -c .beta frozen/metrics.jsonl | paste -sd ' ')" = "10 10 10" ]
}

# --- divergence -------------------------------------------------------------------------------------

@test "a learning rate out of hand is a divergence that keeps the last good checkpoint" {
    tool train small.conf --quiet --out run --set train.learning_rate=100
    failed_with 7 "the loss is beyond all bounds in epoch 1, step " "train.learning_rate" \
        "there was no checkpoint yet"
    [ ! -e run/run.h5 ]

    tool train small.conf --quiet --out good
    succeeded
    before=$(sha256sum good/run.h5)
    tool train good --resume --quiet --set train.learning_rate=100 --set train.epochs=10
    failed_with 7 "epoch 4" "train.learning_rate" "'good/run.h5' keeps the last good checkpoint"
    [ "$(sha256sum good/run.h5)" = "$before" ]
    tool eval good --quiet --json
    succeeded
    jq -e '.loss < 0' <<<"$output"
    nothing_left_over good
}

@test "whatever the step and the epoch of a divergence, no checkpoint holds a number that is none" {
    for rate in 1 3; do
        for validation in 0 0.1; do
            rm -rf run
            tool train small.conf --quiet --out run --set train.learning_rate=$rate \
                --set train.epochs=40 --set data.validation=$validation
            [ "$status" -eq 7 ] || [ "$status" -eq 0 ]
            [ -e run/run.h5 ] || continue
            tool eval run --quiet --json
            succeeded
            jq -e '.loss != null and .loss < 50' <<<"$output"
            run h5dump -d /parameters/memories run/run.h5
            [[ "$output" != *nan* ]]
        done
    done
}

@test "a divergence is one with --profile too" {
    tool train small.conf --quiet --out run --set train.learning_rate=100 --profile
    [ "$status" -eq 7 ]
    [[ "$stderr" == "denseam: the loss is beyond all bounds in epoch 1"* ]]
    [ ! -e run/run.h5 ]
}
