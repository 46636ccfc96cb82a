# Damaged or unfitting data files, presets and overrides: one line that says what, where and what to
# do, the right exit code, and no folder left behind.
load helpers

setup() {
    common_setup
}

# Trains own.conf with the overrides given; nothing may be left of it.
refused() {
    tool train own.conf --quiet --out run "$@"
    [ ! -e run ] || { echo "it left $(ls run)"; return 1; }
}

images() { refused --set data.images="$1"; }
labels() { refused --set data.labels="$1"; }

# --- data files -------------------------------------------------------------------------------------

@test "NPY: truncated, wrong magic, lying header" {
    own_data 60 4 3
    head -c 200 images.npy > bad.npy
    images bad.npy
    failed_with 3 "'bad.npy'"
    head -c 20 images.npy > bad.npy
    images bad.npy
    failed_with 3 "'bad.npy'"
    : > bad.npy
    images bad.npy
    failed_with 3 "'bad.npy'"
    { printf 'NUMPY!'; tail -c +7 images.npy; } > bad.npy
    images bad.npy
    failed_with 3 "'bad.npy'"
    # A header that promises 4 EB, and one whose product does not fit 64 bits.
    for shape in "(1152921504606846976, 4)" "(4294967296, 4294967296)" "(99999999999999999999, 1)" \
        "(60, 5)" "(60, 3)" "(-60, 4)" "()" "(0, 4)" "(60, 0)"; do
        printf 'xxxx' | npy bad.npy '|u1' "$shape"
        images bad.npy
        failed_with 3 "'bad.npy'"
    done
    head -c 240 /dev/zero | npy bad.npy '<c8' "(30,)"
    images bad.npy
    failed_with 3 "'bad.npy'"
    { cat images.npy; printf x; } > bad.npy
    images bad.npy
    failed_with 3 "'bad.npy'"
}

@test "NPY: numbers that are none" {
    own_data 60 4 3
    { head -c 944 /dev/zero; bytes 0 0 128 127 0 0 192 127 0 0 0 0 0 0 0 0; } |
        npy bad.npy '<f4' "(60, 4)"
    images bad.npy
    failed_with 3 "sample 59 of 'bad.npy', feature 0, holds inf, which is no finite float32; mend or remove it"
    { head -c 236 /dev/zero; bytes 0 0 192 127; } | npy bad.npy '<f4' "(60,)"
    labels bad.npy
    failed_with 3 "label 59 of 'bad.npy' is nan"
    { head -c 236 /dev/zero; bytes 0 0 32 64; } | npy bad.npy '<f4' "(60,)"
    labels bad.npy
    failed_with 3 "label 59 of 'bad.npy' is 2.5; labels must be whole numbers"
    { head -c 236 /dev/zero; bytes 255 255 255 255; } | npy bad.npy '<i4' "(60,)"
    labels bad.npy
    failed_with 3 "label 59 of 'bad.npy' is -1; labels must be whole numbers"
}

@test "IDX: truncated, wrong magic, oversized header" {
    own_data 60 4 3
    whole=/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte
    { gunzip -c "$whole.gz" 2> /dev/null || cat "$whole"; } > whole
    head -c 10000 whole > bad.idx
    images bad.idx
    failed_with 3 "'bad.idx'"
    head -c 10 whole > bad.idx
    images bad.idx
    failed_with 3 "'bad.idx'"
    { bytes 0 0 8 3 255 255 255 255 255 255 255 255 255 255 255 255; head -c 100 whole; } > bad.idx
    images bad.idx
    failed_with 3 "'bad.idx'"
    for magic in "0 1 8 3" "0 0 7 3" "0 0 8 0" "0 0 8 9" "0 0 8 255" "1 2 3 4"; do
        # shellcheck disable=SC2086
        { bytes $magic; tail -c +5 whole | head -c 10000; } > bad.idx
        images bad.idx
        failed_with 3 "'bad.idx'"
    done
    gzip -c whole | head -c 100000 > bad.idx.gz
    images bad.idx.gz
    failed_with 3 "'bad.idx.gz'"
    gzip -c whole > bad.idx.gz
    printf 'XXXX' | dd of=bad.idx.gz bs=1 seek=50000 conv=notrunc 2> /dev/null
    images bad.idx.gz
    failed_with 3 "'bad.idx.gz'"
}

