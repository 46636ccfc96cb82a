#!/bin/sh
# Runs the self-test under Oclgrind, which finds data races, reads beyond a buffer and uses of
# uninitialised memory: tests/race.sh TOOL FILL, with the denseam tool and the library of
# tests/race/fill.c. Oclgrind exits 0 whatever it finds, so a log that is not empty is the failure.
#
# Products are by the panel kernels only: CLBlast's are not ours. Races are looked for in optimised
# kernels; uninitialised values without optimisation, because Oclgrind 21.10 crashes on some shuffles
# that the optimiser makes.
set -eu
tool=$1 fill=$2
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
export DENSEAM_SELFTEST_TINY=1
failed=0

# check NAME KERNELS OCLGRIND-OPTIONS...
check() {
    name=$1 kernels=$2
    shift 2
    # Binaries of another check would be run instead of what this one compiles.
    export XDG_CACHE_HOME="$work/$name"
    if ! oclgrind "$@" --log "$work/$name.log" \
        sh -c 'LD_PRELOAD="$1:$LD_PRELOAD" exec "$2" selftest --quiet --gemm panel --kernels "$3"' \
        sh "$fill" "$tool" "$kernels" >"$work/$name.out" 2>&1; then
        echo "$name: the self-test failed or Oclgrind crashed"
        tail -n 20 "$work/$name.out"
        failed=1
    fi
    if [ -s "$work/$name.log" ]; then
        echo "$name: Oclgrind found"
        head -n 60 "$work/$name.log"
        failed=1
    fi
}

check races-gpu gpu --data-races
check races-cpu cpu --data-races
check uninitialized-gpu gpu --uninitialized --build-options -cl-opt-disable
check uninitialized-cpu cpu --uninitialized --build-options -cl-opt-disable
[ "$failed" -eq 0 ] && echo "no races, no uninitialised values, no access out of bounds"
exit "$failed"
