"""channel_shuffle from torch.nn.functional.channel_shuffle. DepthToSpace and SpaceToDepth by the formulas of ONNX's operator
text (DepthToSpace-13: reshape, transpose, reshape), in numpy; DepthToSpace is also held against onnx.reference."""
import math

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx.reference import ReferenceEvaluator

from shared import by


def numbered(shape):
    return np.arange(math.prod(shape), dtype=np.int64).reshape(shape)


def node(op, x, **attributes):
    """What onnx.reference makes of one node."""
    made = onnx.helper.make_node(op, ["x"], ["y"], **attributes)
    info = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.INT64, None) for name in ("x", "y")]
    model = onnx.helper.make_model(onnx.helper.make_graph([made], "g", info[:1], info[1:]),
                                   opset_imports=[onnx.helper.make_opsetid("", 13)])
    return ReferenceEvaluator(model).run(None, {"x": x})[0]


def depth_to_space(x, b, mode):
    n, c, h, w = x.shape
    if mode == "DCR":
        y = x.reshape(n, b, b, c // b**2, h, w).transpose(0, 3, 4, 1, 5, 2)
    else:
        y = x.reshape(n, c // b**2, b, b, h, w).transpose(0, 1, 4, 2, 5, 3)
    return y.reshape(n, c // b**2, h * b, w * b)


def space_to_depth(x, b, mode):
    n, c, h, w = x.shape
    y = x.reshape(n, c, h // b, b, w // b, b).transpose((0, 3, 5, 1, 2, 4) if mode == "DCR" else (0, 1, 3, 5, 2, 4))
    return y.reshape(n, c * b**2, h // b, w // b)


def blocks(w, shape, b, mode):
    x = numbered(shape)
    y = depth_to_space(x, b, mode)
    if x.size:
        assert (y == node("DepthToSpace", x, blocksize=b, mode=mode)).all(), (shape, b, mode)
    if mode == "CRD" and x.size:
        assert (y == F.pixel_shuffle(torch.from_numpy(x), b).numpy()).all(), (shape, b)
    suffix = f" blocksize={b}" + (" mode=CRD" if mode == "CRD" else "")
    w.case("depth_to_space", "bits", torch.from_numpy(y), "src", f"depth_to_space x={by(shape)}{suffix}")
    x = numbered(y.shape)
    y = space_to_depth(x, b, mode)
    assert y.shape == tuple(shape) and (depth_to_space(y, b, mode) == x).all(), (shape, b, mode)
    if mode == "CRD" and x.size:
        assert (y == F.pixel_unshuffle(torch.from_numpy(x), b).numpy()).all(), (shape, b)
    w.case("space_to_depth", "bits", torch.from_numpy(y), "src", f"space_to_depth x={by(x.shape)}{suffix}")


def channels(w, shape, groups):
    x = torch.from_numpy(numbered(shape))
    w.case("channel_shuffle", "bits", F.channel_shuffle(x, groups), "src", f"channel_shuffle x={by(shape)} groups={groups}")


def cases(w):
    # the worked example of the operator's text, odd extents, vectors of 16 and their remainders, one row, one column
    for shape, b in [((1, 8, 2, 3), 2), ((2, 4, 3, 5), 2), ((1, 12, 2, 17), 2), ((1, 27, 3, 4), 3), ((2, 9, 1, 37), 3),
                     ((1, 32, 3, 19), 4), ((1, 50, 2, 3), 5), ((3, 5, 4, 6), 1), ((1, 16, 5, 1), 2), ((2, 132, 2, 3), 2),
                     ((0, 8, 2, 3), 2), ((1, 64, 1, 1), 8)]:
        for mode in ("DCR", "CRD"):
            blocks(w, shape, b, mode)
    for shape, groups in [((1, 6, 2, 3), 2), ((2, 12, 5, 7), 3), ((1, 8, 17), 4), ((3, 10, 1, 19), 5), ((1, 4, 3, 5), 1),
                          ((1, 7, 3, 5), 7), ((2, 6, 2, 3, 5), 3), ((1, 132, 1, 1), 2), ((1, 15, 2, 1, 2, 3), 5),
                          ((2, 4, 1, 2, 1, 2, 1, 3), 2), ((0, 4, 2, 2), 2), ((1, 24, 33), 3)]:
        channels(w, shape, groups)
