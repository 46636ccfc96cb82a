"""The estimate of a CPU's steps against what `denseam bench` measured on it.

Other work may take the machine's time, so no time is compared with another's. A kernel's is its work
at the ceiling that binds it, over the share of that which was measured beside it, round by round; a
whole step's is that of its products at the peak, likewise. The ceilings are the medians of a file. A
step is always judged by the sum of its kernels and launches, those at what launches cost in that file;
by its own time only where that spread by at most QUIET. Of several files it is the median of the ratios.
"""
import json
import statistics

from gpu_model.estimate import cpu_launch_seconds, cpu_work_seconds

CEILINGS = {"peak": ("fma_peak", 1e9), "copies": ("copy_bandwidth", 1e9),
            "cache": ("cache_bandwidth", 1e9), "launch": ("launch_interval", 1e-6)}
WITHIN = 0.3
QUIET = 0.2


def steps_of(path):
    """The results of trainings on a CPU with kernels for it, each with its rows by metric."""
    with open(path) as file:
        whole = json.load(file)
    if not isinstance(whole, dict) or whole.get("format") != "denseam bench 1":
        raise ValueError("'%s' is no file of 'denseam bench -o'" % path)
    for result in whole["results"]:
        rows = {row["metric"]: row for row in result["rows"]}
        if "step_products" in rows and (result["kernels"], result["gemm"]) == ("cpu", "panel"):
            yield result, rows


def ceilings_of(steps):
    found = {name: scale * statistics.median(rows[metric]["value"] for _, rows in steps)
             for name, (metric, scale) in CEILINGS.items()}
    found["units"] = steps[0][0]["device"]["compute_units"]
    return found


def measured_step(ceilings, rows):
    """Seconds of a step on a machine that had these ceilings for itself."""
    products = rows["step_products"]
    flops = products["value"] * 1e9 * rows["step_time"]["value"] * 1e-3
    return flops / (ceilings["peak"] * products["share"])


def measured_kernel(ceilings, row):
    if row["ceiling_name"] == "launch_interval":
        return row["seconds"]
    name = {metric: name for name, (metric, _) in CEILINGS.items()}[row["ceiling_name"]]
    work = row["flops"] if name == "peak" else row["bytes"]
    return work / ceilings[name] / row["share"]


def median(values):
    return statistics.median(values) if values else None


class Measured:
    """Measured over estimated: of the sum of each preset's kernels and launches, of quiet steps, and
    of each kernel."""

    def __init__(self):
        self.sums, self.steps, self.kernels = {}, {}, {}

    def add(self, path, launches_of):
        """launches_of(lanes, presets) gives the launches of their steps."""
        steps = list(steps_of(path))
        if not steps:
            raise ValueError("'%s' has no trainings with kernels for CPUs and products by panel" % path)
        ceilings = ceilings_of(steps)
        launches = launches_of(steps[0][0]["lanes"], [result["preset"] for result, _ in steps])
        for result, rows in steps:
            self.add_step(result["preset"], ceilings, rows, launches[result["preset"]])

    def add_step(self, preset, ceilings, rows, launches):
        measured = estimated = sum(one.count for one in launches) * cpu_launch_seconds(ceilings)
        for name in sorted({one.kernel for one in launches}):
            alike = [one for one in launches if one.kernel == name]
            work = sum(one.count * cpu_work_seconds(ceilings, one) for one in alike)
            took = work  # of what is too short for its events nothing is measured
            if name in rows:
                took = sum(one.count for one in alike) * measured_kernel(ceilings, rows[name])
                self.kernels.setdefault(name, []).append(took / work if work > 0 else 1)
            measured, estimated = measured + took, estimated + work
        self.sums.setdefault(preset, []).append((measured, estimated))
        self.steps.setdefault(preset, [])
        if rows["step_time"]["spread"] <= QUIET:
            self.steps[preset].append(measured_step(ceilings, rows) / estimated)

    def ratios(self, preset):
        """Of the sum; of the step, or None where it never was quiet."""
        return median([took / work for took, work in self.sums[preset]]), median(self.steps[preset])

    def table(self):
        yield "| step | measured | estimated | measured over estimated | the step at once |"
        yield "| --- | --- | --- | --- | --- |"
        for preset, pairs in self.sums.items():
            kernels, step = self.ratios(preset)
            took, work = (1e3 * statistics.median(side) for side in zip(*pairs))
            yield "| %s | %.3g ms | %.3g ms | %.2f | %s |" % (
                preset, took, work, kernels, "not quiet" if step is None else "%.2f" % step)

    def kernel_table(self):
        yield "| kernel | measured over estimated | of so many |"
        yield "| --- | --- | --- |"
        for name, ratios in sorted(self.kernels.items()):
            yield "| `%s` | %.2f | %d |" % (name, statistics.median(ratios), len(ratios))

    def wrong(self):
        return [preset for preset in self.sums
                if any(ratio is not None and abs(ratio - 1) > WITHIN for ratio in self.ratios(preset))]
