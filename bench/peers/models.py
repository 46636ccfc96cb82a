"""One training step of each model, for any library of arrays (docs/models/ has the equations).

A model has its data (numpy, float32), its first state (a tuple of arrays) and `step(lib, state, X, Y)`,
which returns the next state and the loss. It is written as one writes it with these libraries: whole-array
expressions, in pieces of the batch where that is faster, and pure, so that torch and JAX can compile it.
"""
import numpy as np


def float32(values):
    return np.asarray(values, dtype=np.float32, order="C")


class Vmf:
    """bench/vmf: 1000 x 784 a step, of 10,000 samples."""
    BATCH, SAMPLES, N, C = 1000, 10000, 784, 10
    RATE, MOMENTUM, VARSIGMA, SOFTENING, SINKHORN = 0.1, 0.99, 0.25, 0.1, 10

    def __init__(self, rng, memories=400):
        self.K, many = memories, self.C + 1
        samples = rng.random((self.SAMPLES, self.N)) - 0.5
        samples -= samples.mean(1, keepdims=True)
        W = rng.standard_normal((self.K, self.N))
        labels = rng.integers(0, self.C, self.SAMPLES)
        soft = np.full((self.SAMPLES, many), self.SOFTENING / many)
        soft[np.arange(self.SAMPLES), labels] += 1 - self.SOFTENING
        prior = soft.mean(0)
        self.data = (float32(samples / np.linalg.norm(samples, axis=1, keepdims=True)), float32(soft))
        W = float32(W / np.linalg.norm(W, axis=1, keepdims=True))
        G = float32(np.repeat(prior[:, None], self.K + 1, 1))
        self.state = (W, W * 0, G, G * 0, float32(32), float32(0), float32(prior[:, None] * (self.K + 1)))

    def step(self, lib, state, X, Y):
        W, vW, G, vG, beta, vbeta, column = state
        K, N, B = self.K, self.N, self.BATCH
        b, x = self.VARSIGMA * beta, 2 * beta / (N - 2)
        r = lib.sqrt(1 + x * x)
        q = x * x / (r + 1)
        tau = -0.25 * lib.log1p(x * x) + (N / 2 - 1) * (q - lib.log1p(q / 2))
        slope = x / (1 + r) - x / ((N - 2) * r * r)
        S = X @ W.T
        H = b * S - tau
        c = lib.largest(H, 1)
        c = lib.where(c > 0, c, c * 0)
        E, E0 = lib.exp(H - c), lib.exp(-c)
        Z = E @ G[:, :K].T + E0 * G[:, K]
        loss = -(Y * (c + lib.log(Z))).sum() / B
        R = Y / Z
        Q = E * (R @ G[:, :K])
        dW = (-b / B) * (Q.T @ X)
        dG = lib.beside(R.T @ E, R.T @ E0) / -B
        dbeta = -(Q * (self.VARSIGMA * S - slope)).sum() / B
        dW = dW - lib.total(dW * W, 1) * W
        vW = self.MOMENTUM * vW - self.RATE * dW
        W = W + self.RATE * vW
        W = W / lib.sqrt(lib.total(W * W, 1))
        vG = self.MOMENTUM * vG - self.RATE * dG
        L = lib.log(G) + self.RATE * vG
        G = lib.exp(L - lib.largest(L, 0))
        for _ in range(self.SINKHORN):
            G = G / lib.total(G, 0)
            G = G * (column / lib.total(G, 1))
        vbeta = self.MOMENTUM * vbeta - self.RATE * dbeta
        return (W, vW, G, vG, beta + self.RATE * vbeta, vbeta, column), loss