@test "HDF5: truncated, flipped, empty, no such array" {
    own_data 60 4 3
    run_file run_of_data
    mv run_of_data/run.h5 whole.h5
    images "whole.h5"
    failed_with 3 "'whole.h5'"
    images "whole.h5:/nothing/here"
    failed_with 3 "'whole.h5'" "nothing/here"
    images "whole.h5:/parameters"
    failed_with 3 "'whole.h5'" "parameters"
    for size in 8 100 1000 50000; do
        head -c "$size" whole.h5 > bad.h5
        images "bad.h5:/parameters/memories"
        failed_with 3 "'bad.h5'"
    done
    # It has checksums, so a flipped byte of the data is seen.
    size=$(stat -c %s whole.h5)
    cp whole.h5 bad.h5
    printf '\xFF\xFF' | dd of=bad.h5 bs=1 seek=$((size / 2)) conv=notrunc 2> /dev/null
    images "bad.h5:/parameters/memories"
    [ "$status" -eq 3 ]
    # A whole one serves as data.
    bytes $(for ((i = 0; i < 20; i++)); do echo $((i % 3)); done) | npy twenty.npy '|u1' "(20,)"
    tool train own.conf --quiet --set data.images=whole.h5:/parameters/memories \
        --set data.labels=twenty.npy --out run
    succeeded
}

@test "places that are no files" {
    own_data 60 4 3
    mkdir folder
    images folder
    failed_with 3 "'folder'"
    images /dev/zero
    failed_with 3 "'/dev/zero'"
    images absent.npy
    failed_with 3 "'absent.npy'" "No such file"
    mkfifo pipe
    images pipe
    failed_with 3 "'pipe'"
    ln -s loop loop
    images loop
    failed_with 3 "'loop'"
    images own.conf
    failed_with 3 "'own.conf'"
    images 'quite a "name" with'$'\xc3\xbc''.npy'
    failed_with 3 'quite a "name" with'
}

@test "labels and images of different lengths, one-hot labels, none at all" {
    own_data 60 4 3
    head -c 59 /dev/zero | npy bad.npy '|u1' "(59,)"
    labels bad.npy
    failed_with 3 "'images.npy' holds 60 samples but 'bad.npy' 59 labels; they must go together"
    head -c 180 /dev/zero | npy bad.npy '|u1' "(60, 3)"
    labels bad.npy
    failed_with 3 "labels 'bad.npy' have the shape 60 x 3" "not one-hot"
    labels ""
    failed_with 2 "the vmf model learns classes, but the data has no labels; set data.labels"
    refused --set data.images= --set data.labels=
    failed_with 2 "no data; give data.name"
    refused --set data.name=mnist
    failed_with 2 "data.name and data.images are both given; keep one"
    refused --set data.samples=61
    failed_with 3 "data.samples = 61, but 'images.npy' holds 60 samples; 0 takes all"
    refused --set data.name=nonsense --set data.images= --set data.labels= \
        --set data.test_images= --set data.test_labels=
    failed_with 3 "data set 'nonsense' is in none of" "set DENSEAM_DATA or data.images"
}

@test "too few features, and a validation share that keeps nothing" {
    own_data 60 2 3
    refused
    failed_with 2 "at least 3 features, not 2"
    own_data 60 4 3
    refused --set data.validation=0.01
    failed_with 2 "data.validation = 0.01 keeps none of the 60 samples of 'images.npy'" "set it to 0"
    refused --set data.samples=1
    failed_with 2 "data.validation = 0.1 keeps none of the 1 samples"
}

@test "eval on data of another shape, of more classes, without labels" {
    run_file run
    before=$(fingerprint run)
    own_data 60 4 3
    other=(--quiet --set data.name= --set data.images=images.npy --set data.labels=labels.npy)
    tool eval run "${other[@]}" --set data.test_images=images.npy --set data.test_labels=labels.npy
    failed_with 3 "'images.npy' has 4 features a sample, but the run was trained on 784"
    head -c 47040 /dev/zero | npy images.npy '|u1' "(60, 28, 28)"
    bytes $(for ((i = 0; i < 60; i++)); do echo $((i % 11)); done) | npy labels.npy '|u1' "(60,)"
    tool eval run "${other[@]}" --set data.test_images=images.npy --set data.test_labels=labels.npy
    failed_with 3 "'images.npy' has class 10, but the run was trained on 10 classes"
    tool eval run "${other[@]}" --set data.test_images=images.npy
    failed_with 3 "'images.npy' has no labels to score against; set data.test_labels"
    tool eval run "${other[@]}"
    failed_with 3 "there is no test set: set data.test_images"
    tool eval run --quiet --set data.name=nonsense
    failed_with 3 "data set 'nonsense' is in none of"
    # Fewer classes than it knows are no trouble.
    head -c 60 /dev/zero | npy labels.npy '|u1' "(60,)"
    tool eval run "${other[@]}" --set data.test_images=images.npy --set data.test_labels=labels.npy
    succeeded
    [ "$(fingerprint run)" = "$before" ]
}

