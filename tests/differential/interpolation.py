"""Random problems of torch.nn.functional.interpolate, with torch's answer."""
import math

import torch
import torch.nn.functional as F

from case import Case, tensor_keys, with_output
from compare import INTEGERS, Expected, bound_of, finite
from draw import FLOATS, by, key, reals

AXES = {"nearest": (1, 2, 3), "nearest-exact": (1, 2, 3), "linear": (1,), "bilinear": (2,), "trilinear": (3,),
        "bicubic": (2,), "area": (1, 2, 3)}
NEAREST = (torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.uint8)  # what torch has
MOVED = NEAREST + (torch.int8, torch.int16, torch.int32, torch.int64)
SMALL = {torch.float16: 2.0**-10, torch.bfloat16: 2.0**-7}


def torch_interpolate(x, mode, size, scale, align, recompute, antialias):
    takes_align = mode in ("linear", "bilinear", "trilinear", "bicubic")
    return F.interpolate(x.contiguous(), size=size, scale_factor=scale, mode=mode,
                         align_corners=align if takes_align else None,
                         recompute_scale_factor=recompute or None, antialias=antialias)


def one_column(x, size, antialias):
    """Where torch's own result is wrong: see known.REASONS."""
    separate = antialias or x.dtype == torch.uint8  # in two passes
    return separate and x.dim() == 4 and size[1] == 1 and size[0] > 1 and size[0] != x.shape[2]


def in_channels_last(x, *arguments):
    """The same in channels-last memory (two channels at least: one has both layouts)."""
    twice = torch.cat([x, x], 1).contiguous(memory_format=torch.channels_last)
    mode, size, scale, align, recompute, antialias = arguments
    y = F.interpolate(twice, size=size, scale_factor=scale, mode=mode, align_corners=align,
                      recompute_scale_factor=recompute or None, antialias=antialias)
    return y[:, :x.shape[1]].contiguous()


def cubic_weights(sizes, out, arguments):
    """The magnitudes of the weights of each axis, as torch applies them to unit vectors."""
    mode, size, scale, align, recompute, antialias = arguments
    for axis in (0, 1):
        shape = [1, sizes[axis], 1, 1]
        shape[2 + axis] = sizes[axis]
        eye = torch.eye(sizes[axis], dtype=torch.float64).reshape(shape)
        to = [1, 1]
        to[axis] = out[axis]
        factors = None
        if scale is not None:
            factors = [1.0, 1.0]
            factors[axis] = scale[axis]
        one = (mode, None if scale is not None else to, factors, align, recompute, antialias)
        y = in_channels_last(eye, *one)
        yield y.reshape(sizes[axis], out[axis]).abs()


def magnitude_of(x, out, arguments):
    """Sum of |weight * input|: only cubic weights may be negative."""
    mode, size, scale, align, recompute, antialias = arguments
    if mode != "bicubic":
        compute = in_channels_last if one_column(x, out, antialias) else torch_interpolate
        return compute(finite(x), *arguments)
    down, across = cubic_weights(x.shape[2:], out, arguments)
    return torch.einsum("nchw,hy,wx->ncyx", finite(x), down, across)


