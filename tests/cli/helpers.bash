# What the tests of the tool share. Each test works in a folder of its own.
bats_require_minimum_version 1.5.0

common_setup() {
    : "${DENSEAM:?set DENSEAM to the tool to test}"
    unset DENSEAM_DEVICE DENSEAM_DATA OPENCL_VENDOR_PATH RUSTICL_ENABLE
    export OCL_ICD_VENDORS="${OCL_ICD_VENDORS:-pocl.icd}"
    [ "${DENSEAM_TEST_SETTINGS:-every}" = every ] || ignore_leaks
    cd "$BATS_TEST_TMPDIR" || return 1
    small_preset > small.conf
}

# A training of 1800 samples in 9 steps an epoch, over in a moment.
small_preset() {
    cat << 'END'
title = "small"
data { name = "fashion-mnist"  samples = 2000  validation = 0.1 }
model { memories = 20 }
train { batch = 200  epochs = 3  patience = 0  checkpoint = 1 }
END
}

# run_file: one small run, trained once for all tests of a file, copied to $1.
run_file() {
    local kept="$BATS_FILE_TMPDIR/kept"
    if [ ! -e "$kept/run.h5" ]; then
        rm -rf "$kept"
        "$DENSEAM" train small.conf --quiet --out "$kept" > /dev/null
    fi
    cp -r "$kept" "$1"
}

# To look for leaks takes a third of the time of a small command under the sanitizers, and is left to nights
# but for the tests of the library. Mesa's drivers leak by themselves: for tests that use them.
ignore_leaks() {
    export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"
}

# Runs the tool; stdout in $output, stderr in $stderr.
tool() {
    run --separate-stderr "$DENSEAM" "$@"
    keep_json "$@"
}

# What a command printed as JSON is kept until the tests of the file are over.
keep_json() {
    local name="${1#--}" lines=
    [ "$status" -eq 0 ] && [[ " $* " == *" --json "* ]] || return 0
    [ "$name" != watch ] || { name=metrics lines=.jsonl; }
    mkdir -p "$BATS_FILE_TMPDIR/json/$name"
    printf '%s' "$output" > "$(mktemp "$BATS_FILE_TMPDIR/json/$name/XXXXXX$lines")"
}

# valid NAME FILE...: the files are as docs/schema/NAME.json says.
valid() {
    python3 "$BATS_TEST_DIRNAME/../cli/schema.py" "$BATS_TEST_DIRNAME/../../docs/schema" "$@"
}

