#!/usr/bin/python3
"""Steps of the energy model's training: denseam against a numpy program, alternating.

    bench/peers/energy.py REFERENCE [--denseam build/release/denseam] [--size 100] [--exponent 5]

REFERENCE is a Python file with Inter and train as in `Inter("poly", n)` and
`train(X, M, f, lr=..., epochs=..., scaled=True)`, such as the slow reference of the energy model's
specification; nothing else of denseam needs it. It is run in float32. Both store as many random
patterns as there are neurons and memories, all in one batch. Each round times the reference right
before and right after `denseam bench`, and its steps are taken from the row step_time, so other
work on the machine hits both. Prints steps a second of each, and the ratio, per round and as medians.
"""
import argparse
import importlib.util
import json
import statistics
import subprocess
import tempfile
import time

import numpy as np

PRESET = """title = "peer"
source = "bench/peers/energy.py"
seed = 1
data {{
    name = "patterns"
    dim = {size}
    samples = {size}
}}
model {{
    kind = "energy"
    task = "store"
    memories = {size}
    interaction = "poly"
    exponent = {exponent}
}}
train {{
    batch = {size}
    learning_rate = 0.5
    momentum = 0
}}
"""


def reference_rate(module, size, exponent, steps):
    rng = np.random.default_rng(0)
    states = np.where(rng.random((size, size)) < 0.5, -1, 1).astype(np.float32)
    memories = rng.normal(0, 0.1, (size, size)).astype(np.float32)
    begin = time.perf_counter()
    trained, _ = module.train(states, memories, module.Inter("poly", exponent), T=1 / 0.9, lr=0.5,
                              epochs=steps, floor=0.0, scaled=True)
    seconds = time.perf_counter() - begin
    assert trained.dtype == np.float32, "the reference left float32"
    return steps / seconds


def tool_rate(tool, preset):
    out = subprocess.run([tool, "bench", preset, "--gemm", "panel", "--quick", "--quiet", "--json"],
                         check=True, capture_output=True, text=True).stdout
    rows = {row["metric"]: row["value"] for row in json.loads(out)}
    return 1e3 / rows["step_time"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("reference")
    parser.add_argument("--denseam", default="build/release/denseam")
    parser.add_argument("--size", type=int, default=100)
    parser.add_argument("--exponent", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=10, help="of the reference, each time")
    args = parser.parse_args()
    spec = importlib.util.spec_from_file_location("reference", args.reference)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    ratios, slow, fast = [], [], []
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as preset:
        preset.write(PRESET.format(size=args.size, exponent=args.exponent))
        preset.flush()
        before = reference_rate(module, args.size, args.exponent, args.steps)
        for _ in range(args.rounds):
            tool = tool_rate(args.denseam, preset.name)
            after = reference_rate(module, args.size, args.exponent, args.steps)
            peer = (before + after) / 2
            slow.append(peer)
            fast.append(tool)
            ratios.append(tool / peer)
            print(f"numpy {peer:8.2f} steps/s   denseam {tool:8.1f} steps/s   {tool / peer:6.1f} times")
            before = after
    print(f"median {statistics.median(slow):7.2f} steps/s   denseam {statistics.median(fast):8.1f}"
          f" steps/s   {statistics.median(ratios):6.1f} times")


if __name__ == "__main__":
    main()
