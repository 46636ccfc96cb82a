# --trace: when each kernel ran, in a file for trace viewers. $DENSEAM is the tool.
load helpers

setup() {
    common_setup
}

@test "a training's kernels are all in its trace, one after the other" {
    tool train small.conf --quiet --out run --trace trace.json --profile
    succeeded
    jq -e '.traceEvents | type == "array"' trace.json
    jq -e '[.traceEvents[] | select(.ph == "X")] | length > 100
           and all(.ts >= 0 and .dur >= 0 and .pid == 1 and (.name | length > 0)
                   and (.cat == "kernel" or .cat == "transfer") and .args.bytes >= 0)
           and (map(.ts) | . == sort) and .[0].ts == 0' trace.json
    # An in-order queue runs one kernel at a time: none begins before the one before it ended.
    jq -e '[.traceEvents[] | select(.ph == "X" and .cat == "kernel")] | [range(1; length) as $i
           | .[$i].ts - .[$i - 1].ts - .[$i - 1].dur] | min > -1' trace.json
    # As often and as long as the table says.
    calls=$(awk '$1 == "vmf_forward" { print $2 }' <<<"$stderr")
    [ "$calls" -ge 27 ]
    jq -e --argjson calls "$calls" '[.traceEvents[] | select(.name == "vmf_forward")] | length == $calls' trace.json
    ms=$(awk '$1 == "vmf_forward" { print $3 }' <<<"$stderr")
    jq -e --argjson ms "$ms" '[.traceEvents[] | select(.name == "vmf_forward") | .dur] | add / 1000 - $ms | fabs < 0.02' trace.json
    # The threads have names.
    [ "$(jq -r '[.traceEvents[] | select(.name == "thread_name") | .args.name] | join(" ")' trace.json)" = "kernels transfers" ]
}

# bats test_tags=rusticl
@test "drivers whose events tell no time are traced by the host's clock" {
    OCL_ICD_VENDORS=rusticl.icd RUSTICL_ENABLE=llvmpipe tool eval absent --trace trace.json
    [ "$status" -ne 0 ]
    [ ! -e trace.json ]
    export OCL_ICD_VENDORS=rusticl.icd RUSTICL_ENABLE=llvmpipe
    tool train small.conf --quiet --out run --trace trace.json --set train.epochs=1 \
        --set data.samples=400 --set model.memories=5
    succeeded
    jq -e '[.traceEvents[] | select(.ph == "X")] | length > 20 and all(.dur >= 0 and .ts >= 0)
           and any(.dur > 0) and (map(.ts) | . == sort)' trace.json
}

@test "without --trace nothing is written, and a place that cannot be is told" {
    tool train small.conf --quiet --out run
    succeeded
    [ -z "$(find . -name '*trace*')" ]
    tool eval run --quiet --trace no/such/trace.json
    [ "$status" -eq 3 ]
    [[ "$stderr" == *"no/such/trace.json"* ]]
}
