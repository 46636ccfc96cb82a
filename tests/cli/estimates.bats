# bench/gpu-model, which estimates what steps take on GPUs. $DENSEAM is the tool, which records their launches.
load helpers

setup() {
    common_setup
    model="$BATS_TEST_DIRNAME/../../bench/gpu-model"
}

# measured KERNELS STEP [SPREAD]: a bench file of a CPU on which kernels and steps take so many times what is
# estimated.
measured() {
    python3 - "$BATS_TEST_DIRNAME/../../bench" "$@" << 'END'
import json, os, subprocess, sys
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
from gpu_model.check import ceilings_of
from gpu_model.estimate import cpu_launch_seconds, cpu_work_seconds
from gpu_model.kernels import read_launches
preset, factors, spread = "bench/energy-small", [float(word) for word in sys.argv[2:4]], float((sys.argv + [0])[4])
subprocess.run([os.environ["DENSEAM"], "programs", "-o", "cpu", "--kernels", "cpu", "--gemm", "panel", preset],
               check=True)
result = {"preset": preset, "kernels": "cpu", "gemm": "panel", "lanes": 16,
          "device": {"name": "made up", "compute_units": 2}}
values = {"fma_peak": 200, "copy_bandwidth": 20, "cache_bandwidth": 60, "launch_interval": 1}
rows = {name: {"metric": name, "value": value} for name, value in values.items()}
ceilings = ceilings_of([(result, rows)])
step, kernels = 0, {}
for one in read_launches("cpu")[preset]:
    step += one.count * (cpu_work_seconds(ceilings, one) + cpu_launch_seconds(ceilings))
    own = kernels.setdefault(one.kernel, [0, 0])
    own[0] += one.count * cpu_work_seconds(ceilings, one)
    own[1] += one.count
for name, (seconds, calls) in kernels.items():
    took = factors[0] * seconds / calls
    rows[name] = {"metric": name, "ceiling_name": "fma_peak", "flops": 1e6,
                  "share": 1e6 / 200e9 / took if took > 0 else 1}
    if took == 0:
        rows[name].update(ceiling_name="launch_interval", seconds=0)
# The machine was busy: steps took twice as long, and so did the peak beside them.
step *= factors[1]
rows["step_time"] = {"metric": "step_time", "value": 2e3 * step, "spread": spread}
rows["step_products"] = {"metric": "step_products", "value": 1e-3 / (2 * step), "share": 1e6 / step / 200e9}
result["rows"] = list(rows.values())
json.dump({"format": "denseam bench 1", "results": [result]}, open("bench.json", "w"))
END
}

@test "steps are estimated for all cards, and called estimates" {
    run --separate-stderr "$model" bench/vmf-small bench/energy-store
    [ "$status" -eq 0 ] || { echo "$stderr"; return 1; }
    [[ "$output" == *estimate* ]]
    for card in H200 A100 'RTX 4090' 'RX 7900 XTX' MI250X 'Arc A770' 'Iris Xe'; do
        [[ "${lines[1]}" == *"$card"* ]] || { echo "no $card: ${lines[1]}"; return 1; }
    done
    [ "$(grep -cE '^\| bench/(vmf-small|energy-store) ' <<< "$output")" -eq 2 ]
}

@test "kernel by kernel it is the same step, with every launch that was recorded" {
    run --separate-stderr "$model" bench/vmf-small --card H200 --kernels
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = 'bench/vmf-small on H200, an estimate:' ]
    [ "$(grep -c ' x 1, ' <<< "$output")" -eq 10 ] # two products apart, as docs/gpus.md has it
    awk '$3 == "us" && $1 != "all" { sum += $2 } $1 == "all" { all = $2 }
         END { exit !(all > 10 && sum > all - 1 && sum < all + 1) }' <<< "$output"
}

@test "a CPU's steps are compared with what was measured, other work or not" {
    measured 1 1.2
    run --separate-stderr "$model" --check bench.json
    [ "$status" -eq 0 ] || { echo "$output$stderr"; return 1; }
    [[ "$output" == *'| 1.00 | 1.20 |'*'1 of 1 steps within 30 %'* ]] || { echo "$output"; return 1; }
    for factors in '1 0.6' '1 1.4' '0.5 1' '1.8 1'; do
        # shellcheck disable=SC2086
        measured $factors
        run --separate-stderr "$model" --check bench.json
        [ "$status" -eq 1 ] || { echo "$factors: $output"; return 1; }
        [[ "$output" == *'0 of 1 steps within 30 %'* ]]
    done
    # A step that was disturbed is judged by its kernels alone.
    measured 1 1.4 0.5
    run --separate-stderr "$model" --check bench.json
    [ "$status" -eq 0 ]
    [[ "$output" == *'| 1.00 | not quiet |'* ]]
}

@test "what is no bench file is refused in one line" {
    echo '[]' > bench.json
    run --separate-stderr "$model" --check bench.json
    [ "$status" -eq 1 ]
    [ "${#stderr_lines[@]}" -eq 1 ]
    [[ "$stderr" == *"'bench.json' is no file of 'denseam bench -o'"* ]]
}
