# `denseam paper`: the papers' figures listed, run, resumed and written down.
load helpers

setup() {
    common_setup
}

@test "every figure names a preset that takes its settings, at every scale" {
    tool paper
    succeeded
    for paper in 2407.08742 2508.19151 2605.10164; do
        [[ "$output" == *"$paper"*" 0 of "* ]]
    done
    [ -z "$(awk 'length > 80' <<<"$output")" ]
    for scale in quick cores paper; do
        for paper in 2407.08742 2508.19151 2605.10164; do
            tool paper "$paper" --scale "$scale" --json
            succeeded
            jq -e 'length > 10 and all(.[]; .state == "absent" and .seconds == null and .estimated_seconds == null)' <<<"$output"
            jq -e 'all(.[]; .command == "recall" or (.trainings > 0 and .epochs > 0))' <<<"$output"
            jq -e '([.[].name] | unique | length) == length' <<<"$output"
        done
    done
    tool paper 2508.19151
    succeeded
    [ -z "$(awk 'length > 80' <<<"$output")" ]
}

@test "a figure is run once, and its page has what came of it" {
    tool paper 2407.08742 capacity --scale quick --out papers --page page.md --json --quiet
    succeeded
    jq -e '[.[] | select(.state == "done") | .name] == ["capacity"]' <<<"$output"
    [ -s papers/2407.08742/quick/capacity/capacity.png ]
    [ -s papers/2407.08742/quick/capacity/figure.png ]
    grep -q '^!\[.*\](2407.08742/capacity.png)$' page.md
    cmp papers/2407.08742/quick/capacity/figure.png 2407.08742/capacity.png
    # What came of it is said, and what is not run has the times that it would take only where they were asked for.
    grep -q '^\*\*Agrees:\*\* ' page.md
    [[ "$(cat page.md)" != *"on this device"* ]]
    grep -q '^denseam recall capacity-patterns --set recall.seeds=2 --set' page.md
    grep -q 'Not run at scale quick, 54 trainings of 200 epochs' page.md
    nothing_left_over .
    before=$(sha256sum papers/2407.08742/quick/capacity/*)
    tool paper 2407.08742 capacity --scale quick --out papers
    succeeded
    [[ "$stderr" == *"'capacity' is done: papers/2407.08742/quick/capacity"* ]]
    [ "$(sha256sum papers/2407.08742/quick/capacity/*)" = "$before" ]
}

@test "what was stopped goes on, and what fails says so with its code" {
    # In place of the tool: notes how it was called, leaves what a stopped sweep does, and ends as asked.
    cat > stand-in << 'END'
#!/bin/sh
echo "$*" >> calls
[ "$1" = sweep ] && [ "$3" = --out ] && mkdir -p "$4" && : > "$4/sweep.h5"
exit "$(cat code)"
END
    chmod +x stand-in
    export DENSEAM_PAPER_PROGRAM=$PWD/stand-in
    echo 8 > code
    tool paper 2407.08742 modified-square --out p --scale quick --quiet
    failed_with 8 "stopped at 'modified-square'; the same command goes on with it"
    tool paper 2407.08742 --out p --scale quick --json
    jq -e '[.[] | select(.state == "begun") | .name] == ["modified-square"]' <<<"$output"
    echo 0 > code
    tool paper 2407.08742 modified-square --out p --scale quick --quiet
    succeeded
    [ "$(sed -n 1p calls)" = "sweep paper/2407.08742-recall-modified-square --out \
p/2407.08742/quick/modified-square --set sweep.seeds=1 --set train.epochs=200 --quiet" ]
    [ "$(sed -n 2p calls)" = "sweep p/2407.08742/quick/modified-square --resume --quiet" ]
    echo 7 > code
    tool paper 2407.08742 all --out p --scale quick --quiet
    failed_with 7 "'denseam sweep paper/2407.08742-recall-original-low' failed as it says above"
    tool paper 2407.0874
    failed_with 2 "there is no paper '2407.0874'; there are 2407.08742, 2508.19151, 2605.10164"
    tool paper 2407.08742 modified-lo
    failed_with 2 "has no figure 'modified-lo' (did you mean 'modified-low'?)"
    tool paper --page x.md
    failed_with 2 "--page wants a paper"
}
