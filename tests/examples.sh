#!/usr/bin/env bash
# Runs the programs of examples/, linked in one way, and looks at what they print.
#   tests/examples.sh FOLDER SUFFIX       FOLDER/example-NAME-SUFFIX are the programs
set -euo pipefail

programs=$1/example suffix=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# example NAME PATTERN [ARGUMENT...]: it must end well and print a line that PATTERN describes.
example() {
    local name=$1 pattern=$2 printed
    shift 2
    printed=$("$programs-$name-$suffix" "$@")
    printf '%s\n' "$printed"
    [[ $printed =~ $pattern ]] || { printf '%s: no "%s" in that\n' "$name" "$pattern"; exit 1; }
}

example train 'validation accuracy after 20 epochs: (1\.000|0\.9)' run
example classify 'of 2000 right: (1\.000|0\.9)' run
example store_recall '10 of 10 patterns recovered from 10 wrong neurons; 10 converged'
example denoise 'mean squared error 0\.25[0-9]* before, 0\.0[0-4][0-9]* after'
example callback 'stopped with 12 memories'
