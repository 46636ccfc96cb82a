#!/usr/bin/env bash
# Lets calls of the system fail where small commands make them, one a run, or from one on: allocations in HDF5 and in
# the tool (with what it lends to jansson), writes, syncs, renames and locks. Each command must end as if nothing had
# been, or with the exit code that fits in one line; never by a signal, never with another result; and what was there
# before must stay whole.
#   tests/system.sh TOOL LIBRARY STEP      of every STEP allocations one, and of the others more; LIBRARY is faults/system.c
set -euo pipefail

tool=$1 library=$2 step=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export OCL_ICD_VENDORS=pocl.icd DENSEAM_TUNING=none
cat > store.conf << 'END_OF_PRESET'
data { name = "patterns"  samples = 6  dim = 40 }
model { kind = "energy"  task = "store"  memories = 12  exponent = 3 }
train { batch = 6  epochs = 2 }
sweep { flips = 4 }
END_OF_PRESET
cat > own.conf << 'END_OF_PRESET'
data { images = "store/run.h5:/parameters/memories" }
model { kind = "denoise"  memories = 4 }
train { batch = 6  epochs = 2 }
END_OF_PRESET
wrong=0 runs=0

# What a result is but for its times.
of() { sed -E '/second|rate/d' "$1"; }

complain() {
    printf '%s\n' "$*"
    wrong=$((wrong + 1))
}

# check CALL ERRNO CODE FROM K COMMAND...: ended is CODE, or 0 where the failure made no difference.
check() {
    local call=$1 error=$2 code=$3 from=$4 k=$5 left
    shift 5
    rm -rf out again
    cp -r store again
    ended=0
    LD_PRELOAD=$library DENSEAM_SYSTEM="$call@$k=$error" DENSEAM_SYSTEM_FROM=$from "$tool" "$@" > printed 2> said || ended=$?
    runs=$((runs + 1))
    case $ended in
    0) diff <(of plain) <(of printed) || complain "$from, $call $k of $*: another result" ;;
    "$code") [ "$(grep -c '^denseam: ' said)" -eq 1 ] || complain "$from, $call $k of $*: $(cat said)" ;;
    *) complain "$from, $call $k of $*: exit code $ended: $(cat said)" ;;
    esac
    left=$(find . -name '*.tmp.denseam-*' -o -name 'denseam.lock*')
    [ -z "$left" ] || complain "$from, $call $k of $*: left $left"
    case "$*" in
    *--resume*) "$tool" show again --json > shown 2>&1 || complain "$from, $call $k of $*: the run is lost: $(cat shown)" ;;
    esac
}

# One at a time, and all from there on, until that is past the last: HDF5's calls are made in a process of its own,
# whose count nobody hears.
loop() {
    local call=$1 error=$2 code=$3 from=$4 before=$runs stride=$step
    shift 4
    [ "$call" = malloc ] || stride=$((1 + step / 64))
    local k=$((1 + RANDOM % stride))
    rm -rf out again
    cp -r store again
    "$tool" "$@" > plain 2> said
    while check "$call" "$error" "$code" "$from" "$k+" "$@" && [ "$ended" -ne 0 ]; do
        check "$call" "$error" "$code" "$from" "$k" "$@"
        k=$((k + stride))
    done
    printf '%s, %s, %s: up to number %d, %d runs\n' "$call" "$from" "$*" "$k" $((runs - before))
}

RANDOM=1
"$tool" train store.conf --quiet --out store > printed
train="train store.conf --quiet --json --out out"
resume="train again --resume --quiet --json --set train.epochs=4"
recall="recall store --quiet --json --out out"
sweep="sweep store.conf --quiet --json --out out --grid model.temperature=0.8,1.2"
# The words of a command hold no blanks.
# shellcheck disable=SC2086
{
    for command in "$train" "$recall" "$sweep" "show store --json" "train own.conf --quiet --json --out out"; do
        loop malloc 12 5 libhdf5 $command
        loop malloc 12 5 self $command
    done
    loop malloc 12 5 self devices --quiet --json
    for command in "$train" "$resume" "$recall" "$sweep"; do
        loop write 28 3 self $command  # ENOSPC
        loop pwrite 28 3 self $command # ENOSPC
        loop ftruncate 5 3 self $command # EIO
        loop fsync 5 3 self $command
        loop renameat 5 3 self $command
        loop flock 5 3 self $command # no lock of the system's: a file takes its place
    done
}
printf '%d runs, %d ended wrongly\n' "$runs" "$wrong"
[ "$wrong" -eq 0 ]
