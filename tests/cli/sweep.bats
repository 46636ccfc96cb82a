# `denseam sweep`: grids, seeds, what is left in the folder, stopping and going on.
load helpers

setup() {
    common_setup
}

# A grid of four cells, of which the largest rates diverge.
grid=(--grid train.learning_rate=0.03:100:4:log)

# csv FOLDER: its table without the seconds.
csv() { sed 's/,[^,]*$//' "$1/sweep.csv"; }

@test "a sweep over one key trains every cell" {
    tool sweep small.conf --quiet --out map --grid model.memories=5,10,20
    succeeded
    [ -z "$stderr" ]
    [ "${#lines[@]}" -eq 5 ]
    [[ "${lines[0]}" == memories*score*spread*loss*epochs*status ]]
    [ "$(grep -c 'best$' <<<"$output")" -eq 1 ]
    [[ "$output" == *"score is validation_accuracy; 0 of 3 trainings diverged; the sweep is in map" ]]
    [ "$(ls map | tr '\n' ' ')" = "preset.conf sweep.csv sweep.dat sweep.gp sweep.h5 sweep.png " ]
    [ "$(head -c 4 map/sweep.png | tail -c 3)" = PNG ]
    nothing_left_over map
}

@test "a cell is the same training as train makes" {
    tool sweep small.conf --quiet --json --out map --grid model.memories=5,10 --grid train.learning_rate=0.1,0.2
    succeeded
    for cell in 0 3; do
        memories=$(jq ".cells[$cell].values[\"model.memories\"]" <<<"$output")
        rate=$(jq ".cells[$cell].values[\"train.learning_rate\"]" <<<"$output")
        wanted=$(jq ".cells[$cell].metrics" <<<"$output")
        trained=$("$DENSEAM" train small.conf --quiet --json --out "run$cell" --set model.memories="${memories%.0}" \
            --set train.learning_rate="$rate")
        jq -en --argjson a "$wanted" --argjson b "$trained" \
            '$a.loss == $b.loss and $a.validation_loss == $b.validation_loss
             and $a.validation_accuracy == $b.validation_accuracy'
    done
}

@test "seeds are the preset's seed and those after it" {
    tool sweep small.conf --quiet --json --out map --grid model.memories=5 --seeds 3 --set seed=7
    succeeded
    [ "$(jq -c '.cells | length, .[0].done, (.[0].scores | length)' <<<"$output" | tr '\n' ' ')" = "1 3 3 " ]
    third=$(jq .cells[0].scores[2] <<<"$output")
    trained=$("$DENSEAM" train small.conf --quiet --json --out run --set model.memories=5 --set seed=9)
    jq -en --argjson a "$third" --argjson b "$trained" '$a == $b.validation_accuracy'
}

@test "a cell that diverges does not stop the others" {
    tool sweep small.conf --quiet --json --out map --grid model.varsigma=0.2,0.8 "${grid[@]}"
    succeeded
    jq -e '[.cells[].status] | (map(select(. == "diverged")) | length) as $bad
        | length == 8 and $bad > 0 and (map(select(. == "done")) | length) == 8 - $bad' <<<"$output"
    jq -e '.best.status == "done"' <<<"$output"
    jq -e '.cells[] | select(.status == "diverged") | .score == null and .diverged == 1' <<<"$output"
    [ "$(wc -l < map/sweep.csv)" -eq 9 ]
    grep -q ',diverged,0,1,0,,,' map/sweep.csv
    # Its heat map has hatched cells and a framed one.
    grep -q '^block_hatched = [0-9]' map/sweep.gp
    grep -q '^block_best = [0-9]' map/sweep.gp
    [ -s map/sweep.png ]
}

