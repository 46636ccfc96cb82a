#!/usr/bin/env python3
"""Writes small pictures of every kind that is read into tests/fuzz/corpus/picture, and what Pillow makes of them
into tests/golden/pictures as NPY. Wants Pillow; only the files are needed to test."""
import os
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps

here = os.path.dirname(os.path.abspath(__file__))
pictures = os.path.join(here, "..", "fuzz", "corpus", "picture")
expected = os.path.join(here, "pictures")
HEIGHT, WIDTH = 6, 9
r = np.random.default_rng(5)
u, v = np.meshgrid(np.linspace(0, 3, WIDTH), np.linspace(0, 2, HEIGHT))
rgb = np.stack([127 + 120 * np.sin(u + k) * np.cos(v * k) for k in (1, 2, 3)], -1).astype("u1")
grey = rgb[..., 1].copy()
alpha = r.integers(0, 256, (HEIGHT, WIDTH)).astype("u1")


def png(bits, kind, rows, interlace=0, size=(WIDTH, HEIGHT)):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    raw = b"".join(b"\0" + bytes(row) for row in rows)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", *size, bits, kind, 0, 0, interlace)) +
            chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b""))


def save(name, data):
    with open(os.path.join(pictures, name), "wb") as file:
        file.write(data)


def pillow(name, image, **options):
    image.save(os.path.join(pictures, name), **options)


def adam7(levels):
    for y, x, down, across in ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)):
        part = levels[y::down, x::across]
        if part.shape[1] > 0:
            yield from (row.tobytes() for row in part)


pillow("grey.png", Image.fromarray(grey))
pillow("rgb.png", Image.fromarray(rgb))
pillow("grey-as-rgb.png", Image.fromarray(np.stack([grey] * 3, -1)))
pillow("palette.png", Image.fromarray(rgb).quantize(8))
pillow("palette-transparent.png", Image.fromarray(rgb).quantize(8), transparency=0)
pillow("bit.png", Image.fromarray(grey > 100))
pillow("grey16.png", Image.fromarray(grey.astype("u2") * 257 + 3))
pillow("rgba.png", Image.fromarray(np.dstack([rgb, alpha])))
pillow("grey-alpha.png", Image.fromarray(np.dstack([grey, alpha]), "LA"))
save("interlaced.png", png(8, 2, adam7(rgb), interlace=1))
save("rgb16.png", png(16, 2, ((rgb[y].astype(">u2") * 257 + y).astype(">u2").tobytes() for y in range(HEIGHT))))
save("two-bits.png", png(2, 0, (np.packbits(np.unpackbits((grey[y] >> 6)[:, None], axis=1)[:, 6:].reshape(-1)).tobytes()
                                for y in range(HEIGHT))))
pillow("rgb.jpg", Image.fromarray(rgb), quality=90)
pillow("progressive.jpg", Image.fromarray(rgb), quality=90, progressive=True)
pillow("restarts.jpg", Image.fromarray(rgb), quality=95, subsampling=0, restart_marker_blocks=1)
pillow("grey.jpg", Image.fromarray(grey))
pillow("cmyk.jpg", Image.fromarray(rgb).convert("CMYK"))
for side in range(1, 9):
    exif = Image.Exif()
    exif[0x112] = side
    pillow("side%d.jpg" % side, Image.fromarray(rgb), exif=exif)
exif[0x112] = 6
pillow("side6.png", Image.fromarray(rgb), exif=exif)
for name in sorted(os.listdir(pictures)):
    if not name.startswith(("bad", "found")):
        image = ImageOps.exif_transpose(Image.open(os.path.join(pictures, name)))
        if image.mode.startswith("I"):
            levels = np.array(image).astype("i4")
        elif name == "rgb16.png":
            levels = rgb.astype("i4") * 257 + np.arange(HEIGHT, dtype="i4")[:, None, None]
        elif "A" in image.mode or "transparency" in image.info:
            raw = np.array(image.convert("LA" if image.mode == "LA" else "RGBA")).astype(float)
            shade = raw[..., -1:] / 255
            levels = np.round(raw[..., :-1] * shade + 255 * (1 - shade)).astype("u1")
            levels = levels[..., 0] if image.mode == "LA" else levels
        else:
            levels = np.array(image.convert("L" if image.mode in "1L" else "RGB"))
        if levels.ndim == 3 and (levels == levels[..., :1]).all():
            levels = levels[..., 0]
        np.save(os.path.join(expected, name + ".npy"), np.ascontiguousarray(levels)[None])
# What is refused: cut anywhere, other sizes than there are bytes for, bytes that were changed.
for name in ("rgb.png", "progressive.jpg"):
    whole = open(os.path.join(pictures, name), "rb").read()
    for share in (0.1, 0.5, 0.9):
        save("bad-cut-%d-%s" % (100 * share, name), whole[:int(len(whole) * share)])
    save("bad-middle-" + name, whole[:len(whole) // 2] + b"\xff\xd9" * 4 + whole[len(whole) // 2 + 8:])
save("bad-huge.png", png(8, 2, adam7(rgb), size=(1 << 19, 1 << 8)))
jpeg = bytearray(open(os.path.join(pictures, "rgb.jpg"), "rb").read())
at = jpeg.index(b"\xff\xc0")
jpeg[at + 5:at + 9] = struct.pack(">HH", 65000, 65000)
save("bad-huge.jpg", bytes(jpeg))
save("bad-alone.png", b"\x89PNG\r\n\x1a\n")
