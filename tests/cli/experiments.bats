# bench/growth: made small, stopped, and gone on with.
load helpers

setup() {
    common_setup
    DENSEAM=$(command -v "$DENSEAM")
    export DENSEAM
    growth="$BATS_TEST_DIRNAME/../../bench/growth"
    options=(--widths "10 12 14" --first 8 --epochs 2 --samples 1000 --set data.name=fashion-mnist
        --set train.batch=100 --set model.beta=32 --set grow.threshold=0 --out growth)
}

@test "bench/growth: a table, fits and a plot; what is done is not done again" {
    run --separate-stderr "$growth" "${options[@]}"
    [ "$status" -eq 0 ] || { echo "$stderr"; return 1; }
    [ "$(grep -c "^| 1[024] | 1 | 2 | " <<<"$output")" -eq 3 ]
    [ "$(grep -c " log K | \| K | " <<<"$output")" -eq 8 ]
    [ "$(jq -s '.[-1].memories' growth/grown-14-seed1/metrics.jsonl)" -eq 14 ]
    [ "$(head -c 4 growth/growth.png | tail -c 3)" = PNG ]
    # The table's accuracy is that of the run.
    accuracy=$(jq -r '100 * .accuracy' growth/fixed-12-seed1/eval.json)
    awk -F '|' -v wanted="$accuracy" '$2 == 12 { found = $7 + 0 } END {
        exit !(found > wanted - 0.006 && found < wanted + 0.006) }' growth/growth.md
    before=$(fingerprint growth)
    first=$output
    run --separate-stderr "$growth" "${options[@]}"
    [ "$status" -eq 0 ]
    [ "$output" = "$first" ]
    [ "$(grep -c "is done" <<<"$stderr")" -eq 6 ]
    # memories.png is drawn anew, to the same bytes.
    [ "$(fingerprint growth | grep -v growth.png)" = "$(grep -v growth.png <<<"$before")" ]
    # A run that is missing is made up for.
    rm -r growth/grown-12-seed1
    run --separate-stderr "$growth" "${options[@]}"
    [ "$status" -eq 0 ]
    [ "$(grep -c "is done" <<<"$stderr")" -eq 5 ]
    jq -e '.accuracy > 0.1' growth/grown-12-seed1/eval.json
}

@test "bench/growth: what it cannot do is said in a line" {
    run --separate-stderr "$growth" --width 5
    [ "$status" -eq 2 ]
    [[ "$stderr" == "growth: unknown option '--width'"* ]]
    run --separate-stderr "$growth" --widths
    [ "$status" -eq 2 ]
    [ "$stderr" = "growth: --widths wants a value" ]
    run --separate-stderr "$growth" "${options[@]}" --set model.beta=-1
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"growth/fixed-10-seed1: exit code 2: denseam: "*"model.beta"* ]]
    DENSEAM=/nonexistent run --separate-stderr "$growth"
    [ "$status" -eq 2 ]
    [[ "$stderr" == "growth: there is no '/nonexistent'"* ]]
}
