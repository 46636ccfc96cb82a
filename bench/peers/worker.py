#!/usr/bin/python3
"""A process of one peer, for steps.py.

    bench/peers/worker.py MODE STEP SECONDS

Prints the loss after three steps, the median seconds of those that follow, and what the library is and
multiplies with, as JSON. With the step `none` it makes a product alone.
"""
import json
import os
import statistics
import sys
import time

from models import STEPS
from libraries import MODES, blas, load, reference_blas

__all__ = ["STEPS", "MODES"]

REFERENCE_BLAS, NOT_THERE = 10, 11


def run(lib, step, seconds):
    import numpy as np
    rng = np.random.default_rng(0)
    model = STEPS[step][1](rng)
    data = [lib.array(values) for values in model.data]
    state = tuple(lib.array(values) for values in model.state)
    batches = np.random.default_rng(1)

    def full(state, x, y, order):
        return model.step(lib, state, lib.rows(x, order), lib.rows(y, order))

    compiled = lib.compiled(full)

    def advance(state):
        order = lib.array(batches.permutation(model.SAMPLES)[:model.BATCH])
        state, loss = compiled(state, *data, order)
        return state, float(loss)

    for _ in range(3):
        state, loss = advance(state)
    times, begin = [], time.perf_counter()
    while len(times) < 3 or time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        state, _ = advance(state)
        times.append(time.perf_counter() - start)
    return {"loss": loss, "seconds": statistics.median(times)}


def main():
    mode, step, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    if mode == "jax" and os.environ.get("OMP_NUM_THREADS") == "1":
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    try:
        lib = load(mode)
        import numpy as np
    except ImportError:
        sys.exit(NOT_THERE)
    ones = lib.array(np.ones((64, 64), np.float32))
    ones @ ones
    reference = reference_blas()
    if reference is not None and mode != "jax":
        print(reference)
        sys.exit(REFERENCE_BLAS)
    said = run(lib, step, seconds) if step != "none" else {}
    name, openblas = blas(lib)
    print(json.dumps(said | {"version": lib.version, "blas": name, "openblas": openblas}))


if __name__ == "__main__":
    main()