# All JSON that commands printed in a file's tests is as its schema says.
teardown_file() {
    local folder
    command -v python3 > /dev/null || return 0
    for folder in "$BATS_FILE_TMPDIR"/json/*/; do
        [ ! -d "$folder" ] || valid "$(basename "$folder")" "$folder"*
    done
}

# Fails unless the tool ended with $1, printed no result, and said one line on stderr that begins as
# its messages do and holds each of the other arguments.
failed_with() {
    local code="$1" words
    shift
    [ "$status" -eq "$code" ] || { echo "exit $status, not $code: $stderr"; return 1; }
    [ -z "$output" ] || { echo "stdout: $output"; return 1; }
    [ "${#stderr_lines[@]}" -eq 1 ] || { echo "not one line: $stderr"; return 1; }
    [[ "$stderr" == "denseam: "* ]] || { echo "stderr: $stderr"; return 1; }
    for words in "$@"; do
        [[ "$stderr" == *"$words"* ]] || { echo "no '$words' in: $stderr"; return 1; }
    done
}

# Fails unless stderr is one message of the tool that holds $1.
one_message() {
    [ "${#stderr_lines[@]}" -eq 1 ] || { echo "stderr: $stderr"; return 1; }
    [[ "$stderr" == "denseam: "* ]] || { echo "stderr: $stderr"; return 1; }
    [[ "$stderr" == *"$1"* ]] || { echo "no '$1' in: $stderr"; return 1; }
}

# Fails unless the tool did what it was asked to.
succeeded() {
    [ "$status" -eq 0 ] || { echo "exit $status: $stderr"; return 1; }
}

# Every file below a folder with its SHA-256: what must not change.
fingerprint() {
    (cd "$1" && find . -type f -exec sha256sum {} + | sort -k 2)
}

# No temporary file is left in a folder.
nothing_left_over() {
    local found
    found=$(find "$1" -name '*.tmp*')
    [ -z "$found" ] || { echo "left over: $found"; return 1; }
}

# The bytes of one array of a run as hexadecimal words, $3 of 8 bytes a line.
array_of() {
    local raw="$BATS_TEST_TMPDIR/array.bin"
    rm -f "$raw"
    h5dump -d "$2" -b LE -o "$raw" "$1/run.h5" > /dev/null && od -An -v -t x8 -w"$((8 * $3))" "$raw"
}

# All that a training is, bit by bit: parameters, velocities, history and position without what was
# measured in seconds. The last two of the 12 columns of a growing run are such.
training_of() {
    local name columns
    for name in $(h5dump -n 1 "$1/run.h5" | awk '$1 == "dataset" { print $2 }'); do
        echo "== $name"
        case "$name" in
        /history)
            columns=$(h5dump -a history_columns "$1/run.h5" | grep "(0)" | tr "," "\n" | wc -l)
            array_of "$1" "$name" "$columns" |
                awk '{ $5 = ""; if (NF == 12) $11 = $12 = ""; print }'
            ;;
        /state/split) ;;
        /state/position) array_of "$1" "$name" 6 | awk '{ $5 = ""; print }' ;;
        *) array_of "$1" "$name" 4 ;;
        esac
    done
}

# Fails unless two runs hold the same training to the last bit.
same_training() {
    local first second
    first=$(training_of "$1")
    second=$(training_of "$2")
    [ "$(grep -c '^== ' <<<"$first")" -ge 8 ]
    [ "$first" = "$second" ] || { diff <(echo "$first") <(echo "$second") | head -5; return 1; }
}

# npy FILE DESCR SHAPE < data: writes a NumPy file of version 1.0.
npy() {
    local header="{'descr': '$2', 'fortran_order': False, 'shape': $3, }" length
    while (((10 + ${#header} + 1) % 64 != 0)); do
        header="$header "
    done
    length=$((${#header} + 1))
    {
        printf '\x93NUMPY\x01\x00'
        bytes $((length % 256)) $((length / 256))
        printf '%s\n' "$header"
        cat
    } > "$1"
}

# bytes N...: those bytes.
bytes() {
    local escaped
    printf -v escaped '\\x%02x' "$@"
    printf '%b' "$escaped"
}

# own_data SAMPLES FEATURES CLASSES: images.npy and labels.npy, every class as often as the others.
own_data() {
    local i
    for ((i = 0; i < $1 * $2; i++)); do echo $((1 + (i * i * 31 + i / 7) % 255)); done > numbers
    # shellcheck disable=SC2046
    bytes $(cat numbers) | npy images.npy '|u1' "($1, $2)"
    # shellcheck disable=SC2046
    bytes $(for ((i = 0; i < $1; i++)); do echo $((i % $3)); done) | npy labels.npy '|u1' "($1,)"
    cat > own.conf << 'END'
data { images = "images.npy" labels = "labels.npy" test_images = "images.npy" test_labels = "labels.npy" }
model { memories = 5 }
train { batch = 50 epochs = 3 patience = 0 }
END
}

# Waits until file $1 has $2 lines, at most some seconds.
wait_for_lines() {
    local i
    for ((i = 0; i < 600; i++)); do
        if [ -e "$1" ] && [ "$(wc -l < "$1")" -ge "$2" ]; then
            return 0
        fi
        sleep 0.05
    done
    echo "$1 has not got $2 lines"
    return 1
}

# find_numpy: $python is a Python that has numpy. Fails where there is none.
find_numpy() {
    for python in /usr/bin/python3 python3; do
        if "$python" -c 'import numpy' 2> /dev/null; then
            return
        fi
    done
    return 1
}

# needs_numpy: skips the test where there is none; in CI there is one.
needs_numpy() {
    if find_numpy; then
        return
    fi
    [ -z "${CI:-}" ] || { echo "no numpy, which ci/setup test installs"; return 1; }
    skip 'there is no numpy'
}

# read_back CHECK ARGUMENT...: results.py looks at what the tool wrote. Behind needs_numpy.
read_back() {
    "$python" "$BATS_TEST_DIRNAME/results.py" "$@"
}
