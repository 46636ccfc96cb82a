#!/usr/bin/env python3
"""What denseam's files hold, read without denseam: formats by their own rules or numpy, and predictions computed
anew in double of exported parameters. For cli/results.bats and cli/readers.bats: results.py CHECK ARGUMENT..."""
import csv
import json
import re
import struct
import subprocess
import sys
import zipfile
import zlib

import numpy as np


def close(a, b, tolerance, what):
    off = float(np.max(np.abs(np.asarray(a, float) - np.asarray(b, float))))
    assert off <= tolerance, f"{what}: off by {off}"


def hdf5_array(path, name, dtype):
    subprocess.run(["h5dump", "-d", name, "-b", "LE", "-o", "array.bin", path], check=True, stdout=subprocess.DEVNULL)
    return np.fromfile("array.bin", dtype)


def safetensors(path):
    blob = open(path, "rb").read()
    (length,) = struct.unpack("<Q", blob[:8])
    assert length % 8 == 0
    header = json.loads(blob[8 : 8 + length])
    metadata = header.pop("__metadata__")
    data, arrays, end = blob[8 + length :], {}, 0
    for name, one in header.items():
        first, last = one["data_offsets"]
        assert first == end, "no holes"
        end = last
        kind = {"F32": "<f4", "F64": "<f8", "I32": "<i4"}[one["dtype"]]
        arrays[name] = np.frombuffer(data[first:last], kind).reshape(one["shape"])
    assert end == len(data)
    return arrays, metadata


def numbers_csv(path):
    lines = [line for line in open(path, newline="") if not line.startswith("#")]
    arrays = {}
    for row in csv.DictReader(lines):
        arrays.setdefault(row["parameter"], {})[int(row["row"]), int(row["column"])] = float(row["value"])
    return arrays


def parameters(run, stem):
    """Every export of a run is bit by bit what run.h5 holds."""
    npz = np.load(stem + ".npz", allow_pickle=False)
    assert zipfile.ZipFile(stem + ".npz").testzip() is None
    tensors, metadata = safetensors(stem + ".safetensors")
    flat = numbers_csv(stem + ".csv")
    texts = {name for name in npz.files if npz[name].dtype.kind == "U"}
    assert texts - {"class_names"} == {"format", "version", "model", "formula", "preset"}, texts
    assert all(str(npz[name]) == metadata[name] for name in texts - {"class_names"})
    preset = str(npz["preset"])
    assert open(run + "/preset.conf").read() == preset
    names = [name for name in npz.files if name not in texts]
    assert set(names) == set(tensors) == set(flat) and "memories" in names
    for name in names:
        array = npz[name]
        bits = hdf5_array(run + "/run.h5", "/parameters/" + name, array.dtype)
        assert bits.tobytes() == array.tobytes() == tensors[name].tobytes(), name
        assert hdf5_array(stem + ".h5", "/" + name, array.dtype).tobytes() == array.tobytes()
        assert len(flat[name]) == array.size
        for (row, column), value in flat[name].items():
            assert array.dtype.type(value) == array[row, column], (name, row, column)


def table_csv(path):
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [row[name] for row in rows] for name in rows[0]}


def formats(stem):
    """A table is the same in all formats."""
    npy = np.load(stem + ".npy", allow_pickle=False)
    npz = np.load(stem + ".npz", allow_pickle=False)
    table = table_csv(stem + ".csv")
    assert zipfile.ZipFile(stem + ".npz").testzip() is None
    names = [name for name in npy.dtype.names if not name.endswith("_name")]
    assert set(names) <= set(npz.files), npz.files
    columns = []
    for name in names:
        assert npy[name].dtype == npz[name].dtype and np.array_equal(npy[name], npz[name]), name
        assert np.array_equal(hdf5_array(stem + ".h5", "/" + name, npz[name].dtype), npz[name].ravel()), name
        if npy[name].ndim == 1:
            columns.append(name)
            assert np.array_equal(np.array(table[name], npy[name].dtype), npy[name]), name
        for j in range(npy[name].shape[1] if npy[name].ndim == 2 else 0):
            columns.append(f"{name}_{j}")
            assert np.array_equal(np.array(table[columns[-1]], npy[name].dtype), npy[name][:, j]), columns[-1]
        if name + "_names" in npz.files:
            words = [npz[name + "_names"][k] if k >= 0 else "none" for k in npy[name]]
            columns.append(name + "_name")
            assert list(npy[name + "_name"]) == words == table[columns[-1]], name
    assert list(table) == columns, list(table)


def key(preset, name):
    return re.search(rf"^ *{name} = \"?([^\"\n]*)", str(preset), re.M).group(1)


def agree(found, scores, memory, similarity, tolerance):
    """Against what was computed here; where two are nearly the same, either may be the larger one."""
    name = "probability" if "probability" in found.files else "confidence"
    close(found[name], scores, tolerance, name)
    own = np.argmax(scores, 1)
    said = np.where(found["class"] < 0, scores.shape[1] - 1, found["class"])
    rows = np.arange(len(own))
    close(scores[rows, said], scores[rows, own], tolerance, "class")
    close(similarity[rows, found["memory"]], np.max(similarity, 1), tolerance * 10, "nearest memory")
    close(found["similarity"], np.max(similarity, 1), tolerance * 10 * np.max(np.abs(similarity)), "similarity")
    print(f"{len(own)} samples, {np.mean(own == said)} of the same class")
    assert np.mean(own == said) > 0.99


