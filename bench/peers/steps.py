#!/usr/bin/python3
"""Training steps of the three models: denseam against numpy and torch on the CPU, alternating.

    bench/peers/steps.py [--denseam build/release/denseam] [--rounds 5] [--docs] [vmf|energy|denoise ...]

The steps are those of bench/vmf (1000 x 784, 400 memories), bench/energy-store (128 x 784, 256
memories, x^10) and bench/denoise (392 x 784, 1568 memories, relu, Adam), in float32, written as one
writes them with these libraries: whole-array expressions, in pieces of the batch where that is faster.
What each computes is checked first: numpy and torch must agree on the loss after three steps.

Each library runs in processes of its own. Its threads and, where its BLAS is OpenBLAS, its kernels are
tried first (OMP_NUM_THREADS, OPENBLAS_CORETYPE) and the best kept. Then rounds of numpy, torch and
denseam follow each other, so that other work on the machine hits all; a ratio is of one round, and the
table has the medians. --docs puts it between the two comments in docs/performance.md.
"""
import argparse
import itertools
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

KINDS = {"vmf": "bench/vmf", "energy": "bench/energy-store", "denoise": "bench/denoise"}
LIBRARIES = ("numpy", "torch")
MARK = "<!-- bench/peers/steps.py {} -->"


# --- one set of functions for both libraries -----------------------------------------------------

class Numpy:
    def __init__(self):
        import numpy as np
        self.np = np

    def array(self, values):
        return self.np.ascontiguousarray(values, dtype=self.np.float32)

    def where(self, mask, a):
        return self.np.where(mask, a, self.np.float32(0))

    def __getattr__(self, name):
        return getattr(self.np, name)

    def largest(self, a, axis):
        return a.max(axis=axis, keepdims=True)

    def total(self, a, axis):
        return a.sum(axis=axis, keepdims=True)

    def rows(self, a, order):
        return a[order]

    def index(self, order):
        return order


class Torch:
    def __init__(self):
        import torch
        self.torch = torch
        torch.set_grad_enabled(False)
        torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))

    def array(self, values):
        import numpy as np
        return self.torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))

    def where(self, mask, a):
        return a * mask

    def __getattr__(self, name):
        return getattr(self.torch, name)

    def largest(self, a, axis):
        return a.amax(dim=axis, keepdim=True)

    def total(self, a, axis):
        return a.sum(dim=axis, keepdim=True)

    def maximum(self, a, b):
        return self.torch.clamp(a, min=b)

    def clip(self, a, low, high):
        return self.torch.clamp(a, low, high)

    def rows(self, a, order):
        return self.torch.index_select(a, 0, order)

    def index(self, order):
        return self.torch.from_numpy(order)


# --- the steps (docs/models/ has the equations) -------------------------------------------------

class Vmf:
    B, N, K, C, SAMPLES = 1000, 784, 400, 10, 10000
    RATE, MOMENTUM, VARSIGMA, SOFTENING, SINKHORN = 0.1, 0.99, 0.25, 0.1, 10

    def __init__(self, lib, rng):
        import numpy as np
        self.lib, M = lib, self.C + 1
        samples = rng.random((self.SAMPLES, self.N)) - 0.5
        samples -= samples.mean(1, keepdims=True)
        memories = rng.standard_normal((self.K, self.N))
        labels = rng.integers(0, self.C, self.SAMPLES)
        soft = np.full((self.SAMPLES, M), self.SOFTENING / M)
        soft[np.arange(self.SAMPLES), labels] += 1 - self.SOFTENING
        self.prior = soft.mean(0)
        self.X = lib.array(samples / np.linalg.norm(samples, axis=1, keepdims=True))
        self.W = lib.array(memories / np.linalg.norm(memories, axis=1, keepdims=True))
        self.Y = lib.array(soft)
        self.G = lib.array(np.repeat(self.prior[:, None], self.K + 1, 1))
        self.column = lib.array(self.prior[:, None] * (self.K + 1))
        self.vW, self.vG = self.W * 0, self.G * 0
        self.beta, self.vbeta, self.rng = 32.0, 0.0, np.random.default_rng(1)

    def step(self):
        from math import log1p, sqrt
        lib, K = self.lib, self.K
        order = lib.index(self.rng.permutation(self.SAMPLES)[:self.B])
        X, Y = lib.rows(self.X, order), lib.rows(self.Y, order)
        b, x = self.VARSIGMA * self.beta, 2 * self.beta / (self.N - 2)
        r = sqrt(1 + x * x)
        q = x * x / (r + 1)
        tau = -0.25 * log1p(x * x) + (self.N / 2 - 1) * (q - log1p(q / 2))
        slope = x / (1 + r) - x / ((self.N - 2) * r * r)
        S = X @ self.W.T
        H = b * S - tau
        c = lib.maximum(lib.largest(H, 1), 0)
        E, E0 = lib.exp(H - c), lib.exp(-c)
        Z = E @ self.G[:, :K].T + E0 * self.G[:, K]
        loss = -float((Y * (c + lib.log(Z))).sum()) / self.B
        R = Y / Z
        Q = E * (R @ self.G[:, :K])
        dW = (-b / self.B) * (Q.T @ X)
        dG = self.G * 0
        dG[:, :K] = (R.T @ E) / -self.B
        dG[:, K:] = (R.T @ E0) / -self.B
        dbeta = -float((Q * (self.VARSIGMA * S - slope)).sum()) / self.B
        dW = dW - lib.total(dW * self.W, 1) * self.W
        self.vW = self.MOMENTUM * self.vW - self.RATE * dW
        W = self.W + self.RATE * self.vW
        self.W = W / lib.sqrt(lib.total(W * W, 1))
        self.vG = self.MOMENTUM * self.vG - self.RATE * dG
        L = lib.log(self.G) + self.RATE * self.vG
        G = lib.exp(L - lib.largest(L, 0))
        for _ in range(self.SINKHORN):
            G = G / lib.total(G, 0)
            G = G * (self.column / lib.total(G, 1))
        self.G = G
        self.vbeta = self.MOMENTUM * self.vbeta - self.RATE * dbeta
        self.beta += self.RATE * self.vbeta
        return loss


