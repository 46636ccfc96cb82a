# `denseam bench`: its table, its JSON, and how it stops. $DENSEAM is the tool. No number is judged:
# machines are shared.
bats_require_minimum_version 1.5.0

setup() {
    : "${DENSEAM:?set DENSEAM to the tool to test}"
    unset DENSEAM_DEVICE OPENCL_VENDOR_PATH RUSTICL_ENABLE
    export OCL_ICD_VENDORS=pocl.icd
    tiny=(--gemm panel --set data.samples=200 --set train.batch=50 --set model.memories=10)
}

one_message() {
    [ "${#stderr_lines[@]}" -eq 1 ] || { echo "stderr: $stderr"; return 1; }
    [[ "$stderr" == "denseam: "* ]] || { echo "stderr: $stderr"; return 1; }
    [[ "$stderr" == *"$1"* ]] || { echo "no '$1' in: $stderr"; return 1; }
}

@test "JSON is an array of whole rows" {
    run --separate-stderr "$DENSEAM" bench bench/vmf "${tiny[@]}" --json --quiet
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    [ "$(jq -r '.[:14] | map(.metric) | join(" ")' <<<"$output")" = "fma_peak copy_bandwidth \
launch_latency launch_interval upload download gemm_similarities_panel gemm_gradient_panel \
loss_begin loss_end step_time step_rate step_products step_over_products" ]
    # Then the kernels of a step, a rate and a part of its time each.
    jq -e '.[14:] | length >= 2 and ([range(0; length; 2) as $i | .[$i + 1].metric == .[$i].metric + "_part"
           and .[$i + 1].unit == "%" and .[$i + 1].value >= 5 and .[$i + 1].value <= 100] | all)' \
        <<<"$output"
    [ "$(jq -r '[.[] | keys_unsorted | join(" ")] | unique | join("|")' <<<"$output")" = \
        "preset metric value unit spread ceiling_name ceiling share device" ]
    name=$("$DENSEAM" devices --json | jq -r '.[0].name')
    jq -e --arg device "$name" 'all(.preset == "bench/vmf" and .device == $device
           and (.value | type == "number") and (.unit | type == "string"))' <<<"$output"
    jq -e 'all(.[] | select(.metric | startswith("loss") | not); .value > 0 and .spread >= 0)
           and all(.[] | select(.metric | startswith("loss")); .spread == null)' <<<"$output"
    # What is compared with the peak says so, with numbers; the rest has nulls.
    jq -e 'all(.[] | select(.metric | test("^gemm|_products$") and . != "step_over_products");
               .unit == "GFLOP/s" and .ceiling_name == "fma_peak" and .ceiling > 0 and .share > 0)
           and all(.[] | select(.unit != "GFLOP/s" or .metric == "fma_peak");
               .ceiling_name == null and .ceiling == null and .share == null)' <<<"$output"
    # It learned.
    jq -e '(map({(.metric): .value}) | add) as $m | $m.loss_end < $m.loss_begin' <<<"$output"
}

@test "a table for each preset fits 80 columns" {
    run --separate-stderr "$DENSEAM" bench bench/vmf-small bench/vmf "${tiny[@]}" \
        --set train.precision=double
    [ "$status" -eq 0 ]
    [[ "$stderr" == *"device 0: "* ]]
    [[ "${lines[0]}" == "bench/vmf-small on "* ]]
    [ "$(grep -c '^bench/.* on ' <<<"$output")" -eq 2 ]
    [ "$(grep -c '^  step_products  *[0-9.]* GFLOP/s .*% of fma_peak$' <<<"$output")" -eq 2 ]
    [ -z "$(awk 'length($0) > 79' <<<"$output")" ]
    [ -z "$(grep ' $' <<<"$output")" ]
}

@test "a mistake in the last preset is found before anything is measured" {
    run --separate-stderr "$DENSEAM" bench bench/vmf bench/vfm
    [ "$status" -eq 2 ]
    [ -z "$output" ]
    one_message "'bench/vfm' is neither a file nor one of denseam's presets; did you mean 'bench/vmf'?"
    run --separate-stderr "$DENSEAM" bench bench/vmf --set model.memorys=10 --json
    [ "$status" -eq 2 ]
    [ -z "$output" ]
    one_message "memories"
}

@test "data that cannot be and devices that are not there are refused" {
    run --separate-stderr "$DENSEAM" bench bench/vmf --set data.samples=1000001
    [ "$status" -eq 3 ]
    [ -z "$output" ]
    one_message "data.samples = 1000001, but the set 'random' has at most 1000000 samples"
    run --separate-stderr "$DENSEAM" bench bench/vmf --device geforce
    [ "$status" -eq 4 ]
    [ -z "$output" ]
    one_message "device 'geforce' matches no device"
}

@test "an interrupt ends it with what was measured" {
    # timeout signals the process and then its group: two signals that are one request.
    run --separate-stderr timeout --preserve-status -s INT 4 "$DENSEAM" bench --gemm panel --json \
        --quiet
    [ "$status" -eq 8 ]
    one_message "stopped in the benchmark 'bench/"
    [ -z "$output" ] || jq -e 'type == "array" and length > 0' <<<"$output"
}

@test "the energy model's loss has its own unit, and a heat map's trainings are measured" {
    run --separate-stderr "$DENSEAM" bench bench/energy-sweep --gemm panel --json --quiet \
        --set data.samples=3 --set data.dim=10 --set model.memories=5 --set train.epochs=1
    [ "$status" -eq 0 ]
    [ "$(jq -r '.[] | select(.metric == "loss_begin") | .unit' <<<"$output")" = /neuron ]
    [ "$(jq -r '.[-3:] | map(.metric) | join(" ")' <<<"$output")" = \
        "sweep_alone sweep_batched sweep_gain" ]
    jq -e '(map({(.metric): .value}) | add) as $m | $m.sweep_alone > 0 and $m.sweep_batched > 0
           and $m.sweep_gain > 0' <<<"$output"
}
