# What train, eval and show print and write, where, and that the same gives the same.
load helpers

setup() {
    common_setup
}

# --- what is printed --------------------------------------------------------------------------------

@test "train --json is the last epoch's row and the run, and stdout holds nothing else" {
    tool train small.conf --json --out run
    succeeded
    jq -e '.epoch == 3 and .run == "run" and .loss < 0 and .validation_loss < 0
        and .validation_accuracy > 0 and .validation_accuracy < 1 and .seconds > 0 and .beta > 0' <<<"$output"
    [ "$(jq -s length <<<"$output")" -eq 1 ]
    # The same row as the history's.
    diff <(jq -S 'del(.run) | map_values(. * 1e9 | round)' <<<"$output") \
        <(tail -n 1 run/metrics.jsonl | jq -S 'map_values(. * 1e9 | round)')
    [[ "$stderr" == *"device 0: "* ]]
    [[ "$stderr" == *"epoch 3/3"* ]]
}

@test "eval --json has every measure, show --json every fact" {
    run_file run
    tool eval run --json
    succeeded
    jq -e '.samples == 10000 and .data == "fashion-mnist" and .run == "run"
        and (.accuracy, .macro_f1, .one_nn, .agreement | . > 0 and . < 1) and .loss < 0
        and (.confusion | length == 10 and all(length == 11))
        and ([.confusion[] | add] | all(. == 1000))' <<<"$output"
    # What it says of itself goes together.
    jq -e '([range(10) as $i | .confusion[$i][$i]] | add) / .samples == .accuracy' <<<"$output"
    jq -e '(.agreement_right * .accuracy + .agreement_wrong * (1 - .accuracy)
        - .agreement) | fabs < 1e-9' <<<"$output"
    tool show run --json
    succeeded
    jq -e '.title == "small" and .dim == 784 and .classes == 10 and .memories == 20 and .finished
        and .last_epoch.epoch == 3 and (.memories_by_class | length == 11 and add == 20)
        and .mean_purity > 0 and .mean_purity <= 1 and .gemm == "panel" and .kernels == "cpu"
        and .picture == "run/memories.png"' <<<"$output"
    [ -z "$stderr" ]
}

@test "the tables fit 80 columns" {
    run_file run
    for words in "eval run" "show run" "train run --resume" "train small.conf --dry-run"; do
        # shellcheck disable=SC2086
        tool $words
        succeeded
        [ -n "$output" ]
        [ -z "$(awk 'length($0) > 80' <<<"$output")" ] || { echo "$output"; return 1; }
    done
}

@test "--quiet says nothing on stderr" {
    tool train small.conf --quiet --out run
    succeeded
    [ -z "$stderr" ]
    for words in "eval run" "show run" "train run --resume" "train small.conf --dry-run"; do
        # shellcheck disable=SC2086
        tool $words --quiet
        succeeded
        [ -z "$stderr" ] || { echo "$words: $stderr"; return 1; }
    done
}

@test "--dry-run prints the plan and makes nothing" {
    tool train small.conf --dry-run --json --quiet --out run
    succeeded
    jq -e '.total_bytes == ([.buffers[].bytes] | add) and .total_bytes < .device_bytes
        and .streamed == false and .chunk == 200
        and any(.buffers[]; .name == "memories" and .bytes == 20 * 784 * 4)' <<<"$output"
    tool train small.conf --dry-run --quiet --set data.memory=1 --json
    jq -e .streamed <<<"$output"
    [ ! -e run ]
    [ ! -e runs ]
}

@test "a full disk or a closed pipe behind stdout is an error, and the run is there" {
    for words in "train small.conf --out run" "train small.conf --out json --json" "eval run" "eval run --json" \
        "show run" "show run --json" "train small.conf --dry-run"; do
        run --separate-stderr bash -c '"$DENSEAM" '"$words"' --quiet > /dev/full'
        failed_with 3 "cannot write to standard output: No space left on device"
    done
    tool eval run --quiet
    succeeded
    tool eval json --quiet
    succeeded
    run --separate-stderr bash -c 'set -o pipefail; "$DENSEAM" show run | true; exit ${PIPESTATUS[0]}'
    [ "$status" -eq 0 ] || failed_with 3 "cannot write to standard output: Broken pipe"
}

# --- progress ---------------------------------------------------------------------------------------

@test "on a terminal progress is one line that is rewritten" {
    script -qec "TERM=xterm '$DENSEAM' train small.conf --out run --set train.epochs=60" /dev/null > typescript
    lines=$(grep -c 'epoch [0-9]*/60' typescript)
    [ "$lines" -eq 1 ]
    [ "$(tr '\r' '\n' < typescript | grep -c 'epoch [0-9]*/60')" -ge 2 ]
    grep -q $'\r.*\033\\[K' typescript
    # The results below it begin on a line of their own.
    tr -d '\r' < typescript | grep -q '^epochs  *60$'
    # No rewritten line is wider than the terminal.
    script -qec "stty cols 40; TERM=xterm '$DENSEAM' train small.conf --out narrow" /dev/null > typescript
    [ -z "$(tr '\r' '\n' < typescript | sed 's/\x1b\[K//g' | grep 'epoch [0-9]*/' | awk 'length($0) > 39')" ]
}

