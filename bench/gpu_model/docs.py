"""The tables of docs/gpus.md. Every number in them is an estimate."""
import os

from gpu_model.cards import CARDS
from gpu_model.estimate import floor_seconds, launch_seconds

# The presets of the tables.
STEPS = ["bench/" + name for name in (
    "vmf-small", "vmf-wide", "energy-small", "energy-store", "energy-wide", "energy-classes",
    "denoise-small", "denoise", "denoise-wide")]
WIDE = ["bench/vmf-wide", "bench/energy-wide", "bench/denoise-wide"]
SHOWN = ["H200", "RX 7900 XTX", "Arc A770"]  # of the table of kernels
LEAST = 0.02                                 # of a step on one of them
STEP_MARK, KERNEL_MARK = "steps", "kernels"
MARK = "<!-- bench/gpu-model: %s %s -->\n"


def microseconds(card, launches, needs):
    return 1e6 * sum(launch_seconds(card, launch, needs) for launch in launches)


def own_of(launches):
    return [launch for launch in launches if launch.groups]


def products_of(launches):
    return [launch for launch in launches if not launch.groups]


def step_table(cards, steps, needs, before=None):
    """Our kernels + CLBlast's products, and the floor's share of both; before: another tree's
    launches and budgets, whose products would be the same."""
    yield "| estimated us | " + " | ".join(card.name for card in cards) + " |"
    yield "| --- |" + " --- |" * len(cards)
    for preset, launches in steps.items():
        cells = []
        for card in cards:
            own = microseconds(card, own_of(launches), needs)
            products = microseconds(card, products_of(launches), needs)
            cell = "%.0f" % own
            if before and preset in before[0]:
                cell = "%.0f → " % microseconds(card, own_of(before[0][preset]), before[1]) + cell
            share = 1e6 * floor_seconds(card, launches) / (own + products)
            cells.append("%s + %.0f, %.0f %%" % (cell, products, 100 * share))
        yield "| %s | %s |" % (preset, " | ".join(cells))


def by_kernel(card, launches, needs):
    found = {}
    for launch in launches:
        found[launch.kernel] = found.get(launch.kernel, 0) + microseconds(card, [launch], needs)
    return found


def kernel_table(cards, steps, needs, before):
    """Kernel by kernel; those that came or went have a dash, and only what is there a name's quotes."""
    yield "| step, kernel | " + " | ".join(card.name for card in cards) + " |"
    yield "| --- |" + " --- |" * len(cards)
    for preset in WIDE:
        now = [by_kernel(card, own_of(steps[preset]), needs) for card in cards]
        old = [by_kernel(card, own_of(before[0][preset]), before[1]) for card in cards]
        least = [LEAST * microseconds(card, steps[preset], needs) for card in cards]
        for kernel in list(old[0]) + [name for name in now[0] if name not in old[0]]:
            pairs = [(o.get(kernel), n.get(kernel)) for o, n in zip(old, now)]
            if all(max(o or 0, n or 0) < limit for (o, n), limit in zip(pairs, least)):
                continue
            cells = [" → ".join("–" if one is None else "%.0f" % one for one in pair)
                     for pair in pairs]
            name = "`%s`" % kernel if kernel in now[0] else kernel
            yield "| %s, %s | %s |" % (preset.removeprefix("bench/"), name, " | ".join(cells))


def put(text, mark, lines):
    begin, end = MARK % (mark, "begin"), MARK % (mark, "end")
    head, rest = text.split(begin)
    return head + begin + "\n" + "\n".join(lines) + "\n\n" + end + rest.split(end)[1]


def write(page, steps, needs, before):
    with open(page) as file:
        text = file.read()
    chosen = {preset: steps[preset] for preset in STEPS}
    text = put(text, STEP_MARK, step_table(CARDS, chosen, needs, before))
    shown = [card for card in CARDS if card.name in SHOWN]
    text = put(text, KERNEL_MARK, kernel_table(shown, steps, needs, before))
    with open(page + ".new", "w") as file:
        file.write(text)
    os.replace(page + ".new", page)
