"""Interpolation of every dtype from torch, computed in double from the elements that the dtype holds; in any layout. What torch
makes in the dtype itself is held against that once: halves within their precision, u8 within 1, except that torch rounds and
saturates u8 between the axes too."""
import math

import numpy as np
import torch
import torch.nn.functional as F

from shared import by, hash32, keys, real

TORCH = {"f64": torch.float64, "f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16, "u8": torch.uint8}
RANGES = {"u8": (0, 255), "i8": (-128, 127), "u16": (0, 65535), "i16": (-32768, 32767)}


def fill(dtype, seed, shape):
    """reference_fill() of reals, as the doubles that the elements are."""
    bits = (hash32(seed, math.prod(shape)) >> np.uint64(8)).astype(np.int64)
    if dtype in RANGES:
        least, most = RANGES[dtype]
        return torch.from_numpy(((bits & (most - least)) + least).astype(np.float64).reshape(shape))
    values = torch.from_numpy(((bits - 2.0**23) * 2.0**-23).reshape(shape))
    return values.to(TORCH[dtype]).to(torch.float64)


def strides(shape, last):
    """Of a channels-last array; `last` is how many elements lie between its columns."""
    steps, step = [0] * len(shape), last
    steps[1] = 1
    for axis in range(len(shape) - 1, 1, -1):
        steps[axis] = step
        step *= shape[axis]
    steps[0] = step
    return steps


def against_torch(x, y, dtype, options):
    if dtype not in ("u8", "f16", "bf16"):
        return
    try:
        own = F.interpolate(x.to(TORCH[dtype]), **options).to(torch.float64)
    except RuntimeError as e:
        assert "not implemented" in str(e), e
        return
    if dtype == "u8":
        between = F.interpolate(x, **{**options, "size": (x.shape[2], y.shape[3]), "scale_factor": None}) if x.dim() == 4 else x
        if ((between >= -0.5) & (between <= 255.5)).all():
            assert (own - y.clamp(0, 255).round()).abs().max() <= 1, options
    else:
        assert (own - y).abs().max() <= (2.0**-10 if dtype == "f16" else 2.0**-7) * 2, options


def interpolate(w, dtype, shape, mode, size=None, scale=None, align=False, antialias=False, last=None):
    """last: None for a contiguous array; the elements between two columns of a channels-last one."""
    x = fill(dtype, w.seed, shape)
    options = {"size": size, "scale_factor": scale, "mode": mode, "antialias": antialias}
    if align:
        options["align_corners"] = True
    y = F.interpolate(x, **options)
    if last is None:  # torch's antialias is right in every memory format but for one column; none of that is here
        against_torch(x, y, dtype, options)
    problem = f"interpolate x={by(shape)}" + keys([("dtype", dtype, "f32")]) + f" mode={mode}"
    problem += keys([("size", by(size) if size else "", ""), ("scale_factor", "x".join(map(real, scale)) if scale else "", ""),
                     ("align_corners", int(align), 0), ("antialias", int(antialias), 0)])
    if last is not None:
        problem += f" x_strides={by(strides(shape, last))} y_strides={by(strides(y.shape, last))}"
    w.case("dtypes", "reals", y, "f64", problem)


def cases(w):
    for dtype in ("f64", "f16", "bf16", "u8", "i8", "u16", "i16"):
        interpolate(w, dtype, (1, 2, 5, 9), "bilinear", scale=(2.0, 2.0))
        interpolate(w, dtype, (1, 1, 9, 40), "bilinear", size=(7, 23))
        interpolate(w, dtype, (1, 2, 6, 9), "bicubic", size=(7, 20))
        interpolate(w, dtype, (1, 2, 14, 20), "bilinear", size=(5, 9), antialias=True)
        # channels last: rows of W*C elements
        interpolate(w, dtype, (1, 3, 5, 8), "bilinear", scale=(2.0, 2.0), last=3)
        interpolate(w, dtype, (1, 3, 9, 7), "bilinear", size=(4, 3), antialias=True, last=3)
    for dtype in ("f64", "f16", "u8"):
        interpolate(w, dtype, (2, 1, 6, 5), "bilinear", size=(7, 19), align=True)
        interpolate(w, dtype, (1, 1, 7, 12), "bicubic", scale=(1.3, 0.6))
        interpolate(w, dtype, (2, 3, 17), "linear", size=(37,))
        interpolate(w, dtype, (1, 2, 3, 4, 5), "trilinear", size=(4, 6, 7))
        interpolate(w, dtype, (1, 2, 9, 20), "area", size=(4, 9))
        interpolate(w, dtype, (1, 1, 3, 130), "area", size=(2, 3))
        interpolate(w, dtype, (1, 1, 10, 16), "bicubic", size=(7, 6), antialias=True)
        interpolate(w, dtype, (2, 4, 3, 5), "bicubic", size=(4, 7), last=4)
    # beyond 64 channels the channels are a spatial axis
    for dtype in ("f32", "u8"):
        interpolate(w, dtype, (1, 1, 4, 9), "bilinear", size=(5, 20), last=1)
        interpolate(w, dtype, (1, 2, 4, 37), "bilinear", size=(5, 50), last=2)
        interpolate(w, dtype, (1, 3, 5, 60), "bilinear", size=(3, 29), last=3)
        interpolate(w, dtype, (1, 16, 3, 4), "bilinear", size=(4, 5), last=16)
        interpolate(w, dtype, (1, 64, 2, 3), "bicubic", size=(3, 4), last=64)
        interpolate(w, dtype, (1, 70, 2, 3), "bilinear", size=(3, 4), last=70)
        interpolate(w, dtype, (1, 3, 4, 5), "bilinear", size=(6, 9), last=4)  # RGB in RGBX
        interpolate(w, dtype, (2, 5, 7), "linear", size=(12,), last=5)
        interpolate(w, dtype, (1, 66, 5), "linear", size=(8,), last=66)
        interpolate(w, dtype, (1, 3, 2, 3, 4), "trilinear", size=(3, 4, 5), last=3)
        interpolate(w, dtype, (1, 67, 2, 1, 3), "trilinear", size=(3, 2, 2), last=67)
        interpolate(w, dtype, (2, 4, 7, 6), "area", size=(3, 4), last=4)
        interpolate(w, dtype, (1, 3, 2, 3, 5), "area", size=(1, 2, 3), last=3)
