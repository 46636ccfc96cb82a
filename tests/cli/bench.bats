# `denseam bench`: its table, its JSON, and how it stops. $DENSEAM is the tool. No number is checked:
# machines are shared.
load helpers

setup() {
    common_setup
    export OCL_ICD_VENDORS=pocl.icd
    tiny=(--gemm panel --set data.samples=200 --set train.batch=50 --set model.memories=10)
}

@test "JSON is an array of rows, and a file of whole results" {
    run --separate-stderr "$DENSEAM" bench bench/vmf "${tiny[@]}" --json --quick --quiet --label here -o file.json
    [ "$status" -eq 0 ]
    jq -e --arg kernel "$(uname -r)" '.format == "denseam bench 1" and .label == "here" and (.version | length > 0)
           and (.kernels | test("^[0-9a-f]{64}$")) and (.created | test("^20.*Z$"))
           and .host.cores > 0 and .host.memory > 1e6 and .host.kernel == $kernel and has("commit") and .quick
           and .until == null and .environment.OCL_ICD_VENDORS == "pocl.icd"' file.json
    jq -e '.results | length == 1 and (.[0] | .preset == "bench/vmf" and .kind == "vmf"
           and .precision == "single" and .kernels == "cpu" and .gemm == "panel" and .lanes > 1
           and .message == null and .agreement == "unknown" and (.set | length == 3))' file.json
    jq -e --argjson devices "$("$DENSEAM" devices --json)" '.results[0].device
           | .name == $devices[0].name and .driver == $devices[0].driver
             and .platform == $devices[0].platform and .compute_units > 0' file.json
    keep_json bench --json
    valid bench-file file.json
    rows=$(jq '.results[0].rows' file.json)
    # On stdout: the same rows, each naming its preset and device.
    jq -e --argjson rows "$rows" --slurpfile file file.json 'map(del(.preset, .device)) == $rows
           and all(.preset == "bench/vmf" and .device == $file[0].results[0].device.name
                   and has("metric") and has("value") and has("unit") and has("spread")
                   and has("ceiling") and has("share"))' <<<"$output"
    [ "$(jq -r '.[:16] | map(.metric) | join(" ")' <<<"$rows")" = "fma_peak copy_bandwidth \
cache_bandwidth launch_latency launch_interval upload download gemm_similarities_panel \
gemm_gradient_panel device_memory loss_begin loss_end step_time step_rate step_products \
step_over_products" ]
    [ "$(jq -r '.[-2:] | map(.metric) | join(" ")' <<<"$rows")" = "step_bound fma_peak_after" ]
    # Then the kernels of a step, most time first, whose parts, of nine digits each, make a step.
    jq -e '[.[] | select(.part != null)] | length >= 5 and (map(.part) | add - 1 | fabs < 1e-7)
           and (map(-.part) | . == sort) and all(.share > 0 and .ceiling > 0 and .seconds > 0
           and .flops >= 0 and .bytes >= 0 and (.ceiling_name
           | IN("fma_peak", "copy_bandwidth", "cache_bandwidth", "launch_interval")))' <<<"$rows"
    jq -e 'all((.value | type == "number") and (.unit | type == "string"))' <<<"$rows"
    jq -e 'all(.[] | select(.metric | startswith("loss")); .spread == null)
           and all(.[] | select(.metric | test("^gemm|^step_products")); .unit == "GFLOP/s"
                   and .ceiling_name == "fma_peak" and .ceiling > 0 and .share > 0)' <<<"$rows"
    # Every round is there: their median is the value, of steps the median of the three blocks' medians.
    jq -e 'def median: sort | if length % 2 == 1 then .[length / 2 | floor] else (.[length / 2 - 1] + .[length / 2]) / 2 end;
           all(.[] | select(.metric | test("^gemm|peak|bandwidth|^step_over")); (.rounds | length) >= 3
                   and ((.rounds | median) / .value - 1 | fabs < 1e-6) and .median_error >= 0)
           and (.[] | select(.metric == "step_time") | .blocks as [$a, $b, $c] | (.rounds | length) == $a + $b + $c
                and (([.rounds[:$a], .rounds[$a:$a + $b], .rounds[$a + $b:]] | map(median) | median) / .value - 1
                     | fabs < 1e-6))' <<<"$rows"
    # It learned, and a step takes no less than its kernels at their ceilings would.
    jq -e '(map({(.metric): .}) | add) as $m | $m.loss_end.value < $m.loss_begin.value
           and $m.step_time.ceiling_name == "step_bound"' <<<"$rows"
}

