"""Writes the golden problems of tests/kernel/recall.c: relaxations of a slow reference.

    /usr/bin/python3 tests/golden/make_recall.py PATH/TO/energy.py [FOLDER]

PATH/TO/energy.py is a slow float64 implementation with numpy alone (class Inter; relax_async,
relax_sync, energy); it is not part of the product. FOLDER is tests/golden/recall.

The orders of the neurons are drawn here once more, by Philox4x32-10 and a Feistel network as
docs/data.md describes them, from seed SEED, stream STREAM and the sweep.

Each problem is a folder of float64 .npy files:

    setup      kind, exponent, leak, b of F(b S), 1 if synchronous
    memories   K x N        probes   A x N       fixed   N marks
    states     A x N        after relaxation
    energies   A x 2        before and after, in units of F(b N)
"""
import importlib.util
import os
import sys

import numpy as np

SEED = 5
STREAM = 11
ROUNDS = 4
WORD = 0xFFFFFFFF

# name: kind, n, leak, b, N, K, A, flips, memories ("signs" or "reals"), free, synchronous
PROBLEMS = {
    "signs-poly": ("poly", 3, 0, 1, 40, 6, 24, 8, "signs", 1.0, 0),
    "signs-ties": ("poly", 2, 0, 1, 20, 4, 24, 6, "signs", 1.0, 0),
    "signs-rect": ("rect", 5, 0, 1, 61, 70, 24, 12, "signs", 1.0, 0),
    "signs-leaky": ("leaky", 4, -0.01, 1, 33, 9, 24, 9, "signs", 1.0, 0),
    "signs-exp": ("exp", 2, 0, 0.5, 48, 100, 24, 10, "signs", 0.6, 0),
    "signs-steep": ("poly", 30, 0, 1, 50, 90, 24, 14, "signs", 1.0, 0),
    "signs-together": ("rect", 3, 0, 1, 40, 20, 24, 10, "signs", 1.0, 1),
    "reals-poly": ("poly", 4, 0, 1, 37, 21, 24, 9, "reals", 1.0, 0),
    "reals-rect": ("rect", 20, 0, 1, 45, 130, 24, 11, "reals", 0.7, 0),
    "reals-leaky": ("leaky", 3, 0.01, 1, 30, 18, 24, 8, "reals", 1.0, 0),
    "reals-exp": ("exp", 2, 0, 0.7, 29, 40, 24, 7, "reals", 1.0, 0),
    "reals-together": ("poly", 5, 0, 1, 31, 33, 24, 8, "reals", 1.0, 1),
    # Scales of the modified rule, 1 / (N T), at which the leak is felt; with signs powers of two, so that
    # leaks that cancel leave nothing.
    "signs-leaky-scaled": ("leaky", 8, 2**-7, 2**-5, 33, 9, 24, 9, "signs", 1.0, 0),
    "signs-leaky-wide": ("leaky", 4, -0.5, 2**-6, 40, 20, 24, 8, "signs", 1.0, 0),
    "reals-leaky-scaled": ("leaky", 20, 0.01, 1 / (30 * 1.1), 30, 18, 24, 8, "reals", 1.0, 0),
    "reals-leaky-wide": ("leaky", 90, -0.01, 1 / (45 * 1.4), 45, 30, 24, 9, "reals", 1.0, 0),
}


def philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        p, q = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(q >> 32) ^ c[1] ^ k[0], q & WORD, (p >> 32) ^ c[3] ^ k[1], p & WORD]
        k = [(k[0] + 0x9E3779B9) & WORD, (k[1] + 0xBB67AE85) & WORD]
    return c


def order(sweep, size):
    side = int(np.ceil(np.sqrt(size)))
    out = []
    for place in range(size):
        value = place
        while True:
            left, right = divmod(value, side)
            for r in range(ROUNDS):
                word = philox((right, r, sweep, STREAM), (SEED & WORD, SEED >> 32))[0]
                left, right = right, (left + word % side) % side
            value = left * side + right
            if value < size:
                break
        out.append(value)
    return np.array(out)


class Orders:
    """Stands in for numpy's generator: the permutation of sweep 0, 1, ..."""

    def __init__(self):
        self.sweep = 0

    def permutation(self, idx):
        self.sweep += 1
        return np.asarray(idx)[order(self.sweep - 1, len(idx))]


def load(path):
    spec = importlib.util.spec_from_file_location("reference", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def make(reference, problem, rng):
    kind, n, leak, alpha, N, K, A, flips, memories, free, together = problem
    alpha = float(alpha)
    signs = np.where(rng.random((K, N)) < 0.5, -1.0, 1.0)
    # Reals in 2^-10 steps: the same in single precision.
    M = signs if memories == "signs" else np.round(signs * rng.uniform(0.05, 1, (K, N)) * 1024) / 1024
    X = np.sign(M[rng.integers(0, K, A)])
    for x in X:
        x[rng.choice(N, flips, replace=False)] *= -1
    fixed = np.zeros(N)
    fixed[rng.permutation(N)[: N - int(round(free * N))]] = 1
    idx = np.flatnonzero(fixed == 0)
    f = reference.Inter(kind, n, leak)
    if together:
        Y, _ = reference.relax_sync(X, M, f, alpha, idx)
    else:
        Y, _ = reference.relax_async(X, M, f, Orders(), alpha, idx)
    unit = float(f.F(np.array(alpha * N)))
    E = np.stack([reference.energy(X, M, f, alpha), reference.energy(Y, M, f, alpha)], 1) / unit
    assert np.isfinite(E).all() and not np.array_equal(X, Y)
    setup = np.array([["poly", "rect", "leaky", "exp"].index(kind), n, leak, alpha, together], float)
    return {"setup": setup, "memories": M, "probes": X, "fixed": fixed, "states": Y, "energies": E}


def main():
    reference = load(sys.argv[1])
    folder = sys.argv[2] if len(sys.argv) > 2 else os.path.join(os.path.dirname(__file__), "recall")
    for i, (name, problem) in enumerate(PROBLEMS.items()):
        arrays = make(reference, problem, np.random.default_rng(100 + i))
        os.makedirs(os.path.join(folder, name), exist_ok=True)
        for key, value in arrays.items():
            np.save(os.path.join(folder, name, key + ".npy"), np.ascontiguousarray(value, dtype=float))


if __name__ == "__main__":
    main()
