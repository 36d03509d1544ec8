"""PyTorch's own sample inputs of these operators (OpInfo), forward, in every dtype that both sides have."""
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
from draw import by, key

# torch adds these up, or has the weights of a resampling, in the type itself: it is judged by its own double alone.
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
    return list(value) if isinstance(value, (tuple, list)) else [value] * axes


def arguments_of(function, sample):
    bound = inspect.signature(function).bind(sample.input, *sample.args, **sample.kwargs)
    bound.apply_defaults()
    return bound.arguments


def conv_signature(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """torch's conv_transpose functions are built in and tell none."""


def conv_transpose(sample, result):
    a = arguments_of(conv_signature, sample)
    x, w, b, axes = a["input"], a["weight"], a["bias"], a["weight"].dim() - 2
    s, p, op, dil = (each(a[name], axes) for name in ("stride", "padding", "output_padding", "dilation"))
    expected = operators.conv_expected(x, w, b, (s, p, op, dil, a["groups"]), x.dtype)
    if x.dtype not in HALVES:
        expected = Expected(expected.want, expected.bound, result, 4 * expected.bound)
    text = f"conv_transpose x={by(x.shape)} w={by(w.shape)}" + key("bias", int(b is not None))
    text += f" stride={by(s)} padding={by(p)} output_padding={by(op)} dilation={by(dil)} groups={a['groups']}"
    return Case(text + tensor_keys(x.dtype, x, w), {"input": x, "weight": w, "bias": b}, expected, x.dtype)


def resampled(x, mode, size, scale, align, recompute, antialias, result):
    axes = x.dim() - 2
    size = each(size, axes) if size is not None else None
    scale = [float(f) for f in each(scale, axes)] if scale is not None else None
    arguments = (mode, size, scale, bool(align), bool(recompute), bool(antialias))
    if mode.startswith("nearest"):
        expected, known = interpolation.nearest_expected(x, arguments), ""
        assert torch.equal(expected.want, result)
    else:
        expected, known = interpolation.expected_values(x, arguments)
        assert expected.native is None or torch.equal(expected.native, result)
    return Case(interpolation.text_of(x, arguments) + tensor_keys(x.dtype, x), {"input": x}, expected, x.dtype, known)


def interpolate(sample, result):
    a = arguments_of(F.interpolate, sample)
    return resampled(a["input"], a["mode"], a["size"], a["scale_factor"], a["align_corners"], a["recompute_scale_factor"],
                     a["antialias"], result)


def upsample(mode, align, antialias=False):
    def make(sample, result):
        options = sample.kwargs
        if options.get("scales_h") is not None:
            return Case("", {}, None, sample.input.dtype, "size-and-scale")
        size = options.get("size", options.get("output_size"))
        scale = options.get("scale_factor", options.get("scale_factors"))
        return resampled(sample.input, mode, size, scale, options.get("align_corners", align), False, antialias, result)
    return make


def max_unpool(axes):
    def make(sample, result):
        a = arguments_of(operators.UNPOOL[axes], sample)
        x, indices, k = a["input"], a["indices"], each(a["kernel_size"], axes)
        s = each(a["stride"], axes) if a["stride"] else k
        text = f"max_unpool x={by(x.shape)} kernel={by(k)} stride={by(s)} padding={by(each(a['padding'], axes))}"
        text += key("axes", axes if x.dim() == axes + 1 else "")
        text += key("output_size", by(a["output_size"][-axes:]) if a["output_size"] is not None else "")
        return Case(text + tensor_keys(x.dtype, x, None, indices), {"input": x, "indices": indices}, Expected(result), x.dtype)
    return make


def moved(name, argument, option):
    def make(sample, result):
        x, value = sample.input, [*sample.args, *sample.kwargs.values()][0]
        assert not sample.kwargs or list(sample.kwargs) == [argument]
        text = f"{name} x={by(x.shape)} {option}={value}" + tensor_keys(x.dtype, x)
        return Case(text, {"input": x}, Expected(result), x.dtype)
    return make


OPERATORS = {
    **{f"nn.functional.conv_transpose{a}d": conv_transpose for a in (1, 2, 3)},
    "nn.functional.interpolate": interpolate,
    "nn.functional.upsample_nearest": upsample("nearest", False),
    "nn.functional.upsample_bilinear": upsample("bilinear", True),
    "_upsample_bilinear2d_aa": upsample("bilinear", False, True),
    **{f"nn.functional.max_unpool{a}d": max_unpool(a) for a in (1, 2, 3)},
    "nn.functional.pixel_shuffle": moved("pixel_shuffle", "upscale_factor", "factor"),
    "nn.functional.pixel_unshuffle": moved("pixel_unshuffle", "downscale_factor", "factor"),
    "nn.functional.channel_shuffle": moved("channel_shuffle", "groups", "groups"),
}


def samples():
    """(name, dtype, a function that makes the case) of every sample."""
    found = set()
    for op in database():
        if op.name not in OPERATORS:
            continue
        found.add(op.name)
        name = " ".join(part for part in (op.name.removeprefix("nn.functional."), op.variant_test_name) if part)
        for dtype in sorted(op.dtypes, key=str):
            if dtype not in NAMES or (op.name.startswith("nn.functional.conv") and dtype == torch.int64):
                continue  # complex numbers and bool are no dtypes of clup's; its convolutions are of floats
            torch.manual_seed(0)
            for sample in op.sample_inputs("cpu", dtype, requires_grad=False):
                yield name, dtype, lambda op=op, sample=sample: OPERATORS[op.name](
                    sample, op.op(sample.input, *sample.args, **sample.kwargs))
    missing = set(OPERATORS) - found
    assert not missing, f"torch has no OpInfo of {missing}"
