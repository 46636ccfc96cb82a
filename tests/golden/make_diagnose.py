#!/usr/bin/env python3
"""Golden diagnostics of the denoiser's steps from its float64 reference (numpy alone).

    /usr/bin/python3 tests/golden/make_diagnose.py REFERENCE/denoise.py [FOLDER]

The problem is that of make_denoise.py. FOLDER/CASE.npy is one row of numbers for each of two
steps, on samples 0 ... 4 and 5 ... 9: with SGD D1W D1Z D11F D21F D2W D2Z D12F D22F, with Adam
DW DZ D1F D2F; then DbZ, DcF, lmax, bulk, and K_eff with softmax. FOLDER/top.npy is the largest
eigenvalue of the covariance of the 20 noisy samples.
"""
import os
import sys

import numpy as np

import make_denoise as M


def rows_of(R, X, Y, W, b, c, act, p, centring, opt, eta0):
    s1, s2 = R.scales(act, M.N, M.K)
    rates, state = R.rates(opt, M.N, M.K, eta0), []
    prm, rows = [W.copy(), b.copy(), c.copy()], []
    for k in range(2):
        ix = np.arange(k * M.B, (k + 1) * M.B)
        _, g, cache = R.grads(prm, X[ix], Y[ix], s1, s2, act, p, centring)
        if act == "linear" and centring == "batch":
            g = (g[0], g[1], 0 * g[2], g[3])
        old, G = [q.copy() for q in prm], (g[0] + g[1], g[2], g[3])
        if opt == "sgd":
            R.sgd_step(prm, G, rates, state)
            update = None
        else:
            R.adam_step(prm, G, rates, state, R.adam_eps(M.N, M.K))
            update = [q - o for q, o in zip(prm, old)]
        d = R.diagnostics(old, X[ix], g, cache, s1, s2, act, p, centring, rates, update)
        names = (["D1W", "D1Z", "D11F", "D21F", "D2W", "D2Z", "D12F", "D22F"] if opt == "sgd"
                 else ["D1W", "D1Z", "D11F", "D21F"])
        names += ["DbZ", "DcF", "lmax", "bulk"] + (["Keff"] if act == "softmax" else [])
        rows.append([d[n] for n in names])
    return np.array(rows)


def main():
    R = M.load(sys.argv[1])
    here = os.path.dirname(os.path.abspath(__file__))
    root = sys.argv[2] if len(sys.argv) > 2 else os.path.join(here, "diagnose")
    os.makedirs(root, exist_ok=True)
    Y, W, b, c = (np.load(os.path.join(here, "denoise", "shared", n + ".npy")) for n in "ywbc")
    W, b, c = W.reshape(M.K, M.N), np.ravel(b), np.ravel(c)
    X = Y + M.NOISE * M.noise()
    for act, p, eta in M.ACTIVATIONS:
        for centring in M.CENTRINGS:
            for opt in ("sgd", "adam"):
                rows = rows_of(R, X, Y, W, b, c, act, p, centring, opt, eta)
                assert np.isfinite(rows).all()
                np.save(os.path.join(root, "%s%d-%s-%s.npy" % (act, p, centring, opt)), rows)
                print("%s%d-%s-%s" % (act, p, centring, opt), rows[0])
    top = np.linalg.eigvalsh(np.cov(X.T, bias=True))[-1]
    np.save(os.path.join(root, "top.npy"), np.array([top]))
    print("top", top)


if __name__ == "__main__":
    main()