@test "a preset has a grid of its own, and the command line another" {
    cat >> small.conf << 'END'
sweep { x = "model.memories=5,10"  y = "model.varsigma=0.1:0.3:3"  seeds = 2  score = "test_loss" }
END
    tool sweep small.conf --quiet --json --out map
    succeeded
    jq -e '.score == "test_loss" and .seeds == 2 and (.cells | length) == 6' <<<"$output"
    jq -e '.cells[0].metrics | .test_loss < 0 and .test_accuracy > 0.05' <<<"$output"
    tool sweep small.conf --dry-run --json --quiet --grid train.batch=100,200 --seeds 4
    succeeded
    jq -e '.cells == 2 and .seeds == 4 and .trainings == 8 and .left == 8 and .groups == 2 and .bytes > 0' <<<"$output"
    [ ! -e runs ]
    # What a sweep of the test set compares by is what eval says.
    tool train small.conf --quiet --out run --set model.memories=5 --set model.varsigma=0.1
    wanted=$("$DENSEAM" eval run --quiet --json)
    column=$(head -1 map/sweep.csv | tr , '\n' | grep -n '^test_loss_1$' | cut -d: -f1)
    first=$(sed -n 2p map/sweep.csv | cut -d, -f"$column")
    jq -en --argjson a "$wanted" --argjson b "$first" '($a.loss - $b | fabs) < 1e-6'
}

@test "a dry run says what a sweep takes and leaves nothing" {
    tool sweep small.conf --dry-run --seeds 5 --grid train.learning_rate=0.01:1:4:log --grid model.memories=5,10
    succeeded
    [[ "$output" == *"train.learning_rate            4 values: 0.01:1:4:log"* ]]
    [[ "$output" == *"cells                          8"* ]]
    [[ "$output" == *"trainings                      40 (5 seeds a cell), 40 of them left"* ]]
    [[ "$output" == *"groups                         2 "* ]]
    [[ "$output" == *"memory of the largest run "*" MiB, the device has "* ]]
    [ ! -e runs ]
}

@test "the table keeps to 80 columns" {
    tool sweep small.conf --quiet --out map --set train.epochs=1 --seeds 2 \
        --grid model.memories=5:6:2 --grid model.varsigma=0.123456789012,0.2 --grid train.learning_rate=0.1:1:12:log
    succeeded
    [ "${#lines[@]}" -eq 43 ] # a head, 40 rows, two lines below
    [ -z "$(awk 'length($0) > 79' <<<"$output")" ]
    [ -s map/sweep-12.png ]
    [ ! -e map/sweep-13.png ]
}

@test "progress is plain lines in a file and one line on a terminal" {
    tool sweep small.conf --out map --grid model.memories=5,10 --seeds 2
    succeeded
    [[ "$stderr" == *"cell 1/2, seed 1/2  "* ]]
    [[ "$stderr" == *"cell 2/2, seed 2/2  "*"best validation_accuracy 0."* ]]
    [[ "$stderr" != *$'\r'* ]]
    script -qec "stty cols 60; TERM=xterm '$DENSEAM' sweep small.conf --out other --grid model.memories=5,10 --seeds 2 --set train.epochs=60" \
        /dev/null > typescript
    grep -q $'\r''cell 1/2' typescript
    grep -q ' left ' typescript
    [ -z "$(tr '\r' '\n' < typescript | sed 's/\x1b\[K//g' | grep '^cell' | awk 'length($0) > 59')" ]
}

# --- side by side -------------------------------------------------------------------------------

# Patterns to store, of which cells and seeds are one batched model.
energy_preset() {
    cat > energy.conf << 'END'
data { name = "patterns"  samples = 6  dim = 40 }
model { kind = "energy"  task = "store"  memories = 12  exponent = 3 }
train { batch = 6  epochs = 40 }
sweep { flips = 4 }
END
}

