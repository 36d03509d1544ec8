"""ONNX Resize-19, by the operator's reference evaluator (onnx 1.23.2) in double. Where torch has the same operator, its
results must be the evaluator's, or the generator stops."""
import math

import numpy as np
import torch
import torch.nn.functional as F
from onnx.reference.ops import op_resize

from shared import by, fill, keys, real

COEFFS = {
    ("linear", False): lambda a: op_resize._linear_coeffs,
    ("linear", True): lambda a: op_resize._linear_coeffs_antialias,
    ("cubic", False): lambda a: lambda r, s: op_resize._cubic_coeffs(r, s, a),
    ("cubic", True): lambda a: lambda r, s: op_resize._cubic_coeffs_antialias(r, s, a),
}
MODES = ("half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric")
NEAREST = ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")


def evaluate(x, mode, coordinate="half_pixel", nearest="round_prefer_floor", policy="stretch", axes=None, sizes=None,
             scales=None, roi=None, a=-0.75, exclude=0, antialias=0, value=0.0):
    """Scales in float32, as ONNX has them; roi and all results in double."""
    coeffs = (lambda r, s: op_resize._nearest_coeffs(r, nearest)) if mode == "nearest" else COEFFS[mode, bool(antialias)](a)
    rank = x.ndim
    axes = None if axes is None else [d % rank for d in axes]
    return op_resize._interpolate_nd(
        x, coeffs, output_size=None if sizes is None else list(sizes),
        scale_factors=None if scales is None else np.array(scales, np.float32).astype(np.float64) if axes is None
        else [float(np.float32(s)) for s in scales],
        axes=axes, roi=None if roi is None else np.array(roi[0] + roi[1], np.float64), keep_aspect_ratio_policy=policy,
        exclude_outside=exclude, coordinate_transformation_mode=coordinate, extrapolation_value=value)


def resize(w, shape, mode="nearest", dtype=None, **p):
    sizes, scales, roi = p.get("sizes"), p.get("scales"), p.get("roi")
    if sizes is not None:  # where (out/in)*in is not out, the evaluator's length of one element is not one
        dims = shape if p.get("axes") is None else [shape[d] for d in p["axes"]]
        for i, o in zip(dims, sizes):
            assert o != 1 or o / i * i == 1, (i, o)
    if mode == "nearest":
        value = p.pop("value", 0.0)
        count = math.prod(shape)
        x = np.arange(count, dtype=np.float64).reshape(shape)
        y = evaluate(x, mode, value=-2.0, **p)
        p["value"] = value
        kind, expect = "bits", "src"
        assert count < 32768
    else:
        kind, expect = "reals", "f64"
        x = fill(kind, w.seed, shape).numpy()
        y = evaluate(x, mode, **p)
    text = f"resize x={by(shape)} mode={mode}" + keys((
        ("coordinate_mode", p.get("coordinate", "half_pixel"), "half_pixel"),
        ("nearest_mode", p.get("nearest", "round_prefer_floor"), "round_prefer_floor"),
        ("aspect_policy", p.get("policy", "stretch"), "stretch"),
        ("axes", by(p["axes"]) if p.get("axes") is not None else "", ""),
        ("sizes", by(sizes) if sizes is not None else "", ""),
        ("scales", "x".join(real(s) for s in scales) if scales is not None else "", ""),
        ("roi_start", "x".join(real(s) for s in roi[0]) if roi is not None and any(roi[0]) else "", ""),
        ("roi_end", "x".join(real(s) for s in roi[1]) if roi is not None and any(roi[1]) else "", ""),
        ("cubic_coeff_a", real(p.get("a", -0.75)), "-0.75"),
        ("exclude_outside", p.get("exclude", 0), 0),
        ("antialias", p.get("antialias", 0), 0),
        ("extrapolation_value", real(p.get("value", 0.0)), "0"),
        ("dtype", dtype, None)))
    family = mode + ("-antialias" if p.get("antialias") else "") + (
        "-crop" if p.get("coordinate") == "tf_crop_and_resize" else "")
    w.case(family, kind, torch.from_numpy(np.ascontiguousarray(y)), expect, text)
    return x, y


def same(x, y, other):
    difference = np.abs(y - other(torch.from_numpy(x)).numpy()).max()
    assert difference < 1e-12, difference


