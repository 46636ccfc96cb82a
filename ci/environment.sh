# Sourced by what runs tests: nothing of the user's choices gets in, and the compiled kernels (the
# drivers' and ours) are kept in build/cache, where the next run finds them.
export LC_ALL=C.UTF-8
unset DENSEAM_DATA DENSEAM_DEVICE DENSEAM_TRACE_CACHE OCL_ICD_VENDORS OPENCL_VENDOR_PATH \
    OPENCL_LAYERS RUSTICL_ENABLE
XDG_CACHE_HOME=$PWD/build/cache
# Never empty: PoCL aborts on it.
POCL_CACHE_DIR=$XDG_CACHE_HOME/pocl
mkdir -p "$POCL_CACHE_DIR"
export XDG_CACHE_HOME POCL_CACHE_DIR
# These matter in the asan build alone.
# The leak checker of GCC 12 crashes on the thread-local memory of drivers that were loaded late, where it
# keeps count of it.
export ASAN_OPTIONS=strict_string_checks=1:detect_stack_use_after_return=1:intercept_tls_get_addr=0
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export LSAN_OPTIONS=suppressions=$PWD/ci/lsan.supp:print_suppressions=0
