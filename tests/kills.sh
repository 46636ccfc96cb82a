#!/usr/bin/env bash
# Kills commands with SIGKILL at random times, goes on with what is there as a user would, and compares with a run that
# was left alone: the same bits, nothing left over, no process that stays.
#   tests/kills.sh TOOL KILLS [SEED]      so many kills, in turn of a training, a growing one, a sweep, a recall, a tuning
set -euo pipefail

tool=$1 kills=$2 seed=${3:-1}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir tmp
# A cache of its own, because others may be writing into the user's; what PoCL compiled before serves.
export POCL_CACHE_DIR="${POCL_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/pocl/kcache}"
export OCL_ICD_VENDORS=pocl.icd DENSEAM_TUNING=none TMPDIR=$work/tmp XDG_CACHE_HOME=$work/cache
wrong=0 done=0 killed=0

cat > train.conf << 'END_OF_PRESET'
data { name = "teacher"  teacher_dim = 20  teacher_memories = 6  teacher_classes = 3  samples = 400  validation = 0.2 }
model { memories = 6  varsigma = 1 }
train { batch = 20  epochs = 30  patience = 0  checkpoint = 1 }
END_OF_PRESET
cat > grow.conf << 'END_OF_PRESET'
data { name = "teacher"  teacher_dim = 20  teacher_memories = 6  teacher_classes = 3  samples = 400  validation = 0.2 }
model { memories = 4  varsigma = 1 }
train { batch = 20  epochs = 30  patience = 3  checkpoint = 1 }
grow { to = 16  epochs = 8  settle = 1 }
END_OF_PRESET
cat > store.conf << 'END_OF_PRESET'
data { name = "patterns"  samples = 20  dim = 60 }
model { kind = "energy"  task = "store"  memories = 30  exponent = 3 }
train { batch = 20  epochs = 20 }
sweep { flips = 4 }
END_OF_PRESET

complain() {
    printf 'kill %d of %s: %s\n' "$done" "$kind" "$*"
    wrong=$((wrong + 1))
}

# The command of each kind, which begins or goes on, into `command`.
choose_command() {
    case $kind in
    train | grow)
        command=(train "$kind.conf" --out out)
        [ ! -e out/run.h5 ] || command=(train out --resume)
        ;;
    sweep)
        command=(sweep store.conf --out out --grid model.temperature=0.5:1.5:6 --grid "train.learning_rate=0.1,0.4")
        [ ! -e out/sweep.h5 ] || command=(sweep out --resume)
        ;;
    recall) command=(recall stored --out out --set recall.count=2000) ;;
    tune) command=(tune bench/gemm) ;;
    esac
    command+=(--quiet)
}

# All that a result is but for its times.
result() {
    case $kind in
    train | grow)
        jq -c 'del(.seconds, .split_seconds, .split_epochs)' "$1/metrics.jsonl"
        for group in parameters velocities; do
            h5diff -q "$1/run.h5" "$reference/run.h5" "/$group" "/$group" > differs 2>&1 && [ ! -s differs ] || echo "/$group differs"
        done
        ;;
    sweep) sed 's/,[^,]*$//' "$1/sweep.csv" ;;
    recall) (cd "$1" && find . -name '*.csv' -exec sha256sum {} + | sort) ;;
    tune) ;;
    esac
}

# Runs the command for at most $1 milliseconds (0: to its end), in a session of its own. It is told apart whether it
# was killed or had ended by itself.
run_for() {
    local ended=0 session
    choose_command
    setsid "$tool" "${command[@]}" > printed 2> said &
    session=$!
    if [ "$1" -gt 0 ]; then
        sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"
        kill -KILL "$session" 2> /dev/null || true
    fi
    { wait "$session" || ended=$?; } 2> /dev/null
    if [ "$ended" -eq 137 ]; then
        killed=$((killed + 1))
        for _ in 1 2 3 4 5 6 7 8 9 10; do
            # Who only waits to be reaped is dead.
            ps -o stat= -s "$session" | awk '!/^Z/ { lives = 1 } END { exit !lives }' || return 0
            sleep 0.1
        done
        complain "processes stay: $(ps -o stat=,args= -s "$session")"
    elif [ "$ended" -ne 0 ]; then
        complain "exit code $ended: $(cat said)"
    fi
}

# Undisturbed, for the result and for how long it takes.
measure() {
    reference=$work/$kind-whole
    local begin
    rm -rf out
    run_for 0 # compiled by now
    rm -rf out
    begin=$(date +%s%3N)
    run_for 0
    span[$kind]=$(($(date +%s%3N) - begin + 20))
    [ "$kind" = tune ] || mv out "$reference"
    expected[$kind]=$(result "$reference")
}

# One or two kills, then to the end.
disturb() {
    local left again
    reference=$work/$kind-whole
    rm -rf out
    for ((again = 1 + RANDOM % 2; again > 0 && done < kills; again--)); do
        done=$((done + 1))
        run_for $((1 + (RANDOM * 32768 + RANDOM) % span[$kind]))
    done
    if [ "$kind" = tune ]; then
        "$tool" devices --quiet > printed 2> said || complain "devices: $(cat said)"
    else
        run_for 0
        [ "$(result out)" = "${expected[$kind]}" ] || complain "another result"
    fi
    left=$(find . \( -name '*.tmp.denseam-*' -o -name 'denseam.lock*' -o -name 'denseam-cache-*' \) -print)
    [ -z "$left" ] || complain "left $left"
}

declare -A span expected count
RANDOM=$seed
kind=none
"$tool" train store.conf --quiet --out stored > printed 2> said
for kind in train grow sweep recall; do
    measure
done
span[tune]=2500
kinds=(train grow sweep recall tune)
for ((turn = 0; done < kills; turn++)); do
    kind=${kinds[turn % ${#kinds[@]}]}
    before=$done
    disturb
    count[$kind]=$((${count[$kind]:-0} + done - before))
done
for kind in "${kinds[@]}"; do
    printf '%s: %d kills, %d ms undisturbed\n' "$kind" "${count[$kind]:-0}" "${span[$kind]}"
done
printf '%d kills, %d met a command that still ran, %d ended wrongly\n' "$done" "$killed" "$wrong"
[ "$wrong" -eq 0 ]
