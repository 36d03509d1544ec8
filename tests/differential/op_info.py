"""PyTorch's own sample inputs for these operators (OpInfo), forward, in every dtype that both sides have."""
import inspect
import sys
import types
import unittest

import torch
import torch.nn.functional as F

import interpolation
import operators
from case import Case, tensor_keys
from clup import NAMES
from compare import Expected
from draw import by, key, reals

HALVES = (torch.float16, torch.bfloat16)


def database():
    """torch's list of OpInfo. Its module imports expecttest, for tests that are not run here."""
    try:
        import expecttest  # noqa: F401
    except ImportError:
        stub = types.ModuleType("expecttest")
        stub.TestCase = unittest.TestCase
        sys.modules["expecttest"] = stub
    from torch.testing._internal.common_methods_invocations import op_db
    return op_db


def each(value, axes):
    """One value per axis."""
    return list(value) if isinstance(value, (tuple, list, torch.Size)) else [value] * axes


def bound_arguments(function, sample):
    bound = inspect.signature(function).bind(sample.input, *sample.args, **sample.kwargs)
    bound.apply_defaults()
    return bound.arguments


def conv(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    return F.conv_transpose2d  # for its signature: torch's own is built in


def conv_transpose(sample, native):
    a = bound_arguments(conv, sample)
    x, w, b, axes = a["input"], a["weight"], a["bias"], a["weight"].dim() - 2
    s, p, op, dil = (each(a[name], axes) for name in ("stride", "padding", "output_padding", "dilation"))
    expected = operators.conv_expected(x, w, b, (s, p, op, dil, a["groups"]), x.dtype)
    if x.dtype not in HALVES:  # torch's sums in these may be in the type itself
        expected = Expected(expected.want, expected.bound, native, 4 * expected.bound)
    text = f"conv_transpose x={by(x.shape)} w={by(w.shape)}" + key("bias", b is not None and 1)
    text += f" stride={by(s)} padding={by(p)} output_padding={by(op)} dilation={by(dil)} groups={a['groups']}"
    return Case(text + tensor_keys(x.dtype, x, w), {"input": x, "weight": w, "bias": b}, expected, x.dtype)


def resampled(x, mode, size, scale, align, recompute, antialias, native):
    axes = x.dim() - 2
    size, scale = size and each(size, axes), scale and [float(f) for f in each(scale, axes)]
    if scale and mode == "area":  # torch goes by the sizes then
        recompute = False
    arguments = (mode, size, scale, bool(align), bool(recompute), bool(antialias))
    if mode.startswith("nearest"):
        expected = interpolation.nearest_expected(x, arguments)
    else:
        expected = interpolation.expected_values(x, arguments)[0]
        if not x.is_contiguous() and expected.native is None:
            native = None
    return Case(interpolation.text_of(x, arguments) + tensor_keys(x.dtype, x), {"input": x}, expected, x.dtype)


def interpolate(sample, native):
    a = bound_arguments(F.interpolate, sample)
    return resampled(a["input"], a["mode"], a["size"], a["scale_factor"], a["align_corners"], a["recompute_scale_factor"],
                     a["antialias"], native)


def upsample(mode, align, antialias=False):
    def make(sample, native):
        size = sample.kwargs.get("size", sample.kwargs.get("output_size"))
        scale = sample.kwargs.get("scale_factor", sample.kwargs.get("scale_factors"))
        aligned = sample.kwargs.get("align_corners", align)
        return resampled(sample.input, mode, size, scale, aligned, False, antialias, native)
    return make


def max_unpool(sample, native):
    axes = native.dim() - (2 if native.dim() == sample.input.dim() and False else 0)
    return axes
