# Sourced by what runs tests: nothing of the user's choices gets in, and the compiled kernels (the
# drivers' and ours) are kept in build/cache, where the next run finds them; in the user's own cache where
# other users could write there, as in a container that mounts a checkout: denseam would not use it.

# others_may_write FOLDER: it, or one above it.
others_may_write() {
    local at=$1 owner mode
    while :; do
        read -r owner mode <<<"$(stat -c '%u %a' "$at")"
        [ "$owner" -eq 0 ] || [ "$owner" -eq "$(id -u)" ] || return 0
        [ $((8#$mode & 8#0022)) -eq 0 ] || [ $((8#$mode & 8#1000)) -ne 0 ] || return 0
        [ "$at" != / ] || return 1
        at=$(dirname "$at")
    done
}
export LC_ALL=C.UTF-8
unset DENSEAM_DATA DENSEAM_DEVICE DENSEAM_TRACE_CACHE OCL_ICD_VENDORS OPENCL_VENDOR_PATH \
    OPENCL_LAYERS RUSTICL_ENABLE
mkdir -p build
kept=$PWD/build/cache
! others_may_write "$PWD/build" || kept=${HOME:-/root}/.cache/denseam-tests
XDG_CACHE_HOME=$kept
# Never empty: PoCL aborts on it.
POCL_CACHE_DIR=$XDG_CACHE_HOME/pocl
mkdir -p "$POCL_CACHE_DIR"
export XDG_CACHE_HOME POCL_CACHE_DIR
# The tool's tests write thousands of small files and wait for each to be on the disk: no wait at all in
# memory, where that is large enough and programs may run from it.
room=$(df --output=avail -B 1M /dev/shm 2>/dev/null | tail -n 1) || room=0
if [ -w /dev/shm ] && [ "$room" -ge 4096 ] && ! grep -qE '^[^ ]+ /dev/shm [^ ]+ [^ ]*noexec' /proc/mounts; then
    export TMPDIR=/dev/shm
fi
# These matter in the asan build alone.
# The leak checker of GCC 12 crashes on the thread-local memory of drivers that were loaded late, where it
# keeps count of it.
export ASAN_OPTIONS=strict_string_checks=1:detect_stack_use_after_return=1:intercept_tls_get_addr=0
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export LSAN_OPTIONS=suppressions=$PWD/ci/lsan.supp:print_suppressions=0
