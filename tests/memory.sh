#!/usr/bin/env bash
# Lets allocations fail, one a run or from one on, where small commands make them: in HDF5, in the tool itself with
# what it lends to jansson. Each must end as if nothing had been, or with exit code 5 in one line; never by a signal,
# never with another result.
#   tests/memory.sh TOOL LIBRARY STEP      of every STEP allocations one; LIBRARY is faults/system.c
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

# check FROM K COMMAND...: ended is 5, or 0 where the failure made no difference.
check() {
    local from=$1 k=$2 left
    shift 2
    rm -rf out
    ended=0
    LD_PRELOAD=$library DENSEAM_SYSTEM="malloc@$k=12" DENSEAM_SYSTEM_FROM=$from "$tool" "$@" > printed 2> said || ended=$?
    runs=$((runs + 1))
    case $ended in
    0) diff <(of plain) <(of printed) || complain "$from, allocation $k of $*: another result" ;;
    5) [ "$(grep -c '^denseam: ' said)" -eq 1 ] || complain "$from, allocation $k of $*: $(cat said)" ;;
    *) complain "$from, allocation $k of $*: exit code $ended: $(cat said)" ;;
    esac
    left=$(find . -name '*.tmp.denseam-*')
    [ -z "$left" ] || complain "$from, allocation $k of $*: left $left"
}

# One at a time, and all from there on, until that is past the last allocation: HDF5's are made in a process of its
# own, whose count nobody hears.
loop() {
    local from=$1 k=$((1 + RANDOM % step)) before=$runs
    shift
    rm -rf out
    "$tool" "$@" > plain 2> said
    while check "$from" "$k+" "$@" && [ "$ended" -ne 0 ]; do
        check "$from" "$k" "$@"
        k=$((k + step))
    done
    printf '%s, %s: up to allocation %d, %d runs\n' "$from" "$*" "$k" $((runs - before))
}

RANDOM=1
"$tool" train store.conf --quiet --out store > printed
loop libhdf5 train store.conf --quiet --json --out out
loop libhdf5 recall store --quiet --json --out out
loop libhdf5 sweep store.conf --quiet --json --out out --grid model.temperature=0.8,1.2
loop libhdf5 show store --json
loop libhdf5 train own.conf --quiet --json --out out
loop self train store.conf --quiet --json --out out
loop self recall store --quiet --json --out out
loop self show store --json
loop self devices --quiet --json
printf '%d runs, %d ended wrongly\n' "$runs" "$wrong"
[ "$wrong" -eq 0 ]