class Energy:
    """bench/energy-store: 128 states of 784 neurons, 256 memories, F(x) = x^10."""
    BATCH, SAMPLES, N, K, RATE, PIECE = 128, 1280, 784, 256, 0.5, 16

    def __init__(self, rng):
        states = float32(np.where(rng.random((self.SAMPLES, self.N)) < 0.5, -1, 1))
        self.data = (states, states[:, :1])
        self.state = (float32(rng.standard_normal((self.K, self.N)) * 0.1),)

    @staticmethod
    def power(x):
        """x^10 and x^9."""
        x2 = x * x
        x4 = x2 * x2
        x8 = x4 * x4
        return x8 * x2, x8 * x

    def step(self, lib, state, X, _):
        M, = state
        scale = 1 / self.N
        U = (X @ M.T) * scale
        z = (M.T * (2 * scale))[None]
        FU, DU = self.power(U)
        loss, R, own = 0.0, [], M.T * 0
        for first in range(0, self.BATCH, self.PIECE):
            part = slice(first, first + self.PIECE)
            x = X[part]
            F, D = self.power(U[part][:, None, :] - x[:, :, None] * z)
            C = lib.tanh(lib.total(FU[part], 1) - F.sum(2))
            error = 1 - C
            loss = loss + (error * error).sum()
            e = -2 * error * (1 - C * C)
            R.append(DU[part] * lib.total(e, 1) - (e[:, None, :] @ D)[:, 0, :])
            own = own + ((e * x)[:, :, None] * D).sum(0)
        G = lib.below(R).T @ X + 2 * own.T
        G = G / lib.largest(lib.abs(G), 1)
        return (lib.clip(M - self.RATE * G, -1, 1),), loss / (self.BATCH * self.N)


class Denoise:
    """bench/denoise and bench/denoise-wide: relu, centred, Adam."""
    ETA, NOISE = 0.03125, 0.5

    def __init__(self, rng, dim=784, memories=1568, batch=392, samples=3920):
        self.N, self.K, self.BATCH, self.SAMPLES = dim, memories, batch, samples
        Y = rng.random((samples, dim)) - 0.5
        self.data = (float32(Y + self.NOISE * rng.standard_normal((samples, dim))), float32(Y))
        values = [float32(rng.standard_normal((memories, dim))), np.zeros((1, memories), np.float32),
                  np.zeros((1, dim), np.float32)]
        self.state = (*values, *(p * 0 for p in values), *(p * 0 for p in values), float32(1), float32(1))

    def step(self, lib, state, X, Y):
        W, b, c = values = state[:3]
        first, second, kept1, kept2 = state[3:6], state[6:9], state[9] * 0.9, state[10] * 0.999
        B, N, K = self.BATCH, self.N, self.K
        s1, s2 = N ** -0.5, K ** -0.5
        Z = s1 * (X @ W.T) + b
        S = lib.where(Z > 0, Z, Z * 0)
        T = S - lib.total(S, 0) / B
        D = s2 * (T @ W) + c - Y
        loss = 0.5 * (D * D).sum() / (B * N)
        G = D / (B * N)
        dT = s2 * (G @ W.T)
        dT = dT - lib.total(dT, 0) / B
        dZ = lib.where(Z > 0, dT, dT * 0)
        gradients = (s2 * (T.T @ G) + s1 * (dZ.T @ X), lib.total(dZ, 0), lib.total(G, 0))
        eps = 1e-8 / (N * K)
        first = [0.9 * u + 0.1 * g for u, g in zip(first, gradients)]
        second = [0.999 * v + 0.001 * (g * g) for v, g in zip(second, gradients)]
        values = [p - (self.ETA / (1 - kept1)) * u / (lib.sqrt(v / (1 - kept2)) + eps)
                  for p, u, v in zip(values, first, second)]
        return (*values, *first, *second, kept1, kept2), loss


# The bench preset (with what is set) that a step is compared with, and what makes the model.
STEPS = {
    "vmf": (["bench/vmf"], Vmf),
    "vmf-1000": (["bench/vmf", "--set", "model.memories=1000"], lambda rng: Vmf(rng, 1000)),
    "vmf-2000": (["bench/vmf-wide"], lambda rng: Vmf(rng, 2000)),
    "energy": (["bench/energy-store"], Energy),
    "denoise": (["bench/denoise"], Denoise),
    "denoise-wide": (["bench/denoise-wide"], lambda rng: Denoise(rng, 1024, 2048, 512, 2048)),
}
