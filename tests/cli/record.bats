# The record of a training: its frames, going on with it, and the film of it.
load helpers

setup() {
    common_setup
    forge="$(dirname "$DENSEAM")/tests/forge"
    # Ten memories that become twenty, in stages of four epochs; a frame every second epoch.
    cat > grow.conf << 'END_OF_PRESET'
title = "grown"
data { name = "fashion-mnist"  samples = 2000  validation = 0.1 }
model { memories = 10 }
train { batch = 200  checkpoint = 3  record = 2 }
grow { to = 20  samples = 1000  iterations = 4  epochs = 4  patience = 0  threshold = 0 }
END_OF_PRESET
}

# numbers RUN ARRAY TYPE COLUMNS: an array's rows as decimal numbers.
numbers() {
    local raw="${2//\//-}.bin"
    rm -f "$raw"
    h5dump -d "$2" -b LE -o "$raw" "$1/run.h5" > /dev/null
    od -An -v -t "$3" -w"$4" "$raw"
}

# frames RUN: epoch, stage, memories and kept memories of each frame.
frames() {
    numbers "$1" record/frames d8 32 | awk '{ print $1, $2, $3, $4 }' | paste -sd ';'
}

@test "frames: the beginning, every so many epochs, and each split" {
    tool train grow.conf --out run --quiet
    succeeded
    [ "$(frames run)" = "0 0 10 10;2 0 10 10;4 0 10 10;4 1 20 20;6 1 20 20;8 1 20 20" ]
    [ "$(numbers run record/parents d4 80 | awk 'NF == 20 {
        for (i = 1; i <= 10; i++) good += $i == -1
        for (i = 11; i <= 20; i++) good += $i == i - 11
        print good }')" = 20 ]
    tool train grow.conf --out few --quiet --set train.record=1 --set train.record_memories=12
    succeeded
    [ "$(frames few | tr ';' '\n' | wc -l)" -eq 10 ]
    [[ "$(frames few)" == *";8 1 20 12" ]]
    tool train grow.conf --out none --quiet --set train.record=0
    succeeded
    ! h5dump -n run.h5 none/run.h5 | grep -q record
    nothing_left_over run
}

@test "a frame is what a run that ends there has" {
    tool train small.conf --out whole --quiet --set train.record=1
    succeeded
    tool train small.conf --out part --quiet --set train.epochs=2
    succeeded
    # Frame 2 has rows 40 to 59; half a level is the largest value / 254.
    paste <(numbers whole record/scales f4 4) <(numbers whole record/memories u1 784) |
        sed -n '41,60p' > frame
    numbers part parameters/memories f4 3136 | paste frame - | awk 'NF == 1 + 2 * 784 {
        for (i = 2; i <= 785; i++) {
            d = ($i - 128) / 127 * $1 - $(i + 784)
            if (d < 0) d = -d
            if (d > $1 / 254 * 1.0001) bad++
            if ($i != 128) shown++
        }
        rows++
    } END { exit !(rows == 20 && bad == 0 && shown > 10000) }'
    # Class weights are kept as they are.
    numbers whole record/class_weights x4 44 | sed -n '41,60p' | awk '{ $1 = $1; print }' > kept
    numbers part parameters/class_weights x4 84 | awk '{
        for (i = 1; i <= 20; i++) row[i] = row[i] (NR > 1 ? " " : "") $i
    } END { for (i = 1; i <= 20; i++) print row[i] }' > weights
    cmp kept weights
}

@test "recording changes nothing else" {
    tool train small.conf --out plain --quiet
    succeeded
    tool train small.conf --out recorded --quiet --set train.record=1
    succeeded
    [ "$(training_of plain)" = "$(training_of recorded | sed '/^== .record/,/^== .shape/ { /^== .shape/!d }')" ]
}

@test "stopped inside and between stages, a run has the frames it would have had" {
    tool train grow.conf --out whole --quiet --set grow.to=40
    succeeded
    # A stage's end is saved: grown no further, the run stops there.
    tool train grow.conf --out stopped --quiet --set grow.to=40 --set grow.splits=1
    succeeded
    tool train stopped --resume --quiet --set grow.splits=14
    succeeded
    same_training stopped whole
    options=(--set train.batch=10 --set grow.epochs=20 --set train.record=1)
    env --default-signal=INT "$DENSEAM" train grow.conf --out inside --quiet "${options[@]}" 2> err &
    pid=$!
    wait_for_lines inside/metrics.jsonl 23
    kill -s INT "$pid"
    status=0
    wait "$pid" || status=$?
    [ "$status" -eq 8 ] || { echo "exit $status: $(cat err)"; return 1; }
    tool show inside --film --json
    succeeded
    tool train inside --resume --quiet
    succeeded
    tool train grow.conf --out long --quiet "${options[@]}"
    succeeded
    same_training inside long
    training_of inside | grep -q '^== /record/memories'
    [ "$(frames long | tr ';' '\n' | wc -l)" -eq 42 ]
}

