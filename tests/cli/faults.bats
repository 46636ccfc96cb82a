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

# --- results that are no numbers -------------------------------------------------------------------

@test "what comes back from a device as no number is never a result" {
    "$DENSEAM" train tiny.conf --quiet --out store > /dev/null
    faulty clEnqueueReadBuffer@1+=nan train tiny.conf --quiet --out none
    failed_with 7 "not finite"
    [ ! -e none/run.h5 ]
    "$DENSEAM" recall store --quiet --out plain > /dev/null
    # Energies, states and more: each of the reads by itself.
    count_calls clEnqueueReadBuffer recall store --quiet --out counted
    for k in 1+ $(seq "$calls"); do
        faulty "clEnqueueReadBuffer@$k=nan" recall store --quiet --out "recalled$k"
        failed_with 7 "that '" "computed are impossible: number 1 is "
        [ ! -e "recalled$k/recall.h5" ]
    done
}

@test "an evaluation of what is no number ends, and a sweep's cell is not done" {
    run_file trained
    faulty clEnqueueReadBuffer@1=nan eval trained --quiet --json
    failed_with 7 "the evaluation totals that" "number 1 is NaN"
    faulty clEnqueueReadBuffer@2=nan eval trained --quiet
    failed_with 7 "the predictions that" "number 1 is -1"
    faulty clEnqueueReadBuffer@3=nan eval trained --quiet
    failed_with 7 "the classes of the nearest memories that"
    local sweep=(sweep small.conf --quiet --json --set train.epochs=1 --grid model.memories=5,10)
    "$DENSEAM" "${sweep[@]}" --out plain > /dev/null
    faulty clEnqueueReadBuffer@1+=nan "${sweep[@]}" --out map
    succeeded
    jq -e '[.cells[].status] == ["diverged", "diverged"]' <<<"$output"
}

@test "what an evaluation computed as no number is no divergence of a sweep's cell" {
    local sweep=(sweep small.conf --quiet --json --set train.epochs=1 --set sweep.score=test_accuracy --grid model.memories=5,10)
    "$DENSEAM" "${sweep[@]}" --out plain > /dev/null
    count_calls clEnqueueReadBuffer "${sweep[@]}" --out counted
    # The last reads are of the second cell's test: what it totals, what it predicts, and the nearest.
    for k in $((calls - 2)) $((calls - 1)); do
        rm -rf map
        faulty "clEnqueueReadBuffer@$k=nan" "${sweep[@]}" --out map
        [ "$status" -eq 7 ]
        jq -e '[.cells[].status] == ["done", "failed"]' <<<"$output"
        [[ "$stderr" == *"1 of 2 trainings could not be run, the first because: the "*"computed are impossible: number 1 is "* ]]
        tool sweep map --resume --quiet --json
        succeeded
        jq -e '[.cells[].status] == ["done", "done"]' <<<"$output"
        [ "$(sed 's/,[^,]*$//' map/sweep.csv)" = "$(sed 's/,[^,]*$//' plain/sweep.csv)" ]
    done
}

@test "a run file with what is no number is refused" {
    run_file run
    cp run/run.h5 whole
    "$(dirname "$DENSEAM")/tests/forge" whole run/run.h5 set parameters/memories 3 nan
    for command in eval recall show; do
        tool "$command" run --quiet
        failed_with 3 "'parameters/memories' has nan, which is no finite number, at 3"
    done
    mv whole run/run.h5
    cp run/run.h5 whole
    "$(dirname "$DENSEAM")/tests/forge" whole run/run.h5 set velocities/memories 0 inf
    tool train run --resume --quiet
    failed_with 3 "'velocities/memories' has inf"
}

# --- infos that lie --------------------------------------------------------------------------------

@test "lengths and numbers that no device has make it unusable, with the reason" {
    # The name, the compute units, the work-group, memory, the largest buffer, local memory.
    local parameter
    faulty clGetDeviceInfo:0x102B@1+=huge train tiny.conf --quiet
    failed_with 4 "not usable: clGetDeviceInfo of CL_DEVICE_NAME failed: an impossible length"
    for parameter in 0x1002 0x1004 0x101F 0x1010 0x1023; do
        for lie in zero ones; do
            faulty "clGetDeviceInfo:$parameter@1+=$lie" devices --quiet --json
            succeeded
            jq -e '.[0].usable == false and (.[0].reason | test("its driver says that it has (0|4294967295|18446744073709551615) .*, which cannot be"))' <<<"$output"
        done
    done
    faulty clGetDeviceInfo:0x1002@1+=zero train tiny.conf --quiet
    failed_with 4 "no usable OpenCL device" "it has 0 compute units, which cannot be"
    faulty clGetPlatformInfo@1+=huge devices --quiet --json
    succeeded
    jq -e '.[0].platform == "an impossible length"' <<<"$output"
}

@test "a compiler's log without end does not hide that it failed" {
    faulty clBuildProgram@1+=-11,clGetProgramBuildInfo@1+=huge train tiny.conf --quiet
    failed_with 1 "CL_BUILD_PROGRAM_FAILURE"
}

# --- the first failure -----------------------------------------------------------------------------

@test "the first failure is told, by OpenCL's name for the call" {
    count_calls clEnqueueWriteBuffer train tiny.conf --quiet --out counted
    # From there on nothing works, as when a device is lost: what comes later is not told.
    faulty "clEnqueueWriteBuffer@$calls=-36" train tiny.conf --quiet --out one
    failed_with 1 "clEnqueueWriteBuffer on '" "failed with CL_INVALID_COMMAND_QUEUE (-36)"
    [[ "$stderr" != *"("*"->"* ]]
    count_calls '*' train tiny.conf --quiet --out again
    faulty "*@$((calls - 40))+=-36" train tiny.conf --quiet --out lost
    failed_with 1 "failed with CL_INVALID_COMMAND_QUEUE (-36)"
    first=$stderr
    faulty "*@$((calls - 40))=-36" train tiny.conf --quiet --out lost-once
    [ "$stderr" = "$first" ]
}

@test "a code is told by what failed" {
    faulty clEnqueueMarkerWithWaitList@1+=-5 train tiny.conf --quiet --out a
    failed_with 1 "clFinish on '" "CL_OUT_OF_RESOURCES (-5); the driver gave the work up"
    faulty clCreateBuffer@1+=-4 train tiny.conf --quiet --out b
    failed_with 5 "clCreateBuffer on '" "take a smaller batch or fewer memories"
    faulty clEnqueueFillBuffer@1+=-5 train tiny.conf --quiet --out b
    failed_with 5 "clEnqueueFillBuffer on '"
    faulty clCreateContext@1+=-2 train tiny.conf --quiet --out c
    failed_with 4 "clCreateContext on '" "CL_DEVICE_NOT_AVAILABLE"
    faulty clEnqueueNDRangeKernel@1=-5 train tiny.conf --quiet --out d
    failed_with 1 "clEnqueueNDRangeKernel of " "CL_OUT_OF_RESOURCES"
}
