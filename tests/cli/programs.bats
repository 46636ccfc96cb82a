# `denseam programs`, which records what presets compile and launch. $DENSEAM is the tool. What is
# recorded is compared with what real trainings report.
load helpers

setup() {
    common_setup
}

# phases PRESET: its phases in single precision, in order
phases() {
    awk -F, -v preset="$1" '$1 == preset && $2 == "single" && $3 != last { print $3; last = $3 }' out/launches.csv
}

# The kernels of single precision that were launched.
recorded_kernels() {
    awk -F, '$2 == "single" { print $5 }' out/launches.csv | sort -u
}

@test "two recordings are the same, byte for byte, and need neither device nor data" {
    export OCL_ICD_VENDORS="$PWD/none" HOME="$PWD" XDG_CACHE_HOME="$PWD/cache"
    tool programs -o out demo mnist
    succeeded
    [ -z "$output$stderr" ]
    tool programs -o again demo mnist
    succeeded
    diff -r out again
    [ ! -e cache ]
    [ "$(phases mnist)" = "before the first step
first step
step
end of an epoch" ]
}

@test "a training launches what was recorded of it, and nothing else" {
    cp small.conf grown.conf
    echo 'grow { to = 40 }' >> grown.conf
    for preset in small.conf grown.conf bench/denoise-small bench/energy-small; do
        rm -rf out
        tool programs -o out "$preset" --gemm panel
        succeeded
        epochs=train.epochs=2
        [ "$preset" != grown.conf ] || epochs=grow.epochs=1
        "$DENSEAM" train "$preset" --kernels gpu --gemm panel --trace trace.json --quiet --out "run-${preset//\//-}" \
            --set "$epochs" > /dev/null
        jq -r '.traceEvents[] | select(.cat == "kernel") | .name' trace.json | sort -u > launched
        [ "$(wc -l < launched)" -ge 9 ]
        [ -z "$(comm -23 launched <(recorded_kernels))" ] || { comm -23 launched <(recorded_kernels); return 1; }
    done
}

@test "splits, recalls and trainings side by side are recorded" {
    tool programs -o out bench/split recall bench/energy-sweep transfer-quick
    succeeded
    grep -q '^bench/split,single,split,grow\.' out/launches.csv
    grep -q '^bench/split,double,step after a split,vmf\.[0-9a-f]*,vmf_forward,' out/launches.csv
    [ "$(phases recall)" = recall ]
    grep -q ',recall_signs,19200 1 1,64 1 1,1,' out/launches.csv
    grep -q '^bench/energy-sweep,single,epoch side by side,energy_all\.' out/launches.csv
    grep -q '^bench/energy-sweep,single,recall,recall_sweep\.' out/launches.csv
    # One replica of each size of the sweep.
    [ "$(awk -F, '$1 == "transfer-quick" && $2 == "single" && $5 == "gaussian_samples" && !seen[$6]++' \
        out/launches.csv | wc -l)" -eq 3 ]
}

@test "a step launches few kernels, and a wide one fills a GPU with each that counts" {
    tool programs -o out bench/{vmf,vmf-small,vmf-wide,energy-store,energy-wide,energy-classes,denoise,denoise-small,denoise-wide}
    succeeded
    python3 - << 'END'
import csv, math
LIMITS = {"vmf": 8, "energy": 9, "denoise": 12}  # as in docs/gpus.md; products apart
GROUPS, SHARE = 256, 0.02
FLOPS, BYTES, LAUNCH = 20e12, 500e9, 4e-6  # as in ci/gpu_table.py
steps = {}
for row in csv.DictReader(open("out/launches.csv")):
    if row["phase"] == "step":
        steps.setdefault((row["preset"], row["precision"]), []).append(row)
assert len(steps) == 18, steps.keys()

def seconds(row):
    return max(float(row["flops"]) / FLOPS, float(row["bytes"]) / BYTES, LAUNCH)

def groups(row):
    return math.prod(int(g) // int(l) for g, l in zip(row["global"].split(), row["local"].split()))

wrong = []
for (preset, precision), rows in steps.items():
    own = [row for row in rows if row["program"]]
    for row in rows:
        if not row["program"]: # a product by CLBlast
            sizes = [int(size) for size in (row["global"] + " " + row["local"]).split()]
            assert float(row["flops"]) == 2 * math.prod(sizes), row
    launches = sum(int(row["count"]) for row in own)
    limit = LIMITS[preset.removeprefix("bench/").partition("-")[0]]
    if launches > limit:
        wrong.append("%s, %s: %d launches, not %d" % (preset, precision, launches, limit))
    total = sum(seconds(row) * int(row["count"]) for row in rows)
    for row in own if preset.endswith("-wide") else []:
        if groups(row) < GROUPS and seconds(row) >= SHARE * total:
            wrong.append("%s, %s: %s has %d work-groups" % (preset, precision, row["kernel"], groups(row)))
assert not wrong, "\n".join(wrong)
END
}

@test "each program is its source and its options, in the shape that was asked for" {
    tool programs -o out demo
    succeeded
    for wanted in '-DREAL_IS_DOUBLE=0 -DVECTOR_WIDTH=4' '-DREAL_IS_DOUBLE=1 -DVECTOR_WIDTH=2'; do
        [ "$(cat out/vmf.*.options | grep -c -- " $wanted -DGROUP=64 -DCOLUMNS=11 ")" -eq 1 ]
    done
    for source in out/vmf.*.cl; do
        [ "$(grep '^#line' "$source")" = '#line 1 "cl/common.cl"
#line 1 "cl/vmf.cl"' ]
    done
    for launched in $(awk -F, 'NR > 1 && $4 != "" { print $4 }' out/launches.csv | sort -u); do
        [ -e "out/$launched.cl" ] && [ -e "out/$launched.options" ]
    done
    tool programs -o cpu demo --kernels cpu --vector-width 8
    succeeded
    [ "$(cat cpu/vmf.*.options | grep -c -- '-DVECTOR_WIDTH=8 -DGROUP=1 ')" -eq 1 ]
    [ "$(cat cpu/vmf.*.options | grep -c -- '-DVECTOR_WIDTH=4 -DGROUP=1 ')" -eq 1 ]
    grep -q ',panel\.' cpu/launches.csv
}

@test "the name of a preset's file is one cell, and whole" {
    long="$PWD/$(printf 'l%.0s' {1..150}),\"x\".conf"
    cp small.conf "$long"
    cp small.conf ./a,b.conf
    tool programs -o out ./a,b.conf "$long"
    succeeded
    python3 - "$long" << 'END'
import csv, sys
rows = list(csv.DictReader(open("out/launches.csv")))
assert {row["preset"] for row in rows} == {"./a,b.conf", sys.argv[1]}
assert {row["precision"] for row in rows} == {"single", "double"}
assert all(None not in row and float(row["bytes"]) >= 0 for row in rows)
END
}

@test "what cannot be recorded is refused in one line" {
    tool programs demo
    failed_with 2 "--out names the folder"
    tool programs -o out --vector-width 8 demo
    failed_with 2 "--vector-width" "--kernels cpu"
    tool programs -o out no-such-preset
    failed_with 2 "no-such-preset"
    [ ! -e out ]
    run -1 grep -q 'denseam programs' <("$DENSEAM" help)
}