class Energy:
    A, N, K, POWER, RATE, T, SAMPLES = 128, 784, 256, 10, 0.5, 1.0, 1280

    def __init__(self, lib, rng, piece=16):
        import numpy as np
        self.lib, self.piece = lib, piece
        self.X = lib.array(np.where(rng.random((self.SAMPLES, self.N)) < 0.5, -1, 1))
        self.M = lib.array(rng.standard_normal((self.K, self.N)) * 0.1)
        self.rng = np.random.default_rng(1)

    def power(self, x):
        """x^10 and x^9."""
        x2 = x * x
        x4 = x2 * x2
        x8 = x4 * x4
        return x8 * x2, x8 * x

    def step(self):
        lib, A, K = self.lib, self.A, self.K
        X = lib.rows(self.X, lib.index(self.rng.permutation(self.SAMPLES)[:A]))
        scale = 1 / (self.N * self.T)
        U = (X @ self.M.T) * scale
        z = (self.M.T * (2 * scale))[None]
        # First what is largest, so that no power leaves the range of float32: V <= 1 here.
        FU, DU = self.power(U)
        loss, R, own = 0.0, [], self.M.T * 0
        for first in range(0, A, self.piece):
            part = slice(first, first + self.piece)
            x = X[part]
            F, D = self.power(U[part][:, None, :] - x[:, :, None] * z)
            C = lib.tanh(lib.total(FU[part], 1) - F.sum(2))
            error = 1 - C
            loss += float((error * error).sum())
            e = -2 * error * (1 - C * C)
            R.append(DU[part] * lib.total(e, 1) - (e[:, None, :] @ D)[:, 0, :])
            own = own + ((e * x)[:, :, None] * D).sum(0)
        R = lib.concatenate(R) if hasattr(lib, "np") else lib.cat(R)
        G = R.T @ X + 2 * own.T
        G = G / lib.largest(lib.abs(G), 1)
        self.M = lib.clip(self.M - self.RATE * G, -1, 1)
        return loss / (A * self.N)


class Denoise:
    B, N, K, ETA, NOISE, SAMPLES = 392, 784, 1568, 0.03125, 0.5, 3920

    def __init__(self, lib, rng):
        import numpy as np
        self.lib = lib
        self.Y = lib.array(rng.random((self.SAMPLES, self.N)) - 0.5)
        self.X = self.Y + lib.array(self.NOISE * rng.standard_normal((self.SAMPLES, self.N)))
        self.W = lib.array(rng.standard_normal((self.K, self.N)))
        self.b = lib.array(np.zeros((1, self.K)))
        self.c = lib.array(np.zeros((1, self.N)))
        self.u, self.v = [p * 0 for p in (self.W, self.b, self.c)], [p * 0 for p in (self.W, self.b, self.c)]
        self.t, self.rng = 0, np.random.default_rng(1)

    def step(self):
        lib, B, N, K = self.lib, self.B, self.N, self.K
        order = lib.index(self.rng.permutation(self.SAMPLES)[:B])
        X, Y = lib.rows(self.X, order), lib.rows(self.Y, order)
        s1, s2 = N ** -0.5, K ** -0.5
        Z = s1 * (X @ self.W.T) + self.b
        S = lib.maximum(Z, 0)
        T = S - lib.total(S, 0) / B
        F = s2 * (T @ self.W) + self.c
        D = F - Y
        loss = 0.5 * float((D * D).sum()) / (B * N)
        G = D / (B * N)
        dT = s2 * (G @ self.W.T)
        dZ = lib.where(Z > 0, dT - lib.total(dT, 0) / B)
        gradients = (s2 * (T.T @ G) + s1 * (dZ.T @ X), lib.total(dZ, 0), lib.total(G, 0))
        self.t += 1
        eps = 1e-8 / (N * K)
        for i, (p, g) in enumerate(zip((self.W, self.b, self.c), gradients)):
            self.u[i] = 0.9 * self.u[i] + 0.1 * g
            self.v[i] = 0.999 * self.v[i] + 0.001 * (g * g)
            rate = self.ETA / (1 - 0.9 ** self.t)
            p -= rate * self.u[i] / (lib.sqrt(self.v[i] / (1 - 0.999 ** self.t)) + eps)
        return loss


