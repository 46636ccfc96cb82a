# docs/schema: it says what --json prints. What it says is held against what the tests of all commands print, once
# they are over (helpers.bash); here stand what no command prints, and that a fault would be found.
load helpers

setup() {
    common_setup
    schemas="$BATS_TEST_DIRNAME/../../docs/schema"
    command -v python3 > /dev/null || { [ -z "${CI:-}" ] && skip 'there is no python3'; }
}

@test "every command with --json has a schema" {
    local count=0
    for command in $("$DENSEAM" help | awk '/^Commands:/ { inside = 1 } /^$/ && n { exit } inside && /^  / { n++; print $1 }'); do
        "$DENSEAM" help "$command" > help
        grep -q '^  --json' help || continue
        count=$((count + 1))
        [ "$command" != watch ] || command=metrics
        [ -s "$schemas/$command.json" ] || { echo "docs/schema/$command.json is missing"; return 1; }
    done
    [ "$count" -ge 16 ]
}

@test "files of results are as their schema says" {
    valid bench-file "$BATS_TEST_DIRNAME"/../../results/*.json
    # And a fault is found: another type, a name that is missing, one that nobody knows, a number that is none.
    local file
    for file in "$BATS_TEST_DIRNAME"/../../results/*.json; do
        for fault in '.host.cores = "2"' 'del(.version)' '.new = 1' '.results[0].rows[0].rounds[0] = null' \
            '.format = "denseam bench 2"' '.results[0].agreement = "maybe"' '.results[0].rows[1].value = true'; do
            jq "$fault" "$file" > faulty.json
            run -1 valid bench-file faulty.json
            [ -n "$output" ]
        done
        break
    done
    echo '{"epoch": 1, "loss": NaN}' > nan.jsonl
    run -1 valid metrics nan.jsonl
    echo '{"type": "object", "minProperties": 1}' > unknown.json
    run -1 python3 "$BATS_TEST_DIRNAME/schema.py" . unknown unknown.json
    [[ "$output" == *"does not know ['minProperties']"* ]]
}
