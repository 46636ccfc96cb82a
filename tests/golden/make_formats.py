#!/usr/bin/env python3
"""Writes arrays as other programs store them into tests/golden/formats, and each as plain NPY beside it (NAME.npy).
Wants numpy, h5py, zstandard and scikit-learn; only the files are needed to test."""
import gzip
import os

import h5py
import numpy as np
import zstandard
from sklearn.datasets import dump_svmlight_file

here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "formats")
r = np.random.default_rng(13)
x = r.integers(0, 100, (4, 3, 2))
PLAIN = {"u1": "u1", "b1": "u1", "i1": "i4", "u2": "i4", "i2": "i4", "i4": "i4", "u4": "i8", "i8": "i8", "u8": "i8", "f2": "f4",
         "f4": "f4", "f8": "f8"}


def at(name):
    return os.path.join(here, name)


def expect(name, array, kind):
    np.save(at(name + ".npy"), np.ascontiguousarray(array.astype(kind)))


half = np.array([0, -0.0, 1, -2.5, 6e-8, 6.1e-5, 65504, 1 / 3, np.inf, -np.inf, 1024.5, 2 ** -24], "f2").reshape(4, 3)
for kind in PLAIN:
    a = half if kind == "f2" else (x > 50 if kind == "b1" else x.astype(kind))
    if kind[0] == "i":
        a = a - np.array(60, kind)
    if kind in ("u2", "u4"):
        a = a + np.array(np.iinfo(kind).max - 100, kind)
    if kind == "u8":
        a = a + np.uint64(2 ** 63 - 101)
    for order, big in (("C", False), ("F", True)):
        b = np.array(a, dtype=a.dtype.newbyteorder(">" if big else "<"), order=order)
        np.save(at("%s-%s" % (kind, "turned" if big else "plain")), b)
    expect(kind, a, PLAIN[kind])
with h5py.File(at("types.h5"), "w") as f:
    f["bool"] = x > 50
    f["half"] = half
    f["big"] = x.astype(">i2")
    f["fixed"] = np.array([b"dog", b"cat", b"dog", b"ant"])
    f.create_dataset("any", data=["dog", "cat", "dog", "ant"], dtype=h5py.string_dtype())
    f["group/deep"] = x.astype("u1")
    f.create_dataset("lzf", data=x.astype("u1"), compression="lzf")
    f["complex"] = np.array([1 + 2j])
images = np.arange(2 * 3 * 3 * 4).reshape(2, 3, 3, 4).astype("u1")
with h5py.File(at("matlab.mat"), "w", userblock_size=512) as f:
    for name, a in (("X", x[:, :, 0].astype("f8")), ("images", images), ("y", np.arange(4.)[:, None])):
        f[name] = np.ascontiguousarray(a.T)
with open(at("matlab.mat"), "r+b") as f:
    f.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64, as of version 7.3".ljust(124) + b"\0\2IM")
expect("matlab-X", x[:, :, 0], "f8")
expect("matlab-images", np.moveaxis(images, 3, 0), "u1")
expect("words", np.array([2, 1, 2, 0]), "i4")
for name in ("types.h5", "matlab.mat", "u1-plain.npy"):
    raw = open(at(name), "rb").read()
    open(at(name + ".zst"), "wb").write(zstandard.ZstdCompressor(write_checksum=True).compress(raw))
    open(at(name + ".gz"), "wb").write(gzip.compress(raw, mtime=0))
np.savez(at("two.npz"), a=x.astype("u1"), b=half)
open(at("two.npz.zst"), "wb").write(zstandard.compress(open(at("two.npz"), "rb").read()))
os.remove(at("two.npz"))
sparse = x[:, :, 0].astype("f8") / 8
sparse[:, 1] = 0
sparse[0, 0] = 0
dump_svmlight_file(sparse, [0, 2, 1, 2], at("sparse"), zero_based=False)
dump_svmlight_file(sparse, [1, -1, 1, 1], at("signed.libsvm"), zero_based=True, comment="zero-based, as scikit-learn writes it")
expect("sparse", sparse, "f8")
