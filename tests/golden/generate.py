#!/usr/bin/env python3
"""Writes the golden data of the tests from PyTorch 2.13.0 (CPU), lanczos from Pillow 12. Deterministic: the same files on every run.

    python3 tests/golden/generate.py [NAME...]      (needs torch, numpy, onnx and pillow; writes beside itself)

NAME: "first" writes cases.*, nearest.bin and sizes.bin; another NAME writes NAME.txt and NAME.bin from NAME_cases.py, by its
function cases(writer); without one, all. NAME.txt and NAME.bin are as cases.txt and cases.bin:

cases.txt    one case a line, "#" comments:
                 NAME FILL SEED EXPECT OFFSET INDICES YDIMS | PROBLEM
             PROBLEM  the text form of clup_problem_print
             FILL     integers or reals: the inputs are not stored, reference_fill() makes them: the input from SEED,
                      the weights from SEED+1, the bias from SEED+2. bits: only places matter, any contents will do.
             EXPECT   i16: the exact values as int16. f64: the values that torch computed in double.
                      src: int16, for each output element the flat input element that it holds, -1 for zero.
             OFFSET   byte offset in cases.bin (little-endian), where the YDIMS elements lie contiguous
             INDICES  byte offset of the max_unpool indices (int16), or "-"
cases.bin    the arrays
nearest.bin  records of 24 bytes: double scale (0: by sizes), uint16 in, uint16 out (0: torch refuses), uint16 the output's
             other axis (torch has two kernels), uint16 0, uint32 CRC-32 of the nearest index table (uint16 each),
             uint32 the same of nearest-exact
sizes.bin    records of 8 int16: kind, in, kernel, stride, padding, extra, dilation, out (0: torch refuses);
             kind 0 conv_transpose with output_padding = extra, 1 conv_transpose with output_size = extra,
             2 max_unpool (extra 0: default size, else output_size = extra); the other axis has size 1 and does nothing
"""
import importlib
import math
import os
import random
import struct
import sys
import zlib

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from shared import HERE, Writer, by, fill, keys, real, write_pair

rng = random.Random(20240611)


# ---------------------------------------------------------------- transposed convolution

