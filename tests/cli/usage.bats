# The command line itself: help, errors, exit codes, and where each goes. $DENSEAM is the tool.
load helpers

setup() {
    : "${DENSEAM:?set DENSEAM to the tool to test}"
    unset DENSEAM_DEVICE
}

# Fails if a line of $output is wider than a terminal of 80 columns, or if there is none.
fits() {
    [ -n "$output" ]
    local wide
    wide=$(awk 'length($0) > 80' <<<"$output")
    [ -z "$wide" ] || { echo "too wide: $wide"; return 1; }
}

commands() {
    "$DENSEAM" help | awk '/^Commands:/ { on = 1; next } on && /^$/ { exit } on && /^  [a-z]/ { print $1 }'
}

@test "the overview lists the commands and the exit codes" {
    for words in help --help -h; do
        run --separate-stderr "$DENSEAM" $words
        [ "$status" -eq 0 ]
        [ -z "$stderr" ]
        [[ "$output" == *"  devices "* ]]
        [[ "$output" == *"  4  no usable device"* ]]
        fits
    done
}

@test "every command has a help that fits, in both spellings" {
    [ "$(commands | wc -l)" -ge 3 ]
    for command in $(commands); do
        run --separate-stderr "$DENSEAM" help "$command"
        [ "$status" -eq 0 ]
        [ -z "$stderr" ]
        [[ "${lines[0]}" == "Usage: denseam $command"* ]]
        fits
        local first="$output"
        run --separate-stderr "$DENSEAM" "$command" --help
        [ "$status" -eq 0 ]
        [ "$output" = "$first" ]
    done
}

@test "the version is printed" {
    run --separate-stderr "$DENSEAM" --version
    [ "$status" -eq 0 ]
    [[ "$output" =~ ^denseam\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
    [ -z "$stderr" ]
}

@test "versions for a report of a fault" {
    run --separate-stderr "$DENSEAM" version --json
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    local versions="$output"
    run --separate-stderr "$DENSEAM" --version --json
    [ "$output" = "$versions" ]
    [ "$("$DENSEAM" --version)" = "denseam $(jq -r .version <<<"$versions")" ]
    jq -e '(.commit | . == null or test("^[0-9a-f]{40}(-dirty)?$")) and
           ([.clblast // "0.0", .hdf5, .opencl_headers] | all(test("^[0-9]+[.][0-9]"))) and
           (.products | index("panel") != null and index("tiled") != null) and
           (.platforms | length > 0 and all(.name + .driver + .opencl | length > 10))' <<<"$versions"
    # No device is no failure.
    run --separate-stderr env OCL_ICD_VENDORS=none "$DENSEAM" --version --json
    [ "$status" -eq 0 ]
    [ "$(jq -c .platforms <<<"$output")" = '[]' ]
    run --separate-stderr "$DENSEAM" --version --jsno
    [ "$status" -eq 2 ]
    one_message "unknown option '--jsno' (did you mean '--json'?); 'denseam help version'"
}

@test "no command is a usage error" {
    run --separate-stderr "$DENSEAM"
    [ "$status" -eq 2 ]
    [ -z "$output" ]
    one_message "no command is given; 'denseam help' lists the commands"
}

@test "an unknown command is a usage error with the closest one" {
    run --separate-stderr "$DENSEAM" devcies
    [ "$status" -eq 2 ]
    [ -z "$output" ]
    one_message "unknown command 'devcies' (did you mean 'devices'?); 'denseam help'"
    run --separate-stderr "$DENSEAM" help devcies
    [ "$status" -eq 2 ]
    one_message "unknown command 'devcies' (did you mean 'devices'?)"
    run --separate-stderr "$DENSEAM" ''
    [ "$status" -eq 2 ]
    one_message "unknown command ''"
}

@test "an unknown option is a usage error with the closest one" {
    run --separate-stderr "$DENSEAM" devices --jsno
    [ "$status" -eq 2 ]
    [ -z "$output" ]
    one_message "unknown option '--jsno' (did you mean '--json'?); 'denseam help devices'"
    run --separate-stderr "$DENSEAM" --json devices
    [ "$status" -eq 2 ]
    one_message "'--json' stands before the command"
}

@test "too many operands are a usage error" {
    run --separate-stderr "$DENSEAM" devices 0
    [ "$status" -eq 2 ]
    one_message "devices takes no operands, '0' is too much; see 'denseam help devices'"
    run --separate-stderr "$DENSEAM" devices -- --json
    [ "$status" -eq 2 ]
    one_message "'--json' is too much"
    run --separate-stderr "$DENSEAM" help devices presets
    [ "$status" -eq 2 ]
    one_message "help takes only [COMMAND], 'presets' is too much"
}

@test "a missing or needless value is a usage error" {
    run --separate-stderr "$DENSEAM" devices --device
    [ "$status" -eq 2 ]
    one_message "option '--device' wants a value: D"
    run --separate-stderr "$DENSEAM" devices --json=yes
    [ "$status" -eq 2 ]
    one_message "option '--json' takes no value"
}

@test "a full disk is an error" {
    [ -c /dev/full ]
    for words in "help" "--version" "help devices" "man"; do
        run --separate-stderr bash -c '"$DENSEAM" '"$words"' > /dev/full'
        [ "$status" -eq 3 ]
        one_message "cannot write to standard output: No space left on device"
    done
}

@test "a closed pipe is an error, not a silent death" {
    run --separate-stderr bash -c 'set -o pipefail; { sleep 0.3; "$DENSEAM" help; } | true'
    [ "$status" -eq 3 ]
    one_message "cannot write to standard output: Broken pipe"
}

@test "a closed standard output is an error, a closed standard error is none" {
    run --separate-stderr bash -c '"$DENSEAM" help >&-'
    [ "$status" -eq 3 ]
    one_message "cannot write to standard output"
    run bash -c '"$DENSEAM" help 2>&-'
    [ "$status" -eq 0 ]
    [[ "$output" == *"Commands:"* ]]
}

@test "the manual page has every command and is valid roff" {
    run --separate-stderr "$DENSEAM" man
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    [[ "$output" == ".TH DENSEAM 1 "* ]]
    for command in $(commands); do
        [[ "$output" == *".SS denseam $command"* ]]
    done
    [[ "$output" == *".SH EXIT STATUS"* ]]
    local page="$output"
    if command -v mandoc > /dev/null; then
        run mandoc -T lint -W warning <<<"$page"
        # The date is left out so that the page is the same on every day.
        output=$(grep -v 'missing date' <<<"$output" || true)
        [ -z "$output" ] || { echo "$output"; return 1; }
    fi
}
