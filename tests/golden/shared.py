"""What the generators of golden data share: contents as the tests' reference_fill makes them, and the files' format."""
import math
import os

import numpy as np
import torch

HERE = os.path.dirname(os.path.abspath(__file__))


def hash32(seed, count):
    """reference_hash() of tests/reference/reference_view.c."""
    mask = np.uint64(0xFFFFFFFF)
    i = np.arange(count, dtype=np.uint64)
    h = (np.uint64(seed) * np.uint64(0x9E3779B1) + i * np.uint64(0x85EBCA77) + np.uint64(0x27D4EB2F)) & mask
    for _ in range(2):
        h ^= h >> np.uint64(15)
        h = (h * np.uint64(0xD168AAAD)) & mask
        h ^= h >> np.uint64(13)
        h = (h * np.uint64(0xAF723597)) & mask
    return h ^ (h >> np.uint64(16))


def fill(kind, seed, shape):
    h = (hash32(seed, math.prod(shape)) >> np.uint64(8)).astype(np.float64)
    values = h % 9 - 4 if kind == "integers" else (h - 2.0**23) * 2.0**-23
    return torch.from_numpy(values.reshape(shape))


class Writer:
    def __init__(self):
        self.lines, self.blob, self.seed, self.counts = [], bytearray(), 1, {}

    def put(self, array):
        offset = len(self.blob)
        self.blob += array.tobytes()
        return offset

    def case(self, family, fill_kind, y, expect, problem, indices=None):
        number = self.counts[family] = self.counts.get(family, 0) + 1
        y = y.numpy()
        dtype = "<f8" if expect == "f64" else "<i2"
        data = y.astype(dtype)
        assert (data.astype(np.float64) == y).all(), problem
        offset = self.put(data)
        at = "-" if indices is None else self.put(indices.numpy().astype("<i2"))
        self.lines.append(f"{family}/{number:03d} {fill_kind} {self.seed} {expect} {offset} {at} {by(y.shape)} | {problem}")
        self.seed += 10


def by(values):
    return "x".join(str(v) for v in values)


def real(value):
    for digits in range(6, 18):
        text = f"{value:.{digits}g}"
        if float(text) == value:
            return text


def keys(pairs):
    return "".join(f" {key}={value}" for key, value, default in pairs if value != default)


def write_pair(name, w):
    """NAME.txt and NAME.bin; the format is described in generate.py."""
    text = f"# Written by generate.py; the format is described there. {len(w.lines)} cases.\n" + "\n".join(w.lines) + "\n"
    with open(os.path.join(HERE, name + ".txt"), "w", encoding="ascii", newline="\n") as f:
        f.write(text)
    with open(os.path.join(HERE, name + ".bin"), "wb") as f:
        f.write(w.blob)
    print(f"{name}: {len(w.lines)} cases, {len(w.blob)} bytes:", w.counts)
