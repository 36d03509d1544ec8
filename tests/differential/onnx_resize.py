"""Random problems of ONNX's Resize, with the answer of its reference evaluator, in double."""
import math

import numpy as np
import torch
from onnx.reference.ops import op_resize

from case import Case, tensor_keys, with_output
from compare import Expected, bound_of
from draw import FLOATS, by, key, reals

COORDINATES = ("half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_crop_and_resize")
NEAREST = ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")
MOVED = (torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.uint8, torch.int8, torch.int16, torch.int32)
COMPUTED = FLOATS + (torch.uint8, torch.int8, torch.int16)
TAPS = {"nearest": 1, "linear": 2, "cubic": 4}


def coefficients(p):
    """The evaluator's weights for a place between two elements."""
    if p["mode"] == "nearest":
        return lambda ratio, scale: op_resize._nearest_coeffs(ratio, p["nearest_mode"])
    if p["mode"] == "linear":
        return op_resize._linear_coeffs_antialias if p["antialias"] else op_resize._linear_coeffs
    cubic = op_resize._cubic_coeffs_antialias if p["antialias"] else op_resize._cubic_coeffs
    return lambda ratio, scale: cubic(ratio, scale, p["a"])


def evaluate(x, p):
    """x: numpy, in double. Scales are float32; roi is double, as clup has it."""
    scales = None if p["scales"] is None else [float(np.float32(s)) for s in p["scales"]]
    roi = None if p["roi"] is None else np.array(p["roi"][0] + p["roi"][1], np.float64)
    return op_resize._interpolate_nd(
        x, coefficients(p), output_size=p["sizes"], scale_factors=scales, axes=[a % x.ndim for a in p["axes"]], roi=roi,
        keep_aspect_ratio_policy=p["policy"], exclude_outside=p["exclude"], coordinate_transformation_mode=p["coordinate"],
        extrapolation_value=p["value"])


def lists(d, dims, p):
    """Sizes or scales that leave an element on every axis, and that the evaluator gets right: by sizes, (out/in)*in may
    miss the 1 of a single element."""
    while True:
        p["sizes"] = p["scales"] = None
        p["policy"] = "stretch"
        if d.maybe(0.5):
            p["sizes"] = [d.randint(1, 3 * n + 1) for n in dims]
            p["policy"] = d.choice(("stretch", "stretch", "not_larger", "not_smaller"))
            ratios = [o / n for o, n in zip(p["sizes"], dims)]
            scale = min(ratios) if p["policy"] == "not_larger" else max(ratios)
            lengths = [(r if p["policy"] == "stretch" else scale) * n for r, n in zip(ratios, dims)]
            if all(x >= 0.5 and (x == 1 or abs(x - 1) > 1e-9) for x in lengths):
                return
        else:
            p["scales"] = [d.choice((1.0, 2.0, round(d.uniform(1.01 / n, 3), d.randint(1, 6)))) for n in dims]
            if all(math.floor(float(np.float32(s)) * n) >= 1 for s, n in zip(p["scales"], dims)):
                return


def parameters(d, shape):
    count = d.randint(1, min(3, len(shape)))
    p = {"mode": d.choice(tuple(TAPS)), "coordinate": d.choice(COORDINATES), "nearest_mode": "round_prefer_floor", "a": -0.75,
         "exclude": 0, "antialias": 0, "value": 0.0, "roi": None,
         "axes": [a - len(shape) if d.maybe(0.3) else a for a in d.sample(range(len(shape)), count)]}
    lists(d, [shape[a] for a in p["axes"]], p)
    if p["mode"] == "nearest":
        p["nearest_mode"] = d.choice(NEAREST)
    else:
        p["exclude"], p["antialias"] = int(d.maybe(0.4)), int(d.maybe(0.4))
    if p["mode"] == "cubic" and d.maybe(0.5):
        p["a"] = d.choice((-0.5, -1.0, 0.25))
    if p["coordinate"] == "tf_crop_and_resize":
        p["roi"] = tuple([round(d.uniform(-0.5, 1.4), 3) if d.maybe(0.5) else end for _ in p["axes"]] for end in (0.0, 1.0))
        p["value"] = float(d.randint(0, 9))
        if not any(p["roi"][0] + p["roi"][1]):
            p["roi"][1][0] = 1.0
    return p