@test "a data set beside the preset is not found from elsewhere, and can be given anew" {
    own_data 60 4 3
    tool train own.conf --quiet --out run
    succeeded
    mkdir elsewhere
    cd elsewhere || return 1
    tool eval ../run --quiet
    failed_with 3 "'images.npy'" "No such file"
    tool train ../run --resume --quiet --set train.epochs=5
    failed_with 3 "'images.npy'" "No such file"
    tool eval ../run --quiet --set data.test_images=../images.npy \
        --set data.test_labels="$BATS_TEST_TMPDIR/labels.npy"
    succeeded
}

# --- presets ----------------------------------------------------------------------------------------

# preset TEXT: trains it.
preset() {
    printf '%s\n' "$1" > bad.conf
    tool train bad.conf --quiet --out run
    [ ! -e run ]
}

@test "unknown, repeated and out-of-range keys, wrong types, unclosed sections" {
    rest='data { name = "fashion-mnist" samples = 2000 }'
    preset "$rest
model { memoreis = 3 }"
    failed_with 2 "bad.conf:2" "memoreis" "did you mean 'memories'?"
    preset "$rest
mdoel { memories = 3 }"
    failed_with 2 "bad.conf:2" "did you mean 'model'?"
    preset "$rest
model { memories = 3
memories = 4 }"
    failed_with 2 "bad.conf:3" "memories"
    preset "$rest
model { memories = 3 }
model { beta = 4 }"
    failed_with 2 "bad.conf:3" "model"
    for value in 0 -3 3x 3.5 nan '""' '"many"' 99999999999 0x10 true; do
        preset "$rest
model { memories = $value }"
        failed_with 2 "bad.conf:2" "memories"
    done
    for value in nan inf -inf 1e999 -1 0 0x1p3 1,5; do
        preset "$rest
train { learning_rate = $value }"
        failed_with 2 "bad.conf:2"
    done
    for text in "model {" "model { memories = 3" "model { memories = \"3 }" "model memories = 3 }" "}" \
        "model { memories }" "model { memories = }" "seed" "= 3" "model { memories = {3} }"; do
        preset "$rest
$text"
        failed_with 2 "bad.conf:"
    done
    printf 'seed = 1\0\n' > bad.conf
    tool train bad.conf --out run
    failed_with 2 "bad.conf:1: a NUL byte"
    : > bad.conf
    tool train bad.conf --out run
    failed_with 2 "bad.conf: no data"
    head -c 2000000 /dev/zero | tr '\0' '#' > bad.conf
    tool train bad.conf --out run
    failed_with 3 "'bad.conf' has 2000000 bytes, more than the 1048576 allowed here"
    preset "title = \"$(head -c 5000 /dev/zero | tr '\0' 'x')\""
    failed_with 2 "bad.conf:1" "title"
}

@test "an absent preset, with a guess" {
    tool train mnits --out run
    failed_with 2 "'mnits' is neither a file nor one of denseam's presets; did you mean 'mnist'?"
    tool train presets/mnist.conf --out run
    failed_with 2 "did you mean 'mnist'?"
    tool train completely-else --out run
    failed_with 2 "'denseam presets' lists them"
    tool train '' --out run
    failed_with 2 "'' is neither a file"
    tool train . --out run
    failed_with 2 "'.'"
    tool train
    failed_with 2 "train wants PRESET|RUN"
    tool train small.conf mnist
    failed_with 2 "'mnist' is too much"
    [ ! -e run ]
}

@test "overrides of every wrong kind" {
    for override in model.memoreis=3 mdoel.memories=3 memories=3 model=3 model.memories model.memories= \
        =3 .=3 model.=3 .memories=3 '' model.memories=x model.memories=0 model.memories=-1 \
        model.memories=1e3 model.memories=3.0 model.memories=99999999999999999999 model.beta=nan \
        model.beta=inf model.beta=0 model.beta=1e400 model.varsigma=0 model.varsigma=1.01 \
        model.softening=1 model.softening=-0.1 model.kind=other model.beta_rule=LEARNED \
        data.validation=1 data.samples=-1 train.momentum=1 train.epochs=0 train.batch=0 \
        train.patience=-1 train.checkpoint=0 train.precision=half seed=-1 seed=9223372036854775808 \
        'model { memories=3 }' 'model.memories=3;model.beta=2' $'model.memories=3\nmodel.beta=2' \
        $'title=a\x01b' $'title=\xff' "title=$(head -c 300 /dev/zero | tr '\0' x)" \
        model.capacity=10 model.beta_rule=annealed data.labels=x; do
        tool train small.conf --out run --set "$override"
        failed_with 2
        [ ! -e run ]
    done
    tool train small.conf --out run --set model.memoreis=3
    failed_with 2 "model.memoreis" "did you mean"
    tool train small.conf --set
    failed_with 2 "option '--set' wants a value: SECTION.KEY=VALUE"
}
