"""fold from torch.nn.functional.fold over two axes, in double; over one and three axes, and with unlike pads, from onnx.reference's
Col2Im, which is held against torch where both have the case."""
import itertools
import math

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx.reference import ReferenceEvaluator

from shared import by, fill, keys


def counts(size, k, d, p, end, s):
    return [(size[a] + p[a] + end[a] - d[a] * (k[a] - 1) - 1) // s[a] + 1 for a in range(len(k))]


def col2im(x, size, k, d, p, end, s):
    made = onnx.helper.make_node("Col2Im", ["x", "i", "b"], ["y"], dilations=list(d), pads=list(p) + list(end), strides=list(s))
    double, whole = onnx.TensorProto.DOUBLE, onnx.TensorProto.INT64
    info = [onnx.helper.make_tensor_value_info(*nt, None) for nt in (("x", double), ("i", whole), ("b", whole), ("y", double))]
    model = onnx.helper.make_model(onnx.helper.make_graph([made], "g", info[:3], info[3:]),
                                   opset_imports=[onnx.helper.make_opsetid("", 18)])
    feed = {"x": x.numpy(), "i": np.array(size, np.int64), "b": np.array(k, np.int64)}
    return torch.from_numpy(np.array(ReferenceEvaluator(model).run(None, feed)[0]))


def by_definition(x, size, k, d, p, end, s):
    """The sum over taps and blocks, as the operator's text has it."""
    grid = counts(size, k, d, p, end, s)
    n, c = x.shape[0], x.shape[1] // math.prod(k)
    parts = x.reshape(n, c, *k, *grid)
    y = torch.zeros((n, c, *size), dtype=torch.float64)
    for tap in itertools.product(*map(range, k)):
        for block in itertools.product(*map(range, grid)):
            at = [block[a] * s[a] + tap[a] * d[a] - p[a] for a in range(len(k))]
            if all(0 <= at[a] < size[a] for a in range(len(k))):
                y[(slice(None), slice(None), *at)] += parts[(slice(None), slice(None), *tap, *block)]
    return y


def fold(w, n, c, size, k, d=None, p=None, s=None, end=None, fill_kind="reals"):
    """One number per axis in size, k, d, p, s, end; n None: no batch."""
    ones, zeros = (1,) * len(k), (0,) * len(k)
    d, p, s, same = d or ones, p or zeros, s or ones, end is None
    end = p if same else end
    shape = (1 if n is None else n, c * math.prod(k), math.prod(counts(size, k, d, p, end, s)))
    x = fill(fill_kind, w.seed, shape)
    y = by_definition(x, size, k, d, p, end, s)
    makers = []
    if len(k) == 2 and p == end:
        makers.append(F.fold(x, size, k, d, p, s))
    if n != 0 and (len(k) != 2 or not makers or n == 2):
        makers.append(col2im(x, size, k, d, p, end, s))
    assert makers or n == 0
    for other in makers:
        assert other.shape == y.shape and torch.allclose(other, y, rtol=1e-14, atol=1e-14), (size, k, d, p, end, s)
    if makers:
        y = makers[0]
    if n is None:
        x, y = x[0], y[0]
    problem = f"fold x={by(x.shape)}" + (f" axes={len(k)}" if len(k) != 2 else "") + f" output_size={by(size)} kernel={by(k)}"
    problem += keys([("dilation", by(d), by(ones)), ("padding", by(p), by(zeros)),
                     ("padding_end", "" if same else by(end), ""), ("stride", by(s), by(ones))])
    w.case("fold", fill_kind, y, "f64" if fill_kind == "reals" else "i16", problem)


def cases(w):
    # kernel, dilation, padding, stride: overlapping, side by side, with gaps, dilated, and both dilated and strided
    structures = [((3, 3), (1, 1), (1, 1), (1, 1)), ((2, 2), (1, 1), (0, 0), (2, 2)), ((1, 1), (1, 1), (0, 0), (1, 1)),
                  ((4, 4), (1, 1), (1, 1), (2, 2)), ((7, 7), (1, 1), (3, 3), (4, 4)), ((2, 2), (1, 1), (0, 0), (3, 3)),
                  ((3, 3), (2, 2), (2, 2), (1, 1)), ((3, 2), (2, 3), (1, 0), (3, 2)), ((2, 5), (4, 1), (0, 2), (2, 3)),
                  ((3, 3), (2, 2), (1, 2), (4, 4)), ((1, 4), (1, 1), (0, 3), (1, 4)), ((5, 1), (1, 1), (2, 0), (1, 2))]
    sizes = [((9, 11), 2, 3), ((8, 37), 1, 2), ((13, 20), 2, 1)]
    for number, (k, d, p, s) in enumerate(structures):
        for variant, (size, n, c) in enumerate(sizes):
            fold(w, n, c, size, k, d, p, s, fill_kind="reals" if (number + variant) % 3 == 0 else "integers")
    # no batch, an empty one, the header's and the operator text's examples, all padding, wide and narrow planes
    fold(w, 2, 3, (5, 6), (2, 2))
    fold(w, 1, 1, (5, 5), (1, 5))
    fold(w, None, 3, (7, 9), (3, 3), p=(1, 1), s=(2, 2))
    fold(w, 0, 2, (5, 6), (2, 2))
    fold(w, 1, 2, (1, 1), (3, 3), p=(2, 2))
    fold(w, 1, 1, (1, 70), (1, 3), p=(0, 1), fill_kind="integers")
    fold(w, 1, 1, (70, 1), (3, 1), p=(1, 0), fill_kind="integers")
    fold(w, 3, 33, (3, 2), (2, 2), p=(1, 1), fill_kind="integers")
    fold(w, 1, 2, (4, 100), (3, 3), p=(1, 1), s=(1, 2), fill_kind="integers")
    fold(w, 1, 2, (4, 100), (2, 3), p=(1, 1), s=(1, 3), fill_kind="integers")
    # pads that differ at the ends
    fold(w, 1, 2, (6, 8), (3, 3), p=(0, 2), end=(2, 1))
    fold(w, 2, 1, (9, 35), (2, 4), p=(1, 0), s=(2, 3), end=(0, 3), fill_kind="integers")
    # one axis and three
    fold(w, 2, 3, (11,), (4,), p=(1,), s=(2,))
    fold(w, 1, 2, (70,), (3,), fill_kind="integers")
    fold(w, None, 5, (23,), (3,), d=(2,), p=(2,), s=(3,), end=(1,))
    fold(w, 1, 2, (4, 5, 6), (2, 3, 2), p=(0, 1, 1), s=(2, 1, 2))
    fold(w, 2, 1, (3, 4, 37), (3, 2, 3), p=(1, 0, 1), fill_kind="integers")
    fold(w, 1, 3, (5, 4, 7), (2, 2, 3), d=(2, 1, 2), p=(1, 0, 2), s=(1, 2, 1), end=(0, 1, 1), fill_kind="integers")
    fold(w, None, 2, (3, 3, 3), (2, 2, 2), s=(1, 1, 1))
