# Recall: patterns of files and presets, probes made and given, what is written, what is refused.
load helpers

setup() {
    common_setup
    # 12 different patterns of 30 neurons, as signs in a file of float32, and the same as bytes.
    ones=() signs=()
    for ((i = 0; i < 360; i++)); do
        if (((i * i * 7 + i / 3 * 5 + i) % 13 < 7)); then
            ones+=(200)
            signs+=(0 0 128 63)
        else
            ones+=(0)
            signs+=(0 0 128 191)
        fi
    done
    bytes "${ones[@]}" | npy bytes.npy '|u1' "(12, 30)"
    bytes "${signs[@]}" | npy signs.npy '<f4' "(12, 30)"
}

@test "patterns of a file are recalled from flipped ones; bytes and signs are the same patterns" {
    tool recall signs.npy --flip 2 --set model.exponent=10 --json
    succeeded
    jq -e '.recovered == 1 and .memories == 12 and .probes == 12 and .flips == 2' <<<"$output"
    jq -e '.mean_nearest_distance == 0 and .energy_rose == 0 and .path == "signs"' <<<"$output"
    jq -e '.mean_energy_after < .mean_energy_before' <<<"$output"
    jq 'del(.seconds, .sweeps_per_second)' <<<"$output" > first
    tool recall bytes.npy --flip 2 --set model.exponent=10 --json --quiet
    succeeded
    diff first <(jq 'del(.seconds, .sweeps_per_second)' <<<"$output")
    tool recall signs.npy --flip 2 --set model.exponent=10 --quiet
    succeeded
    [[ "$output" == *"recovered"*"12 (100.00 %)"* ]]
    ! grep -E '.{81}' <<<"$output"
}

@test "every array is written, as HDF5 or NPY, and the same probes give the same bits" {
    tool recall signs.npy --flip 6 --out a --quiet
    succeeded
    tool recall signs.npy --flip 6 --out b --quiet
    succeeded
    cmp a/recall.h5 b/recall.h5
    [ "$(h5dump -n 1 a/recall.h5 | awk '$1 == "dataset" { print $2 }' | tr '\n' ' ')" = \
        "/distances /ends /energies /flips /nearest /probes /states /sweeps " ]
    h5dump -H -d /states a/recall.h5 | grep -q "( 12, 30 )"
    tool recall signs.npy --flip 6 --out c --format npy --quiet
    succeeded
    for name in distances ends energies flips nearest probes states sweeps; do
        [ -s "c/$name.npy" ]
    done
    # What was recalled stays as it is.
    tool recall signs.npy --probes c/states.npy --out d --format npy --json --quiet
    succeeded
    jq -e '.recovered == null and .mean_sweeps == 1' <<<"$output"
    cmp c/states.npy d/states.npy
    nothing_left_over .
}

@test "a region is forgotten and completed while the rest is clamped; noise; both dynamics" {
    tool recall signs.npy --mask 20-29 --clamp given --set model.exponent=10 --json --quiet
    succeeded
    jq -e '.recovered == 1' <<<"$output"
    bytes 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 0 0 0 0 0 0 0 0 0 0 | npy mask.npy '|u1' "(30,)"
    tool recall signs.npy --mask 20-29 --clamp mask.npy --set model.exponent=10 --json --quiet
    succeeded
    jq -e '.recovered == 1' <<<"$output"
    tool recall signs.npy --noise 0.3 --dynamics synchronous --set model.interaction=exp --json
    succeeded
    jq -e '.recovered > 0.5 and .interaction == "exp"' <<<"$output"
    tool recall signs.npy --flip 3 --set train.precision=double --set model.exponent=100 --json
    succeeded
    jq -e '.recovered == 1' <<<"$output"
}

@test "a state that ends one neuron away is not recovered" {
    # All but the first are held as the probe has them, one of them wrong.
    bytes 0 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 | npy mask.npy '|u1' "(30,)"
    tool recall signs.npy --flip 1 --clamp mask.npy --set model.exponent=10 --json --quiet
    succeeded
    jq -e '.recovered < 0.2 and .mean_distance == 2 * (1 - .recovered)' <<<"$output"
}

@test "lists make curves: a table, a CSV and a picture" {
    tool recall recall --set recall.patterns=5,300 --flip 0,20 --count 5 --out curve \
        --set recall.interactions=poly:2,exp --quiet
    succeeded
    [ "${#lines[@]}" -eq 9 ]
    ! grep -E '.{81}' <<<"$output"
    [ "$(head -1 curve/capacity.csv)" = \
        "interaction,patterns,flips,probes,recovered,mean_distance,mean_sweeps,seeds,recovered_deviation" ]
    [ "$(grep -c '^exp,.*,5,1,0,' curve/capacity.csv)" -eq 4 ]
    [ -s curve/capacity.gp ] && [ -s curve/capacity.dat ] && [ -s curve/capacity.png ]
}

