# `denseam sweep` with sweep.extend: the best learning rate of denoisers at several sizes.
load helpers

setup() {
    common_setup
    cat > denoise.conf << 'END'
title = "a search"
data { name = "gaussian" }
model { kind = "denoise"  memories = 8  activation = "relu" }
train { optimizer = "sgd"  batch = 8  epochs = 4 }
sweep {
    x = "train.eta0=2^-5:2^-4:2:log"
    y = "data.dim:model.memories:data.samples:train.batch=16:32:80:8, 24:48:120:12"
    extend = 6
    seeds = 2
}
END
}

@test "a search goes on to the best rate and tells where it lies" {
    tool sweep denoise.conf --quiet --json --out found
    succeeded
    jq -e '.score == "mse" and .search.key == "train.eta0" and (.search.lines | length) == 2' <<<"$output"
    jq -e '.search.lines[0].values == {"data.dim": 16, "model.memories": 32, "data.samples": 80, "train.batch": 8}' <<<"$output"
    # An edge is no optimum, so edges beside each other leave it open.
    jq -e '.search | (.edges == ([.lines[] | select(.place == "edge")] | length)) and
        (.transfers == (if .steps > 1 then false elif .edges > 0 then null else true end)) and all(.lines[]; .place == "interior" or .place == "edge")' <<<"$output"
    # The best of each line is the least of its cells, and has a neighbour on both sides.
    jq -e '. as $all | all(.search.lines[]; . as $line
        | [$all.cells[] | select(.values["data.dim"] == $line.values["data.dim"])] as $own
        | ([$own[] | .score | numbers] | min) == $line.score
        and any($own[]; .values["train.eta0"] == 2 * $line.best)
        and any($own[]; .values["train.eta0"] == $line.best / 2))' <<<"$output"
    jq -e '[.cells[] | .status] | all(. == "done" or . == "diverged")' <<<"$output"
    # Both pictures, and a table of the cells alone.
    [ "$(ls found | tr '\n' ' ')" = "epochs.dat epochs.gp epochs.png preset.conf sweep.csv sweep.dat sweep.gp sweep.h5 sweep.png " ]
    [ "$(head -c 4 found/epochs.png | tail -c 3)" = PNG ]
    [ "$(head -n 1 found/sweep.csv | cut -d, -f1-6)" = "train.eta0,data.dim,model.memories,data.samples,train.batch,status" ]
    [ "$(($(wc -l < found/sweep.csv) - 1))" -eq "$(jq '.cells | length' <<<"$output")" ]
    ! grep -q outside found/sweep.csv
    nothing_left_over found
}

@test "the table of a search keeps to 80 columns and names powers of two" {
    tool sweep denoise.conf --quiet --out found
    succeeded
    [[ "$output" == *"the best train.eta0:"*"dim"*"best"*"refined"*"place"*"mse"* ]]
    grep -Eq '^16 +2\^-[0-9]+ ' <<<"$output"
    grep -Eq '^transfers: (yes|no|unknown) \(the best values lie [0-9]+ steps? apart\)$' <<<"$output"
    [ -z "$(awk 'length > 80' <<<"$output")" ]
    tool sweep denoise.conf --dry-run --quiet
    succeeded
    [[ "$output" == *"model.memories"*"moves with data.dim"*"searched, up to 6 values more at either end"* ]]
}

@test "trainings side by side end as each does by itself" {
    tool sweep denoise.conf --json --out found
    succeeded
    [[ "$stderr" == *"trainings at once"* ]]
    together=$output
    # One seed and one rate are one training, which takes the other way through the house.
    eta0=$(jq '.search.lines[1].best' <<<"$together")
    for seed in 1 2; do
        tool sweep denoise.conf --quiet --json --out "one$seed" --seeds 1 --set seed="$seed" --set sweep.extend=0 \
            --grid "train.eta0=$eta0" --grid "data.dim:model.memories:data.samples:train.batch=24:48:120:12"
        succeeded
        jq -en --argjson a "$together" --argjson b "$output" --argjson seed "$seed" --argjson eta0 "$eta0" '
            [$a.cells[] | select(.values["data.dim"] == 24 and .values["train.eta0"] == $eta0)][0].scores[$seed - 1]
            == $b.cells[0].scores[0]'
    done
}

@test "a search that was stopped ends as if it had not been" {
    options=(denoise.conf --quiet --set train.epochs=400)
    env --default-signal=INT "$DENSEAM" sweep "${options[@]}" --out stopped > out 2> err &
    pid=$!
    for ((i = 0; i < 600; i++)); do
        if [ -e stopped/sweep.csv ] && grep -q ',done,2,' stopped/sweep.csv; then
            break
        fi
        sleep 0.05
    done
    kill -s INT "$pid"
    status=0
    wait "$pid" || status=$?
    # Where the machine was so fast that it was over, there is nothing left to do.
    [ "$status" -eq 8 ] || [ "$status" -eq 0 ]
    tool sweep stopped --resume --quiet
    succeeded
    tool sweep "${options[@]}" --out whole
    succeeded
    [ "$(sed 's/,[^,]*$//' stopped/sweep.csv)" = "$(sed 's/,[^,]*$//' whole/sweep.csv)" ]
    # The values that were added are there again, and nothing is trained twice.
    before=$(cat whole/sweep.csv)
    tool sweep whole --resume --quiet --json
    succeeded
    [ "$before" = "$(cat whole/sweep.csv)" ]
}

@test "a rate that diverges is a result, and an edge is named" {
    tool sweep denoise.conf --quiet --json --out found --set model.centring=none --set model.power=3 \
        --set train.epochs=8 --set sweep.extend=12 --grid train.eta0=2^-9:2^-6:4:log --grid data.dim:data.samples=24:120,32:160
    succeeded
    jq -e 'any(.cells[]; .status == "diverged" and .score == null) and any(.cells[]; .status == "done")' <<<"$output"
    jq -e 'any(.search.lines[]; .place == "edge" and .refined == null)' <<<"$output"
    grep -q '^edge = 1$' found/sweep.gp
    grep -q '^what = .*crosses: diverged' found/sweep.gp
}

@test "searches that cannot be are refused" {
    tool sweep denoise.conf --quiet --grid train.eta0=0.1,0.2,0.3
    failed_with 2 "sweep.extend = 6 goes on with equal factors" "2^-6:2^-2:5:log"
    tool sweep denoise.conf --quiet --grid train.eta0=-0.1,0.2
    failed_with 2 "train.eta0"
    tool sweep denoise.conf --quiet --grid train.eta0=
    failed_with 2 "a value is missing"
    tool sweep denoise.conf --quiet --grid train.eta0=0.1:0.2:2:log --grid data.dim:model.memories=16
    failed_with 2 "1 values stand where there are 2 keys"
    # A batch of more than all samples is found before anything is trained.
    tool sweep denoise.conf --quiet --grid train.eta0=0.1:0.2:2:log --grid data.dim:data.samples:train.batch=16:80:81
    failed_with 2 "train.batch = 81 is more than the 80 training samples"
    [ ! -e runs ]
}
