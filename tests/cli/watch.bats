# Following a training from another process.
load helpers

setup() {
    common_setup
    cat > store.conf << 'END'
title = "Patterns"
data { name = "patterns" samples = 4 dim = 20 }
model { kind = "energy" task = "store" memories = 8 }
train { batch = 4 epochs = 100000 patience = 0 checkpoint = 100000 }
END
}

@test "watch tells each epoch while another process trains, and writes nothing" {
    "$DENSEAM" train store.conf --quiet --out run > /dev/null &
    local training=$!
    wait_for_lines run/metrics.jsonl 2
    "$DENSEAM" watch run > told &
    local watching=$!
    wait_for_lines told 20
    tool watch run --once
    succeeded
    [[ "$output" == *"the training goes on"* ]]
    kill -TERM "$training"
    wait "$training" || true
    fingerprint run > before
    wait "$watching"

    # Each epoch once, in order, and how it ended; no escapes where it is no terminal.
    local epochs
    epochs=$(wc -l < run/metrics.jsonl)
    [ "$(grep -c '^epoch .* loss ' told)" -ge "$epochs" ]
    diff <(sed -n 's/^epoch \([0-9]*\) of 100000  loss.*/\1/p' told | head -n "$epochs") <(seq "$epochs")
    diff <(head -n "$epochs" told | awk '{ print $6 }') \
        <(jq -r .loss run/metrics.jsonl | awk '{ printf "%.6g\n", $1 }')
    [ "$(tail -n 1 told)" = "nobody trains into it: 'denseam train run --resume' goes on" ]
    ! grep -q $'\x1b' told

    # The drawing: 80 columns, and letters of ASCII where the locale has no others.
    LC_ALL=C tool watch run --once
    succeeded
    [ "${lines[0]}" = Patterns ]
    [ "$(LC_ALL=C grep -c '[^ -~]' <<<"$output")" -eq 0 ]
    [ "$(awk 'length > 79' <<<"$output")" = "" ]
    [[ "${lines[17]}" =~ ^\ +1\ +epoch\ +$epochs$ ]]
    LC_ALL=C.UTF-8 tool watch run/run.h5 --once
    [[ "$output" == *"● loss"* ]]
    # As JSON it is the file.
    tool watch run --json
    diff <(jq -S -c . <<<"$output") <(jq -S -c . run/metrics.jsonl)
    diff before <(fingerprint run)
}

@test "what cannot be watched is told" {
    mkdir empty sweep bad
    tool watch empty
    failed_with 3 "'empty' holds no run and nobody trains into it"
    tool watch absent
    failed_with 3 "there is no run 'absent'"
    echo '{"epoch": 1, "loss": "two"}' > bad/metrics.jsonl
    tool watch bad
    failed_with 3 "'bad/metrics.jsonl', line 1: 'loss' is no number"
    printf '\x89HDF\r\n\x1a\n' > sweep/sweep.h5
    tool watch sweep
    failed_with 2 "'sweep' is a sweep"
}