@test "a table for each preset fits 80 columns" {
    run --separate-stderr "$DENSEAM" bench bench/vmf-small bench/vmf "${tiny[@]}" --quick \
        --set train.precision=double -o table.json
    [ "$status" -eq 0 ]
    [[ "$stderr" == *"device 0: "* ]]
    [[ "${lines[0]}" == "bench/vmf-small on "* ]]
    [ "$(grep -c '^bench/.* on ' <<<"$output")" -eq 2 ]
    [ "$(grep -c '^  step_products  *[0-9.]* GFLOP/s .*% of peak$' <<<"$output")" -eq 2 ]
    [ "$(grep -c '^  step_time  *[0-9.]* ms .*% of bound$' <<<"$output")" -eq 2 ]
    [ "$(grep -c '^  kernel of a step  *part ' <<<"$output")" -eq 2 ]
    [ -z "$(awk 'length($0) > 79' <<<"$output")" ]
    [ -z "$(grep ' $' <<<"$output")" ]
    jq -e '.results | map(.preset) == ["bench/vmf-small", "bench/vmf"]' table.json
}

# bats test_tags=nightly
@test "the losses of a preset of bench/ are those of a right device, in both precisions and shapes" {
    for how in "--set train.precision=single" "--set train.precision=double" "--kernels gpu"; do
        # shellcheck disable=SC2086
        run --separate-stderr "$DENSEAM" bench bench/energy-small --quick --gemm panel --quiet -o file.json $how
        [ "$status" -eq 0 ]
        jq -e '.results[0] | .agreement == "right" and (.rows[] | select(.metric == "loss_error")
               | .value < 0.1 and .unit == "%")' file.json
    done
}