def vmf(parameters_file, samples, predictions):
    p = np.load(parameters_file)
    x = np.load(samples).astype(float)
    x = x.reshape(len(x), -1)
    x -= x.mean(1, keepdims=True)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    n, beta = x.shape[1], float(p["beta"][0, 0])
    r = np.sqrt(1 + (2 * beta / (n - 2)) ** 2)
    tau = -np.log(r) / 2 + (n / 2 - 1) * (r - 1 - np.log((1 + r) / 2))
    similarity = x @ p["memories"].astype(float).T
    weights = p["class_weights"].astype(float)
    z = weights[:, -1] + np.exp(float(key(p["preset"], "varsigma")) * beta * similarity - tau) @ weights[:, :-1].T
    agree(np.load(predictions), z / z.sum(1, keepdims=True), None, similarity, 2e-5)


def energy(parameters_file, samples, predictions):
    """Energies with each class neuron flipped, not differences of powers; rect or poly."""
    p = np.load(parameters_file)
    x = np.load(samples)
    x = np.where(x.reshape(len(x), -1) > float(key(p["preset"], "threshold")), 1.0, -1.0)
    memories = p["memories"].astype(float)
    neurons, classes = memories.shape[1], memories.shape[1] - x.shape[1]
    x = np.hstack([x, -np.ones((len(x), classes))])
    exponent, temperature = int(key(p["preset"], "exponent")), float(key(p["preset"], "temperature"))
    rect = key(p["preset"], "interaction") == "rect"
    b = 1 / (neurons * temperature)

    def minus_energy(states):
        s = b * states @ memories.T
        return np.sum(np.maximum(s, 0) ** exponent if rect else s**exponent, 1)

    scores = np.empty((len(x), classes))
    for y in range(classes):
        flipped = x.copy()
        flipped[:, neurons - classes + y] = 1
        scores[:, y] = np.tanh(minus_energy(flipped) - minus_energy(x))
    agree(np.load(predictions), scores, None, x @ memories.T, 2e-4)


def scores(predictions, evaluated):
    """What eval says, from the predictions alone, by the definitions (scikit-learn has the same: its f1_score over the
    classes that occur in truth or prediction, macro, zero_division 0)."""
    said, found = json.loads(evaluated), np.load(predictions)
    truth, classes = found["label"], len(said["confusion"][0]) - 1
    predicted = np.where(found["class"] < 0, classes, found["class"])
    confusion = np.zeros((classes + 1, classes + 1), int)
    np.add.at(confusion, (truth, predicted), 1)
    rows = classes + (confusion[-1].sum() > 0)
    assert confusion[:rows].tolist() == said["confusion"], "confusion"
    close(np.mean(truth == predicted), said["accuracy"], 1e-12, "accuracy")
    both = confusion.sum(0) + confusion.sum(1)
    f1 = [2 * confusion[y, y] / both[y] for y in range(classes) if both[y] > 0]
    assert len(f1) == said["macro_f1_classes"]
    close(np.mean(f1), said["macro_f1"], 1e-12, "macro F1")


def recalled(hdf5, npz, npy):
    """A recall is the same in all formats."""
    arrays = np.load(npz + "/recall.npz", allow_pickle=False)
    texts = {"format", "version", "preset"}
    assert texts < set(arrays.files) and len(arrays.files) == 3 + 8
    for name in set(arrays.files) - texts:
        array = arrays[name]
        assert np.load(f"{npy}/{name}.npy").tobytes() == array.tobytes(), name
        assert hdf5_array(hdf5 + "/recall.h5", "/" + name, array.dtype).tobytes() == array.tobytes(), name


def png(path):
    """Pixels of an 8-bit RGB PNG that is not interlaced."""
    blob, at, data = open(path, "rb").read(), 8, b""
    while at < len(blob):
        (length,) = struct.unpack(">I", blob[at : at + 4])
        chunk, kind = blob[at + 8 : at + 8 + length], blob[at + 4 : at + 8]
        if kind == b"IHDR":
            width, height = struct.unpack(">II", chunk[:8])
            assert chunk[8:] == bytes([8, 2, 0, 0, 0])
        data += chunk if kind == b"IDAT" else b""
        at += length + 12
    raw, row, rows = zlib.decompress(data), np.zeros(3 * width, int), []
    for y in range(height):
        line = raw[y * (3 * width + 1) : (y + 1) * (3 * width + 1)]
        above, row = row, np.zeros(3 * width, int)
        for i, byte in enumerate(line[1:]):
            a, b, c = (row[i - 3], above[i], above[i - 3]) if i > 2 else (0, above[i], 0)
            near = min((abs(b - c), 0, a), (abs(a - c), 1, b), (abs(a + b - 2 * c), 2, c))[2]
            row[i] = (byte + (0, a, b, (a + b) // 2, near)[line[0]]) % 256
        rows.append(row.reshape(width, 3))
    return np.array(rows)


def pictures(parameters_file, folder, count):
    """A pixel a feature: grey, and the lighter the larger the number."""
    memories = np.load(parameters_file)["memories"]
    for mu in range(len(memories)):
        pixels = png(f"{folder}/memory-{mu:0{len(str(int(count) - 1))}d}.png")
        assert np.ptp(pixels, axis=2).max() == 0
        grey = pixels[:, :, 0].ravel()
        values = memories[mu, : grey.size]
        order = np.argsort(values)
        assert np.all(np.diff(grey[order]) >= 0)
        assert 126 <= grey[np.argmin(np.abs(values))] <= 129, grey[np.argmin(np.abs(values))]
        assert max(grey.max(), 255 - grey.min()) == 255


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
