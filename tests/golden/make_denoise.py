#!/usr/bin/env python3
"""Golden problems of the denoiser from its float64 reference (numpy alone).

    /usr/bin/python3 tests/golden/make_denoise.py REFERENCE/denoise.py [FOLDER]

FOLDER/shared/{y,w,b,c}.npy: clean samples (P x N, exact in float32), first parameters; x.npy: the
first three noisy samples. The noise is NOISE times normal numbers of Philox4x32-10 under seed 1,
as the device draws them: number j of sample i comes from the counter {i, j / 4, 0, 13}.
FOLDER/CASE.npy is one row of numbers:

    setup      activation, power, centring, regime, algorithm (0 SGD, 1 Adam), momentum, eta0
    losses     of 5 steps; batch k is samples 5 k ... 5 k + 4, around the end
    gradients  of the first batch: dW, db, dc
    1, 3, 5    W, b, c after so many steps
    and where the power is 1, or something bounds the inputs:
    m          means of the activations of all samples after step 5 (0 where not centred)
    energy     of the first three noisy samples
    relaxed    these after 20 steps of 0.1
"""
import importlib.util
import os
import sys

import numpy as np

N, K, P, B, STEPS, NOISE = 12, 24, 20, 5, 5, 0.5
ACTIVATIONS = [("linear", 1, .02), ("relu", 1, .02), ("relu", 2, .005), ("relu", 3, .001), ("softmax", 1, .002)]
NAMES = ["linear", "relu", "softmax"]
CENTRINGS = ["none", "batch"]
# What bounds the inputs, at AT: cases of their own, whose names begin with it.
AT = 1.25
BOUNDED = [("tanh", "relu", 2, "batch", "prop", "adam"), ("clip", "relu", 3, "none", "width", "sgd"),
           ("unit", "softmax", 1, "batch", "prop", "sgd"), ("tanh", "linear", 1, "none", "prop", "sgd")]
OPTIMIZERS = [("prop", "sgd", 0.9), ("prop", "adam", 0.0), ("width", "sgd", 0.0)]


def load(path):
    spec = importlib.util.spec_from_file_location("reference", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def philox(counter, key):
    c, k, mask = list(counter), list(key), 0xFFFFFFFF
    for _ in range(10):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(b >> 32) ^ c[1] ^ k[0], b & mask, (a >> 32) ^ c[3] ^ k[1], a & mask]
        k = [(k[0] + 0x9E3779B9) & mask, (k[1] + 0xBB67AE85) & mask]
    return c


