#!/usr/bin/python3
"""Training steps of the three models: denseam against numpy, torch and JAX on the CPU, alternating.

    bench/peers/steps.py [--denseam build/release/denseam] [--rounds 5] [--docs] [STEP ...]

The steps are those of the presets of bench/ that models.py names, in float32. The peers are Debian's numpy and
torch (python3-numpy, python3-torch) and, where bench/peers/setup was run, the current ones of PyPI, torch both
eager and compiled. What each computes is checked first: all must agree on the loss after three steps.

Each peer runs in processes of its own. Its threads and, where its BLAS is OpenBLAS, the kernels that this CPU can
run are tried first, and the best kept; a setting that crashes is none. Then rounds of all peers and denseam follow
each other, so that other work on the machine hits all; a ratio is of one round, and the table has the medians. The
reference BLAS, which a fresh Debian gives numpy, is no peer: it is named with what to install, and where there is
no other it ends with exit code 1. --docs puts the table between the two comments in docs/performance.md.
"""
import argparse
import itertools
import json
import os
import pathlib
import statistics
import subprocess
import sys

import worker

ROOT = pathlib.Path(__file__).resolve().parents[2]
PYTHONS = {"Debian": pathlib.Path("/usr/bin/python3"), "PyPI": ROOT / "build/peers/bin/python"}
MARK = "<!-- bench/peers/steps.py {} -->"
# OpenBLAS's kernels, and the flags of /proc/cpuinfo that they need.
CORES = {"SkylakeX": {"avx512f", "avx512bw", "avx512dq", "avx512vl"}, "Haswell": {"avx2", "fma"},
         "Zen": {"avx2", "fma"}}
PATIENCE = 600  # seconds for a process of a peer: torch compiles for minutes where the machine is busy


def note(text):
    print(f"steps.py: {text}", file=sys.stderr)


class Peer:
    def __init__(self, origin, mode):
        self.origin, self.mode, self.setting, self.threads = origin, mode, {}, 1

    @property
    def name(self):
        return f"{self.mode} of {self.origin}"

    def run(self, step, seconds, setting):
        """What worker.py says, or None with a note: a setting that crashes costs no other."""
        command = [PYTHONS[self.origin], ROOT / "bench/peers/worker.py", self.mode, step, str(seconds)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE,
                                  env=os.environ | setting)
        except subprocess.TimeoutExpired:
            note(f"{self.name}: {step} took over {PATIENCE} s with {setting}; left out")
            return None
        if done.returncode == worker.REFERENCE_BLAS:
            note(f"{self.name} multiplies with {done.stdout.strip()}, the reference BLAS, which is no comparison; "
                 "install libopenblas0-pthread")
            return None
        if done.returncode == worker.NOT_THERE:
            return None
        if done.returncode != 0:
            reason = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
            if done.returncode < 0:
                reason = f"signal {-done.returncode}"
            note(f"{self.name}: {step} failed with {setting}: {reason}; left out")
            return None
        return json.loads(done.stdout)

    def settings(self, about):
        flags = set(pathlib.Path("/proc/cpuinfo").read_text().split("flags", 1)[-1].split("\n", 1)[0].split())
        cores = len(os.sched_getaffinity(0))
        kernels = [""]
        if about["openblas"]:
            kernels += [kernel for kernel, needed in CORES.items() if needed <= flags]
        for threads, kernel in itertools.product(sorted({1, cores}), kernels):
            setting = {"OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads),
                       "MKL_NUM_THREADS": str(threads), "OMP_WAIT_POLICY": "PASSIVE"}
            if kernel:
                setting["OPENBLAS_CORETYPE"] = kernel
            yield threads, setting

    def choose(self, step, about):
        """The threads and BLAS kernels that are fastest here; what they gave, or None."""
        best = None
        for threads, setting in self.settings(about):
            got = self.run(step, 0.3, setting)
            if got is not None and (best is None or got["seconds"] < best["seconds"]):
                best, self.setting, self.threads = got, setting, threads
        return best


def find_peers():
    """Those that are installed, each with what it says of itself."""
    peers = []
    for origin, mode in itertools.product(PYTHONS, worker.MODES):
        if not PYTHONS[origin].exists() or (origin == "Debian" and mode in ("torch compiled", "jax")):
            continue
        peer = Peer(origin, mode)
        about = peer.run("none", 0, {})
        if about is not None:
            peers.append((peer, about))
    if not peers:
        sys.exit("steps.py: there is no peer; install python3-numpy, python3-threadpoolctl and libopenblas0-pthread"
                 " (Debian), or run bench/peers/setup")
    return peers


def run_tool(tool, arguments):
    out = subprocess.run([tool, "bench", *arguments, "--quick", "--quiet", "--json"], check=True,
                         capture_output=True, text=True).stdout
    rows = {row["metric"]: row["value"] for row in json.loads(out)}
    return rows["step_time"] / 1e3


def check_agreement(step, losses):
    first, *others = losses.items()
    for name, loss in others:
        if not abs(loss - first[1]) <= 1e-3 * abs(first[1]):
            sys.exit(f"steps.py: {first[0]} and {name} compute different losses of {step}: {first[1]}, {loss}")


def compare(args, step, peers):
    """The rows of one step, fastest peer first."""
    chosen = [(peer, best) for peer, about in peers if (best := peer.choose(step, about)) is not None]
    check_agreement(step, {peer.name: best["loss"] for peer, best in chosen})
    times, own = {peer.name: [] for peer, _ in chosen}, []
    for _ in range(args.rounds):
        for peer, _ in chosen:
            got = peer.run(step, args.seconds, peer.setting)
            times[peer.name].append(got["seconds"] if got is not None else float("nan"))
        own.append(run_tool(args.denseam, worker.STEPS[step][0]))
    rows = []
    for peer, best in chosen:
        ratios = [a / b for a, b in zip(times[peer.name], own)]
        rows.append((statistics.median(times[peer.name]),
                     f"| {step} | {1e3 * statistics.median(own):.2f} ms | {peer.mode} {best['version']} ({peer.origin}) "
                     f"| {best['blas']} | {peer.threads} | {1e3 * statistics.median(times[peer.name]):.2f} ms "
                     f"| {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}) |"))
    return [row for _, row in sorted(rows)]


def put_into_docs(table):
    path = ROOT / "docs/performance.md"
    begin, end = MARK.format("begins"), MARK.format("ends")
    head, rest = path.read_text().split(begin)
    path.write_text(f"{head}{begin}\n\n{table}\n\n{end}{rest.split(end)[1]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--denseam", default=ROOT / "build/release/denseam")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1, help="of a peer in a round")
    parser.add_argument("--docs", action="store_true")
    parser.add_argument("steps", nargs="*", metavar="STEP", help=f"of {', '.join(worker.STEPS)}; all if none is named")
    args = parser.parse_args()
    unknown = [step for step in args.steps if step not in worker.STEPS]
    if unknown:
        parser.error(f"there is no step '{unknown[0]}', but {', '.join(worker.STEPS)}")
    if args.steps and args.docs:
        parser.error("--docs wants all steps")
    peers = find_peers()
    lines = ["| step | denseam | peer | multiplies with | threads | its step | times as fast |",
             "| --- | --- | --- | --- | --- | --- | --- |"]
    for step in args.steps or worker.STEPS:
        lines += compare(args, step, peers)
        note(f"{step} is done")
    table = "\n".join(lines)
    print(table)
    if args.docs:
        put_into_docs(table)


if __name__ == "__main__":
    main()