def torch_cases(w):
    """What torch has too."""
    for mode, shape, size in (("linear", (2, 3, 9), (14,)), ("linear", (1, 2, 5, 7), (9, 4)), ("linear", (1, 1, 4, 3, 5), (6, 5, 3)),
                              ("cubic", (2, 1, 5, 7), (11, 4))):
        name = {3: "linear", 4: "bilinear", 5: "trilinear"}[len(shape)] if mode == "linear" else "bicubic"
        spatial = list(range(2, len(shape)))
        for corners in (False, True):
            x, y = resize(w, shape, mode, coordinate="align_corners" if corners else "pytorch_half_pixel", axes=spatial, sizes=size)
            same(x, y, lambda t, n=name, s=size, c=corners: F.interpolate(t, s, mode=n, align_corners=c))
    for mode, name, a in (("linear", "bilinear", -0.75), ("cubic", "bicubic", -0.5)):
        for shape, size in (((1, 2, 17, 11), (5, 7)), ((1, 1, 6, 23), (13, 4))):
            x, y = resize(w, shape, mode, axes=[2, 3], sizes=size, a=a if mode == "cubic" else -0.75, antialias=1, exclude=1)
            same(x, y, lambda t, n=name, s=size: F.interpolate(t, s, mode=n, antialias=True))


