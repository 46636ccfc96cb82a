"""What the launches of a step and the compilers' budgets say of each kernel, and what they do not.

dam__work counts a kernel's flops, two for a multiply-add; but instructions take its time, and some
do one flop, or integers, or what a logarithm needs. So COSTS says how often more time than flops at
the peak, or bytes at the speed of copies, a kernel takes where it is bound by them: here, that is
with PoCL 3.1 on AVX-512, and on GPUs. `here` was taken from bench/vmf, bench/energy-store,
bench/denoise and, for its own kernels, bench/energy-classes; the other presets test it (--check).
`gpu` is from counting the instructions of the source. 1 where nothing is said.
"""
import csv
import dataclasses
import math
import os
import re


@dataclasses.dataclass(frozen=True)
class Cost:
    here: tuple = (1, 1)  # of flops, of bytes
    gpu: tuple = (1, 1)
    trees: int = 0        # sums over the work-group, one after the other
    again: float = 1      # here, of both, where passes over one array find no room in the caches
    loads: int = 4        # of 16 bytes that an item has under way on a GPU, where its code has as many


COSTS = {
    "data_order": Cost(here=(1, 1200), gpu=(1, 200)),  # permutes integers, which no flop counts
    "denoise_activate": Cost(here=(1, 1.5)),
    "denoise_backward": Cost(here=(1, 1.2)),
    "denoise_centre": Cost(here=(1, 2)),
    "denoise_collect": Cost(trees=1),
    "denoise_fold": Cost(here=(1, 4)),
    "denoise_pairs": Cost(here=(22, 1), gpu=(4, 1)),  # Philox in integers, logarithm, cosine
    "denoise_residual": Cost(here=(1, 1.6)),
    "denoise_sums": Cost(here=(1, 2)),
    "energy_add_own": Cost(here=(1, 2.5)),
    "energy_backward_few": Cost(here=(3, 1), gpu=(1.5, 1)),
    # 6 instructions for 9 flops where n = 10: cl/energy_all.cl
    "energy_backward_overlaps": Cost(here=(1.6, 1), gpu=(1.33, 1), again=1.8),
    "energy_backward_own": Cost(here=(1.7, 1), gpu=(1.33, 1), again=1.4),
    "energy_collect": Cost(trees=1),
    "energy_errors": Cost(here=(9, 1), gpu=(1.6, 1), trees=1),  # logarithm, exp, tanh of a library
    "energy_forward": Cost(here=(2, 1), gpu=(1.75, 1), again=1.8),  # 7 for 8
    "energy_forward_few": Cost(here=(4.5, 1), gpu=(1.75, 1)),
    "energy_scale": Cost(here=(1, 1.4)),
    "energy_transpose": Cost(here=(1, 4), gpu=(1, 2)),  # stores of 16 bytes that lie apart
    "optimizer_adam": Cost(here=(1, 0.9)),
    "optimizer_max_norm": Cost(here=(1, 1.1), trees=1),
    "optimizer_mirror": Cost(here=(80, 1), gpu=(15, 1)),  # a logarithm and an exponential
    "optimizer_unit_rows": Cost(here=(1, 1), trees=2),
    "panel_gemm": Cost(here=(1.25, 1)),
    "panel_pack_a_across": Cost(here=(1, 1.3)),
    "panel_pack_a_along": Cost(here=(1, 2.3)),
    "panel_pack_b_across": Cost(here=(1, 1.4)),
    "panel_pack_b_along": Cost(here=(1, 2.2)),
    "vmf_class_gradient": Cost(here=(4, 1), gpu=(1.1, 1)),
    "vmf_collect": Cost(trees=1),
    "vmf_fold": Cost(here=(1, 1.7), trees=1),
    "vmf_forward": Cost(here=(4, 1), gpu=(1.5, 1), trees=3),
    # Sinkhorn-Knopp stops when it has converged: some 3 iterations of 5 passes, 2 sums each, and
    # loads of all 11 class columns at once.
    "vmf_project": Cost(gpu=(0.6, 7.5), trees=6, loads=11),
    "vmf_sinkhorn": Cost(gpu=(0.6, 7.5), trees=6, loads=11),
}


@dataclasses.dataclass(frozen=True)
class Launch:
    """Equal launches of a step."""
    kernel: str
    groups: int
    items: int    # of a work-group
    flops: float
    bytes: float
    count: int
    shape: tuple  # of a product by CLBlast, which has no groups: rows, columns, depth, problems


def read_launches(folder):
    """The launches of a step of each preset, in single precision."""
    steps = {}
    with open(os.path.join(folder, "launches.csv")) as file:
        for row in csv.DictReader(file):
            if row["phase"] != "step" or row["precision"] != "single":
                continue
            sizes = [int(size) for size in row["global"].split()]
            local = [int(size) for size in row["local"].split()]
            own = bool(row["program"])
            steps.setdefault(row["preset"], []).append(Launch(
                row["kernel"],
                math.prod(size // part for size, part in zip(sizes, local)) if own else 0,
                math.prod(local) if own else 0,
                float(row["flops"]), float(row["bytes"]), int(row["count"]),
                () if own else tuple(sizes + local[:1])))
    return steps


@dataclasses.dataclass(frozen=True)
class Need:
    """A line of ci/gpu-budgets."""
    waves: int
    local: int
    loads: int  # in the code, for each 16 bytes


# Where neither was counted, as of Intel's cards and gfx1100, the same source's on another card.
COUNTED_ON = {"gfx1100": "gfx1030", "acm-g10": "sm_80", "tgllp": "sm_80"}


def read_needs(path):
    """(kernel, target) -> Need"""
    rows = {}
    with open(path) as file:
        for line in file:
            words = line.split()
            if words and re.fullmatch(r"[a-z_0-9]+", words[0]) and words[0] != "kernel":
                rows[words[0], words[1]] = [int(word) for word in words[2:]]
    needs = {}
    for (kernel, target), row in rows.items():
        counted = rows.get((kernel, COUNTED_ON.get(target, target)), row)
        needs[kernel, target] = Need(row[1], row[4], counted[5] + counted[6] // 4)
    return needs
