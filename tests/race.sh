#!/bin/sh
# Runs the self-test under Oclgrind, which finds data races, reads beyond a buffer and uses of
# uninitialised memory: tests/race.sh TOOL FILL [--all], with the denseam tool and the library of
# tests/race/fill.c. Oclgrind exits 0 whatever it finds, so a log that is not empty is the failure.
#
# Products are by the panel kernels, and with --all by tiles: CLBlast's are not ours. Races are looked for in
# optimised kernels; uninitialised values without optimisation, because Oclgrind 21.10 crashes on some shuffles
# that the optimiser makes, and with functions that are not inlined, because it does not know the marks
# (noalias scopes) that this leaves. That takes minutes in the GPU shape, so only --all does it there.
set -eu
tool=$1 fill=$2
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
export DENSEAM_SELFTEST_TINY=1

# check NAME KERNELS GEMM OCLGRIND-OPTIONS...: what goes wrong is told in $work/NAME.failed.
check() {
    name=$1 kernels=$2 gemm=$3
    shift 3
    # Binaries of another check would be run instead of what this one compiles.
    export XDG_CACHE_HOME="$work/$name"
    # shellcheck disable=SC2016
    oclgrind "$@" --log "$work/$name.log" \
        sh -c 'LD_PRELOAD="$1:$LD_PRELOAD" exec "$2" selftest --quiet --gemm "$3" --kernels "$4"' \
        sh "$fill" "$tool" "$gemm" "$kernels" >"$work/$name.out" 2>&1 || {
        echo "$name: the self-test failed or Oclgrind crashed"
        tail -n 20 "$work/$name.out"
    } >"$work/$name.failed"
    if [ -s "$work/$name.log" ]; then
        echo "$name: Oclgrind found"
        head -n 60 "$work/$name.log"
    fi >>"$work/$name.failed"
    echo "$name" >>"$work/ended"
}

unoptimised='-cl-opt-disable -DINLINE=static'
# Two at a time: Oclgrind keeps little more than one core busy.
check races-gpu gpu panel --data-races &
check uninitialized-cpu cpu panel --uninitialized --build-options "$unoptimised"
check races-cpu cpu panel --data-races
wanted=3
if [ "${3:-}" = --all ]; then
    check uninitialized-gpu gpu panel --uninitialized --build-options "$unoptimised"
    check races-tiled gpu tiled --data-races
    wanted=5
fi
wait
cat "$work"/*.failed
if [ "$(sort -u "$work/ended" | wc -l)" -ne "$wanted" ] || [ -n "$(cat "$work"/*.failed)" ]; then
    exit 1
fi
echo "no races, no uninitialised values, no access out of bounds"
