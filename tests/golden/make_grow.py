"""Writes the golden problems of tests/kernel/grow.c: what a reference of the vmf model splits.

    /usr/bin/python3 tests/golden/make_grow.py PATH/TO/vmf.py [FOLDER]

PATH/TO/vmf.py is a slow float64 implementation with numpy alone (class DAM with scatter, split); it
is not part of the product. FOLDER is tests/golden/grow.

Each problem is a folder of float64 .npy files:

    setup    varsigma, softening, capacity, iterations, step, threshold, fraction
    x        n x N, unit rows             labels   n
    prior    C+1                          beta     1
    w g counts                            before: P x N, P+1 x C+1 (background row last), P+1
    vw vg                                 velocities: P x N, P+1 x C+1
    u                                     P x N: first directions, unit and tangent
    su                                    P x N: the splitting matrices times the first directions
    kappa mass                            P
    lambda directions                     P, P x N: after so many iterations, the direction is the one
                                          that lambda belongs to
    picked                                the memories that split
    w2 g2 counts2 vw2 vg2                 after the split
"""
import importlib.util
import os
import sys

import numpy as np

# name: N, P, C, n, capacity, varsigma, beta, iterations, step, fraction
PROBLEMS = {
    # All memories that can split do, in a model whose counts are equal.
    "whole": (23, 7, 3, 57, 20, 0.8, 12.0, 3, 0.25, 1.0),
    # Some do, after an earlier split left counts unequal; there is room for few.
    "partial": (37, 29, 5, 83, 40, 0.9, 25.0, 5, 0.4, 0.3),
}


def load(path):
    spec = importlib.util.spec_from_file_location("reference", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tangent(reference, dam, V):
    return reference.unit_rows(V - (V * dam.W).sum(1, keepdims=True) * dam.W)


def iterate(reference, dam, X, Y, U, iterations):
    """The power iteration of DAM.split_eigenpairs, from given directions."""
    for _ in range(iterations):
        CU, kappa, mass = dam.scatter(X, Y, U)
        lam = kappa - dam.b ** 2 * (U * CU).sum(1)
        used, U = U, tangent(reference, dam, CU)
    return lam, used, kappa, mass


def make(reference, N, P, C, n, capacity, varsigma, beta, iterations, step, fraction,
         softening=0.1):
    rng = np.random.default_rng(N * P + C)
    prior = reference.class_prior(rng.integers(5, 40, C), softening)
    earlier = P // 4 if fraction < 1 else 0
    dam = reference.DAM(N, P - earlier, capacity, prior, beta, varsigma, rng, 50, np.float64)
    labels = rng.integers(0, C, n)
    # Each class has two directions, so that a memory on their mean would rather be two.
    centres = rng.standard_normal((2 * C, N))
    X = reference.to_sphere(centres[labels + C * rng.integers(0, 2, n)]
                            + 0.7 * rng.standard_normal((n, N)), np.float64)
    Y = reference.soft_labels(labels, C, softening, np.float64)
    of_class = np.arange(P - earlier) % C
    dam.W = reference.unit_rows(centres[of_class] + centres[of_class + C] + 0.5 * dam.W * np.sqrt(N))
    dam.G *= np.exp(0.7 * rng.standard_normal(dam.G.shape))
    dam.sinkhorn()
    if earlier:
        split = np.full(dam.P, 1.0)
        split[rng.permutation(dam.P)[:earlier]] = -1
        dam.split(split, tangent(reference, dam, rng.standard_normal(dam.W.shape)), eps=0.3)
    dam.vW, dam.vG = 0.1 * rng.standard_normal(dam.W.shape), 0.1 * rng.standard_normal(dam.G.shape)

    U = tangent(reference, dam, rng.standard_normal(dam.W.shape))
    CU, kappa, mass = dam.scatter(X, Y, U)
    lam, used, _, _ = iterate(reference, dam, X, Y, U, iterations)
    # A threshold that some memories are not below.
    threshold = float(np.sort(lam)[-2]) - 1e-4
    out = dict(x=X, labels=labels, prior=prior, beta=[dam.beta], w=dam.W, g=dam.G,
               counts=dam.counts, vw=dam.vW, vg=dam.vG, u=U, su=kappa[:, None] * U - dam.b ** 2 * CU,
               kappa=kappa, mass=mass, directions=used,
               setup=[varsigma, softening, capacity, iterations, step, threshold, fraction])
    out["lambda"] = lam
    room = min(int(round(fraction * dam.P)), capacity - dam.P)
    pick = np.argsort(lam, kind="stable")[:room]
    out["picked"] = np.sort(pick[lam[pick] < threshold])
    dam.split(lam, used, threshold, step, fraction, keep_velocity=True)
    out.update(w2=dam.W, g2=dam.G, counts2=dam.counts, vw2=dam.vW, vg2=dam.vG)
    return out


def main(path, folder):
    reference = load(path)
    for name, problem in PROBLEMS.items():
        os.makedirs(os.path.join(folder, name), exist_ok=True)
        for key, value in make(reference, *problem).items():
            np.save(os.path.join(folder, name, key + ".npy"), np.array(value, np.float64))


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else os.path.join(here, "grow"))
