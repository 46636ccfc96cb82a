# Caches that others could have written, or that cannot be written, are replaced for the command.

load helpers

setup() { common_setup; }

# Fails unless a command used a temporary cache for $1 (" for PoCL" or nothing), said why, and
# took it away again.
went_elsewhere() {
    succeeded
    [ "${#stderr_lines[@]}" -eq 1 ] || { echo "not one line: $stderr"; return 1; }
    [[ "$stderr" == *"a temporary cache is used$1, so"*"$2"* ]] || { echo "stderr: $stderr"; return 1; }
    [ -z "$(ls -d "$TMPDIR"/denseam-cache-* 2> /dev/null)" ]
}

@test "a driver's cache that others may write is not used, nor one that cannot be written" {
    export TMPDIR="$PWD"
    mkdir others && chmod 777 others
    POCL_CACHE_DIR="$PWD/others" tool devices --quiet
    went_elsewhere " for PoCL" "others may write '$PWD/others' (mode 0777"
    [[ "$stderr" == "warning: "* ]]
    [ -z "$(ls others)" ]
    : > file
    POCL_CACHE_DIR="$PWD/file/below" tool devices
    went_elsewhere " for PoCL" "file"
    POCL_CACHE_DIR= tool devices
    went_elsewhere " for PoCL" "POCL_CACHE_DIR is empty"
}

@test "a cache that others may write is not used" {
    export TMPDIR="$PWD" POCL_CACHE_DIR="$PWD/pocl"
    mkdir others && chmod 777 others
    XDG_CACHE_HOME="$PWD/others" tool devices --quiet
    went_elsewhere "" "others may write '$PWD/others'"
    [ -z "$(ls others)" ]
    # Sticky as /tmp is, it may be passed through.
    chmod 1777 others
    XDG_CACHE_HOME="$PWD/others" tool devices
    succeeded
    [ -z "$stderr" ]
    [ "$(stat -c %a others/denseam pocl)" = $'700\n700' ]
}

@test "without a home the device is there, and what would be kept is refused" {
    export TMPDIR="$PWD"
    unset HOME XDG_CACHE_HOME POCL_CACHE_DIR
    tool devices
    went_elsewhere "" "neither XDG_CACHE_HOME nor HOME is set"
    tool devices --quiet
    succeeded
    [ -z "$stderr" ]
    tool tune bench/gemm --quiet
    failed_with 3 "no cache stays here" "XDG_CACHE_HOME"
}

@test "results follow the umask, caches are the user's alone" {
    umask 027
    "$DENSEAM" train small.conf --quiet --set train.epochs=1 --out run
    [ "$(stat -c %a run/run.h5 run/preset.conf run/metrics.jsonl)" = $'640\n640\n640' ]
    umask 000
    XDG_CACHE_HOME="$PWD/cache" POCL_CACHE_DIR="${POCL_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/pocl/kcache}" \
        tool eval run --quiet --json
    succeeded
    [ -z "$(find cache -perm /077)" ]
    [ -n "$(find cache/denseam/programs -type f)" ]
}
