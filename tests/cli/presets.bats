# `denseam presets`: what is built in is what stands in presets/. $DENSEAM is the tool.
bats_require_minimum_version 1.5.0

setup() {
    : "${DENSEAM:?set DENSEAM to the tool to test}"
    presets="$BATS_TEST_DIRNAME/../../presets"
}

@test "the list has every preset with title and source, and fits 80 columns" {
    run --separate-stderr "$DENSEAM" presets
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    [ -z "$(awk 'length($0) > 80' <<<"$output")" ]
    [[ "$output" == *"mnist "*"MNIST"*"arXiv 2508.19151"* ]]
}

@test "JSON names the same presets as the folder" {
    run --separate-stderr "$DENSEAM" presets --json
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    jq -e 'length > 0 and all(.name != "" and .title != "" and has("source"))' <<<"$output"
    found=$(jq -r '.[].name' <<<"$output" | sort)
    wanted=$(cd "$presets" && ls *.conf bench/*.conf paper/*.conf reference/*.conf | sed 's/\.conf$//' | sort)
    [ -n "$wanted" ]
    [ "$found" = "$wanted" ] || { echo "$found"; echo "$wanted"; return 1; }
}

# bats test_tags=every
@test "every preset can be planned" {
    export OCL_ICD_VENDORS=pocl.icd
    unset DENSEAM_DEVICE DENSEAM_DATA
    for name in $("$DENSEAM" presets --json | jq -r '.[].name'); do
        options=()
        # MNIST may not be here; the clothes have the same shape, and a package.
        ! "$DENSEAM" presets "$name" --json | jq -r .effective | grep -q '"mnist"' || options=(--set data.name=fashion-mnist)
        run --separate-stderr "$DENSEAM" train "$name" --dry-run --json "${options[@]}"
        [ "$status" -eq 0 ] || { echo "$name: $stderr"; return 1; }
        jq -e '.total_bytes > 0 and (.buffers | length > 5)' <<<"$output" > /dev/null
    done
}

@test "a preset of the paper says which of its experiments it is" {
    run --separate-stderr "$DENSEAM" presets --json
    jq -e '[.[] | select(.name | startswith("paper/"))] | length > 10 and
        all(.title != "" and (.source | test("^arXiv [0-9]{4}[.][0-9]{5}, ")))' <<<"$output"
}

@test "a preset is printed byte for byte" {
    "$DENSEAM" presets mnist > "$BATS_TEST_TMPDIR/printed"
    cmp "$BATS_TEST_TMPDIR/printed" "$presets/mnist.conf"
    "$DENSEAM" presets mnist --json | jq -j .text > "$BATS_TEST_TMPDIR/text"
    cmp "$BATS_TEST_TMPDIR/text" "$presets/mnist.conf"
}

@test "the effective keys of a preset are a preset without base that means the same" {
    name=paper/2605.10164-relu-adam-large
    "$DENSEAM" presets "$name" | grep -q '^base '
    "$DENSEAM" presets "$name" --json | jq -j .effective > "$BATS_TEST_TMPDIR/effective.conf"
    run -1 grep -q '^base ' "$BATS_TEST_TMPDIR/effective.conf"
    export OCL_ICD_VENDORS=pocl.icd
    run --separate-stderr "$DENSEAM" sweep "$name" --dry-run --json
    [ "$status" -eq 0 ] || { echo "$stderr"; return 1; }
    [ -n "$output" ]
    wanted=$output
    run --separate-stderr "$DENSEAM" sweep "$BATS_TEST_TMPDIR/effective.conf" --dry-run --json
    [ "$status" -eq 0 ] || { echo "$stderr"; return 1; }
    [ "$output" = "$wanted" ]
}

@test "a preset's base may be a file beside it, and its run keeps every key" {
    cd "$BATS_TEST_TMPDIR"
    mkdir -p mine
    printf 'base = "bench/energy-small"\ntrain { epochs = 2 }\n' > mine/short.conf
    printf 'base = "short.conf"\ntrain { batch = 50 }\n' > mine/few.conf
    export OCL_ICD_VENDORS=pocl.icd
    run --separate-stderr "$DENSEAM" train mine/few.conf --out run --quiet
    [ "$status" -eq 0 ] || { echo "$stderr"; return 1; }
    grep -q '^    epochs = 2$' run/preset.conf
    grep -q '^    batch = 50$' run/preset.conf
    run -1 grep -q '^base' run/preset.conf
    echo 'train { epochs = x }' > mine/short.conf
    run --separate-stderr "$DENSEAM" train mine/few.conf --out other
    [ "$status" -eq 2 ]
    [[ "$stderr" == "denseam: mine/short.conf:1: train.epochs = 'x' is not a whole number"* ]]
}

@test "an unknown preset is a usage error with the closest one" {
    run --separate-stderr "$DENSEAM" presets mnits
    [ "$status" -eq 2 ]
    [ -z "$output" ]
    [ "$stderr" = "denseam: no preset 'mnits' is built in (did you mean 'mnist'?); 'denseam presets' \
lists them" ]
}

@test "help and manual page explain the preset keys" {
    run --separate-stderr "$DENSEAM" help presets
    [ "$status" -eq 0 ]
    [[ "$output" == *"learning_rate = "* ]]
    run --separate-stderr "$DENSEAM" man
    [ "$status" -eq 0 ]
    [[ "$output" == *".SH PRESET KEYS"*"learning_rate"*".SH ENVIRONMENT"* ]]
}

@test "a full disk is an error" {
    for words in "" "mnist" "--json"; do
        run --separate-stderr bash -c '"$DENSEAM" presets '"$words"' > /dev/full'
        [ "$status" -eq 3 ]
        [[ "$stderr" == "denseam: cannot write to standard output: No space left on device"* ]]
    done
}
