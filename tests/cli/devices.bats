# `denseam devices` over the drivers of this machine. $DENSEAM is the tool.
load helpers

setup() {
    common_setup
    export OCL_ICD_VENDORS=pocl.icd
}

@test "the table marks the default, says why, and fits 80 columns" {
    run --separate-stderr "$DENSEAM" devices
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    [[ "${lines[0]}" == *"P:D"*"type"*"name"*"memory" ]]
    [[ "${lines[1]}" == "*   0  0:0   CPU"*" GiB" ]]
    [[ "$output" == *"Portable Computing Language, driver "* ]]
    [[ "$output" == *", products by panel"* ]]
    [[ "$output" == *"the default: no GPU; the only CPU driver"* ]]
    [ -z "$(awk 'length($0) > 79' <<<"$output")" ]
}

@test "JSON is an array of whole objects" {
    run --separate-stderr "$DENSEAM" devices --json
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    jq -e 'type == "array" and length == 1' <<<"$output"
    jq -e '.[0] | .index == 0 and .type == "CPU" and .default and .usable and .fp64
           and (.reason | test("the only CPU driver")) and .compute_units > 0
           and .global_memory >= .largest_allocation and .largest_allocation > 0
           and .native_float_lanes > 0 and .largest_work_group > 0
           and .products == {by: "panel", replaced: []}' <<<"$output"
    [ "$(jq -r '.[0] | keys_unsorted | join(" ")' <<<"$output")" = "index platform_index \
platform_device platform name vendor driver version type default usable reason global_memory \
largest_allocation local_memory compute_units clock_mhz largest_work_group native_float_lanes fp64 products" ]
}

@test "a device can be asked for by index, place, type and name" {
    name=$("$DENSEAM" devices --json | jq -r '.[0].name')
    [ -n "$name" ]
    for selector in 0 0:0 cpu CPU "$name" "${name:2:8}"; do
        run --separate-stderr "$DENSEAM" devices --json --device "$selector"
        [ "$status" -eq 0 ]
        [ "$(jq -r '.[0].name' <<<"$output")" = "$name" ]
    done
}

@test "an unknown device is refused with a list" {
    for selector in 7 3:1 gpu geforce -1; do
        run --separate-stderr "$DENSEAM" devices --device "$selector"
        [ "$status" -eq 4 ]
        [ -z "$output" ]
        one_message "device '$selector' matches no device; there are: 0 (0:0) "
    done
    run --separate-stderr "$DENSEAM" devices --device ''
    [ "$status" -eq 2 ]
    one_message "device '': give an index, P:D, a part of a name, gpu or cpu"
}

@test "the environment moves the default" {
    DENSEAM_DEVICE=cpu run --separate-stderr "$DENSEAM" devices
    [ "$status" -eq 0 ]
    [[ "$output" == *"the default: DENSEAM_DEVICE=cpu"* ]]
    # A wrong one is warned about, but the list is what helps to mend it.
    DENSEAM_DEVICE=geforce run --separate-stderr "$DENSEAM" devices --quiet
    [ "$status" -eq 0 ]
    [[ "$output" != *"the default"* ]]
    [[ "$stderr" == "warning: no default: DENSEAM_DEVICE 'geforce' matches no device; there are: "* ]]
}

@test "a rasterizer that says CPU ranks below a CPU driver, and stands alone if it must" {
    ignore_leaks
    unset OCL_ICD_VENDORS
    export RUSTICL_ENABLE=llvmpipe
    run --separate-stderr "$DENSEAM" devices --json
    [ "$status" -eq 0 ]
    jq -e 'length == 2 and any(.name | test("llvmpipe"))' <<<"$output"
    jq -e '.[] | select(.default) | .platform == "Portable Computing Language"' <<<"$output"
    run --separate-stderr "$DENSEAM" devices --json --device cpu
    [ "$(jq -r '.[0].platform' <<<"$output")" = "Portable Computing Language" ]
    OCL_ICD_VENDORS=rusticl.icd run --separate-stderr "$DENSEAM" devices --json
    jq -e '.[0] | .default and (.name | test("llvmpipe")) and (.reason | test("emulated"))' \
        <<<"$output"
}

@test "without a platform it says what was looked at and what to install" {
    OCL_ICD_VENDORS=/proc/absent run --separate-stderr "$DENSEAM" devices
    [ "$status" -eq 4 ]
    [ -z "$output" ]
    one_message "no OpenCL device: OCL_ICD_VENDORS=/proc/absent decides which drivers load: "
    one_message "/proc/absent: cannot open shared object file"
    one_message "/dev/dri/render"
    for package in pocl-opencl-icd intel-opencl-icd nvidia-opencl-icd mesa-opencl-icd; do
        one_message "$package"
    done
}

@test "without a platform --json fails alike and prints nothing" {
    OCL_ICD_VENDORS=/proc/absent run --separate-stderr "$DENSEAM" devices --json
    [ "$status" -eq 4 ]
    [ -z "$output" ]
    one_message "no OpenCL device"
}

@test "a driver that does not load is named with the reason" {
    printf 'libdenseam-absent.so.1\n' > "$BATS_TEST_TMPDIR/broken.icd"
    OCL_ICD_VENDORS="$BATS_TEST_TMPDIR" run --separate-stderr "$DENSEAM" devices
    [ "$status" -eq 4 ]
    one_message "broken.icd: libdenseam-absent.so.1: cannot open shared object file"
}

@test "an empty driver folder and a platform without devices are told apart" {
    ignore_leaks
    mkdir "$BATS_TEST_TMPDIR/empty"
    OCL_ICD_VENDORS="$BATS_TEST_TMPDIR/empty" run --separate-stderr "$DENSEAM" devices
    [ "$status" -eq 4 ]
    one_message "has no .icd file"
    OCL_ICD_VENDORS=rusticl.icd run --separate-stderr "$DENSEAM" devices
    [ "$status" -eq 4 ]
    one_message "platform 'rusticl' has no device (RUSTICL_ENABLE is not set)"
}

@test "a full disk is an error" {
    for words in "" "--json"; do
        run --separate-stderr bash -c '"$DENSEAM" devices '"$words"' > /dev/full'
        [ "$status" -eq 3 ]
        one_message "cannot write to standard output: No space left on device"
    done
}
