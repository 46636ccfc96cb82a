#!/usr/bin/env bash
# Cuts the power, in theory, after each call of small commands that changes a file (faults/record.c, faults/power.awk).
#   tests/power.sh TOOL LIBRARY      LIBRARY is faults/record.c
set -euo pipefail

tool=$1 library=$2 awk=$(cd "$(dirname "$0")" && pwd)/faults/power.awk
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/in"
cd "$work/in"
export OCL_ICD_VENDORS=pocl.icd DENSEAM_TUNING=none DENSEAM_RECORD_FOLDER=$PWD
cat > classes.conf << 'END_OF_PRESET'
data { name = "teacher"  teacher_dim = 20  teacher_memories = 6  teacher_classes = 3  samples = 200  validation = 0.2 }
model { memories = 6  varsigma = 1 }
train { batch = 50  epochs = 4  patience = 0  checkpoint = 1 }
END_OF_PRESET
cat > store.conf << 'END_OF_PRESET'
data { name = "patterns"  samples = 6  dim = 40 }
model { kind = "energy"  task = "store"  memories = 12  exponent = 3 }
train { batch = 6  epochs = 2 }
sweep { flips = 4 }
END_OF_PRESET

record() {
    LD_PRELOAD=$library DENSEAM_RECORD=$work/log "$tool" "$@" --quiet > "$work/printed" 2> "$work/said" ||
        { cat "$work/said"; exit 1; }
}

# The same, and what a cut after each of its calls would leave.
cut_after() {
    rm -f "$work/log"
    record "$@"
    awk -f "$awk" "$work/log" | sed "s/^/$1: /"
}

cut_after train classes.conf --out runs/classes
cut_after train runs/classes --resume --set train.epochs=6
cut_after analyse runs/classes
cut_after train store.conf --out store
cut_after recall store --out recalled
cut_after sweep store.conf --out map --grid model.temperature=0.8,1.2
cut_after bench bench/gemm --quick --out bench.json

# A cut that nothing was synced against must be seen, or this sees nothing.
rm "$work/log"
DENSEAM_RECORD_NO_SYNC=1 record train store.conf --out unsynced
if awk -f "$awk" "$work/log" > "$work/seen"; then
    printf 'files that were not synced passed\n'
    exit 1
fi
tail -n 1 "$work/seen"