@test "trainings of one shape are one model, and end as each does by itself" {
    energy_preset
    tool sweep energy.conf --json --out map --seeds 2 --grid model.temperature=0.8,1.2 --grid train.learning_rate=0.1,0.4
    succeeded
    [[ "$stderr" == *"8 trainings at once"* ]]
    jq -e '.score == "distance" and ([.cells[].done] == [2, 2, 2, 2])' <<<"$output"
    jq -e '.cells[] | .metrics | .recovered >= 0 and .recovered <= 1 and .distance_flipped >= 0' <<<"$output"
    batched=$output
    # Every block of the data is drawn: here cells, numbers and the best one; no empty cells.
    [ "$(grep -c '^$' map/sweep.dat)" -eq $((2 * $(grep -c '^block_.* = [0-9]' map/sweep.gp))) ]
    grep -q '^block_cells = 0$' map/sweep.gp
    grep -q '^block_empty = -1$' map/sweep.gp
    grep -q "^block_best = $(($(grep -c '^$' map/sweep.dat) / 2 - 1))$" map/sweep.gp
    for cell in 0 3; do
        temperature=$(jq ".cells[$cell].values[\"model.temperature\"]" <<<"$batched")
        rate=$(jq ".cells[$cell].values[\"train.learning_rate\"]" <<<"$batched")
        trained=0
        for seed in 1 2; do
            tool train energy.conf --quiet --json --out "run$cell-$seed" --set seed="$seed" \
                --set model.temperature="$temperature" --set train.learning_rate="$rate"
            succeeded
            trained=$(jq -n --argjson sum "$trained" --argjson run "$output" '$sum + $run.loss / 2')
        done
        jq -en --argjson a "$(jq ".cells[$cell].metrics.loss" <<<"$batched")" --argjson b "$trained" \
            '($a - $b | fabs) < 1e-4 * ($b | fabs)'
    done
    # One at a time, which is another way through the house.
    tool sweep energy.conf --quiet --json --out one --grid model.temperature=1.2 --set train.learning_rate=0.4
    succeeded
    jq -en --argjson a "$batched" --argjson b "$output" '$a.cells[3].scores[0] == $b.cells[0].scores[0]'
}

@test "a training that diverges does not touch those beside it" {
    energy_preset
    # Sums of 40^28 overflow once memories have grown.
    options=(--quiet --json --set model.rule=original --set model.exponent=28 --set model.temperature=40)
    tool sweep energy.conf "${options[@]}" --out map --grid train.learning_rate=0.5,0.01
    succeeded
    jq -e '.cells | .[0].status == "diverged" and .[0].score == null and .[1].status == "done"' <<<"$output"
    beside=$(jq .cells[1].metrics.loss <<<"$output")
    tool sweep energy.conf "${options[@]}" --out alone --grid train.learning_rate=0.01
    succeeded
    jq -en --argjson a "$beside" --argjson b "$(jq .cells[0].metrics.loss <<<"$output")" \
        '($a - $b | fabs) <= 1e-4 * ($b | fabs)'
}

# bats test_tags=every
@test "every preset with a grid can be swept" {
    for preset in $("$DENSEAM" presets --json | jq -r '.[].name'); do
        effective=$("$DENSEAM" presets "$preset" --json | jq -r .effective)
        if grep -q '^    x = "[^"]' <<<"$effective"; then
            sets=(--set data.name=patterns --set model.task=store --score auto)
            if grep -q '"denoise"' <<<"$effective"; then
                sets=(--set data.name=gaussian --score auto)
                if grep -q '"mnist"' <<<"$effective"; then
                    sets=(--set data.name=fashion-mnist)
                fi
            fi
            tool sweep "$preset" --dry-run --json --quiet "${sets[@]}"
            [ "$status" -eq 0 ] || { echo "$preset: $stderr"; return 1; }
        fi
    done
}

# --- stopping and going on ----------------------------------------------------------------------

# interrupt SIGNAL ARGUMENTS...: starts a sweep into the folder stopped and signals it once some
# cells are done.
interrupt() {
    local signal="$1" pid i
    shift
    env --default-signal=INT,TERM,HUP "$DENSEAM" sweep "$@" --out stopped --quiet > out 2> err &
    pid=$!
    for ((i = 0; i < 600; i++)); do
        if [ -e stopped/sweep.csv ] && grep -q ',done,1,' stopped/sweep.csv; then
            break
        fi
        sleep 0.05
    done
    kill -s "$signal" "$pid"
    status=0
    wait "$pid" || status=$?
    stderr=$(cat err)
    output=$(cat out)
}

# Enough cells that it is never through before the signal comes, and two keys that share shapes.
many=(--grid "model.memories=5:20:4" --grid "train.learning_rate=0.01:100:6:log" --set train.epochs=12)

