"""Writes the golden problems of tests/kernel/vmf.c: what a reference of the vmf model computes.

    /usr/bin/python3 tests/golden/make_vmf.py PATH/TO/vmf.py [FOLDER]

PATH/TO/vmf.py is a slow float64 implementation with numpy alone (class DAM with forward, gradients,
step, loss, predict, first_neighbour); it is not part of the product. FOLDER is tests/golden/vmf.

Each problem is a folder of float64 .npy files. T = 3 training steps, step t on samples t B ... t B + B-1:

    setup    varsigma, softening, rate, momentum, Sinkhorn iterations, capacity, 1 if beta is frozen
    x        T B x N, unit rows          labels   T B
    counts   P+1                         prior    C+1
    w        T+1 x P x N                 values before the first and after every step
    g        T+1 x P+1 x C+1             (background row last)
    beta     T+1
    loss     T losses, then the loss of all T B samples after the last step
    dw dg dbeta                          gradients of the first step; dw and dg projected
    predicted nearest                    T B, after the last step
"""
import importlib.util
import os
import sys

import numpy as np

STEPS = 3

# name: N, P, C, B, capacity, varsigma (None: beta frozen), beta, rate
PROBLEMS = {
    "small": (23, 7, 3, 19, 11, 0.4, 9.0, 0.1),
    "fast": (23, 7, 3, 19, 11, 0.4, 9.0, 0.7),
    "frozen": (23, 7, 3, 19, 11, None, 6.0, 0.5),
    "classes": (37, 29, 17, 31, 40, 0.9, 25.0, 0.5),
}


def load(path):
    spec = importlib.util.spec_from_file_location("reference", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def make(reference, N, P, C, B, capacity, varsigma, beta, rate, softening=0.1, momentum=0.99):
    rng = np.random.default_rng(N * P + C)
    prior = reference.class_prior(rng.integers(5, 40, C), softening)
    dam = reference.DAM(N, P, capacity, prior, beta, varsigma, rng, 10, np.float64)
    dam.G *= np.exp(0.7 * rng.standard_normal(dam.G.shape))
    dam.sinkhorn()
    labels = rng.integers(0, C, STEPS * B)
    # Classes with a direction each, so that the samples teach something.
    centres = rng.standard_normal((C, N))
    X = reference.to_sphere(centres[labels] + rng.standard_normal((STEPS * B, N)), np.float64)
    # Memories that have something to do with them.
    dam.W = reference.unit_rows(centres[np.arange(P) % C] + 1.5 * dam.W * np.sqrt(N))
    Y = reference.soft_labels(labels, C, softening, np.float64)
    out = dict(x=X, labels=labels, counts=dam.counts, prior=prior)
    out["setup"] = [dam.vs, softening, rate, momentum, dam.iters, capacity, dam.fixed_beta]
    _, out["dw"], out["dg"], out["dbeta"] = dam.gradients(X[:B], Y[:B])
    w, g, b, loss = [dam.W], [dam.G], [dam.beta], []
    for t in range(STEPS):
        part = slice(t * B, (t + 1) * B)
        loss.append(dam.step(X[part], Y[part], lr=rate, momentum=momentum))
        w.append(dam.W)
        g.append(dam.G)
        b.append(dam.beta)
    loss.append(dam.loss(X, Y))
    out.update(w=w, g=g, beta=b, loss=loss, predicted=dam.predict(X), nearest=dam.first_neighbour(X))
    return out


def main(path, folder):
    reference = load(path)
    for name, problem in PROBLEMS.items():
        os.makedirs(os.path.join(folder, name), exist_ok=True)
        for key, value in make(reference, *problem).items():
            np.save(os.path.join(folder, name, key + ".npy"), np.array(value, np.float64))


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else os.path.join(here, "vmf"))
