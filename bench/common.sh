# What the scripts of this folder share. Sourced by them; the caller sets out, the folder of its runs.
# shellcheck shell=bash

export LC_ALL=C
denseam=${DENSEAM:-build/release/denseam}
interrupted=

say() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
}

fail() {
    say "$*"
    exit 2
}

check_tools() {
    local tool
    for tool in "$@"; do
        command -v "$tool" > /dev/null || fail "there is no $tool; run ci/setup"
    done
    command -v "$denseam" > /dev/null ||
        fail "there is no '$denseam'; build it, or set DENSEAM to the program"
}

# A run that is over needs no training. Of one that has no run.h5 yet nothing is kept.
is_finished() {
    [ -e "$1/run.h5" ] && "$denseam" show "$1" --out "$1" --json --quiet 2> /dev/null |
        jq -e .finished > /dev/null
}

# train_run NAME PRESET OPTION...: trains $out/NAME unless that is done, and evaluates it on the test
# set. Leaves eval.json, and cpu.txt: user and system seconds, a line for each time it was trained.
train_run() {
    # shellcheck disable=SC2154
    local run="$out/$1" preset="$2" status=0
    shift 2
    if is_finished "$run"; then
        say "$run is done"
    else
        mkdir -p "$run"
        [ -e "$run/run.h5" ] || rm -f "$run/cpu.txt"
        say "training $run"
        local TIMEFORMAT='%U %S'
        # The tool saves at Ctrl-C; its seconds are to be noted before this script ends.
        trap 'interrupted=yes' INT
        if [ -e "$run/run.h5" ]; then
            { time "$denseam" train "$run" --resume --json > "$run/result.json" 2> "$run/train.log"; } \
                2>> "$run/cpu.txt" || status=$?
        else
            { time "$denseam" train "$preset" --out "$run" --json "$@" > "$run/result.json" \
                2> "$run/train.log"; } 2>> "$run/cpu.txt" || status=$?
        fi
        trap - INT
        [ -z "$interrupted" ] || fail "stopped; the same command goes on"
        [ "$status" -eq 0 ] || fail "$run: exit code $status: $(tail -n 1 "$run/train.log")"
        rm -f "$run/eval.json"
    fi
    [ -s "$run/eval.json" ] || "$denseam" eval "$run" --json --quiet > "$run/eval.json.tmp" ||
        fail "$run could not be evaluated"
    [ ! -e "$run/eval.json.tmp" ] || mv "$run/eval.json.tmp" "$run/eval.json"
}

# The last value of a column of a run's history.
last_of() {
    tail -n 1 "$1/metrics.jsonl" | jq -r --arg key "$2" '.[$key] // "-"'
}

# score_of RUN KEY [OLD]: a number of its eval.json; OLD is the key's name in older files.
score_of() {
    jq -r --arg key "$2" --arg old "${3:-$2}" '.[$key] // .[$old] // "-"' "$1/eval.json"
}

cpu_of() {
    awk '{ sum += $1 + $2 } END { printf "%.1f", sum }' "$1/cpu.txt"
}

# percent SHARE: in percent, or "-".
percent() {
    awk -v share="$1" 'BEGIN { if (share == "-") print "-"; else printf "%.2f", 100 * share }'
}

# put_into_docs SCRIPT TABLE PAGE: replaces what stands in a page between the script's two comments.
put_into_docs() {
    awk -v script="$1" -v table="$2" '
        $0 == "<!-- " script " ends -->" { inside = 0 }
        !inside
        $0 == "<!-- " script " begins -->" {
            inside = 1
            print ""
            while ((getline line < table) > 0) print line
            print ""
        }' "$3" > "$2.new"
    mv "$2.new" "$3"
}