def cases(w):
    torch_cases(w)
    # The evaluator errs where rounding leaves a source a little above a whole number: it takes the weights of that one,
    # and the elements of the one before. (13 elements by 0.55 have such a source in the middle with half_pixel_symmetric.)
    # every coordinate mode, nearest mode and filter, growing and shrinking, by sizes and by scales that do not divide
    for mode in MODES:
        for nearest in NEAREST:
            resize(w, (5, 7), coordinate=mode, nearest=nearest, sizes=(8, 5))
            resize(w, (1, 2, 6, 9), coordinate=mode, nearest=nearest, scales=(1, 1, 2.3, 0.7))
            resize(w, (13,), coordinate=mode, nearest=nearest, scales=(0.41,))
        for kind in ("linear", "cubic"):
            for exclude in (0, 1):
                resize(w, (1, 2, 5, 9), kind, coordinate=mode, sizes=(1, 2, 11, 4), exclude=exclude)
                resize(w, (2, 1, 7, 5), kind, coordinate=mode, scales=(1, 1, 0.6, 2.45), exclude=exclude)
                resize(w, (11,), kind, coordinate=mode, scales=(1.73,), exclude=exclude)
                resize(w, (2, 12, 10), kind, coordinate=mode, axes=(-1, 1), scales=(0.3, 0.55), antialias=1, exclude=exclude)
                resize(w, (19,), kind, coordinate=mode, sizes=(4,), antialias=1, exclude=exclude)
    # ties of the nearest modes, and sizes of one element
    for nearest in NEAREST:
        for i, o in ((4, 2), (6, 3), (2, 4), (3, 9), (22, 26), (26, 22), (8, 1), (1, 5)):
            resize(w, (2, i), nearest=nearest, axes=(1,), sizes=(o,))
        resize(w, (12,), nearest=nearest, coordinate="asymmetric", scales=(0.5,))
        resize(w, (12,), nearest=nearest, coordinate="asymmetric", scales=(2,))
    # 0.1 in float32 is a little more, 0.7 a little less: 10 -> 1, 6; 0.3, 3.3: 10 -> 3, 32
    for scale in (0.1, 0.7, 0.3, 3.3, 1.1):
        resize(w, (10,), scales=(scale,))
        resize(w, (10,), "linear", scales=(scale,), coordinate="align_corners")
        resize(w, (20,), "cubic", scales=(scale,))
    # the same size is not the same elements when the scale is not 1
    resize(w, (1, 4, 6), "linear", scales=(1, 1.1, 1.15))
    resize(w, (1, 4, 6), "cubic", scales=(1, 1, 1.15), coordinate="asymmetric")
    resize(w, (9, 4, 6), coordinate="asymmetric", scales=(1.05, 1, 1.15))
    # nothing changes at all
    resize(w, (2, 3, 4), "linear", sizes=(2, 3, 4))
    resize(w, (2, 3, 4), "cubic", scales=(1, 1, 1), antialias=1)
    resize(w, (2, 3, 4), scales=(1, 1, 1))
    # axes in any order, any rank, any place
    resize(w, (3, 4, 5), "linear", axes=(2, 0), sizes=(7, 2))
    resize(w, (3, 4, 5, 2), "cubic", axes=(-4, -2), scales=(1.7, 0.5))
    resize(w, (2, 3, 2, 4, 3), "linear", axes=(4, 1, 2), sizes=(5, 2, 4))
    resize(w, (2, 3, 2, 4, 3), "cubic", axes=(0, 3, 1), sizes=(3, 3, 5))
    resize(w, (2, 1, 3, 2, 2, 3, 1, 2), "linear", axes=(2, 5), sizes=(4, 2))
    resize(w, (2, 1, 3, 2, 2, 3, 1, 2), axes=(0, 3, 7), sizes=(3, 5, 1))
    resize(w, (1, 2, 2, 3, 2, 3), "cubic", axes=(2, 3, 4), scales=(2, 1.5, 2.5))
    resize(w, (6, 2, 5, 4), "linear", axes=(0, 2, 3), sizes=(3, 3, 7), antialias=1)
    resize(w, (6, 5, 7), "cubic", sizes=(4, 7, 3), antialias=1, exclude=1)
    resize(w, (4, 4, 5), "cubic", sizes=(5, 7, 8))
    resize(w, (1, 3, 40, 2), "linear", sizes=(1, 3, 70, 2))
    resize(w, (5, 64), "linear", sizes=(5, 100))
    resize(w, (3, 1, 40), "cubic", axes=(0, 2), sizes=(4, 90))
    # a of the cubic filter
    for a in (-0.5, -1.0, 0.25):
        resize(w, (1, 1, 4, 7), "cubic", axes=(2, 3), sizes=(7, 12), a=a)
        resize(w, (1, 1, 9, 11), "cubic", axes=(3, 2), scales=(0.35, 0.8), a=a, antialias=1)
    # keeping the aspect ratio
    for policy in ("not_larger", "not_smaller"):
        for mode in ("half_pixel", "half_pixel_symmetric", "align_corners"):
            resize(w, (1, 2, 5, 7), "linear", coordinate=mode, axes=(2, 3), sizes=(8, 9), policy=policy)
            resize(w, (1, 2, 9, 7), "cubic", coordinate=mode, axes=(3, 2), sizes=(4, 6), policy=policy)
            resize(w, (2, 4, 6), coordinate=mode, sizes=(3, 7, 8), policy=policy)
        resize(w, (1, 1, 11, 6), "linear", axes=(-2, -1), sizes=(7, 5), policy=policy, antialias=1)
    # crops: within, beyond, backwards, of one element, along one axis that keeps its size
    crop = dict(coordinate="tf_crop_and_resize")
    whole = ((0.0, 0.0), (1.0, 1.0))
    for roi in (((0.1, 0.2), (0.8, 0.7)), ((-0.3, 0.4), (0.6, 1.7)), ((0.9, 0.0), (0.1, 1.0)), ((0.5, 1.2), (0.5, -0.2)),
                ((1.5, 0.0), (2.0, 1.0))):
        roi = tuple(tuple(r) for r in roi)
        resize(w, (1, 2, 6, 7), "linear", axes=(2, 3), sizes=(5, 9), roi=roi, value=2.5, **crop)
        resize(w, (1, 2, 6, 7), "cubic", axes=(2, 3), scales=(0.7, 1.45), roi=roi, value=-1.25, **crop)
        for nearest in NEAREST:
            resize(w, (2, 6, 7), nearest=nearest, axes=(-1, -2), sizes=(5, 9), roi=roi, value=7.0, **crop)
        resize(w, (1, 2, 6, 7), "linear", axes=(2, 3), sizes=(1, 3), roi=roi, antialias=1, **crop)
        resize(w, (9, 8), "cubic", sizes=(4, 8), roi=roi, exclude=1, antialias=1, value=0.5, **crop)
        resize(w, (6, 7), "cubic", sizes=(6, 7), roi=roi, exclude=1, **crop)
    resize(w, (1, 2, 6, 7), "linear", axes=(2, 3), sizes=(5, 9), roi=whole, value=2.5, **crop)
    resize(w, (3, 4, 6), "linear", sizes=(4, 5, 7), roi=((-0.5, 0.2, 0.0), (0.7, 1.2, 1.0)), value=-3.0, **crop)
    resize(w, (2, 50), "linear", axes=(1,), sizes=(90,), roi=((-0.25,), (1.25,)), value=1.0, **crop)
    for mode in ("linear", "nearest"):
        resize(w, (3, 70), mode, axes=(1,), sizes=(150,), roi=((1.0,), (0.0,)), **crop)
    resize(w, (2, 50), axes=(1,), sizes=(90,), roi=((-0.25,), (1.25,)), value=1.0, dtype="u8", **crop)