@test "in a file, and on a dumb terminal, progress is plain lines" {
    tool train small.conf --out run
    succeeded
    [[ "$stderr" != *$'\r'* ]]
    [[ "$stderr" != *$'\033'* ]]
    [[ "${stderr_lines[1]}" == "epoch 1/3  "*"samples/s"* ]]
    script -qec "TERM=dumb '$DENSEAM' train small.conf --out dumb" /dev/null > typescript
    [ -z "$(grep $'\033' typescript)" ]
}

# --- the same gives the same ------------------------------------------------------------------------

@test "the same seed gives the same run to the last bit, another seed another" {
    tool train small.conf --quiet --out one
    tool train small.conf --quiet --out two
    same_training one two
    diff <(jq -c 'del(.seconds)' one/metrics.jsonl) <(jq -c 'del(.seconds)' two/metrics.jsonl)
    cmp one/memories.png two/memories.png
    cmp one/preset.conf two/preset.conf
    tool train small.conf --quiet --out three --set seed=2
    succeeded
    [ "$(array_of one parameters/memories 4)" != "$(array_of three parameters/memories 4)" ]
    # The resolved preset makes the same run again.
    tool train one/preset.conf --quiet --out again
    same_training one again
}

@test "streamed samples train like resident ones to the last bit" {
    tool train small.conf --quiet --out resident
    tool train small.conf --quiet --out streamed --set data.memory=1
    succeeded
    same_training resident streamed
    # Also where pieces and batches do not divide the set.
    tool train small.conf --quiet --out odd --set train.batch=77 --set data.samples=1999 --set train.epochs=2
    tool train small.conf --quiet --out odd-streamed --set train.batch=77 --set data.samples=1999 \
        --set train.epochs=2 --set data.memory=1
    same_training odd odd-streamed
}

# close_to A B: two losses that differ by rounding only, but are not of two untrained runs.
close_to() {
    jq -en --argjson a "$1" --argjson b "$2" '($a - $b | fabs) < 1e-3 * ($a | fabs) and $a < -1'
}

@test "the other kernels and products train to the same loss" {
    tool train small.conf --quiet --json --out run
    wanted=$(jq .loss <<<"$output")
    for words in "--kernels gpu" "--gemm clblast" "--gemm panel --kernels cpu" "--kernels gpu --gemm panel"; do
        rm -rf other
        # shellcheck disable=SC2086
        tool train small.conf --quiet --json --out other $words
        succeeded
        close_to "$wanted" "$(jq .loss <<<"$output")"
        # shellcheck disable=SC2086
        tool eval run --quiet --json $words
        succeeded
        jq -e '.accuracy > 0.1' <<<"$output"
    done
}

# --- where the time goes ----------------------------------------------------------------------------

@test "inside an epoch nothing crosses to the host or back" {
    epochs=20
    tool train small.conf --profile --out run --set train.epochs=$epochs --set train.checkpoint=10
    succeeded
    # Transfers are the rows that end in bytes. 9 steps an epoch would make 180 calls.
    table=$(sed -n '/^kernel or transfer/,$p' <<<"$stderr")
    kernels=$(awk '/^panel_gemm|^vmf_forward/ { print }' <<<"$table" | wc -l)
    [ "$kernels" -ge 2 ]
    # Columns from the right: calls ms share% (GB/s) N bytes.
    awk '$NF == "bytes" {
        name = $1; calls = 0
        for (i = 2; i <= NF; i++)
            if ($i ~ /^[0-9]+$/) { calls = $i; break }
            else name = name " " $i
        print name "|" calls "|" $(NF - 1)
    }' <<<"$table" > transfers
    [ "$(wc -l < transfers)" -ge 5 ]
    while IFS='|' read -r name calls size; do
        [ "$calls" -gt 0 ]
        case "$name" in
        checkpoint) # 8 arrays, twice
            [ "$calls" -le 16 ] ;;
        *"(once)" | first* | counts | beta | "class prior")
            [ "$calls" -le 2 ] ;;
        *)
            [ "$calls" -le "$epochs" ] || { echo "$name: $calls calls"; return 1; }
            [ $((size / calls)) -le 1024 ] || { echo "$name: $size bytes"; return 1; }
            ;;
        esac
    done < transfers
    grep -q '^losses of the epoch|20|' transfers
    grep -q '^evaluation totals|20|' transfers
}

@test "a profile changes nothing" {
    tool train small.conf --quiet --out plain
    tool train small.conf --quiet --out profiled --profile
    succeeded
    same_training plain profiled
    tool eval plain --json --profile
    succeeded
    jq -e .accuracy <<<"$output"
    [[ "$stderr" == *"vmf_evaluate"* ]]
}

@test "a cache that cannot be written only costs time" {
    : > file
    # The driver keeps its own cache: without it, each test would compile for seconds.
    export POCL_CACHE_DIR="${POCL_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/pocl/kcache}"
    XDG_CACHE_HOME="$PWD/file" tool train small.conf --quiet --out run
    succeeded
    [ -z "$stderr" ]
    XDG_CACHE_HOME= HOME= tool eval run --quiet --json
    succeeded
}
