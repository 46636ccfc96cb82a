# What the tool makes of drivers that fail or lie: faults/layer.c stands between it and PoCL.
load helpers

setup() {
    common_setup
    cat > tiny.conf << 'END'
data { name = "patterns"  samples = 6  dim = 40 }
model { kind = "energy"  task = "store"  memories = 12  exponent = 3 }
train { batch = 6  epochs = 4 }
sweep { flips = 4 }
END
}

# faulty FAULT COMMAND...: the tool with that fault (faults/layer.c).
faulty() {
    OPENCL_LAYERS="$(dirname "$DENSEAM")/tests/faults.so" DENSEAM_FAULT="$1" \
        DENSEAM_FAULT_COUNT="$BATS_TEST_TMPDIR/count" tool "${@:2}"
}

# How many calls of $1 a command makes, into $calls.
count_calls() {
    faulty "$1@1000000000=-5" "${@:2}"
    succeeded
    calls=$(< count)
}

# --- sweeps ---------------------------------------------------------------------------------------

@test "a sweep goes on with fewer side by side where memory ends, and says so" {
    local grid=(--grid model.temperature=0.8,1.2 --grid train.learning_rate=0.1,0.4)
    "$DENSEAM" sweep tiny.conf --quiet --out plain "${grid[@]}" > /dev/null
    count_calls clCreateBuffer sweep tiny.conf --quiet --out counted "${grid[@]}"
    faulty "clCreateBuffer@$((calls / 2))=-4" sweep tiny.conf --quiet --json --out fewer "${grid[@]}"
    succeeded
    [[ "$stderr" == "warning: "*" trainings side by side do not fit the memory; "*"CL_MEM_OBJECT_ALLOCATION_FAILURE"* ]]
    [ "${#stderr_lines[@]}" -eq 1 ]
    jq -e '[.cells[].status] == ["done", "done", "done", "done"]' <<<"$output"
}

@test "any other failure side by side ends the sweep, and what is done is saved" {
    local grid=(--grid model.temperature=0.8,1.2 --grid train.learning_rate=0.1,0.4)
    "$DENSEAM" sweep tiny.conf --quiet --out plain "${grid[@]}" > /dev/null
    count_calls clEnqueueNDRangeKernel sweep tiny.conf --quiet --out counted "${grid[@]}"
    faulty "clEnqueueNDRangeKernel@$((calls / 4))=-36" sweep tiny.conf --quiet --out ended "${grid[@]}"
    failed_with 1 "CL_INVALID_COMMAND_QUEUE" "0 of 4 trainings are done and saved, --resume goes on"
    tool sweep ended --resume --quiet
    succeeded
    same_numbers() { sed 's/,[^,]*$//' "$1/sweep.csv"; }
    [ "$(same_numbers ended)" = "$(same_numbers plain)" ]
}