def most_terms(mode, sizes, out, antialias):
    if mode == "area":
        return math.prod(-(-i // o) + 1 for i, o in zip(sizes, out))
    taps = 4 if mode == "bicubic" else 2
    if not antialias:
        return taps ** len(sizes)
    return math.prod(int(taps * max(1.0, i / o)) + 2 for i, o in zip(sizes, out))


def saturated_between(x, want, arguments):
    """By how much torch's u8 bicubic is off since it keeps its first pass, along the rows, in u8: overshoots are cut."""
    mode, size, scale, align, recompute, antialias = arguments
    out = want.shape[2:]
    rows = (mode, None if scale else (x.shape[2], out[1]), scale and (1.0, scale[1]), align, recompute, antialias)
    columns = (mode, None if scale else tuple(out), scale and (scale[0], 1.0), align, recompute, antialias)
    between = in_channels_last(x.double(), *rows).clamp(0, 255)
    return (in_channels_last(between, *columns).clamp(0, 255) - want.clamp(0, 255)).abs()


def at_integers(sizes, out, arguments):
    """Outputs where along some axis the coordinate, or the end of a window, is an integer up to rounding: which tap of weight
    0 is named there, and may hold a NaN, is a matter of that rounding."""
    mode, size, scale, align, recompute, antialias = arguments
    result = torch.zeros(tuple(out), dtype=torch.bool)
    for axis, (i, o) in enumerate(zip(sizes, out)):
        dst = torch.arange(o, dtype=torch.float64)
        step = 1 / scale[axis] if scale is not None and not recompute else i / o
        if align:
            step = (i - 1) / (o - 1) if o > 1 else 0.0
            places = [dst * step]
        else:
            places = [step * (dst + 0.5) - 0.5]
        if antialias:
            support = (2 if mode == "bicubic" else 1) * max(step, 1.0)
            centre = step * (dst + 0.5)
            places = [centre - support + 0.5, centre + support + 0.5]
        near = torch.zeros(o, dtype=torch.bool)
        for place in places:
            near |= (place - place.round()).abs() < 1e-12 * max(i, 1)
        shape = [1] * len(out)
        shape[axis] = o
        result |= near.reshape(shape)
    return result


def floored_up(sizes, out, arguments):
    """Outputs where torch floors a coordinate that float32 rounds up to an integer: it takes that element alone."""
    mode, size, scale, align, recompute, antialias = arguments
    result = torch.zeros(tuple(out), dtype=torch.bool)
    for axis, (i, o) in enumerate(zip(sizes, out)):
        dst = torch.arange(o, dtype=torch.float64)
        step = 1 / scale[axis] if scale is not None and not recompute else i / o
        place = dst * ((i - 1) / max(o - 1, 1)) if align else step * (dst + 0.5) - 0.5
        up = place.float().double().floor() > place
        shape = [1] * len(out)
        shape[axis] = o
        result |= up.reshape(shape)
    return result


def native(x, arguments, expected_bound, magnitude, terms):
    """torch in the dtype itself, and how far its coarser arithmetic may be off: coordinates in float32, in error by a
    few units of the axis' length, sums in the order of the elements; half types with weights of their own precision."""
    mode, antialias = arguments[0], arguments[5]
    if x.dtype == torch.float64 or not bool(x.double().isfinite().all()) or (x.dtype in SMALL and (mode == "area" or antialias)):
        return None, None
    y = torch_interpolate(x, *arguments)
    if x.dtype in INTEGERS:
        return y, torch.ones(y.shape, dtype=torch.float64)
    most = finite(x).max()
    bound = expected_bound + 2.0**-21 * max(x.shape[2:]) * most + terms * 2.0**-23 * magnitude
    return y, bound + 16 * SMALL.get(x.dtype, 0) * most


def expected_values(x, arguments):
    mode, antialias = arguments[0], arguments[5]
    like = torch_interpolate(torch.zeros((1, 1, *x.shape[2:])), *arguments)
    out = tuple(like.shape[2:])
    broken = one_column(x, out, antialias)
    want = (in_channels_last if broken and antialias else torch_interpolate)(x.double(), *arguments)
    magnitude = magnitude_of(x, out, arguments)
    terms = most_terms(mode, x.shape[2:], out, antialias)
    bound = bound_of(x.dtype, want, magnitude, torch.tensor(float(terms), dtype=torch.float64), 24 if terms > 64 else 8)
    if x.numel() and mode != "area":
        # Both sides have coordinates in double, off by units of their own size, and cubic weights from polynomials with terms
        # of up to 8.
        bound = bound + 2.0**-50 * (8 + max(x.shape[2:])) * finite(x).max()
        if not antialias:
            bound = torch.where(floored_up(x.shape[2:], out, arguments), bound + 2.0**-21 * max(x.shape[2:]) * finite(x).max(), bound)
    y, native_bound = (None, None) if broken else native(x, arguments, bound, magnitude, terms)
    known = "antialias-one-column" if broken else ""
    if mode != "area" and not bool(x.double().isfinite().all()):
        unsure = at_integers(x.shape[2:], out, arguments)
        if bool(unsure.any()):
            return Expected(want, bound, None, None, unsure.expand(want.shape)), known
    if y is not None and x.dtype == torch.uint8 and mode == "bicubic":
        cut = saturated_between(x, want, arguments)
        if bool((cut > 1e-6).any()):
            native_bound, known = torch.where(cut > 1e-6, 2 + cut, native_bound), "u8-bicubic"
    return Expected(want, bound, y, native_bound), known


def nearest_expected(x, arguments):
    """torch says which elements; their bits are unchanged. (torch's half types become quiet NaN on the way.) f64 rounds
    its coordinates in another way than the others; what torch has not goes by those."""
    places = torch.arange(math.prod(x.shape[2:])).reshape(1, 1, *x.shape[2:])
    wide = torch.float64 if x.dtype == torch.float64 else torch.float32
    sources = torch_interpolate(places.to(wide), *arguments).long()
    want = x.reshape(*x.shape[:2], -1)[:, :, sources.reshape(-1)].reshape(*x.shape[:2], *sources.shape[2:])
    if x.dtype in NEAREST:
        y = torch_interpolate(x, *arguments)
        assert bool(((y == want) | (y.isnan() & want.isnan())).all()), "torch moves other elements of this dtype"
    return Expected(want)


def factor(d):
    return d.choice((2.0, 2.0, 3.0, 4.0, 0.5, 1.0, 1.5, 2.5, 1 / 3, 0.7, d.uniform(0.1, 1.0), d.uniform(1.0, 4.0),
                     d.uniform(0.95, 1.05)))


def dtype_for(d, mode, axes):
    if mode.startswith("nearest"):
        return d.choice(MOVED)
    if axes == 2 and mode != "area" and d.maybe(0.2):
        return torch.uint8
    return d.choice(FLOATS)


def text_of(x, arguments):
    mode, size, scale, align, recompute, antialias = arguments
    text = f"interpolate x={by(x.shape)} mode={mode}" + key("size", by(size) if size else "")
    return text + key("scale_factor", reals(scale) if scale else "") + key("align_corners", int(align)) + key(
        "recompute_scale_factor", int(recompute)) + key("antialias", int(antialias))


def interpolate(d, mode):
    axes = d.choice(AXES[mode])
    antialias = mode in ("bilinear", "bicubic") and d.maybe(0.4)
    dtype = dtype_for(d, mode, axes)
    sizes = d.shape(axes, d.choice((30, 300, 1500)))
    size = scale = None
    if d.maybe(0.5):
        size = [d.choice((i, 2 * i, d.size(max(2, int(3000 ** (1 / axes)))), max(1, i // 2))) for i in sizes]
    else:
        scale = [factor(d)] * axes if d.maybe(0.6) else [factor(d) for _ in sizes]
        scale = [f if math.floor(i * f) >= 1 else 1.0 for i, f in zip(sizes, scale)]
    align = mode in ("linear", "bilinear", "trilinear", "bicubic") and d.maybe(0.35)
    recompute = scale is not None and d.maybe(0.25)
    arguments = (mode, size, scale, align, recompute, antialias)
    out = size or [math.floor(i * f) for i, f in zip(sizes, scale)]
    room = max(1, int(60_000 / max(math.prod(out), math.prod(sizes))))
    c = d.size(min(64, room))
    n = d.randint(1, max(1, min(4, room // c)))
    shape = (n, c, *sizes)
    if mode.startswith("nearest"):
        x = d.view(d.any_bits(shape, dtype))
        expected, known = nearest_expected(x, arguments), ""
    else:
        x = d.view(d.values(d.kind(), shape, dtype))
        expected, known = expected_values(x, arguments)
    text = with_output(d, text_of(x, arguments) + tensor_keys(dtype, x), expected.want.shape)
    return Case(text, {"input": x}, expected, dtype, known)