@test "a sweep that was stopped ends as if it had not been" {
    interrupt INT small.conf "${many[@]}"
    [ "$status" -eq 8 ]
    [[ "$stderr" == "denseam: stopped with "*" of 24 trainings done; everything is saved, 'denseam sweep stopped --resume' goes on from here" ]]
    [ -z "$output" ]
    grep -q ',pending,' stopped/sweep.csv
    nothing_left_over stopped
    done_before=$(grep -E ',(done|diverged),' stopped/sweep.csv)
    tool sweep stopped --resume --quiet
    succeeded
    # What was done did not run again: its seconds are those of before.
    while IFS= read -r line; do grep -qxF "$line" stopped/sweep.csv; done <<<"$done_before"
    tool sweep small.conf --quiet --out whole "${many[@]}"
    succeeded
    [ "$(csv stopped)" = "$(csv whole)" ]
    cmp stopped/sweep.png whole/sweep.png
    cmp stopped/preset.conf whole/preset.conf
}

@test "the command that began a sweep goes on with it where --resume is added" {
    interrupt TERM small.conf "${many[@]}"
    [ "$status" -eq 8 ]
    tool sweep small.conf "${many[@]}" --out stopped --resume --quiet
    succeeded
    [ "$(grep -c ',pending,' stopped/sweep.csv)" -eq 0 ]
    before=$(fingerprint stopped)
    tool sweep stopped --resume --quiet
    succeeded
    [ "$(csv stopped | wc -l)" -eq 25 ]
    [ "$(grep sweep.csv <<<"$before")" = "$(fingerprint stopped | grep sweep.csv)" ]
}

@test "going on with another grid or preset is refused with the reason" {
    tool sweep small.conf --quiet --out map --grid model.memories=5,10
    succeeded
    before=$(fingerprint map)
    tool sweep small.conf --quiet --out map --resume --grid model.memories=5,20
    failed_with 2 "the sweep in 'map' has another grid: 'model.memories=5,10', not 'model.memories=5,20'"
    tool sweep small.conf --quiet --out map --resume --grid model.memories=5,10 --set train.batch=100
    failed_with 2 "another preset: 'batch = 200', not 'batch = 100'"
    tool sweep small.conf --quiet --out map --resume --grid model.memories=5,10 --seeds 2
    failed_with 2 "another preset: 'seeds = 1', not 'seeds = 2'"
    tool sweep map --resume --quiet --grid model.memories=5,10
    failed_with 2 "goes on with its own preset and grid"
    tool sweep map --quiet
    failed_with 2 "'denseam sweep map --resume' goes on with it"
    tool sweep small.conf --quiet --out map --grid model.memories=5,10
    failed_with 2 "'map' holds a sweep already"
    tool train small.conf --quiet --out map
    failed_with 2 "'map' holds a sweep already"
    [ "$before" = "$(fingerprint map)" ]
}

@test "a damaged sweep is refused and left as it is" {
    tool sweep small.conf --quiet --out map --grid model.memories=5,10
    succeeded
    cp map/sweep.h5 whole.h5
    truncate -s -1 map/sweep.h5
    tool sweep map --resume --quiet
    failed_with 3 "map/sweep.h5"
    cp whole.h5 map/sweep.h5
    printf 'x' | dd of=map/sweep.h5 bs=1 seek=3000 conv=notrunc status=none
    before=$(fingerprint map)
    tool sweep map --resume --quiet
    failed_with 3 "map/sweep.h5"
    [ "$before" = "$(fingerprint map)" ]
    # A run is no sweep.
    run_file run
    cp run/run.h5 map/sweep.h5
    tool sweep map --resume --quiet
    failed_with 3 "its format is 'denseam run 1'"
    rm map/sweep.h5
    tool sweep map --resume --quiet
    failed_with 2 "'map' is no sweep to go on with"
}

# --- bad input ----------------------------------------------------------------------------------

@test "bad grids are refused before anything is made" {
    while IFS='|' read -r value words; do
        tool sweep small.conf --quiet --grid "$value"
        failed_with 2 "$words"
    done << 'END'
model.memores=1|did you mean 'memories'?
model.memories=|a value is missing
model.memories=1,x|not a whole number
model.beta=1:10|a range is from:to:count
model.beta=-1:10:3:log|must be more than 0
model.beta=1:10:1000000|a whole number from 2 to 1000
model.kind=vmf|one value in all of a sweep
END
    tool sweep small.conf --quiet
    failed_with 2 "no grid"
    tool sweep small.conf --quiet --grid model.beta=1 --grid model.beta=2
    failed_with 2 "model.beta twice"
    tool sweep small.conf --quiet --grid model.beta=1,2 --set model.beta=2
    failed_with 2 "set and swept"
    tool sweep small.conf --quiet --grid model.beta=1:2:1000 --grid model.memories=1:500:500
    failed_with 2 "more than 100000 trainings"
    tool sweep small.conf --quiet --grid model.beta=1 --seeds 0
    failed_with 2 "--seeds"
    tool sweep absent --quiet --grid model.beta=1
    failed_with 2 "absent"
    [ ! -e runs ]
}

