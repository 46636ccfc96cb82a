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

@test "the temporary cache of a killed process goes with the next command, and nobody else's" {
    export TMPDIR="$PWD"
    mkdir home denseam-cache-dead01 denseam-cache-other denseam-cache-live01
    touch denseam-cache-dead01/program denseam-cache-other/file
    ln -s denseam-cache-other denseam-cache-link01
    exec 9< denseam-cache-live01
    flock -x 9 # as its process would
    unset HOME XDG_CACHE_HOME POCL_CACHE_DIR
    tool devices --quiet
    succeeded
    exec 9<&-
    [ ! -e denseam-cache-dead01 ]
    [ -e denseam-cache-live01 ]
    [ -e denseam-cache-other/file ]
    [ -L denseam-cache-link01 ]
    # In earnest: a command that is killed while it has one.
    rm -rf denseam-cache-*
    "$DENSEAM" train small.conf --quiet --out run --set train.epochs=100000 2> /dev/null 3>&- &
    pid=$!
    wait_for_lines run/metrics.jsonl 1
    [ -n "$(ls -d denseam-cache-*)" ]
    kill -KILL "$pid"
    wait "$pid" || true
    [ -n "$(ls -d denseam-cache-*)" ]
    # A copy of it (HDF5's) may take a moment longer to die.
    for _ in 1 2 3 4 5; do
        HOME="$PWD/home" tool devices --quiet
        succeeded
        [ -n "$(ls -d denseam-cache-* 2> /dev/null)" ] || break
    done
    [ -z "$(ls -d denseam-cache-* 2> /dev/null)" ]
}

@test "what a killed process left half written in the cache goes, too" {
    mkdir -m 700 -p cache/denseam/programs
    : > cache/denseam/programs/0123.tmp.denseam-0123456789abcdef
    : > cache/denseam/programs/0123
    XDG_CACHE_HOME="$PWD/cache" tool devices --quiet
    succeeded
    [ "$(ls cache/denseam/programs)" = 0123 ]
}
