"""Transposed convolution: ONNX's auto_pad and output_shape, prelu, dtypes, and outputs whose channels are the fastest."""
import torch
import torch.nn.functional as F

from shared import by, fill, keys

STORED = {"f32": torch.float32, "f64": torch.float64, "f16": torch.float16, "bf16": torch.bfloat16}


def stored(kind, seed, shape, dtype):
    """Contents as reference_fill gives them to a tensor of that dtype, as doubles."""
    return fill(kind, seed, shape).to(STORED[dtype]).double()


def place(y, bias, begins, sizes):
    """`sizes` of the unpadded result from `begins` on, which may be negative: beyond it there is the bias alone."""
    whole = bias.reshape(-1, *(1,) * len(sizes)).expand(*y.shape[:-len(sizes)], *sizes).clone()
    to, of = [...], [...]
    for axis, (begin, size) in enumerate(zip(begins, sizes)):
        have = y.shape[axis - len(sizes)]
        first, end = max(begin, 0), min(begin + size, have)
        to.append(slice(first - begin, max(end, first) - begin))
        of.append(slice(first, max(end, first)))
    whole[tuple(to)] = y[tuple(of)]
    return whole


def conv(w, n, ci, co, size, k, s=None, p=None, op=None, d=None, groups=1, bias=True, auto_pad=None, shape=None,
         slopes=None, activation=None, alpha=0, dtype="f32", w_dtype=None, fill_kind="reals", last=False):
    """size, k and the rest: one number per axis. n None: no batch axis. auto_pad, shape: ONNX's auto_pad and output_shape. slopes: of
    prelu, 0 for one per channel. last: the output lies channels-last."""
    axes = len(k)
    ones, zeros = (1,) * axes, (0,) * axes
    s, p, op, d, w_dtype = s or ones, p or zeros, op or zeros, d or ones, w_dtype or dtype
    x = stored(fill_kind, w.seed, (ci, *size) if n is None else (n, ci, *size), dtype)
    weight = stored(fill_kind, w.seed + 1, (ci, co // groups, *k), w_dtype)
    b = stored(fill_kind, w.seed + 2, (co,), w_dtype) if bias else torch.zeros(co, dtype=torch.float64)
    function = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[axes - 1]
    if auto_pad or shape:
        y = function(x, weight, b, s, 0, 0, groups, d)
        same = auto_pad in ("same_upper", "same_lower")
        wanted = shape or [size[a] * s[a] if same else y.shape[y.dim() - axes + a] + op[a] for a in range(axes)]
        begins = []
        for a in range(axes):
            total = s[a] * (size[a] - 1) + op[a] + (k[a] - 1) * d[a] + 1 - wanted[a]
            begins.append(total // 2 if auto_pad == "same_upper" else total - total // 2 if same or shape else 0)
        y = place(y, b, begins, wanted)
    else:
        y = function(x, weight, b, s, p, op, groups, d)
    if slopes is not None:
        y = F.prelu(y if n is not None else y[None], stored(fill_kind, w.seed + 5, (slopes or co,), w_dtype))
        y = y if n is not None else y[0]
    y = {None: lambda: y, "relu": lambda: F.relu(y), "leaky-relu": lambda: F.leaky_relu(y, alpha),
         "sigmoid": lambda: torch.sigmoid(y), "tanh": lambda: torch.tanh(y)}[activation]()
    problem = f"conv_transpose x={by(x.shape)} w={by(weight.shape)}" + (" bias=1" if bias else "")
    problem += keys([("stride", by(s), by(ones)), ("padding", by(p), by(zeros)), ("output_padding", by(op), by(zeros)),
                     ("dilation", by(d), by(ones)), ("groups", groups, 1), ("activation", activation, None), ("alpha", alpha, 0)])
    if slopes is not None:
        problem += " activation=prelu" + keys([("slopes", slopes, 0)])
    problem += keys([("auto_pad", auto_pad, None), ("output_shape", shape and by(shape), None), ("dtype", dtype, "f32"),
                     ("w_dtype", w_dtype, dtype)])
    if last:
        strides, step = [0] * y.dim(), co
        strides[y.dim() - axes - 1] = 1
        for axis in [a for a in range(y.dim() - 1, -1, -1) if a != y.dim() - axes - 1]:
            strides[axis] = step
            step *= y.shape[axis]
        problem += " y_strides=" + by(strides)
    w.case("conv_onnx", fill_kind, y, "f64" if fill_kind == "reals" else "i16", problem)


def onnx_cases(w):
    exact = {"fill_kind": "integers"}
    # The shapes and attributes of ONNX's own node tests.
    conv(w, 1, 1, 2, (3, 3), (3, 3), bias=False, **exact)
    conv(w, 1, 1, 2, (3,), (3,), bias=False, **exact)
    conv(w, 1, 1, 2, (3, 4, 5), (3, 3, 3), bias=False, **exact)
    conv(w, 1, 1, 2, (3, 3), (3, 3), (3, 2), shape=(10, 8), bias=False, **exact)
    conv(w, 1, 1, 2, (3, 3), (3, 3), (3, 2), op=(1, 1), shape=(10, 8), bias=False, **exact)
    conv(w, 1, 1, 2, (3, 3), (3, 3), (3, 2), op=(1, 1), bias=False, **exact)
    conv(w, 1, 1, 1, (3, 3), (2, 2), d=(2, 2), bias=False, **exact)
    conv(w, 1, 1, 2, (3, 3), (3, 3), (2, 2), auto_pad="same_upper", bias=False, **exact)
    conv(w, 1, 1, 2, (3, 3), (3, 3), (3, 2), (1, 2), bias=False, **exact)
    conv(w, 1, 2, 4, (3, 3), (3, 3), groups=2, bias=False, **exact)
    conv(w, 3, 2, 4, (3, 3), (3, 3), groups=2, bias=False, **exact)
    # totals odd and even, positive and negative
    for auto_pad in ("same_upper", "same_lower"):
        conv(w, 2, 3, 2, (4, 5), (4, 4), (2, 2), auto_pad=auto_pad, **exact)
        conv(w, 1, 2, 3, (5, 7), (3, 3), (2, 2), auto_pad=auto_pad, **exact)
        conv(w, 1, 2, 2, (4, 6), (1, 2), (3, 4), auto_pad=auto_pad, **exact)
        conv(w, 1, 2, 5, (3, 4), (1, 1), (2, 5), op=(1, 0), auto_pad=auto_pad, **exact)
        conv(w, 1, 4, 4, (3, 20), (3, 5), (2, 3), d=(2, 1), op=(1, 2), groups=2, auto_pad=auto_pad, **exact)
        conv(w, None, 3, 2, (9,), (4,), (3,), auto_pad=auto_pad, **exact)
        conv(w, 1, 2, 2, (2, 3, 4), (3, 2, 1), (2, 2, 3), auto_pad=auto_pad, **exact)
        conv(w, 1, 20, 17, (2, 3), (1, 2), (3, 3), auto_pad=auto_pad, **exact)
        conv(w, 1, 2, 2, (3, 4), (3, 3), (2, 2), shape=(8, 6), auto_pad=auto_pad, **exact)
        conv(w, 1, 2, 2, (3, 4), (3, 3), (2, 2), shape=(12, 13), auto_pad=auto_pad, **exact)
        conv(w, 1, 2, 2, (3, 4), (3, 3), (2, 2), shape=(3, 1), auto_pad=auto_pad, **exact)
    conv(w, 1, 2, 2, (3, 4), (3, 3), (2, 2), auto_pad="valid", op=(1, 0), **exact)
    conv(w, 1, 2, 2, (3, 4), (3, 3), (2, 2), shape=(8, 6), auto_pad="valid", **exact)
    for shape in ((8, 6), (10, 14), (1, 2), (9, 40)):
        conv(w, 2, 3, 2, (3, 4), (3, 3), (2, 2), shape=shape, **exact)
    conv(w, 2, 3, 2, (3, 4), (3, 3), (2, 2), shape=(7, 9), activation="sigmoid")
    conv(w, 1, 17, 16, (3, 4), (3, 3), (2, 2), shape=(8, 12), **exact)
    conv(w, 1, 2, 3, (3, 21), (2, 2), (2, 2), op=(1, 1), shape=(9, 45), **exact)
    conv(w, None, 2, 3, (5,), (3,), (4,), d=(3,), shape=(27,), **exact)
    conv(w, 1, 2, 2, (3, 2, 5), (2, 3, 2), (1, 2, 3), shape=(5, 3, 17), **exact)


def slope_cases(w):
    for slopes in (0, 1):
        conv(w, 2, 3, 5, (4, 6), (4, 4), (2, 2), (1, 1), slopes=slopes)
        conv(w, 1, 4, 6, (3, 19), (3, 3), (2, 2), (1, 1), (1, 0), groups=2, bias=False, slopes=slopes)
        conv(w, 1, 8, 34, (2, 3), (2, 2), (2, 2), groups=2, slopes=slopes)
    conv(w, None, 3, 7, (9,), (4,), (2,), (1,), slopes=0)
    conv(w, 1, 2, 3, (2, 3, 4), (2, 2, 2), (2, 2, 2), slopes=0)
    conv(w, 1, 2, 1, (3, 4), (3, 3), slopes=1, auto_pad="same_upper")


def dtype_cases(w):
    for dtype, w_dtype in (("f16", "f16"), ("f16", "f32"), ("bf16", "bf16"), ("bf16", "f32"), ("f64", "f64")):
        conv(w, 2, 3, 5, (4, 6), (4, 4), (2, 2), (1, 1), dtype=dtype, w_dtype=w_dtype)
        conv(w, 1, 4, 3, (3, 37), (3, 3), (2, 2), (1, 1), (1, 1), bias=False, slopes=0, dtype=dtype, w_dtype=w_dtype)
    for dtype in ("f16", "bf16", "f64"):
        conv(w, 1, 4, 6, (3, 20), (3, 3), (1, 1), (1, 1), groups=2, dtype=dtype, activation="tanh")
        conv(w, 1, 20, 34, (2, 3), (2, 2), (2, 2), dtype=dtype, slopes=1)
        conv(w, None, 3, 4, (11,), (5,), (4,), (2,), (1,), dtype=dtype, activation="leaky-relu", alpha=0.25)
        conv(w, 1, 2, 2, (2, 3, 9), (2, 3, 2), (2, 1, 2), dtype=dtype)
        conv(w, 1, 4, 4, (5, 7), (4, 4), (2, 2), groups=4, dtype=dtype, auto_pad="same_lower")
        conv(w, 1, 2, 3, (3, 17), (4, 4), (2, 2), (1, 1), dtype=dtype, fill_kind="integers")
        conv(w, 1, 3, 16, (2, 3), (4, 4), (2, 2), (1, 1), dtype=dtype, last=True)


def layout_cases(w):
    exact = {"last": True, "fill_kind": "integers"}
    conv(w, 2, 3, 16, (4, 6), (4, 4), (2, 2), (1, 1), **exact)
    conv(w, 1, 4, 36, (3, 5), (3, 3), (2, 2), (1, 1), (1, 1), slopes=0, **exact)
    conv(w, 1, 4, 10, (3, 40), (4, 4), (2, 2), (1, 1), **exact)
    conv(w, 2, 4, 6, (3, 19), (3, 3), (1, 1), (1, 1), groups=2, **exact)
    conv(w, None, 3, 18, (13,), (4,), (2,), (1,), **exact)
    conv(w, 1, 2, 17, (2, 3, 4), (2, 2, 2), (2, 2, 2), **exact)
    conv(w, 3, 5, 3, (7, 9), (3, 3), (3, 3), **exact)


def cases(w):
    onnx_cases(w)
    slope_cases(w)
    dtype_cases(w)
    layout_cases(w)
