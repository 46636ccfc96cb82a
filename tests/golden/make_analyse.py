"""Writes the golden answers of tests/kernel/analyse.c: what a reference says of the problems of grow/.

    /usr/bin/python3 tests/golden/make_analyse.py PATH/TO/vmf.py [FOLDER]

PATH/TO/vmf.py is a slow float64 implementation with numpy alone (class DAM with forward, posterior);
it is not part of the product. FOLDER is tests/golden/analyse. The models and the samples, rounded to
float32, are those of grow/ beside it (make_grow.py), before the split.

    loss             of all samples, plus the logarithm of all counts
    lambda           P: least eigenvalues of the splitting matrices, by a dense eigensolver
    kappa mass       P
    norms            of the tangent gradient of w, and of that of g beyond factors of rows and columns,
                     weighted with g
    posterior        n x P+1: of every memory and, last, the background
    probabilities    n x C+1
    columns          n x 2: columns of the largest and second largest logit
    directions       n x N: minus the gradient of their difference, tangent, centred, of unit norm
    saddle           the saddle-point equations from there: loss, beta, largest |T(w) - w| and the weights' norm
                     beyond factors, before iterations 1 and EQUATIONS; then w before the latter, row by row
    angles landed    n: turn along them that changes the prediction (-1: none up to a right angle),
                     and to what
"""
import importlib.util
import os
import sys

import numpy as np

SCANS, HALVINGS, LIMIT = 64, 50, np.pi / 2
EQUATIONS = 6