def worker(library, kind, seconds):
    """Prints the loss after three steps and the median seconds of those that follow."""
    import numpy as np
    lib = Numpy() if library == "numpy" else Torch()
    model = {"vmf": Vmf, "energy": Energy, "denoise": Denoise}[kind](lib, np.random.default_rng(0))
    losses = [model.step() for _ in range(3)]
    times, begin = [], time.perf_counter()
    while len(times) < 3 or time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        model.step()
        times.append(time.perf_counter() - start)
    print(json.dumps({"loss": losses[-1], "seconds": statistics.median(times)}))


# --- the comparison -------------------------------------------------------------------------------

def run_peer(library, kind, setting, seconds):
    out = subprocess.run([sys.executable, __file__, "--worker", library, kind, str(seconds)], check=True,
                         capture_output=True, text=True, env=os.environ | setting).stdout
    return json.loads(out)


def best_setting(library, kind):
    """Threads and BLAS kernels that are fastest here."""
    cores = len(os.sched_getaffinity(0))
    threads = sorted({1, cores})
    kernels = ("", "SkylakeX", "Haswell", "Zen")
    best = None
    for count, kernel in itertools.product(threads, kernels):
        setting = {"OMP_NUM_THREADS": str(count), "OPENBLAS_NUM_THREADS": str(count),
                   "OMP_WAIT_POLICY": "PASSIVE"}
        if kernel:
            setting["OPENBLAS_CORETYPE"] = kernel
        seconds = run_peer(library, kind, setting, 0.3)["seconds"]
        if best is None or seconds < best[0]:
            best = (seconds, setting, f"{count} thread{'s' if count > 1 else ''}, {kernel or 'own choice'}")
    return best[1:]


def run_tool(tool, preset):
    out = subprocess.run([tool, "bench", preset, "--quick", "--quiet", "--json"], check=True,
                         capture_output=True, text=True).stdout
    rows = {row["metric"]: row["value"] for row in json.loads(out)}
    return rows["step_time"] / 1e3


def check_agreement(kind, settings):
    losses = [run_peer(library, kind, settings[library][0], 0)["loss"] for library in LIBRARIES]
    if abs(losses[0] - losses[1]) > 1e-3 * abs(losses[0]):
        sys.exit(f"numpy and torch compute different losses of {kind}: {losses}")


def compare(args, kind):
    settings = {library: best_setting(library, kind) for library in LIBRARIES}
    check_agreement(kind, settings)
    times = {name: [] for name in (*LIBRARIES, "denseam")}
    for _ in range(args.rounds):
        for library in LIBRARIES:
            times[library].append(run_peer(library, kind, settings[library][0], args.seconds)["seconds"])
        times["denseam"].append(run_tool(args.denseam, KINDS[kind]))
    cells = [f"{KINDS[kind]}", f"{1e3 * statistics.median(times['denseam']):.2f} ms"]
    for library in LIBRARIES:
        ratios = [a / b for a, b in zip(times[library], times["denseam"])]
        cells.append(f"{1e3 * statistics.median(times[library]):.2f} ms ({settings[library][1]})")
        cells.append(f"{statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f})")
    return "| " + " | ".join(cells) + " |"


def put_into_docs(table):
    path = pathlib.Path("docs/performance.md")
    begin, end = MARK.format("begins"), MARK.format("ends")
    text = path.read_text()
    head, rest = text.split(begin)
    path.write_text(f"{head}{begin}\n\n{table}\n\n{end}{rest.split(end)[1]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--denseam", default="build/release/denseam")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1, help="of a library in a round")
    parser.add_argument("--docs", action="store_true")
    parser.add_argument("steps", nargs="*", choices=[[], *KINDS], default=[], help="those alone")
    parser.add_argument("--worker", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.steps and args.docs:
        parser.error("--docs wants all steps")
    if args.worker:
        worker(args.worker[0], args.worker[1], float(args.worker[2]))
        return
    lines = ["| step | denseam | numpy | times as fast | torch | times as fast |",
             "| --- | --- | --- | --- | --- | --- |"]
    for kind in args.steps or KINDS:
        lines.append(compare(args, kind))
        print(lines[-1], file=sys.stderr)
    table = "\n".join(lines)
    print(table)
    if args.docs:
        put_into_docs(table)


if __name__ == "__main__":
    main()
