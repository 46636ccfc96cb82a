"""Writes the table of docs/gpus.md anew: the kernels that cost most, and what they need.

gpu_table.py PROGRAMS BUDGETS PAGE
"""
import csv
import os
import sys

CARDS = ["gfx90a", "gfx1030", "gfx1100", "pvc", "acm-g10", "sm_61", "sm_80"]
BEGIN, END = "<!-- the table: ci/cl-gpu --update writes it -->\n", "<!-- its end -->\n"

# A card for the shares: what it can do at best, and what a launch takes.
FLOPS, BYTES, LAUNCH = 20e12, 500e9, 4e-6
LEAST = 0.05
MORE = ["recall_signs", "recall_sweep"]  # of which a recall takes as many as it needs


def shares(path):
    """The largest share of a step of a benchmark that each kernel has, at the ceilings."""
    seconds = {}
    with open(path) as file:
        for row in csv.DictReader(file):
            wanted = row["phase"] == "step" and row["precision"] == "single"
            if wanted and row["preset"].startswith("bench/"):
                one = max(float(row["flops"]) / FLOPS, float(row["bytes"]) / BYTES, LAUNCH)
                kernels = seconds.setdefault(row["preset"], {})
                kernels[row["kernel"]] = kernels.get(row["kernel"], 0) + one * int(row["count"])
    best = {}
    for kernels in seconds.values():
        total = sum(kernels.values())
        for name, own in kernels.items():
            best[name] = max(best.get(name, 0), own / total)
    return best


def cell(words):
    if words is None:
        return "-"
    registers, waves, spills, scratch = map(int, words[:4])
    text = "%d/%d" % (registers, waves)
    return text + (" **%d**" % (spills or scratch) if spills or scratch else "")


def main():
    programs, budgets, page = sys.argv[1:4]
    found = {}
    with open(budgets) as file:
        for line in file:
            words = line.split()
            if words and words[0] != "#":
                found[words[0], words[1]] = words[2:]
    best = shares(os.path.join(programs, "launches.csv"))
    names = sorted((name for name, share in best.items()
                    if share >= LEAST and (name, CARDS[0]) in found),
                   key=lambda name: (-best[name], name)) + MORE
    lines = ["| kernel | share | " + " | ".join(CARDS) + " |\n",
             "| --- | --- | " + " | ".join("---" for _ in CARDS) + " |\n"]
    for name in names:
        cells = [cell(found.get((name, card))) for card in CARDS]
        share = "%.0f %%" % (100 * best[name]) if name in best else "a sweep"
        lines.append("| `%s` | %s | %s |\n" % (name, share, " | ".join(cells)))
    with open(page) as file:
        text = file.read()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    with open(page + ".new", "w") as file:
        file.write(before + BEGIN + "\n" + "".join(lines) + "\n" + END + after)
    os.replace(page + ".new", page)


if __name__ == "__main__":
    main()
