# A sweep in parts that know nothing of each other, and the whole of them.
load helpers

setup() {
    common_setup
    grid=(--grid model.varsigma=0.2,0.4,0.8 --grid train.learning_rate=0.1,0.5 --set train.epochs=1)
    # Trainings side by side, a few at a time: what goes together must not depend on the parts.
    cat > store.conf << 'END'
title = "stored"
data { name = "patterns"  dim = 40  samples = 6 }
model { kind = "energy"  task = "store"  memories = 6 }
train { batch = 6  epochs = 4 }
END
    store=(--grid train.learning_rate=0.1:0.8:30 --grid model.memories=4,6)
}

# All of the table but the seconds.
table_of() {
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "seconds") at = i } { $at = ""; print }' "$1/sweep.csv"
}

@test "parts give what one sweep gives, on one model at a time and side by side" {
    tool sweep small.conf "${grid[@]}" --seeds 2 --out whole --quiet
    succeeded
    tool sweep store.conf "${store[@]}" --out whole-store --quiet
    succeeded
    for part in 2 1 3; do
        tool sweep small.conf "${grid[@]}" --seeds 2 --part "$part/3" --out parts --quiet
        succeeded
        tool sweep store.conf "${store[@]}" --part "$part/3" --out parts-store --quiet
        succeeded
    done
    for kind in '' -store; do
        tool sweep "parts$kind" --collect --quiet
        succeeded
        [ "$(table_of "whole$kind")" = "$(table_of "parts$kind")" ]
        [ -s "parts$kind/sweep.png" ]
        h5diff "whole$kind/sweep.h5" "parts$kind/sweep.h5" /results/status /results/status
    done
    nothing_left_over parts
}

@test "a part says what it did, and goes on by the command that began it" {
    tool sweep small.conf "${grid[@]}" --part 1/2 --out parts --json --quiet
    succeeded
    jq -e '.part == 1 and .parts == 2 and .done == 3 and .folder == "parts/part-1-of-2"' <<<"$output"
    before=$(h5dump -d /results/seconds parts/part-1-of-2/sweep.h5 | sha256sum)
    tool sweep small.conf "${grid[@]}" --part 1/2 --out parts --json --quiet
    succeeded
    tool sweep parts/part-1-of-2 --resume --json --quiet
    succeeded
    jq -e '.part == 1 and .done == 3' <<<"$output"
    [ "$(h5dump -d /results/seconds parts/part-1-of-2/sweep.h5 | sha256sum)" = "$before" ]
}

@test "a part that is killed goes on, and collecting names it until then" {
    tool sweep small.conf "${grid[@]}" --part 2/2 --out parts --quiet
    succeeded
    long=(--set train.epochs=2000 --set train.batch=20)
    "$DENSEAM" sweep small.conf "${grid[@]:0:4}" "${long[@]}" --part 1/2 --out long --quiet > out 2> err &
    pid=$!
    for _ in $(seq 300); do
        [ ! -s long/part-1-of-2/sweep.h5 ] || break
        sleep 0.1
    done
    kill -KILL "$pid"
    wait "$pid" || true
    tool sweep long --collect
    [ "$status" -eq 3 ]
    [[ "$stderr" == *"'long' lacks, or has unfinished, 2 of 2 parts: 1, 2; "* ]]
    # What it names is a command that makes it.
    tool sweep parts --collect
    failed_with 3 "1 of 2 parts: 1; the first of them is made by: denseam sweep parts/part-2-of-2/preset.conf"
    made=${stderr##*made by: denseam }
    eval "tool $made --quiet"
    succeeded
    tool sweep parts --collect --quiet
    succeeded
}

@test "an array job of Slurm names the part" {
    export SLURM_ARRAY_TASK_ID=30 SLURM_ARRAY_TASK_COUNT=2 SLURM_ARRAY_TASK_MIN=10 SLURM_ARRAY_TASK_STEP=20
    tool sweep small.conf "${grid[@]}" --part slurm --out parts --json --quiet
    succeeded
    jq -e '.part == 2 and .parts == 2' <<<"$output"
    unset SLURM_ARRAY_TASK_ID
    tool sweep small.conf "${grid[@]}" --part slurm --out parts
    failed_with 2 "SLURM_ARRAY_TASK_ID or SLURM_ARRAY_TASK_COUNT is not set"
}

@test "what makes no sense is refused in one line" {
    for part in 0/2 3/2 2 a/b 1/0 -1/2 1/2x; do
        tool sweep small.conf "${grid[@]}" --part="$part" --out parts
        failed_with 2 "'$part' is no part of a sweep" "as in 3/8"
    done
    tool sweep small.conf "${grid[@]}" --part 1/2
    failed_with 2 "--part wants --out"
    tool sweep transfer-quick --part 1/2 --out parts
    failed_with 2 "set sweep.extend = 0 to have parts"
    mkdir empty
    tool sweep empty --collect
    failed_with 3 "'empty' has no parts of a sweep"
    tool sweep absent --collect
    failed_with 3 "'absent' cannot be opened"
    tool sweep empty --collect --seeds 2
    failed_with 2 "--collect joins the parts in 'empty' as they are"
    mkdir -p mixed/part-1-of-2 mixed/part-1-of-3
    tool sweep mixed --collect
    failed_with 3 "'mixed' has parts of" "keep those of one sweep"
    tool sweep small.conf "${grid[@]}" --part 1/2 --out parts --quiet
    succeeded
    tool sweep small.conf "${grid[@]}" --seeds 2 --part 2/2 --out parts --quiet
    succeeded
    tool sweep parts --collect
    failed_with 2 "the sweep in 'parts/part-2-of-2' has another preset"
}