def load(path):
    spec = importlib.util.spec_from_file_location("reference", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def model(reference, p, rng):
    dam = reference.DAM(p["x"].shape[1], len(p["w"]), int(p["setup"][2]), p["prior"],
                        p["beta"][0], p["setup"][0], rng, 10, np.float64)
    dam.W, dam.G, dam.counts = p["w"], p["g"], p["counts"]
    return dam


def eigenvalues(dam, X, Y):
    m, Q = dam.posterior(X, Y)[:2]
    least = []
    for mu in range(dam.P):
        w, q = dam.W[mu], Q[:, mu]
        t = X - m[:, [mu]] * w
        kappa = dam.b * (q * m[:, mu]).mean()
        S = kappa * (np.eye(dam.N) - np.outer(w, w)) - dam.b ** 2 * (t.T * q) @ t / len(X)
        # w itself is no direction: put its eigenvalue out of the way.
        least.append(np.linalg.eigvalsh(S + 1e3 * np.outer(w, w))[0])
    return np.array(least), dam.b * (Q * m).mean(0), Q.mean(0)


def beyond_factors(G, dG):
    """Root of the least sum G (dG - r - c)^2 over one r a row and one c a column."""
    rows, columns = G.shape
    terms = np.zeros((rows * columns, rows + columns))
    at = np.arange(rows * columns)
    terms[at, at // columns] = terms[at, rows + at % columns] = 1
    weight = np.sqrt(G.ravel())
    wanted = weight * dG.ravel()
    found = np.linalg.lstsq(weight[:, None] * terms, wanted, rcond=None)[0]
    return np.linalg.norm(wanted - weight * (terms @ found))


def turns(dam, X, U, stays):
    angles, landed = -np.ones(len(X)), stays.copy()
    for i in range(len(X)):
        lead = lambda a: int(dam.predict((np.cos(a) * X[i] + np.sin(a) * U[i])[None])[0])
        for scan in range(1, SCANS + 1):
            low, high = LIMIT * (scan - 1) / SCANS, LIMIT * scan / SCANS
            if lead(high) == stays[i]:
                continue
            for _ in range(HALVINGS):
                middle = (low + high) / 2
                low, high = (low, middle) if lead(middle) != stays[i] else (middle, high)
            angles[i], landed[i] = high, lead(high)
            break
    return angles, landed


def balanced(p, rows, columns):
    """G of given sums that maximises sum p log G: Newton on all multipliers at once, G = p / (a + c)."""
    K, M = p.shape
    z = np.concatenate([p.sum(1) / rows, np.zeros(M)])
    dual = lambda z: z[:K] @ rows + z[K:] @ columns - (p * np.log(z[:K, None] + z[None, K:])).sum()
    for _ in range(200):
        s = z[:K, None] + z[None, K:]
        g, h = p / s, p / s ** 2
        slope = np.concatenate([rows - g.sum(1), columns - g.sum(0)])
        H = np.block([[np.diag(h.sum(1)), h], [h.T, np.diag(h.sum(0))]])
        step = np.linalg.lstsq(H, -slope, rcond=1e-14)[0]
        t = 1.0
        while (z[:K, None] + t * step[:K, None] + z[None, K:] + t * step[None, K:]).min() <= 0 or \
                dual(z + t * step) > dual(z) + 1e-14:
            t /= 2
            if t < 1e-12:
                return g
        z = z + t * step
    return p / (z[:K, None] + z[None, K:])


def saddle(reference, dam, X, Y):
    """Iterates the equations as an expectation-maximisation: memories, weights and beta maximise the expected
    logarithm of the joint density under the responsibilities."""
    out = []
    for k in range(EQUATIONS):
        m, Q, E, E0, R, loss = dam.posterior(X, Y)
        dG = -np.vstack([E.T @ R, E0.T @ R]) / len(X)
        sums = np.array([sum(Q[i, mu] * X[i] for i in range(len(X))) for mu in range(dam.P)])
        W = sums / np.linalg.norm(sums, axis=1)[:, None]
        if k in (0, EQUATIONS - 1):
            out += [loss, dam.beta, np.linalg.norm(W - dam.W, axis=1).max(), beyond_factors(dam.G, dG)]
        last = dam.W.copy()
        # beta: the expected overlap is that of the density, by bisection in its logarithm.
        wanted, low, high = dam.vs * (Q * m).sum() / Q.sum(), -20.0, 20.0
        for _ in range(200):
            middle = (low + high) / 2
            low, high = (middle, high) if reference.dtau(np.exp(middle), dam.N) < wanted else (low, middle)
        dam.W, dam.beta = W, float(np.exp(high))
        dam.G = balanced(-dam.G * dG, dam.G.sum(1), dam.G.sum(0))
    return np.concatenate([out, last.ravel()])


def answer(reference, p):
    dam = model(reference, p, np.random.default_rng(0))
    X = reference.to_sphere(p["x"].astype(np.float32), np.float64)
    Y = reference.soft_labels(p["labels"].astype(int), len(p["prior"]) - 1, p["setup"][1], np.float64)
    loss, dW, dG, _ = dam.gradients(X, Y)
    lam, kappa, mass = eigenvalues(dam, X, Y)
    _, E, E0, Z, logits = dam.forward(X)
    columns = np.argsort(-logits, axis=1, kind="stable")[:, :2]
    row = np.arange(len(X))
    owed = [E * dam.G[:-1, columns[:, k]].T / Z[row, columns[:, k]][:, None] for k in (0, 1)]
    D = dam.b * (owed[1] - owed[0]) @ dam.W
    D -= D.mean(1, keepdims=True)
    D -= (D * X).sum(1, keepdims=True) * X
    U = reference.unit_rows(D)
    everything = np.hstack([E, E0]) * dam.G.sum(1) / Z.sum(1, keepdims=True)
    angles, landed = turns(dam, X, U, columns[:, 0])
    out = dict(loss=[loss + np.log(dam.counts.sum())], kappa=kappa, mass=mass,
               norms=[np.linalg.norm(dW), beyond_factors(dam.G, dG)], posterior=everything,
               probabilities=Z / Z.sum(1, keepdims=True), columns=columns, directions=U,
               angles=angles, landed=landed)
    out["lambda"] = lam
    out["saddle"] = saddle(reference, model(reference, p, np.random.default_rng(0)), X, Y)
    return out


def main(path, folder):
    reference = load(path)
    grow = os.path.join(os.path.dirname(os.path.abspath(__file__)), "grow")
    for name in sorted(os.listdir(grow)):
        problem = {file[:-4]: np.load(os.path.join(grow, name, file))
                   for file in os.listdir(os.path.join(grow, name))}
        os.makedirs(os.path.join(folder, name), exist_ok=True)
        for key, value in answer(reference, problem).items():
            np.save(os.path.join(folder, name, key + ".npy"), np.array(value, np.float64))


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else os.path.join(here, "analyse"))
