"""From launches to seconds: on a card, and on a CPU whose ceilings `denseam bench` measured.

A kernel takes what binds it: its arithmetic, or its bytes. Arithmetic: the unit with the most
work-groups is the last to end, and each scheduler starts an instruction a cycle where it has waves
enough to hide how long one takes. Bytes: what a card has on their way at once (waves in flight x
lanes x what a lane has asked for) comes once a latency (Little's law), at most as fast as the
memory, or as the cache where a launch's bytes fit it. Then the sums over a work-group, and what the
launch itself takes. Nothing else is counted: no bank conflicts, no partial transactions beyond
COSTS, no clock below boost. So an estimate is rather too good than too bad.
"""
import math

from gpu_model.kernels import COSTS, Cost, Need

CHAINS = 4          # instructions of a wave that wait for nothing: a vector has 4 floats on GPUs
TREE_CYCLES = 500   # a sum over a work-group: 8 barriers, each with a load from local memory
UNKNOWN = Need(waves=8, local=0, loads=1)


# --- a card --------------------------------------------------------------------------------------

def resident(card, need, items):
    """Lanes of a wave, and how many work-groups of a kernel a unit holds at once."""
    wave = card.wave or need.waves
    at_most = card.waves if card.wave == 0 else min(card.waves, scheduled(card, need))
    waves = at_most * card.schedulers
    fit = max(1, waves // math.ceil(items / wave))
    if need.local:
        fit = min(fit, max(1, card.local_kib * 1024 // need.local))
    return wave, fit


def scheduled(card, need):
    """Waves of a scheduler; budgets count them a SIMD (AMD) or an SM (NVIDIA)."""
    return need.waves if card.target.startswith("gfx") else max(1, need.waves // card.schedulers)


def work_seconds(card, launch, need):
    """What the kernel's own work takes, without its launch; and the share of it at the ceilings."""
    cost = COSTS.get(launch.kernel, Cost())
    wave, fit = resident(card, need, launch.items)
    busiest = math.ceil(launch.groups / card.units)
    share = busiest / launch.groups
    groups = min(fit, busiest)
    waves = groups * math.ceil(launch.items / wave)

    slots = launch.flops / 2 * cost.gpu[0]
    rate = min(card.lanes, waves * min(card.lanes / card.schedulers, wave * CHAINS / card.alu))
    arithmetic = slots * share / (rate * card.clock * 1e9)

    cached = launch.bytes <= card.cache_mib * 2 ** 20
    latency, speed = (card.latency[0], card.cache) if cached else (card.latency[1], card.memory)
    moved = launch.bytes * cost.gpu[1]
    in_flight = groups * launch.items * 16 * max(1, min(cost.loads, need.loads))
    unit = min(in_flight / latency, 64 * card.clock)  # GB/s: bytes a ns
    memory = 1e-9 * max(moved / speed, moved * share / unit)

    rounds = math.ceil(busiest / groups)
    trees = rounds * cost.trees * TREE_CYCLES / (card.clock * 1e9)
    return max(arithmetic, memory) + trees + 1e-9 * latency


def launched(card, seconds):
    return max(1e-6 * card.launch, 1e-6 * card.start + seconds)


def product_seconds(card, launch):
    """A product by CLBlast: its kernel, and the copies that pad or turn its matrices."""
    if len(launch.shape) != 4:
        raise ValueError("the launches have no shapes of products: record them with 'denseam programs' "
                         "of this version")
    rows, columns, depth, problems = launch.shape
    how = card.products
    direct = rows * columns * depth < how.threshold ** 3
    if direct:
        (down, a, b), vectors = how.direct, (1, 1)
        across = down
    else:
        down, across, a, b, *vectors = how.indirect
    # CLBlast sees the transposed product, whose rows are our columns.
    groups = math.ceil(columns / down) * math.ceil(rows / across) * problems
    loads = a / vectors[0] + b / vectors[1]
    reached = 0.75 * min(a * b / (a * b + loads), a * b / (card.local_ratio * loads))
    padded = groups * down * across * depth * 2
    busiest = math.ceil(groups / card.units)
    fill = min(1, groups * (down * across / (a * b)) / (card.units * card.lanes))
    unit = 2e9 * card.lanes * card.clock * reached * max(fill, 1 / card.schedulers)
    seconds = launched(card, busiest * (padded / groups) / unit)
    copies = [] if direct else [(rows, depth), (depth, columns)]
    if not direct and (rows % across or columns % down):
        copies.append((rows, columns))
    for high, wide in copies:
        speed = card.cache if 8 * high * wide <= card.cache_mib * 2 ** 20 else card.memory
        seconds += launched(card, 8e-9 * high * wide * problems / speed)
    return seconds


def launch_seconds(card, launch, needs):
    """Of all `count` of them."""
    if not launch.groups:
        return launch.count * product_seconds(card, launch)
    need = needs.get((launch.kernel, card.target), UNKNOWN)
    return launch.count * launched(card, work_seconds(card, launch, need))


def floor_seconds(card, launches):
    """All flops at the peak: what no kernel could beat."""
    return sum(launch.count * launch.flops for launch in launches) / card.peak


# --- a CPU ---------------------------------------------------------------------------------------

CPU_CACHE = 4 << 20     # the second-level caches of two cores
LAUNCHES_OF_A_CALL = 2  # launch_interval is of a kernel without arguments; setting them takes as long


def cpu_work_seconds(ceilings, launch):
    """The same of one launch on PoCL, of what is left there: units, flops, bytes. ceilings: units;
    peak, copies and cache in flop/s and bytes/s; launch in seconds."""
    cost = COSTS.get(launch.kernel, Cost())
    units = ceilings["units"]
    share = math.ceil(launch.groups / units) / launch.groups * units
    arithmetic = launch.flops * cost.here[0] * share / ceilings["peak"]
    # Beyond the second level lies the third, whose speed is between the two.
    cached = launch.bytes <= CPU_CACHE
    speed = ceilings["cache"] if cached else math.sqrt(ceilings["cache"] * ceilings["copies"])
    memory = launch.bytes * cost.here[1] * share / speed
    again = 1 if cached else cost.again
    return again * max(arithmetic, memory)


def cpu_launch_seconds(ceilings):
    return LAUNCHES_OF_A_CALL * ceilings["launch"]
