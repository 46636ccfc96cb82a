"""Writes the golden problems of tests/kernel/unsupervised.c: the vmf model without labels.

    /usr/bin/python3 tests/golden/make_unsupervised.py PATH/TO/vmf.py [FOLDER]

As make_vmf.py, which says what the files hold, but with the unsupervised loss: there are no labels and
no predictions. Asserts that the part of the gradient that flows through the softmax is too large to be
left out unnoticed. FOLDER is tests/golden/unsupervised.
"""
import os
import sys

import numpy as np

from make_vmf import STEPS, load

# name: N, P, C, B, capacity, varsigma, beta, rate, softening
PROBLEMS = {
    "ten": (36, 21, 10, 17, 21, 0.6, 40.0, 0.5, 0.01),
    "many": (23, 9, 17, 13, 12, 0.9, 25.0, 0.3, 0.1),
}


def make(reference, N, P, C, B, capacity, varsigma, beta, rate, softening, momentum=0.99):
    rng = np.random.default_rng(N * P + C)
    prior = reference.class_prior(rng.integers(100, 135, C), softening)
    dam = reference.DAM(N, P, capacity, prior, beta, varsigma, rng, 100, np.float64)
    dam.G *= np.exp(1.5 * rng.standard_normal(dam.G.shape))
    dam.sinkhorn()
    centres = rng.standard_normal((P, N))
    X = centres[rng.integers(0, P, STEPS * B)] + rng.standard_normal((STEPS * B, N))
    X = reference.to_sphere(X, np.float64)
    X[3] = 0                                        # a blank sample
    dam.W = reference.unit_rows(centres + 0.7 * rng.standard_normal((P, N)))
    out = dict(x=X, counts=dam.counts, prior=prior)
    out["setup"] = [dam.vs, softening, rate, momentum, dam.iters, capacity, 0]
    _, out["dw"], out["dg"], out["dbeta"] = dam.gradients(X[:B], None, softening)
    l = dam.logits(X[:B])
    target, slope = dam.target(l, None, softening)
    assert np.abs(slope - target).max() > 0.05 and slope.min() < -0.001
    w, g, b, loss = [dam.W], [dam.G], [dam.beta], []
    for t in range(STEPS):
        part = slice(t * B, (t + 1) * B)
        loss.append(dam.step(X[part], None, softening, lr=rate, momentum=momentum))
        w.append(dam.W)
        g.append(dam.G)
        b.append(dam.beta)
    loss.append(dam.loss(X, None, softening))
    out.update(w=w, g=g, beta=b, loss=loss)
    return out


def main(path, folder):
    reference = load(path)
    for name, problem in PROBLEMS.items():
        os.makedirs(os.path.join(folder, name), exist_ok=True)
        for key, value in make(reference, *problem).items():
            np.save(os.path.join(folder, name, key + ".npy"), np.array(value, np.float64))


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else os.path.join(here, "unsupervised"))