@test "curves are means over seeds, each with patterns of its own, and have error bars" {
    settings=(--set data.samples=20 --set data.dim=60 --set recall.patterns=10,20 --set recall.flips=6 --count 20)
    settings+=(--set recall.interactions=poly:2)
    tool recall capacity-patterns "${settings[@]}" --set recall.seeds=3 --out many --json --quiet
    succeeded
    jq -e 'length == 6 and ([.[].seed] == [1, 1, 2, 2, 3, 3])' <<<"$output"
    all=$output
    # The mean and the deviation of the file are those of the three; the second seed is that one alone.
    jq -r '[.[] | select(.memories == 20) | .recovered] | (add / 3) as $m
        | "\($m) \(map((. - $m) * (. - $m)) | add / 2 | sqrt)"' <<<"$all" > wanted
    awk -F, 'FNR == NR { split($0, w, " "); next }
        $2 == 20 && $8 == 3 { d = $5 - w[1]; e = $9 - w[2]; ok = d * d < 1e-12 && e * e < 1e-12 && w[2] > 0 }
        END { exit !ok }' wanted many/capacity.csv
    tool recall capacity-patterns "${settings[@]}" --set recall.seeds=1 --set seed=2 --json --quiet
    succeeded
    diff <(jq '.[1] | del(.seconds, .sweeps_per_second)' <<<"$output") \
        <(jq '.[3] | del(.seconds, .sweeps_per_second)' <<<"$all")
    grep -q yerrorbars many/capacity.gp
    tool recall capacity-patterns "${settings[@]}" --set recall.seeds=2 --quiet
    succeeded
    [[ "$output" == *deviation*"means over 2 seeds"* ]]
    ! grep -E '.{81}' <<<"$output"
}

@test "images are drawn" {
    bytes "${ones[@]}" | npy images.npy '|u1' "(12, 5, 6)"
    tool recall images.npy --mask bottom --out drawn --quiet
    succeeded
    [ "$(head -c 4 drawn/recall.png | tail -c 3)" = PNG ]
    tool recall images.npy --mask 0-2,3-5 --quiet
    succeeded
}

@test "what cannot be recalled is refused in one line" {
    tool recall nothing-like-it
    failed_with 2 "neither a file nor one of denseam's presets"
    tool recall mnist
    failed_with 2 "is of model.kind = \"vmf\""
    tool recall signs.npy --set model.exponent=321 --quiet
    failed_with 2 "model.exponent = 321 is out of range"
    tool recall signs.npy --flip 31 --quiet
    failed_with 2 "31 flips are more than a state's 30 neurons"
    tool recall signs.npy --flip 3,x --quiet
    failed_with 2 "recall.flips: 'x' is no whole number"
    tool recall signs.npy --set recall.interactions=cubic:3 --quiet
    failed_with 2 "recall.interactions: 'cubic:3' is none"
    tool recall signs.npy --mask 20-30 --quiet
    failed_with 2 "'20-30' is no region of 30 neurons"
    tool recall signs.npy --clamp given --quiet
    failed_with 2 "keeps what recall.mask leaves"
    tool recall signs.npy --set recall.patterns=13 --quiet
    failed_with 2 "asks for 13 patterns, but there are 12"
    tool recall signs.npy --dynamics class --quiet
    failed_with 2 "wants memories with class neurons"
    tool recall signs.npy --dynamics sideways --quiet
    failed_with 2 "recall.dynamics"
    bytes 1 0 1 | npy mask.npy '|u1' "(3,)"
    tool recall signs.npy --clamp mask.npy --quiet
    failed_with 3 "has 3 numbers; it must have 30"
    bytes "${signs[@]:0:116}" 0 0 192 127 | npy nan.npy '<f4' "(30,)"
    tool recall signs.npy --mask nan.npy --quiet
    failed_with 3 "the mask 'nan.npy' holds nan at neuron 29"
    bytes 1 0 1 | npy narrow.npy '|u1' "(1, 3)"
    tool recall signs.npy --probes narrow.npy --quiet
    failed_with 3 "have 3 neurons, the memories 30"
    bytes "${signs[@]:0:116}" 0 0 0 63 | npy grey.npy '<f4' "(1, 30)"
    tool recall grey.npy --quiet
    failed_with 3 "holds 0.5 at neuron 29"
    tool recall signs.npy --probes grey.npy --quiet
    failed_with 3 "probe 0 holds 0.5 at neuron 29"
    tool recall signs.npy --probes grey.npy --clamp 29-29 --quiet
    succeeded
    echo "no array" > text.npy
    tool recall signs.npy --probes text.npy --quiet
    failed_with 3 "is no IDX, NPY, NPZ, HDF5, CSV, LIBSVM, PNG or JPEG file"
}

@test "a run that learned patterns recalls them" {
    tool train store-and-recall --out run --quiet
    succeeded
    tool recall run --flip 20 --json --quiet
    succeeded
    jq -e '.recovered == 1 and .memories == 200 and .probes == 20 and .energy_rose == 0' <<<"$output"
    tool recall run --set recall.seeds=2 --quiet
    failed_with 2 "is a run, which learned its own"
    tool recall run --set recall.patterns=5 --quiet
    failed_with 2 "is a run, which has memories of its own"
    tool recall run --dynamics class --quiet
    failed_with 2 "wants memories with class neurons"
}