def noise():
    out = np.zeros((P, N))
    for i in range(P):
        for j in range(0, N, 4):
            u = [((w >> 8) + 0.5) / 2 ** 24 for w in philox([i, j // 4, 0, 13], [1, 0])]
            for half in (0, 2):
                r, angle = np.sqrt(-2 * np.log(u[half])), 2 * np.pi * u[half + 1]
                out[i, j + half:j + half + 2] = r * np.cos(angle), r * np.sin(angle)
    return out


def bound(x, kind):
    """g(x), and L(x), whose gradient it is: of each row."""
    if kind == "tanh":
        return AT * np.tanh(x / AT), (AT ** 2 * np.log(np.cosh(x / AT))).sum(1)
    if kind == "clip":
        far = np.abs(x) > AT
        return np.clip(x, -AT, AT), np.where(far, AT * (np.abs(x) - AT / 2), x ** 2 / 2).sum(1)
    if kind == "unit":
        length = np.linalg.norm(x, axis=1, keepdims=True)
        return x * np.sqrt(x.shape[1]) / length, np.sqrt(x.shape[1]) * length[:, 0]
    return x, (x ** 2).sum(1) / 2


def bounded_energy(R, prm, x, s1, s2, act, p, m, kind):
    """E = x.g - L - c.g - (s2 / s1) (Q - m.z), z of g(x): the reference's with its |g|^2 / 2 exchanged."""
    g, L = bound(x, kind)
    return R.energy(prm, g, s1, s2, act, p, m) - (g ** 2).sum(1) / 2 + (x * g).sum(1) - L


def bounded_relax(R, prm, m, x, s1, s2, act, p, kind, dt=.1, steps=20):
    x = x.copy()
    for _ in range(steps):
        x += dt * (R.forward(prm, bound(x, kind)[0], s1, s2, act, p, m=m)[0] - x)
    return x


def check_descent(R, prm, x, s1, s2, act, p, m, kind):
    """-grad E = g'(x) (f(x) - x), by central differences along random directions, both of g and of E."""
    v, h = np.random.default_rng(7).standard_normal(x.shape), 1e-6
    E = [bounded_energy(R, prm, x + s * h * v, s1, s2, act, p, m, kind) for s in (1, -1)]
    dg = (bound(x + h * v, kind)[0] - bound(x - h * v, kind)[0]) / (2 * h)
    pull = R.forward(prm, bound(x, kind)[0], s1, s2, act, p, m=m)[0] - x
    assert np.allclose((E[0] - E[1]) / (2 * h), -(dg * pull).sum(1), rtol=1e-6, atol=1e-7), kind


def make(R, X, Y, W, b, c, act, p, centring, regime, opt, mu, eta0, kind=None):
    noisy, X = X, bound(X, kind)[0]
    s1, s2 = R.scales(act, N, K, regime)
    rates, state = R.rates(opt, N, K, eta0), []
    prm = [W.copy(), b.copy(), c.copy()]
    setup = [NAMES.index(act), p, CENTRINGS.index(centring), regime == "width", opt == "adam", mu, eta0]
    losses, first, trail = [], None, []
    for k in range(STEPS):
        ix = np.arange(k * B, (k + 1) * B) % P
        L, g, _ = R.grads(prm, X[ix], Y[ix], s1, s2, act, p, centring)
        # Exactly 0 for linear and centred; Adam would make steps of its rounding.
        idle = act == "linear" and centring == "batch"
        G = (g[0] + g[1], 0 * g[2] if idle else g[2], g[3])
        losses.append(L)
        first = first or [v.copy() for v in G]
        if opt == "sgd":
            R.sgd_step(prm, G, rates, state, mu)
        else:
            R.adam_step(prm, G, rates, state, R.adam_eps(N, K))
        if k + 1 in (1, 3, 5):
            trail += [q.copy() for q in prm]
    out = [np.array(setup, float), np.array(losses)] + first + trail
    if p == 1 or kind:
        m = R.act_fwd(s1 * X @ prm[0].T + prm[1], act, p).mean(0) if centring == "batch" else np.zeros(K)
        if kind:
            check_descent(R, prm, noisy[:3], s1, s2, act, p, m, kind)
            out += [m, bounded_energy(R, prm, noisy[:3], s1, s2, act, p, m, kind),
                    bounded_relax(R, prm, m, noisy[:3], s1, s2, act, p, kind)]
        else:
            out += [m, R.energy(prm, X[:3], s1, s2, act, p, m),
                    R.denoise(prm, m, X[:3], s1, s2, act, p, dt=.1, steps=20)]
    return np.concatenate([np.ravel(v) for v in out])


def main():
    R = load(sys.argv[1])
    root = sys.argv[2] if len(sys.argv) > 2 else os.path.join(os.path.dirname(__file__), "denoise")
    os.makedirs(os.path.join(root, "shared"), exist_ok=True)
    rng = np.random.default_rng(42)
    Y = (rng.standard_normal((P, N)) * np.sqrt(R.spectrum(N))).astype(np.float32).astype(float)
    X = Y + NOISE * noise()
    W, b, c = R.init(N, K, rng)
    b[:] = .1 * rng.standard_normal(K)
    c[:] = .1 * rng.standard_normal(N)
    for name, values in dict(y=Y, x=X[:3], w=W, b=b, c=c).items():
        np.save(os.path.join(root, "shared", name + ".npy"), values)
    for act, p, eta in ACTIVATIONS:
        for centring in CENTRINGS:
            for regime, opt, mu in OPTIMIZERS:
                eta0 = .02 if opt == "adam" else eta * (1 - mu)
                row = make(R, X, Y, W, b, c, act, p, centring, regime, opt, mu, eta0)
                assert np.isfinite(row).all()
                name = "%s%d-%s-%s-%s" % (act, p, centring, regime, opt)
                np.save(os.path.join(root, name + ".npy"), row)
                print("%-28s %d numbers, losses %s" % (name, len(row), row[7:12]))
    for kind, act, p, centring, regime, opt in BOUNDED:
        eta0 = .02 if opt == "adam" else dict((a[:2], a[2]) for a in ACTIVATIONS)[act, p]
        row = make(R, X, Y, W, b, c, act, p, centring, regime, opt, 0.0, eta0, kind)
        assert np.isfinite(row).all()
        name = "%s-%s%d-%s-%s-%s" % (kind, act, p, centring, regime, opt)
        np.save(os.path.join(root, name + ".npy"), row)
        print("%-28s %d numbers, losses %s" % (name, len(row), row[7:12]))


if __name__ == "__main__":
    main()