def conv(w, n, ci, co, h_w, k, s=None, p=None, op=None, d=None, groups=1, bias=True, out=None, fill_kind="integers",
         end=None, activation=None):
    """h_w, k and the rest: one number per axis, one to three axes. n None: no batch axis. end: padding at the end.
    activation: (name, alpha, beta)."""
    ones, zeros = (1,) * len(k), (0,) * len(k)
    s, p, op, d = s or ones, p or zeros, op or zeros, d or ones
    x = fill(fill_kind, w.seed, (ci, *h_w) if n is None else (n, ci, *h_w))
    weight = fill(fill_kind, w.seed + 1, (ci, co // groups, *k))
    b = fill(fill_kind, w.seed + 2, (co,)) if bias else None
    kind = (torch.nn.ConvTranspose1d, torch.nn.ConvTranspose2d, torch.nn.ConvTranspose3d)[len(k) - 1]
    module = kind(ci, co, k, s, p, op, groups, bias, d, dtype=torch.float64)
    with torch.no_grad():
        module.weight.copy_(weight)
        if bias:
            module.bias.copy_(b)
        if n == 0:  # torch has the shape of an empty batch from a batch of one
            y = module(torch.zeros((1, ci, *h_w), dtype=torch.float64), output_size=out)[:0]
        else:
            y = module(x, output_size=out)
        if end:  # torch has it not: cut from the result without padding
            y = kind(ci, co, k, s, 0, 0, groups, bias, d, dtype=torch.float64)
            y.load_state_dict(module.state_dict())
            y = y(x)
            for axis, (begin, cut) in enumerate(zip(p, end)):
                axis += y.dim() - len(k)
                y = y.narrow(axis, begin, y.shape[axis] - begin - cut)
        y = activate(y, activation)
    problem = f"conv_transpose x={by(x.shape)} w={by(weight.shape)}" + (" bias=1" if bias else "")
    problem += keys([("stride", by(s), by(ones)), ("padding", by(p), by(zeros)),
                     ("output_padding", by(zeros) if out else by(op), by(zeros)), ("dilation", by(d), by(ones)),
                     ("groups", groups, 1), ("output_size", by(out) if out else "", "")])
    if end:
        problem = problem.replace(" padding=" + by(p), " padding=" + by(p) + " padding_end=" + by(end))
    if activation:
        problem += f" activation={activation[0]}" + keys([("alpha", activation[1], 0), ("beta", activation[2], 0)])
    w.case("conv_transpose", fill_kind, y, "f64" if fill_kind == "reals" else "i16", problem)


def activate(y, activation):
    name, alpha, beta = activation or ("none", 0, 0)
    return {"none": lambda: y, "relu": lambda: F.relu(y), "leaky-relu": lambda: F.leaky_relu(y, alpha),
            "clamp": lambda: y.clamp(alpha, beta), "sigmoid": lambda: y.sigmoid(), "tanh": lambda: y.tanh()}[name]()


def conv_cases(w):
    # kernel, stride, dilation: every structure that a solver may be made for, and some that none is
    structures = [
        ((1, 1), (1, 1), (1, 1)), ((1, 1), (2, 2), (1, 1)), ((2, 2), (2, 2), (1, 1)), ((2, 2), (3, 3), (1, 1)),
        ((3, 3), (1, 1), (1, 1)), ((3, 3), (2, 2), (1, 1)), ((3, 3), (3, 3), (1, 1)), ((4, 4), (2, 2), (1, 1)),
        ((4, 4), (4, 4), (1, 1)), ((4, 4), (1, 1), (1, 1)), ((5, 5), (1, 1), (1, 1)), ((5, 5), (2, 2), (1, 1)),
        ((5, 5), (3, 3), (1, 1)), ((6, 6), (3, 3), (1, 1)), ((7, 7), (2, 2), (1, 1)), ((8, 8), (4, 4), (1, 1)),
        ((9, 9), (3, 3), (1, 1)), ((16, 16), (8, 8), (1, 1)), ((3, 3), (1, 1), (2, 2)), ((3, 3), (2, 2), (2, 2)),
        ((3, 3), (2, 2), (3, 3)), ((4, 4), (2, 2), (3, 3)), ((2, 2), (1, 1), (4, 4)), ((3, 3), (6, 6), (4, 4)),
        ((3, 5), (1, 2), (1, 1)), ((2, 4), (2, 1), (1, 1)), ((1, 3), (1, 1), (1, 1)), ((4, 2), (2, 2), (1, 1)),
        ((3, 2), (2, 3), (1, 2)), ((1, 7), (1, 2), (1, 1)), ((5, 3), (3, 2), (2, 1)), ((2, 3), (4, 2), (1, 3)),
    ]
    channels = [(1, 1, 1), (3, 2, 1), (4, 6, 2), (5, 5, 5), (8, 8, 1), (7, 3, 1), (6, 9, 3), (4, 8, 4), (16, 17, 1),
                (33, 4, 1), (2, 33, 1), (13, 11, 1)]
    for number, (k, s, d) in enumerate(structures):
        for variant in range(4):
            n = (1, 1, 3, 2)[variant]
            ci, co, groups = channels[(number * 5 + variant * 3) % len(channels)]
            big = max(s) * max(k) > 15  # these make large outputs: the files stay small
            h_w = [(rng.choice((1, 2, 3, 4)), rng.choice((2, 3, 5))), (rng.choice((3, 5, 7)), rng.choice((7, 11, 13))),
                   (rng.choice((1, 2, 5)), rng.choice((1, 17, 19))), (rng.choice((1, 2, 3)), rng.choice((29, 31, 37)))][variant]
            if big:
                h_w = (min(h_w[0], 3), min(h_w[1], 5))
                ci, co, groups = (3, 3, 3) if variant == 1 else (4, 3, 1)
            reach = [d[a] * (k[a] - 1) for a in (0, 1)]
            p, op, out = [0, 0], [0, 0], None
            for a in (0, 1):
                room = ((h_w[a] - 1) * s[a] + reach[a]) // 2
                p[a] = min((0, k[a] // 2, reach[a], reach[a] // 2 + 1)[variant], room)
                op[a] = (0, 1, max(s[a], d[a]) - 1, 0)[variant]
                if op[a] >= max(s[a], d[a]):
                    op[a] = 0
            if variant == 3 and max(s) > 1:
                out = [(h_w[a] - 1) * s[a] - 2 * p[a] + reach[a] + 1 + rng.randrange(s[a]) for a in (0, 1)]
            wide = n * co * math.prod((h_w[a] - 1) * s[a] + reach[a] + 1 for a in (0, 1))
            reals = wide < 1500 if variant != 1 else wide < 900
            conv(w, n, ci, co, h_w, k, s, tuple(p), tuple(op), d, groups, (number + variant) % 3 != 0, out,
                 "reals" if reals else "integers")
    # one by one: empty and single batches, depthwise with a multiplier, all padding, the smallest result
    conv(w, 0, 3, 4, (5, 7), (4, 4), (2, 2), (1, 1))
    conv(w, 1, 12, 12, (9, 23), (4, 4), (2, 2), (1, 1), groups=12, bias=False)
    conv(w, 2, 6, 24, (5, 9), (3, 3), (2, 2), (1, 1), (1, 1), groups=6)
    conv(w, 1, 1, 1, (1, 1), (3, 3), p=(1, 1), fill_kind="reals")
    conv(w, 1, 2, 2, (2, 2), (1, 1), (3, 3), (1, 1), fill_kind="reals")
    conv(w, 1, 5, 3, (4, 6), (3, 3), p=(2, 2), fill_kind="reals")
    conv(w, 1, 5, 3, (6, 8), (3, 3), p=(3, 3), fill_kind="reals")
    conv(w, 3, 32, 1, (6, 7), (5, 5), (2, 2), (2, 2), (1, 1), fill_kind="integers")
    conv(w, 1, 64, 16, (4, 16), (4, 4), (2, 2), (1, 1), fill_kind="integers")
    conv(w, 1, 16, 64, (4, 4), (4, 4), (2, 2), (1, 1), fill_kind="integers")
    conv(w, 1, 24, 40, (3, 33), (2, 2), (2, 2), fill_kind="integers")
    conv(w, 1, 17, 19, (3, 32), (3, 3), p=(1, 1), fill_kind="integers")
    conv(w, 1, 1, 1, (1, 67), (4, 4), (2, 2), (1, 1), bias=False, fill_kind="integers")
    conv(w, 1, 1, 1, (67, 1), (4, 4), (2, 2), (1, 1), bias=False, fill_kind="integers")
    conv(w, 1, 2, 3, (3, 4), (2, 2), (1, 1), (0, 0), (2, 1), (3, 2), fill_kind="reals")  # legal by dilation only


def conv_rank_cases(w):
    """One and three axes, and inputs without a batch."""
    conv(w, 2, 3, 5, (9,), (4,), (2,), (1,), fill_kind="reals")
    conv(w, 1, 6, 4, (13,), (5,), (3,), (2,), (2,), groups=2, fill_kind="reals")
    conv(w, 3, 4, 17, (37,), (3,), (1,), (1,), d=(2,), fill_kind="integers")
    conv(w, 2, 5, 5, (7,), (16,), (8,), (4,), groups=5, bias=False, fill_kind="integers")
    conv(w, 2, 33, 3, (5,), (2,), (2,), out=(11,), fill_kind="reals")
    conv(w, 0, 2, 3, (5,), (3,), (2,))
    conv(w, 1, 4, 3, (2, 3, 5), (2, 2, 2), (2, 2, 2), fill_kind="reals")
    conv(w, 2, 3, 5, (3, 2, 7), (3, 3, 3), (2, 2, 2), (1, 1, 1), (1, 1, 1), fill_kind="integers")
    conv(w, 1, 6, 4, (2, 3, 3), (4, 3, 5), (2, 1, 3), (1, 0, 2), (1, 0, 2), groups=2, fill_kind="integers")
    conv(w, 1, 3, 18, (2, 2, 5), (2, 3, 2), (1, 2, 3), (0, 1, 0), (2, 1, 0), (3, 2, 1), fill_kind="integers")
    conv(w, 1, 16, 16, (2, 4, 4), (3, 3, 3), (1, 1, 1), (1, 1, 1), fill_kind="integers")
    conv(w, 1, 2, 2, (1, 3, 17), (1, 3, 4), (1, 2, 2), (0, 1, 1), out=(1, 6, 35), fill_kind="reals")
    conv(w, 1, 4, 4, (3, 3, 3), (2, 2, 2), (2, 2, 2), groups=4, bias=False, fill_kind="reals")
    conv(w, None, 3, 4, (11,), (4,), (2,), (1,), fill_kind="reals")
    conv(w, None, 4, 6, (5, 7), (3, 3), (2, 2), (1, 1), (1, 0), groups=2, fill_kind="reals")
    conv(w, None, 2, 3, (2, 3, 4), (2, 3, 2), (2, 1, 2), fill_kind="reals")
    for number, activation in enumerate((("relu", 0, 0), ("leaky-relu", 0.25, 0), ("clamp", -0.5, 0.75),
                                         ("sigmoid", 0, 0), ("tanh", 0, 0), ("leaky-relu", 2.5, 0))):
        conv(w, 1, 3, 2 + number, (3, 5 + number), (4, 4), (2, 2), (1, 1), fill_kind="reals", activation=activation)
        conv(w, 2, 2, 5, (3, 4), (3, 3), (2, 2), (1, 1), (1, 1), bias=False, fill_kind="reals", activation=activation)
    conv(w, 1, 3, 2, (4, 9), (4, 4), (2, 2), (1, 0), end=(0, 3), fill_kind="reals")
    conv(w, 2, 2, 3, (5, 17), (3, 5), (1, 3), (2, 1), end=(1, 4), fill_kind="integers")
    conv(w, 1, 2, 2, (7,), (5,), (2,), (3,), end=(1,), fill_kind="reals")


# ---------------------------------------------------------------- interpolation

def interpolate(w, mode, shape, size=None, scale=None, align=False, recompute=False, antialias=False):
    moves = mode.startswith("nearest")
    if moves:
        x = torch.arange(math.prod(shape), dtype=torch.float32).reshape(shape)
    else:
        x = fill("reals", w.seed, shape)
    if mode == "lanczos":
        planes = [Image.fromarray(p).resize(size[::-1], Image.LANCZOS) for p in x.float().numpy().reshape(-1, *shape[2:])]
        y = torch.from_numpy(np.array([np.array(p, np.float64) for p in planes]).reshape(*shape[:2], *size))
    else:
        y = F.interpolate(x, size=size, scale_factor=scale, mode=mode, align_corners=None if moves or mode == "area" else align,
                          recompute_scale_factor=True if recompute else None, antialias=antialias)
    problem = f"interpolate x={by(shape)} mode={mode}"
    problem += keys([("size", by(size) if size else "", ""),
                     ("scale_factor", "x".join(real(v) for v in scale) if scale else "", ""),
                     ("align_corners", int(align), 0), ("recompute_scale_factor", int(recompute), 0),
                     ("antialias", int(antialias), 0)])
    w.case(mode.replace("-", "_"), "bits" if moves else "reals", y, "src" if moves else "f64", problem)


def interpolate_cases(w):
    sizes = [((1, 1, 5, 7), (10, 14)), ((1, 3, 4, 4), (8, 8)), ((3, 2, 7, 5), (3, 2)), ((1, 1, 1, 1), (5, 3)),
             ((2, 1, 13, 11), (1, 1)), ((1, 2, 1, 9), (4, 27)), ((1, 2, 9, 1), (27, 4)), ((1, 1, 26, 14), (22, 23)),
             ((1, 5, 3, 17), (6, 34)), ((1, 1, 6, 6), (6, 6)), ((1, 2, 6, 5), (6, 9)), ((0, 3, 4, 5), (8, 10)),
             ((1, 1, 3, 41), (7, 53)), ((1, 4, 2, 16), (8, 64)), ((2, 3, 5, 8), (15, 24)), ((1, 33, 2, 3), (3, 5)),
             ((1, 1, 31, 29), (13, 7)), ((1, 1, 2, 2), (9, 31)), ((1, 1, 3, 67), (2, 134))]
    scales = [((1, 2, 5, 7), (2.0, 2.0)), ((1, 1, 5, 6), (1.1, 1.3)), ((2, 1, 7, 9), (0.5, 0.7)), ((1, 1, 3, 3), (2.1, 1.01)),
              ((1, 3, 4, 5), (3.0, 1.5)), ((1, 1, 11, 13), (0.3, 0.9)), ((1, 1, 1, 1), (4.0, 2.5)), ((1, 2, 3, 10), (1 / 3, 0.1)),
              ((3, 1, 6, 4), (math.pi, 2.3)), ((1, 1, 9, 9), (1.0, 0.99)), ((1, 1, 2, 64), (2.2, 2.01)), ((1, 1, 2, 130), (1.5, 1.001))]
    for mode in ("nearest", "nearest-exact", "bilinear", "bicubic"):
        for shape, size in sizes:
            interpolate(w, mode, shape, size=size)
        for shape, scale in scales:
            interpolate(w, mode, shape, scale=scale)
        for shape, scale in scales[1:6]:
            interpolate(w, mode, shape, scale=scale, recompute=True)
        if mode.startswith("bi"):
            for shape, size in sizes:
                interpolate(w, mode, shape, size=size, align=True)
            for shape, scale in scales[:5]:
                interpolate(w, mode, shape, scale=scale, align=True)


def interpolate_rank_cases(w):
    """One and three axes."""
    sizes = [((1, 1, 7), (14,)), ((2, 3, 5), (17,)), ((1, 1, 26), (22,)), ((3, 1, 14), (23,)), ((1, 2, 9), (9,)),
             ((1, 1, 1), (6,)), ((2, 2, 13), (1,)), ((1, 3, 67), (31,)), ((1, 1, 2), (165,)), ((0, 2, 4), (8,))]
    scales = [((1, 2, 5), (1.18,)), ((1, 1, 5), (2.04,)), ((2, 1, 9), (0.7,)), ((1, 3, 4), (3.0,)), ((1, 1, 70), (1.9,))]
    for mode in ("nearest", "nearest-exact", "linear"):
        rank_cases(w, mode, sizes, scales)
    sizes = [((1, 1, 2, 3, 4), (4, 6, 8)), ((2, 1, 3, 2, 5), (5, 7, 3)), ((1, 2, 1, 3, 7), (2, 3, 13)), ((1, 1, 4, 4, 4), (2, 2, 2)),
             ((1, 3, 2, 2, 2), (2, 2, 2)), ((1, 1, 1, 1, 1), (3, 2, 4)), ((1, 1, 3, 5, 2), (1, 1, 1)), ((1, 1, 2, 1, 33), (3, 2, 40)),
             ((0, 2, 2, 2, 2), (4, 4, 4)), ((1, 1, 2, 3, 2), (2, 3, 165))]
    scales = [((1, 2, 2, 3, 5), (1.6, 1.35, 1.18)), ((1, 1, 5, 2, 5), (2.04, 2.6, 2.04)), ((2, 1, 4, 5, 6), (0.6, 0.7, 0.9)),
              ((1, 1, 2, 2, 3), (3.0, 1.0, 2.0)), ((1, 1, 3, 2, 9), (2.1, 0.5, 1.4))]
    for mode in ("nearest", "nearest-exact", "trilinear"):
        rank_cases(w, mode, sizes, scales)


def interpolate_window_cases(w):
    """Area, antialias and lanczos."""
    sizes = [((1, 2, 8, 12), (4, 4)), ((2, 1, 7, 9), (3, 5)), ((1, 1, 5, 6), (5, 6)), ((1, 1, 5, 6), (9, 17)), ((1, 3, 13, 1), (4, 3)),
             ((1, 1, 40, 70), (3, 4)), ((2, 1, 3, 50), (7, 6)), ((1, 1, 31, 4), (1, 1)), ((1, 2, 6, 9), (6, 4)), ((1, 1, 9, 6), (4, 6)),
             ((1, 1, 2, 200), (2, 3)), ((1, 2, 1, 1), (3, 4)), ((1, 1, 17, 37), (16, 35)), ((1, 33, 3, 4), (2, 3))]
    scales = [((1, 2, 9, 8), (0.5, 0.3)), ((1, 1, 7, 5), (1.7, 2.3)), ((1, 1, 11, 30), (0.7, 0.13)), ((2, 1, 5, 5), (1.1, 1.0))]
    for shape, size in sizes:
        interpolate(w, "area", shape, size=size)
        interpolate(w, "lanczos", shape, size=size)
        for mode in ("bilinear", "bicubic"):
            interpolate(w, mode, shape, size=size, antialias=True)
    for shape, size in sizes[:6]:
        interpolate(w, "bilinear", shape, size=size, align=True, antialias=True)
        interpolate(w, "bicubic", shape, size=size, align=True, antialias=True)
    for shape, scale in scales:
        interpolate(w, "area", shape, scale=scale)
        for mode in ("bilinear", "bicubic"):
            for recompute in (False, True):
                interpolate(w, mode, shape, scale=scale, recompute=recompute, antialias=True)
    for shape, size in [((2, 3, 10), (4,)), ((1, 2, 7), (7,)), ((1, 1, 300), (4,)), ((2, 1, 5), (12,)), ((1, 2, 4, 6, 8), (2, 3, 4)),
                        ((1, 1, 5, 7, 3), (3, 2, 5)), ((2, 1, 3, 4, 9), (3, 4, 2)), ((1, 1, 1, 5, 40), (2, 3, 3)), ((0, 1, 3, 4), (2, 2))]:
        interpolate(w, "area", shape, size=size)


def rank_cases(w, mode, sizes, scales):
    for shape, size in sizes:
        interpolate(w, mode, shape, size=size)
        if mode.endswith("linear"):
            interpolate(w, mode, shape, size=size, align=True)
    for shape, scale in scales:
        interpolate(w, mode, shape, scale=scale)
        interpolate(w, mode, shape, scale=scale, recompute=True)
        if mode.endswith("linear"):
            interpolate(w, mode, shape, scale=scale, align=True)


# ---------------------------------------------------------------- shuffles and unpooling

def shuffle(w, shape, r, back):
    x = torch.arange(math.prod(shape), dtype=torch.float64).reshape(shape)
    y = F.pixel_unshuffle(x, r) if back else F.pixel_shuffle(x, r)
    name = "pixel_unshuffle" if back else "pixel_shuffle"
    w.case(name, "bits", y, "src", f"{name} x={by(shape)} factor={r}")


def shuffle_cases(w):
    for shape, r in [((1, 4, 3, 5), 2), ((4, 1, 1), 2), ((2, 9, 2, 7), 3), ((1, 16, 3, 3), 4), ((3, 8, 5, 1), 2), ((1, 3, 5, 7), 1),
                     ((2, 3, 4, 2, 5), 2), ((1, 2, 1, 18, 2, 3), 3), ((1, 25, 2, 2), 5), ((1, 49, 1, 3), 7), ((1, 128, 3, 4), 8),
                     ((0, 4, 3, 3), 2), ((1, 132, 2, 3), 2), ((12, 4, 17), 2), ((1, 4, 2, 67), 2), ((2, 1, 2, 1, 2, 4, 2, 2), 2)]:
        shuffle(w, shape, r, False)
        wide = shape[:-3] + (shape[-3] // (r * r), shape[-2] * r, shape[-1] * r)
        if shape[0] > 0:  # torch gives an empty batch back in its old shape
            shuffle(w, wide, r, True)


def unpool(w, shape, k, s=None, p=(0, 0), out=None, pooled=True, wide=True):
    module = torch.nn.MaxUnpool2d(k, s, p)
    step = s or k
    usual = [(shape[2 + a] - 1) * step[a] - 2 * p[a] + k[a] for a in (0, 1)]
    size = out or usual
    plane = size[0] * size[1]
    if pooled:  # the indices that pooling an image of that size gives
        image = fill("reals", w.seed, (shape[0], shape[1], *size))
        _, indices = F.max_pool2d(image, k, s, p, return_indices=True)
        assert tuple(indices.shape) == tuple(shape), (indices.shape, shape)
    else:  # any indices at all, none twice in a plane
        rows = [rng.sample(range(plane), shape[2] * shape[3]) for _ in range(shape[0] * shape[1])]
        indices = torch.tensor(rows, dtype=torch.int64).reshape(shape)
    x = torch.arange(1, math.prod(shape) + 1, dtype=torch.float64).reshape(shape)
    y = module(x, indices, output_size=None if out is None else tuple(out)) - 1
    problem = f"max_unpool x={by(shape)} indices={'i64' if wide else 'i32'} kernel={by(k)}"
    problem += keys([("stride", by(s) if s else "", ""), ("padding", by(p), "0x0"), ("output_size", by(out) if out else "", "")])
    w.case("max_unpool", "bits", y, "src", problem, indices)


def unpool_cases(w):
    unpool(w, (1, 1, 2, 2), (2, 2))
    unpool(w, (1, 3, 4, 5), (2, 2))
    unpool(w, (2, 3, 3, 7), (2, 2), wide=False)
    unpool(w, (3, 1, 5, 2), (3, 3))
    unpool(w, (1, 2, 3, 3), (2, 3))
    unpool(w, (1, 1, 4, 4), (2, 2), out=(9, 8))
    unpool(w, (1, 2, 4, 3), (2, 2), out=(9, 7), wide=False)
    unpool(w, (1, 2, 3, 5), (3, 2), out=(11, 11))
    unpool(w, (1, 33, 2, 2), (2, 2))
    unpool(w, (2, 17, 3, 5), (2, 2), wide=False)
    unpool(w, (1, 1, 1, 1), (5, 4))
    unpool(w, (1, 2, 7, 1), (1, 3))
    unpool(w, (0, 2, 3, 3), (2, 2), pooled=False)
    unpool(w, (1, 2, 13, 17), (2, 2))
    unpool(w, (1, 1, 3, 37), (2, 2), wide=False)
    for shape, k, s, p, out in [((1, 1, 3, 3), (3, 3), (2, 2), (0, 0), None), ((2, 2, 3, 4), (3, 3), (2, 2), (1, 1), None),
                                ((1, 3, 5, 3), (2, 2), (1, 1), (0, 0), None), ((1, 1, 2, 5), (3, 2), (3, 1), (0, 0), None),
                                ((1, 2, 3, 3), (2, 2), (3, 3), (0, 0), None), ((1, 2, 4, 4), (3, 3), (2, 2), (1, 1), (8, 8)),
                                ((1, 2, 4, 4), (3, 3), (2, 2), (0, 0), (8, 10)), ((3, 1, 2, 3), (5, 5), (4, 3), (2, 2), None),
                                ((1, 4, 3, 2), (2, 4), (2, 3), (0, 1), (5, 7)), ((1, 1, 6, 7), (2, 2), (2, 2), (0, 0), (13, 15)),
                                ((1, 1, 11, 5), (2, 2), None, (0, 0), None), ((1, 5, 2, 3), (1, 1), None, (0, 0), None)]:
        unpool(w, shape, k, s, p, out, pooled=False)
        unpool(w, shape, k, s, p, out, pooled=False, wide=False)


# ---------------------------------------------------------------- sweeps

def nearest_record(size_in, size_out, scale, other=1):
    x = torch.arange(size_in, dtype=torch.float32).reshape(1, 1, 1, size_in)
    out, crcs = 0, []
    for mode in ("nearest", "nearest-exact"):
        try:
            y = F.interpolate(x, size=None if scale else (other, size_out),
                              scale_factor=(float(other), scale) if scale else None, mode=mode)
            out = y.shape[3]
            crcs.append(zlib.crc32(y[0, 0, 0].numpy().astype("<u2").tobytes()))
        except RuntimeError:
            crcs.append(0)
    return struct.pack("<dHHHHII", scale, size_in, out, other, 0, *crcs)


def nearest_sweep():
    data = bytearray()
    for i in range(1, 65):
        for o in range(1, 65):
            data += nearest_record(i, o, 0.0)
            if (i * 7 + o) % 5 == 0:
                data += nearest_record(i, o, 0.0, 130)
    for scale in (0.1, 0.25, 0.3, 1 / 3, 0.5, 0.6, 0.7, 0.9, 0.99, 1.0, 1.01, 1.1, 1.25, 1.3, 1.5, 1.7, 2.0, 2.1, 2.3, 2.5, 3.0,
                  math.pi, 4.0, 5.7):
        for i in range(1, 65):
            data += nearest_record(i, 0, scale, (1, 130)[i % 3 == 0])
    for _ in range(300):
        data += nearest_record(rng.randrange(65, 6000), rng.randrange(65, 6000), 0.0)
        data += nearest_record(rng.randrange(65, 3000), 0, rng.choice((rng.uniform(0.1, 1.0), rng.uniform(1.0, 4.0))))
    return data


def size_record(kind, i, k, s, p, extra, d):
    x = torch.zeros(1, 1, i, 1)
    try:
        if kind == 2:
            module = torch.nn.MaxUnpool2d((k, 1), (s, 1), (p, 0))
            y = module(x, torch.zeros(1, 1, i, 1, dtype=torch.int64), output_size=(extra, 1) if extra else None)
        else:
            module = torch.nn.ConvTranspose2d(1, 1, (k, 1), (s, 1), (p, 0), (0 if kind else extra, 0), dilation=(d, 1))
            y = module(x, output_size=(extra, 1) if kind else None)
        out = y.shape[2]
    except (RuntimeError, ValueError):
        out = 0
    return struct.pack("<8h", kind, i, k, s, p, extra, d, out)


def size_sweep():
    data = bytearray()
    for i in (1, 2, 3, 5):
        for k in (1, 2, 3, 4):
            for s in (1, 2, 3):
                for p in (0, 1, 2):
                    for d in (1, 2, 3):
                        for op in (0, 1, 2, 3):
                            data += size_record(0, i, k, s, p, op, d)
                        least = (i - 1) * s - 2 * p + d * (k - 1) + 1
                        for out in range(max(least - 1, 1), least + max(s, d) + 1):
                            data += size_record(1, i, k, s, p, out, d)
    for i in (1, 2, 3, 5):
        for k in (1, 2, 3):
            for s in (1, 2, 3):
                for p in (0, 1):
                    usual = (i - 1) * s - 2 * p + k
                    for out in [0] + list(range(max(usual - s - 1, 1), usual + s + 2)):
                        data += size_record(2, i, k, s, p, out, 1)
    return data


def write_first():
    """cases, nearest and sizes."""
    w = Writer()
    conv_cases(w)
    interpolate_cases(w)
    shuffle_cases(w)
    unpool_cases(w)
    conv_rank_cases(w)
    interpolate_rank_cases(w)
    interpolate_window_cases(w)
    write_pair("cases", w)
    for name, data in (("nearest.bin", nearest_sweep()), ("sizes.bin", size_sweep())):
        with open(os.path.join(HERE, name), "wb") as f:
            f.write(data)


def main():
    assert torch.__version__.split("+")[0] == "2.13.0", torch.__version__
    torch.set_num_threads(1)
    families = sorted(name[:-len("_cases.py")] for name in os.listdir(HERE) if name.endswith("_cases.py"))
    wanted = sys.argv[1:] or ["first"] + families
    for family in wanted:
        if family == "first":
            write_first()
        else:
            w = Writer()
            importlib.import_module(family + "_cases").cases(w)
            write_pair(family, w)


if __name__ == "__main__":
    main()
