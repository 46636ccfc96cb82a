#!/usr/bin/env bash
# Lets the OpenCL calls of small commands fail, one a run, and looks at how each ends: never by a signal,
# in one line with an exit code that fits, or as if nothing had been.
#   tests/faults.sh TOOL LAYER STEP      of every STEP calls one; LAYER is faults/layer.c
set -euo pipefail

tool=$1 layer=$2 step=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export OCL_ICD_VENDORS=pocl.icd DENSEAM_TUNING=none
cat > store.conf << 'END'
data { name = "patterns"  samples = 6  dim = 40 }
model { kind = "energy"  task = "store"  memories = 12  exponent = 3 }
train { batch = 6  epochs = 4 }
sweep { flips = 4 }
END
cat > classes.conf << 'END'
data { name = "teacher"  teacher_dim = 20  teacher_memories = 6  teacher_classes = 3  samples = 200 }
model { memories = 6  varsigma = 1 }
train { batch = 50  epochs = 2  patience = 0 }
END
wrong=0 runs=0 timing='/^(seconds|rate) /d'

complain() {
    printf '%s\n' "$*"
    wrong=$((wrong + 1))
}

# The exit code of what was said: memory where a call takes some, no device where one opens it.
code_of() {
    case $1 in
    *clCreateBuffer*CL_OUT* | *clEnqueueFillBuffer*CL_OUT*) echo 5 ;;
    *clCreateContext* | *clCreateCommandQueue* | *"device"*"not usable"* | *"no OpenCL device"* | *"no longer there"*) echo 4 ;;
    *) echo 1 ;;
    esac
}

# Fails where a command that is to fail at call K ended in another way than it may.
check() {
    local k=$1 status=0 left message
    shift
    rm -rf out
    OPENCL_LAYERS=$layer DENSEAM_FAULT="*@$k=-5" "$tool" "$@" > printed 2> said || status=$?
    runs=$((runs + 1))
    message=$(grep '^denseam: ' said || true)
    if [ "$status" -eq 0 ]; then # what may fail: a name of a platform, a cache
        [ "$1" = devices ] || diff <(sed -E "$timing" plain) <(sed -E "$timing" printed) ||
            complain "call $k of $*: it failed in silence"
    elif [ "$status" -ne "$(code_of "$message")" ] || [ "$(grep -vc '^warning: ' said)" -ne 1 ]; then
        complain "call $k of $*: exit code $status: $(cat said)"
    fi
    left=$(find . -name '*.tmp.denseam-*')
    [ -z "$left" ] || complain "call $k of $*: left $left"
}

# Every STEP calls of a command one fails, and in turn from there on all do.
loop() {
    local calls k plus=""
    rm -rf out
    "$tool" "$@" > printed 2> said # compiled and checked by now
    rm -rf out
    OPENCL_LAYERS=$layer DENSEAM_FAULT="*@1000000000=-5" DENSEAM_FAULT_COUNT=count "$tool" "$@" > plain 2> said
    calls=$(< count)
    [ "$calls" -gt 20 ] || complain "only $calls calls of $*: is the layer loaded?"
    for ((k = 1 + RANDOM % step; k <= calls; k += step)); do
        check "$k$plus" "$@"
        plus=$([ -n "$plus" ] || echo +)
    done
    printf '%s: %d calls\n' "$*" "$calls"
}

RANDOM=1
"$tool" train store.conf --quiet --out store > printed
"$tool" train classes.conf --quiet --out classes > printed
loop train store.conf --quiet --out out
loop train classes.conf --quiet --out out
loop eval classes --quiet --set train.batch=5000
loop recall store --quiet --out out
loop sweep store.conf --quiet --out out --grid model.temperature=0.8,1.2
loop devices --quiet
printf '%d runs, %d ended wrongly\n' "$runs" "$wrong"
[ "$wrong" -eq 0 ]
