"""Writes the golden problems of tests/kernel/energy.c: what a reference of the energy model computes.

    /usr/bin/python3 tests/golden/make_energy.py PATH/TO/energy.py [FOLDER]

PATH/TO/energy.py is a slow float64 implementation with numpy alone (Inter, scales, loss_grad, train,
logits); it is not part of the product. FOLDER is tests/golden/energy.

Each problem is a folder of float64 .npy files, for A states of N neurons and K memories:

    setup    interaction, n, leak, rule, sharpness, T, T at the end of the ramp, its epochs, m, 1 if it
             classifies, 1 if targets are visible, floor, 1 if all columns are clamped, rate, decay,
             momentum, samples of a batch, classes
    x        A x N, as the model sees them while it learns
    labels   A (-1 where it stores)
    m        EPOCHS + 1 x K x N    memories at first and after every epoch, in the order of x
    first    loss and gradient at first, of all A: 1 + K N numbers
    losses   EPOCHS                mean loss of each epoch
    logits   A x classes           at the end, of a classifier
"""
import importlib.util
import os
import sys

import numpy as np

EPOCHS = 3
KINDS = ["poly", "rect", "leaky", "exp"]
RULES = ["modified", "original", "shift"]

# The problems of the specification's section 12, and larger ones of odd sizes.
SMALL = dict(N=6, K=3, A=2, batch=2)
LARGE = dict(N=37, K=21, A=12, batch=6, ramp=2)
PROBLEMS = {
    "poly3": dict(SMALL, kind="poly", n=3),
    "rect4": dict(SMALL, kind="rect", n=4),
    "rect4-original": dict(SMALL, kind="rect", n=4, rule="original", T=3.0),
    "leaky5": dict(SMALL, kind="leaky", n=5, leak=0.01, m=2),
    "leaky5-paper": dict(SMALL, kind="leaky", n=5, leak=-0.01, m=2),
    "exp": dict(SMALL, kind="exp", rule="shift", T=1.0),
    "rect4-hidden": dict(SMALL, kind="rect", n=4, classes=2),
    "poly10": dict(LARGE, kind="poly", n=10, T=0.9, Tf=0.8),
    "rect30": dict(LARGE, kind="rect", n=30, T=0.7, Tf=0.65, batch=12),
    "leaky7": dict(LARGE, kind="leaky", n=7, leak=-0.05, m=2, rule="original", T=30.0, Tf=28.0,
                   floor=1e-30),
    "exp-shift": dict(LARGE, kind="exp", rule="shift", sharpness=0.5, T=0.6, Tf=0.5),
    "floor": dict(LARGE, kind="poly", n=5, T=0.7, Tf=0.8, floor=1e-2, clamp_all=1),
    "class-hidden": dict(LARGE, kind="rect", n=6, m=2, T=0.4, Tf=0.35, classes=7),
    "class-visible": dict(LARGE, kind="poly", n=5, T=0.4, Tf=0.35, classes=13, visible=1, batch=12),
    "class-leaky": dict(LARGE, kind="leaky", n=3, leak=0.02, T=0.5, Tf=0.4, classes=3, clamp_all=1),
    "class-exp": dict(LARGE, kind="exp", rule="shift", sharpness=0.4, T=0.3, Tf=0.25, classes=4),
}


def load(path):
    spec = importlib.util.spec_from_file_location("reference", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def states(N, K, A):
    """Section 12's for its size, else random ones with grey first columns."""
    if N == 6:
        M = np.array([[0.8 * np.sin(1 + 6 * k + j) for j in range(N)] for k in range(K)])
        X = np.array([[1.0 if (7 * (6 * a + j) + 3) % 5 < 3 else -1.0 for j in range(N)] for a in range(A)])
        return X, M, None
    rng = np.random.default_rng(N * K + A)
    X = np.where(rng.random((A, N)) < 0.5, -1.0, 1.0)
    M = np.clip(0.5 * X[rng.integers(0, A, K)] + rng.normal(0, 0.4, (K, N)), -1, 1)
    return X, M, rng


def make(reference, N, K, A, batch, kind, n=2, leak=0.0, rule="modified", sharpness=1.0, T=0.5, Tf=None,
         ramp=0, m=1, classes=0, visible=0, floor=0.0, clamp_all=0, rate=0.1, decay=0.99, momentum=0.5):
    f = reference.Inter(kind, n, leak)
    X, M, rng = states(N, K, A)
    N_all, idx, tau = N, None, None
    labels = -np.ones(A)
    if classes and rng is None:
        # Section 12: the last neurons are one-hot already, and become hidden.
        idx = np.arange(N - classes, N)
        labels = X[:, idx].argmax(1).astype(float)
        tau = -X[:, idx]
        X[:, idx] = -1
    elif classes:
        idx = np.arange(N, N + classes)
        labels = rng.integers(0, classes, A).astype(float)
        onehot = np.where(np.arange(classes) == labels[:, None], 1.0, -1.0)
        X = np.hstack([rng.uniform(-1, 1, (A, N)), onehot if visible else -np.ones((A, classes))])
        M = np.hstack([M, rng.normal(0, 0.4, (K, classes))])
        tau = np.ones((A, classes)) if visible else -onehot
        N_all = N + classes
    rng = None
    setup = [KINDS.index(kind), n, leak, RULES.index(rule), sharpness, T, Tf or 0, ramp, m, classes > 0,
             visible, floor, clamp_all, rate, decay, momentum, batch, classes]

    def scales(_rule, N_, T_, n_):
        if rule == "shift":
            return sharpness, np.exp(-sharpness * N_ * T_)
        return plain(rule, N_, T_, n_)

    plain = reference.scales
    clamp = np.ones(N_all, bool)
    if classes and not clamp_all:
        clamp[N_all - classes:] = False
    every = np.arange(N_all) if idx is None else idx
    ones = np.ones((A, len(every))) if tau is None else tau
    b, g = scales(rule, N_all, T, n)
    L, G = reference.loss_grad(X, M, f, every, b, g, ones, m)
    trail, losses = [M.copy()], []
    reference.scales = scales
    reference.train(X, M, f, rule, T, Tf, ramp or None, rate, decay, momentum, EPOCHS, m, floor, batch, idx,
                    clamp, tau, None, lambda _e, loss, Mt: (losses.append(loss), trail.append(Mt.copy())))
    reference.scales = plain
    out = dict(setup=setup, x=X, labels=labels, m=np.array(trail), losses=losses,
               first=np.concatenate([[L], G.ravel()]))
    if classes:
        last = Tf if Tf and ramp else T
        out["logits"] = reference.logits(X, trail[-1], f, every, scales(rule, N_all, last, n)[0])
    else:
        out["logits"] = np.zeros((A, 1))
    return {name: np.asarray(value, np.float64) for name, value in out.items()}


def main():
    reference = load(sys.argv[1])
    root = sys.argv[2] if len(sys.argv) > 2 else os.path.join(os.path.dirname(__file__), "energy")
    for name, sizes in PROBLEMS.items():
        folder = os.path.join(root, name)
        os.makedirs(folder, exist_ok=True)
        problem = make(reference, **sizes)
        for array, values in problem.items():
            np.save(os.path.join(folder, array + ".npy"), values)
        print("%-16s L %.12g  G[0][0] %.12g  sum|G| %.12g  losses %s  sum M %.12g" % (
            name, problem["first"][0], problem["first"][1], np.abs(problem["first"][1:]).sum(),
            problem["losses"], problem["m"][-1].sum()))


if __name__ == "__main__":
    main()