@test "a record goes on where it was not, and stays where it ends" {
    tool train small.conf --out run --quiet
    succeeded
    tool train run --resume --quiet --set train.epochs=5 --set train.record=1
    succeeded
    [ "$(frames run)" = "3 0 20 20;4 0 20 20;5 0 20 20" ]
    tool train run --resume --quiet --set train.epochs=7 --set train.record=0
    succeeded
    [ "$(frames run)" = "3 0 20 20;4 0 20 20;5 0 20 20" ]
    # The film ends with the present state all the same.
    tool show run --film --json
    succeeded
    jq -e '.frames == 4' <<<"$output"
}

@test "show --film draws the film and the sheet" {
    tool train grow.conf --out run --quiet
    succeeded
    tool show run --film --out pictures
    succeeded
    [[ "$output" == *"film "*"pictures/film.gif, 6 frames"* ]]
    [[ "$output" == *"contact sheet "*"pictures/contact.png"* ]]
    [ "$(head -c 6 pictures/film.gif)" = GIF89a ]
    [ "$(tail -c 1 pictures/film.gif | od -An -t x1)" = " 3b" ]
    [ "$(head -c 4 pictures/contact.png | tail -c 3)" = PNG ]
    cp pictures/film.gif first.gif
    tool show run --film --out pictures --json
    succeeded
    jq -e '.film == "pictures/film.gif" and .contact_sheet == "pictures/contact.png" and
        .frames == 6' <<<"$output"
    cmp pictures/film.gif first.gif
    nothing_left_over pictures
}

@test "a run without a record has no film, and says how to get one" {
    run_file run
    tool show run --film
    [ "$status" -eq 3 ]
    [[ "$output" == *"memories"*"mean purity"* ]]
    [[ "$stderr" == *"'run/run.h5' has no record to make a film of; train with --set train.record=1"* ]]
    [ ! -e run/film.gif ]
}

@test "a frame too large to keep is refused" {
    tool train small.conf --dry-run --quiet --set train.record=1 --set model.memories=6000 \
        --set train.record_memories=6000
    failed_with 2 "train.record_memories: a frame of 6000 memories takes 4.8 MiB" \
        "at most 5041 memories fit"
    tool train small.conf --dry-run --quiet --set train.record=1 --set model.memories=6000
    succeeded
}

@test "records that make no sense are refused" {
    tool train small.conf --out run --quiet --set train.record=1
    succeeded
    before=$(fingerprint run)
    for words in "set record/frames 4 9" "set record/frames 11 1000000" "set record/parents 3 7" \
        "set record/scales 5 nan" "set record/spread 0 -1" "cut record/memories" \
        "cut record/scales" "cut record/frames" "cut record/parents" "cut record/class_weights" \
        "noarray record/memories" "noarray record/spread"; do
        rm -rf bad
        cp -r run bad
        # shellcheck disable=SC2086
        "$forge" run/run.h5 bad/run.h5 $words
        tool show bad --film
        [ "$status" -eq 3 ] || { echo "$words: exit $status"; return 1; }
        [[ "$stderr" == *"record"* ]] || { echo "$words: $stderr"; return 1; }
        tool train bad --resume --quiet --set train.epochs=4
        failed_with 3 "bad/run.h5" "record"
    done
    [ "$(fingerprint run)" = "$before" ]
}

@test "the record of an energy model, whose memories have neurons of classes too" {
    cat > energy.conf << 'END_OF_PRESET'
data { name = "fashion-mnist"  samples = 400 }
model { kind = "energy"  memories = 12 }
train { batch = 100  epochs = 3  record = 2 }
END_OF_PRESET
    tool train energy.conf --out run --quiet
    succeeded
    [ "$(frames run)" = "0 0 12 12;2 0 12 12" ]
    # Epoch 3 is none of the record: the film ends with it all the same.
    tool show run --film --json
    succeeded
    jq -e '.frames == 3' <<<"$output"
}

@test "show counts stages from 1, as the training does" {
    tool train grow.conf --out run --quiet
    succeeded
    tool show run
    succeeded
    [[ "$output" == *"stage                2"* ]]
    [[ "$output" != *"split_seconds"* ]]
}