@test "every preset of bench/ that trains has the losses of a right device" {
    table="$BATS_TEST_DIRNAME/../../src/bench/bench_losses.c"
    for preset in "$BATS_TEST_DIRNAME"/../../presets/bench/*.conf; do
        grep -q '^recall {' "$preset" || grep -q "{\"bench/$(basename "$preset" .conf)\"," "$table" ||
            { echo "bench/losses was not run for $preset"; return 1; }
    done
}

@test "the first step from cold and from full caches" {
    run --separate-stderr "$DENSEAM" first-step bench/denoise-small --gemm panel --losses
    [ "$status" -eq 0 ]
    jq -e '.seconds > 0 and (.loss_begin - 0.3124138 | fabs < 1e-4)
           and (.loss_end - 0.1686481 | fabs < 1e-4)' <<<"$output"
    run -1 grep -q first-step <("$DENSEAM" help)
}

# bats test_tags=rusticl
@test "all devices, each in a process of its own, and one that cannot costs no other" {
    export OCL_ICD_VENDORS=/etc/OpenCL/vendors RUSTICL_ENABLE=llvmpipe
    small=(--quick --set data.dim=40 --set data.samples=10 --set recall.flips=2 --set recall.count=20)
    names=$("$DENSEAM" devices --json | jq -r '[.[] | select(.usable) | .name] | unique | join("|")')
    [[ "$names" == *"|"* ]]
    run --separate-stderr "$DENSEAM" bench bench/recall "${small[@]}" --device all --quiet -o all.json
    [ "$status" -eq 0 ]
    [ "$(jq -r '[.results[].device.name] | unique | join("|")' all.json)" = "$names" ]
    [ "$(grep -c '^bench/recall on ' <<<"$output")" -eq "$(jq '.results | length' all.json)" ]
    # No driver but PoCL has double here: the others fail alone, and say so.
    run --separate-stderr "$DENSEAM" bench bench/recall "${small[@]}" --device all --quiet -o file.json \
        --set train.precision=double
    [ "$status" -eq 4 ]
    jq -e '.results | any(.message == null and (.rows | length > 8))
           and any(.message != null and (.rows | length == 0))
           and all(.set | index("data.dim=40") != null)' file.json
    [[ "$stderr" == *"it failed with exit code 4"* ]]
}

# A stand-in for the processes that measure.
stand_in() {
    printf '#!/bin/bash\n%s\n' "$1" > stand-in
    chmod +x stand-in
    export DENSEAM_BENCH_PROGRAM="$PWD/stand-in"
}

@test "a child that crashes is a result of its own" {
    export OCL_ICD_VENDORS=pocl.icd
    stand_in 'kill -SEGV $$'
    run --separate-stderr "$DENSEAM" bench bench/vmf-small bench/vmf --quick --device all --quiet -o file.json
    [ "$status" -eq 1 ]
    jq -e --arg device "$("$DENSEAM" devices --json | jq -r '.[0].name')" '.results
           | map(.preset) == ["bench/vmf-small", "bench/vmf"]
           and all(.rows == [] and .device.name == $device and .message
                   == "its process was ended by signal 11 (Segmentation fault)")' file.json
    [[ "$stderr" == *"'bench/vmf-small' on "*": its process was ended by signal 11"* ]]
    stand_in 'exit 4'
    run --separate-stderr "$DENSEAM" bench bench/vmf --quick --device all --quiet --json
    [ "$status" -eq 4 ]
    [ "$(jq length <<<"$output")" -eq 0 ]
    DENSEAM_BENCH_PROGRAM=/nonexistent run --separate-stderr "$DENSEAM" bench bench/vmf --quick --device all --quiet
    [ "$status" -eq 1 ]
    [[ "$stderr" == *"cannot start '/nonexistent'"* ]]
}

@test "rows in other formats, with their rounds, and what children are told" {
    jq '.results |= [.[0]] | .results[0].rows |= [.[0] + {rounds: [199.5, 200, 201.25], median_error: 0.01}, .[1]]
        | .results[0].rows[1].metric = "a|b, \"c\""' "$BATS_TEST_DIRNAME/../browser/a-fast.json" > made.json
    stand_in 'echo "$@" > args; while [ "$1" != --out ]; do shift; done; cp made.json "$2"; echo never'
    run --separate-stderr "$DENSEAM" bench bench/vmf --device all --until 2.5% --max-time 2m --format csv
    [ "$status" -eq 0 ]
    [[ "$(cat args)" == *" --until=2.5% --max-time=2m "* ]]
    [ "${#lines[@]}" -eq 3 ]
    [ "${lines[0]}" = preset,device,metric,unit,ceiling_name,value,spread,median_error,ceiling,share,part,flops,bytes,seconds,rounds ]
    [ "${lines[1]}" = "bench/vmf,a CPU,fma_peak,GFLOP/s,,200,0.02,0.01,,,,,,,199.5 200 201.25" ]
    [ "${lines[2]}" = 'bench/vmf,a CPU,"a|b, ""c""",GB/s,,20,0.02,,,,,,,,' ]
    run --separate-stderr "$DENSEAM" bench bench/vmf --device all --format jsonl
    [ "$(jq -s -c 'map([.preset, .device, .metric, .rounds])' <<<"$output")" = \
        '[["bench/vmf","a CPU","fma_peak",[199.5,200,201.25]],["bench/vmf","a CPU","a|b, \"c\"",null]]' ]
    run --separate-stderr "$DENSEAM" bench bench/vmf --device all --format md
    [ "${lines[0]}" = "### bench/vmf on a CPU" ]
    [ "${lines[3]}" = "| fma_peak | 200.0 | GFLOP/s | 2.0% | 1.0% | |  | 3 |" ]
    [ "${lines[4]}" = '| a\|b, "c" | 20.00 | GB/s | 2.0% | | |  | 0 |' ]
    [ "$("$DENSEAM" bench bench/vmf --device all --quiet --format json)" = \
        "$("$DENSEAM" bench bench/vmf --device all --quiet --json)" ]
    for wrong in "--until 200%" "--until x" "--until 3% --max-time 5x" "--until 3% --max-time 0" "--max-time 5m"; do
        # shellcheck disable=SC2086
        tool bench bench/vmf $wrong
        wrong=${wrong##*--}
        failed_with 2 "--${wrong%% *}"
    done
}

@test "a child that is asked to stop may end by itself, and what it wrote is kept" {
    export OCL_ICD_VENDORS=pocl.icd
    stand_in 'while [ "$1" != --out ]; do shift; done
trap "printf %s '"'"'{\"results\": [{\"preset\": \"half\", \"rows\": []}]}'"'"' > $2; exit 8" TERM
: > ready
while :; do sleep 0.05; done'
    "$DENSEAM" bench bench/vmf --quick --device all --quiet -o file.json 2> said &
    tool=$!
    for ((i = 0; i < 600; i++)); do [ -e ready ] && break; sleep 0.1; done
    kill -TERM "$tool"
    status=0
    wait "$tool" || status=$?
    [ "$status" -eq 8 ]
    grep -q "stopped in the benchmark 'bench/vmf'" said
    [ "$(jq -r '.results[].preset' file.json)" = half ]
}

@test "recall presets are measured by recalling" {
    run --separate-stderr "$DENSEAM" bench bench/recall --quick -o file.json --quiet --set data.dim=60 \
        --set data.samples=20 --set recall.flips=5
    [ "$status" -eq 0 ]
    jq -e '.results[0] | .agreement == "right" and (.rows | map({(.metric): .value}) | add
           | .recall_rate > 0 and .recall_visits > 0 and .recall_recovered == 100
             and .fma_peak > 0 and .step_time == null)' file.json
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
    # A loaded machine may have measured nothing yet.
    jq -e 'type == "array" and all(has("metric"))' <<<"$output"
}

@test "the energy model's loss has its own unit, and a heat map's trainings are measured" {
    run --separate-stderr "$DENSEAM" bench bench/energy-sweep --gemm panel --json --quiet --quick \
        --set data.samples=3 --set data.dim=10 --set model.memories=5 --set train.epochs=1
    [ "$status" -eq 0 ]
    rows=$output
    [ "$(jq -r '.[] | select(.metric == "loss_begin") | .unit' <<<"$rows")" = /neuron ]
    [ "$(jq -r '.[-5:] | map(.metric) | join(" ")' <<<"$rows")" = \
        "sweep_epochs sweep_alone sweep_batched sweep_gain fma_peak_after" ]
    jq -e '(map({(.metric): .value}) | add) as $m | $m.sweep_epochs == 1 and $m.sweep_alone > 0 and $m.sweep_batched > 0
           and $m.sweep_gain > 0' <<<"$rows"
}