def misplaced(shape, p):
    """Whether rounding leaves a source just above a whole number: the evaluator gives the weights of that element to those
    before it."""
    dims = [shape[a] for a in p["axes"]]
    scales = [float(np.float32(s)) for s in p["scales"]] if p["scales"] else [o / n for o, n in zip(p["sizes"], dims)]
    if p["policy"] != "stretch":
        scales = [min(scales) if p["policy"] == "not_larger" else max(scales)] * len(dims)
    for i, (n, scale) in enumerate(zip(dims, scales)):
        out = p["sizes"][i] if p["sizes"] else int(scale * n)
        out = int(scale * n + 0.5) if p["policy"] != "stretch" else out
        roi = [p["roi"][0][i], p["roi"][1][i]] if p["roi"] else None
        sources, _ = op_resize._compute_x_ori(p["coordinate"], np.arange(out, dtype=np.float64), scale, n, scale * n, out, roi)
        above = sources - np.floor(sources)
        if ((above > 0) & (above < 1e-9)).any():
            return True
    return False


def text_of(shape, p):
    usual = {"coordinate_mode": ("coordinate", "half_pixel"), "nearest_mode": ("nearest_mode", "round_prefer_floor"),
             "aspect_policy": ("policy", "stretch")}
    text = f"resize x={by(shape)} mode={p['mode']}"
    for name, (ours, default) in usual.items():
        text += key(name, p[ours] if p[ours] != default else "")
    text += f" axes={by(p['axes'])}" + (f" sizes={by(p['sizes'])}" if p["sizes"] else f" scales={reals(p['scales'])}")
    if p["roi"]:
        text += f" roi_start={reals(p['roi'][0])} roi_end={reals(p['roi'][1])} extrapolation_value={p['value']}"
    text += key("cubic_coeff_a", p["a"] if p["a"] != -0.75 else "")
    return text + key("exclude_outside", p["exclude"]) + key("antialias", p["antialias"])


def moved(x, p):
    """Elements by their flat index, the extrapolation value where that is -1."""
    places = torch.from_numpy(evaluate(np.arange(x.numel(), dtype=np.float64).reshape(x.shape), dict(p, value=-1.0)))
    outside = torch.full((), p["value"], dtype=torch.float64).to(x.dtype)
    return Expected(torch.where(places < 0, outside, x.contiguous().view(-1)[places.clamp(min=0).long()]))


def computed(x, p):
    """The bound goes by the largest element; cubic weights may add up to more than 1 on each axis."""
    want = torch.from_numpy(np.ascontiguousarray(evaluate(x.double().contiguous().numpy(), p)))
    magnitude = torch.full_like(want, max(float(x.double().abs().max()), p["value"]) * 2.0 ** len(p["axes"]))
    terms = torch.full_like(want, float(max(x.shape)) * TAPS[p["mode"]] ** len(p["axes"]))
    return Expected(want, bound_of(x.dtype, want, magnitude, terms, 24.0 if p["antialias"] else 8.0))


def resize(d):
    shape = tuple(d.size(9) if d.maybe(0.8) else d.size(40) for _ in range(d.randint(1, 5)))
    p = parameters(d, shape)
    while misplaced(shape, p):
        p = parameters(d, shape)
    dtype = d.choice(MOVED if p["mode"] == "nearest" else COMPUTED)
    x = d.any_bits(shape, dtype) if p["mode"] == "nearest" else d.values(d.choice(("reals", "integers")), shape, dtype)
    x = d.view(x, repeat=len(shape) > 1)  # strides that are all 0 mean contiguous
    expected = moved(x, p) if p["mode"] == "nearest" else computed(x, p)
    return Case(with_output(d, text_of(shape, p) + tensor_keys(dtype, x), expected.want.shape), {"input": x}, expected, dtype)
