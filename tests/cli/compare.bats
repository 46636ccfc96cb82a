# `denseam compare`: its table, its JSON, its page, and what it refuses. $DENSEAM is the tool.
load helpers

setup() {
    common_setup
    made="$BATS_TEST_DIRNAME/../browser"
}

@test "a table for a terminal names a slower run of the same device, and wrong results" {
    tool compare "$made"/a-fast.json "$made"/b-slow.json "$made"/c-hostile.json
    succeeded
    [ -z "$stderr" ]
    [ -z "$(awk 'length($0) > 79' <<<"$output")" ]
    [ -z "$(grep ' $' <<<"$output")" ]
    [ "$(grep -c '^  two cores .* 1\.00  baseline ' <<<"$output")" -eq 3 ]
    [ "$(grep -c '^  one core .* 0\.52  slower  *70%  right$' <<<"$output")" -eq 3 ]
    [ "$(grep -c ' 1\.80  faster  *70%  wrong$' <<<"$output")" -eq 3 ]
    grep -q '^one core: The same device and driver as the baseline, but slower in 3 of 3$' <<<"$output"
    grep -q '^<script>.*: Wrong results in 3 of 3 presets: trust$' <<<"$output"
}

@test "the baseline can be another one, and then all ratios are against it" {
    tool compare "$made"/*.json --baseline 'one core' --json
    succeeded
    [ "$(jq -r .baseline <<<"$output")" = "one core" ]
    jq -e '[.presets[].numbers[] | select(.metric == "step_rate" and .contender == "two cores")]
           | length == 3 and all((.ratio * 0.52 - 1 | fabs) < 1e-9 and .verdict == "faster")' <<<"$output"
    jq -e '.contenders | length == 3 and .[0].same_device and (.[1].same_device | not)
           and (.[1].mean_ratio - 1 | fabs) < 1e-9 and .[1].note == ""' <<<"$output"
    # Times the other way round: a step that takes longer is slower.
    jq -e '[.presets[].numbers[] | select(.metric == "step_time" and .contender == "two cores")]
           | all(.verdict == "faster")' <<<"$output"
    # Losses are compared, never called fast.
    jq -e '[.presets[].numbers[] | select(.metric | startswith("loss"))] | all(.ratio == null)' <<<"$output"
    jq -e '[.presets[].losses[] | .distance] | all(. == 0)' <<<"$output"
    tool compare "$made"/*.json --baseline three
    failed_with 2 "--baseline 'three' matches none of the 3"
}

@test "what was measured otherwise is named under the table" {
    jq '.version = "0.0.9" | .host.kernel = "5.1" | .results[].tuning = "abcdef0123456789" | .results[].device.driver = "2.0"
        | .quick = true | .label = "old"' "$made"/a-fast.json > old.json
    jq '.version = "0.1.0" | .host.kernel = "6.1" | .results[].tuning = "none" | .quick = false' "$made"/a-fast.json > new.json
    tool compare new.json old.json
    succeeded
    [[ "$(tr '\n' ' ' <<<"$output")" == *"old: Differs: denseam 0.0.9, not 0.1.0; driver 2.0, not 1.0; tuning abcdef012345, \
not none; measured quickly, not fully; host's kernel 5.1, not 6.1."* ]]
    # Where a file does not say, nothing is said.
    jq 'del(.version, .kernels)' old.json > silent.json
    tool compare silent.json new.json --json
    jq -e '.contenders[1].note | test("denseam|kernels") | not' <<<"$output"
}

@test "one device alone is set beside those that come with denseam" {
    mkdir -p there/bin there/share/denseam/results
    # Of what is known only presets that the new file has, and only whole files.
    jq '.results[0].preset = "bench/other"' "$made"/b-slow.json > there/share/denseam/results/b.json
    jq '.results[].preset = "bench/other"' "$made"/b-slow.json > there/share/denseam/results/other.json
    echo broken > there/share/denseam/results/broken.json
    DENSEAM_COMPARE_PROGRAM="$PWD/there/bin/denseam" tool compare "$made"/a-fast.json --json
    succeeded
    one_message_about_broken='left out: '*"/results/broken.json' is not JSON"
    [[ "$stderr" == *"warning: "$one_message_about_broken* ]]
    jq -e '.baseline == "two cores" and [.contenders[].name] == ["two cores", "one core"]
           and ([.presets[].preset] | index("bench/other") | not)
           and ([.presets[].losses | length] | sort) == [1, 2, 2]' <<<"$output"
    # Those of this tree; none where that is said, or several are compared.
    tool compare "$made"/a-fast.json --json
    jq -e --argjson known "$(ls "$BATS_TEST_DIRNAME"/../../results/*.json | wc -l)" \
        '.contenders | length >= 1 + $known' <<<"$output"
    tool compare "$made"/a-fast.json --beside none --json
    jq -e '.contenders | length == 1' <<<"$output"
    tool compare "$made"/a-fast.json --beside there/share/denseam/results --json --quiet
    jq -e '.contenders | length == 2' <<<"$output"
    tool compare "$made"/a-fast.json --beside absent
    failed_with 3 "cannot read the folder 'absent'"
}

@test "what bench --json prints is compared, too" {
    jq '[.results[] | .preset as $p | .device.name as $d | .rows[] | . + {preset: $p, device: $d}]' "$made"/a-fast.json > rows.json
    tool compare "$made"/b-slow.json rows.json --json
    succeeded
    jq -e '[.contenders[].name] == ["one core", "a CPU"]
           and all(.presets[].numbers[] | select(.metric == "step_rate" and .contender == "a CPU"); .ratio * 0.52 - 1 | fabs < 1e-9)' \
        <<<"$output"
    echo '[1]' > numbers.json
    tool compare numbers.json
    failed_with 3 "'numbers.json' is an array of something else than rows"
}

@test "a preset with other keys is another preset" {
    jq '.results[0].set = ["data.dim=40", "train.batch=10"]' "$made"/b-slow.json > set.json
    name=$(jq -r '.results[0].preset' set.json)
    tool compare "$made"/a-fast.json set.json --json
    succeeded
    jq -e --arg name "$name" '[.presets[] | select(.preset | startswith($name))] | length == 2
           and .[1].preset == $name + " with data.dim=40 train.batch=10"' <<<"$output"
    jq '.results[0].set = [40]' "$made"/b-slow.json > wrong.json
    tool compare wrong.json
    failed_with 3 "wrong.json" "'set' of" "is no list of texts"
}

@test "nothing but a file is written in place of a file" {
    mkfifo pipe
    tool compare "$made"/*.json --quiet -o pipe
    [ "$status" -eq 3 ]
    [[ "$stderr" == *"cannot write 'pipe': it is a device or a pipe"* ]]
    [ -p pipe ]
}

@test "the page stands alone, holds no markup of its files, and is written whole or not at all" {
    tool compare "$made"/*.json -o page.html
    succeeded
    [[ "$stderr" == *"'page.html' is written"* ]]
    [ "$(grep -c '<script>' page.html)" -eq 1 ]
    run -1 grep -E 'https?://|<img|<script>throw|src=' <(grep -v 'onerror' page.html)
    grep -q '&lt;script&gt;throw 2&lt;/script&gt; &amp; &lt;b&gt;b&lt;/b&gt;' page.html
    grep -q "default-src 'none'" page.html
    cp page.html before
    tool compare "$made"/a-fast.json -o page.html --quiet
    succeeded
    [ -z "$stderr" ]
    run -1 cmp page.html before
    tool compare "$made"/a-fast.json -o no/such/folder/page.html
    [ "$status" -eq 3 ]
    nothing_left_over .
    # What is compared is never overwritten.
    cp "$made"/a-fast.json a.json
    tool compare a.json --out a.json
    failed_with 2 "would replace what is to be compared"
    cmp a.json "$made"/a-fast.json
}

@test "files that are no benchmarks are refused with their names" {
    tool compare
    failed_with 2 "compare wants FILE..."
    tool compare absent.json
    failed_with 3 "'absent.json'"
    echo '{"format": "something else"}' > other.json
    tool compare "$made"/a-fast.json other.json
    failed_with 3 "'other.json' is no file of 'denseam bench -o'"
    head -c 700 "$made"/a-fast.json > half.json
    tool compare half.json
    failed_with 3 "'half.json' is not JSON"
    tool compare .
    failed_with 3 "it is not a file"
    printf '%*s' $((33 << 20)) '' > large.json
    tool compare large.json
    failed_with 3 "'large.json' has 34603008 bytes"
}

@test "a file measured here is compared with itself: the same" {
    tool bench bench/energy-small --quick --gemm panel --quiet --out own.json --label 'this one'
    succeeded
    tool compare own.json own.json --json
    succeeded
    jq -e '[.contenders[].name] == ["this one", "this one (own)"]' <<<"$output"
    jq -e '.presets[0].losses | all(.agreement == "right" and .distance == 0)' <<<"$output"
    jq -e '[.presets[0].numbers[] | select(.ratio != null)] | length > 10 and all(.ratio == 1 and .verdict == "same")' <<<"$output"
}

@test "a long label and a file name that is not UTF-8 lose no row" {
    label=$(printf 'x%.0s' {1..79})äö
    for name in $'k\xe4rtchen.json' two.json; do
        jq --arg name "$label" '.label = $name' "$made"/a-fast.json > "$name"
    done
    tool compare two.json $'k\xe4rtchen.json' --json
    succeeded
    jq -e --slurpfile file "$made"/a-fast.json '(.presets | length) == ($file[0].results | length)
           and (.presets | map(.numbers | length) | add)
               == 2 * ($file[0].results | map(.rows | length) | add)
           and all(.presets[]; .losses | length == 2)
           and (.contenders | map(.name | length)) == [79, 90]' <<<"$output"
}