@test "a preset that cannot run is refused with the cell" {
    tool sweep small.conf --quiet --grid grow.to=10,40
    failed_with 2 "grow.to = 10: " "not more than model.memories = 20"
    tool sweep small.conf --quiet --grid data.samples=2000,5 --out map
    failed_with 2 "data.samples = 5: data.validation"
    tool sweep small.conf --quiet --set data.name= --set data.images=absent.npy --grid model.beta=1,2
    failed_with 3 "absent.npy"
    [ ! -e map ]
}

@test "a score that a preset has not got is said before anything is trained" {
    tool sweep small.conf --quiet --out map --set data.validation=0 --score validation_f1 --grid model.memories=5,10
    failed_with 2 "sweep.score = validation_f1: there is none of such a vmf model without data.validation; take one of \
loss, test_loss, test_accuracy, test_f1"
    for score in energy distance mse; do
        tool sweep small.conf --quiet --out map --score "$score" --grid model.memories=5,10
        failed_with 2 "sweep.score = $score: there is none of such a vmf model; take one of loss, validation_loss, "
    done
    energy_preset
    tool sweep energy.conf --quiet --out map --score test_f1 --grid model.temperature=0.8,1.2
    failed_with 2 "there is none of such a energy model; take one of loss, test_loss, distance, distance_flipped, \
recovered, energy"
    tool sweep small.conf --quiet --out map --score validation_f2 --grid model.memories=5,10
    failed_with 2 "validation_f2"
    [ ! -e map ]
}

@test "F1 and energy of a cell are those of eval and recall" {
    # The test samples are those for validation, too, so that both scores are what eval says.
    set=(--set data.name= --set data.validation=0)
    for kind in images labels; do
        files=(/usr/share/datasets/fashion-mnist/{train,t10k}-$kind-idx?-ubyte.gz)
        set+=(--set data.$kind="${files[0]}" --set data.test_$kind="${files[1]}"
            --set data.validation_$kind="${files[1]}")
    done
    tool sweep small.conf --quiet --json --out map "${set[@]}" --score validation_f1 --grid model.memories=5,20
    succeeded
    validated=$output
    [ "$(jq -r .score <<<"$output")" = validation_f1 ]
    grep -q validation_f1 map/sweep.gp
    head -1 map/sweep.csv | grep -q ',validation_f1,validation_f1_spread,validation_f1_1,'
    tool sweep small.conf --quiet --json --out other "${set[@]}" --score test_f1 --grid model.memories=5,20
    succeeded
    jq -en --argjson a "$validated" --argjson b "$output" '[$a.cells[].score] == [$b.cells[].score]'
    tool train small.conf --quiet --out run "${set[@]}"
    wanted=$("$DENSEAM" eval run --quiet --json | jq .macro_f1)
    jq -en --argjson a "$validated" --argjson b "$wanted" '($a.cells[1].score - $b | fabs) < 1e-12'
    tool sweep map --resume --quiet --json
    succeeded
    jq -en --argjson a "$validated" --argjson b "$output" '$a.cells == $b.cells and $b.score == "validation_f1"'
    energy_preset
    tool sweep energy.conf --quiet --json --out map-energy --score energy --grid model.temperature=0.8,1.2
    succeeded
    score=$(jq '.cells[1].score' <<<"$output")
    tool train energy.conf --quiet --out stored --set model.temperature=1.2
    energy=$("$DENSEAM" recall stored --quiet --json --set recall.flips=0 | jq 'if type == "array" then .[0] else . end | .mean_energy_after')
    jq -en --argjson a "$score" --argjson b "$energy" '($a - $b | fabs) < 1e-6'
}

@test "a folder that cannot be written is said before training" {
    : > file
    tool sweep small.conf --quiet --out file/map --grid model.memories=5,10
    failed_with 3 "file"
}
