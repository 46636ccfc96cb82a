# What a training compiles, from empty caches (ours and PoCL's) and from full ones.
load helpers

setup() {
    common_setup
    [[ "$OCL_ICD_VENDORS" == *pocl* ]] || skip "PoCL's cache is looked into"
    shared=("XDG_CACHE_HOME=${XDG_CACHE_HOME:-}" "POCL_CACHE_DIR=${POCL_CACHE_DIR:-$HOME/.cache/pocl/kcache}")
    export XDG_CACHE_HOME="$PWD/cache" POCL_CACHE_DIR="$PWD/pocl" DENSEAM_TRACE_CACHE=1
    mkdir "$POCL_CACHE_DIR"
}

# cold OUT: a training on the CPU's kernels, whatever is set outside.
cold() {
    tool train small.conf --set train.epochs=1 --kernels cpu --gemm panel --out "$1" --trace "$1.json"
    succeeded
}

# Names of the programs that the last run asked for, once each, and those of kernels that it launched.
asked() {
    sed -n "s/.*program cache: $1 '\(.*\)'$/\1/p" <<< "$stderr" | sort -u
}
launched() {
    jq -r '.traceEvents[] | select(.cat == "kernel") | .name' "$1" | sort -u
}

@test "a cold training compiles no program that it does not launch, and a second one none" {
    cold first
    [[ "$stderr" == *"checking the kernels on "* ]]
    [ -n "$(asked miss)" ]
    # One program of each file, so with the constants that the training launches.
    programs=$(asked '[^'\'']*')
    [ "$(find cache/denseam/programs -type f | wc -l)" -eq "$(wc -l <<< "$programs")" ]
    [ "$(find pocl -name program.bc | wc -l)" -eq "$(wc -l <<< "$programs")" ]
    for program in $programs; do
        launched first.json | grep -q "^${program}_" || { echo "$program is not launched"; return 1; }
    done
    # The check is not in the profile of the training, and takes few kernels that it does not.
    compiled=$(find pocl -name '*.so' -printf '%f\n' | sed 's/\.so$//' | sort -u)
    [ -z "$(comm -13 <(echo "$compiled") <(launched first.json))" ]
    [ "$(comm -23 <(echo "$compiled") <(launched first.json) | wc -l)" -le 2 ]

    before=$(fingerprint cache && cd pocl && find . -name '*.so' -o -name '*.bc' | sort)
    cold second
    [[ "$stderr" != *"checking the kernels on "* ]]
    [ -z "$(asked miss)" ]
    [ "$before" = "$(fingerprint cache && cd pocl && find . -name '*.so' -o -name '*.bc' | sort)" ]
    tool eval second
    succeeded
    [ -z "$(asked miss)" ]
}

@test "programs that are compiled ahead are the same, and so are the bits" {
    cold ahead
    mv pocl ahead.pocl
    mkdir pocl
    # The kernels are known to be right, so nothing is compiled before the training asks for it.
    cold alone
    [[ "$stderr" != *"checking the kernels on "* ]]
    # Machine code is the same from build to build; PoCL's program.bc holds the name of a temporary file.
    [ "$(find pocl -name '*.so' | wc -l)" -gt 10 ]
    for file in $(cd pocl && find . -name '*.so'); do
        cmp "pocl/$file" "ahead.pocl/$file"
    done
    diff <(jq -c 'del(.seconds)' ahead/metrics.jsonl) <(jq -c 'del(.seconds)' alone/metrics.jsonl)
    h5diff ahead/run.h5 alone/run.h5 /parameters /parameters
}

# bats test_tags=nightly
@test "selftest has a second process compile from its end, and does without it" {
    # Who helps is asked with full caches, too.
    unset DENSEAM_TRACE_CACHE
    export "${shared[@]}"
    printf '#!/bin/sh\necho "$@" > "%s/asked"\nexit 1\n' "$PWD" > helper
    chmod +x helper
    DENSEAM_SELFTEST_PROGRAM="$PWD/helper" tool selftest --kernels cpu --gemm panel --quiet --json
    succeeded
    jq -e 'length > 50 and all(.passed)' <<< "$output"
    [ "$(cat asked)" = "selftest-help --device 0 --gemm panel --kernels cpu" ]
}
