"""Max-unpooling: torch over one and three axes and without a batch; ONNX's convention from the onnx package's own evaluator."""
import math
import random

import numpy as np
import onnx.helper
import onnx.reference
import torch
import torch.nn.functional as F

from shared import by, fill, keys

rng = random.Random(20250118)
POOL = (F.max_pool1d, F.max_pool2d, F.max_pool3d)
UNPOOL = (F.max_unpool1d, F.max_unpool2d, F.max_unpool3d)


def text(shape, k, s, p, out, extra, wide):
    axes = len(k)
    problem = f"max_unpool x={by(shape)} indices={'i64' if wide else 'i32'} kernel={by(k)}"
    problem += keys([("stride", by(s) if s else "", ""), ("padding", by(p), by((0,) * axes)),
                     ("output_size", by(out) if out else "", "")])
    return problem + extra


def torch_case(w, shape, k, s=None, p=None, out=None, pooled=True, wide=True):
    """shape: with or without N; pooled: indices as max_pool gives them, else any, none twice in a plane."""
    axes, step = len(k), s or k
    p = p or (0,) * axes
    lead, spatial = shape[:-axes], shape[-axes:]
    size = out or [(spatial[a] - 1) * step[a] - 2 * p[a] + k[a] for a in range(axes)]
    if pooled:
        _, indices = POOL[axes - 1](fill("reals", w.seed, (*lead, *size)), k, s, p, return_indices=True)
        assert tuple(indices.shape) == tuple(shape), (indices.shape, shape)
    else:
        rows = [rng.sample(range(math.prod(size)), math.prod(spatial)) for _ in range(math.prod(lead))]
        indices = torch.tensor(rows, dtype=torch.int64).reshape(shape)
    x = torch.arange(1, math.prod(shape) + 1, dtype=torch.float64).reshape(shape)
    y = UNPOOL[axes - 1](x, indices, k, s, p, None if out is None else tuple(out)) - 1
    extra = f" axes={axes}" if len(lead) == 1 else ""
    w.case("unpool_torch", "bits", y, "src", text(shape, k, s, p, out, extra, wide), indices)


def onnx_case(w, shape, k, s=None, p=None, end=None, out=None, pooled=True, strays=0, wide=True):
    """strays: so many elements have an index in another plane. s None: 1 along each axis, ONNX's default."""
    axes, step = len(k), s or (1,) * len(k)
    p = p or (0,) * axes
    spatial, planes = shape[2:], shape[0] * shape[1]
    usual = [(spatial[a] - 1) * step[a] - p[a] - (end or p)[a] + k[a] for a in range(axes)]
    plane = math.prod(usual)
    if pooled:
        _, indices = POOL[axes - 1](fill("reals", w.seed, (*shape[:2], *usual)), k, step, p, return_indices=True)
        assert tuple(indices.shape) == tuple(shape), (indices.shape, shape)
        indices = indices.reshape(planes, -1) + torch.arange(planes)[:, None] * plane
    else:
        rows = [[n * plane + i for i in rng.sample(range(plane), math.prod(spatial))] for n in range(planes)]
        indices = torch.tensor(rows, dtype=torch.int64).reshape(planes, math.prod(spatial))
    flat = indices.flatten()
    for _ in range(strays):
        flat[rng.randrange(len(flat))] = rng.randrange(planes * plane)
    indices = flat.reshape(shape)
    x = np.arange(1, math.prod(shape) + 1, dtype=np.float32).reshape(shape)
    attributes = {"kernel_shape": k, "pads": [*p, *(end or p)]}
    if s:
        attributes["strides"] = s
    inputs = ["x", "i"] + (["size"] if out else [])
    node = onnx.helper.make_node("MaxUnpool", inputs, ["y"], **attributes)
    feeds = {"x": x, "i": indices.numpy()}
    if out:
        feeds["size"] = np.array([*shape[:2], *out], dtype=np.int64)
    value_info = [onnx.helper.make_tensor_value_info(name, onnx.helper.np_dtype_to_tensor_dtype(v.dtype), v.shape)
                  for name, v in feeds.items()]
    graph = onnx.helper.make_graph([node], "g", value_info, [onnx.helper.make_tensor_value_info("y", 1, None)])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 22)])
    y = torch.from_numpy(onnx.reference.ReferenceEvaluator(model).run(None, feeds)[0].astype(np.float64)) - 1
    extra = " onnx=1"
    if end:
        extra = f" padding_end={by(end)}" + extra
    w.case("unpool_onnx", "bits", y, "src", text(shape, k, s, p, out, extra, wide), indices)


def cases(w):
    # pooled: the bands of a CPU; then indices from anywhere
    torch_case(w, (1, 1, 5), (2,))
    torch_case(w, (2, 3, 7), (3,), wide=False)
    torch_case(w, (2, 2, 4), (2,), out=(9,))
    torch_case(w, (1, 3, 5), (3,), (2,), (1,))
    torch_case(w, (0, 2, 5), (2,), pooled=False)
    torch_case(w, (3, 7), (2,))
    torch_case(w, (2, 9), (2,), (3,), out=(27,), pooled=False, wide=False)
    torch_case(w, (1, 2, 4), (5,), (4,), (2,), out=(14,), pooled=False)
    torch_case(w, (3, 4, 5), (2, 2))
    torch_case(w, (2, 3, 3), (3, 2), (2, 3), (1, 0), pooled=False, wide=False)
    torch_case(w, (1, 1, 1, 1, 1), (2, 3, 4))
    torch_case(w, (1, 2, 3, 4, 5), (2, 2, 2))
    torch_case(w, (2, 3, 2, 2, 7), (2, 2, 2), wide=False)
    torch_case(w, (1, 2, 2, 3, 4), (1, 2, 3))
    torch_case(w, (2, 3, 3, 1, 4), (3, 2, 2))
    torch_case(w, (2, 1, 3, 2, 3), (3, 2, 2), wide=False)
    torch_case(w, (1, 2, 2, 3, 3), (2, 2, 2), out=(5, 7, 6))
    torch_case(w, (1, 2, 3, 3, 3), (2, 2, 2), out=(7, 6, 7), wide=False)
    torch_case(w, (1, 3, 3, 2, 3), (3, 3, 3), (2, 2, 2), (1, 1, 1))
    torch_case(w, (1, 2, 2, 3, 2), (2, 2, 2), (3, 2, 3), pooled=False)
    torch_case(w, (2, 1, 3, 3, 3), (2, 2, 2), (1, 2, 1), pooled=False, wide=False)
    torch_case(w, (1, 1, 2, 2, 33), (2, 2, 2), wide=False)
    torch_case(w, (0, 2, 2, 2, 2), (2, 2, 2), pooled=False)
    torch_case(w, (2, 2, 3, 4), (2, 2, 2))
    torch_case(w, (1, 2, 2, 3), (2, 3, 2), (2, 2, 2), (1, 0, 1), out=(3, 5, 3), pooled=False)
    torch_case(w, (1, 2, 2, 2, 17), (4, 2, 2), (4, 2, 2), (2, 1, 0), pooled=False)

    onnx_case(w, (1, 1, 2, 2), (2, 2), (2, 2))
    onnx_case(w, (2, 3, 3, 4), (2, 2), (2, 2))
    onnx_case(w, (2, 3, 3, 4), (2, 2), (2, 2), out=(7, 10), wide=False)
    onnx_case(w, (1, 1, 2, 2), (2, 2), (2, 2), out=(5, 5))
    onnx_case(w, (1, 2, 3, 3), (2, 2), pooled=False)
    onnx_case(w, (2, 2, 3, 3), (3, 3), (2, 2), (1, 1))
    onnx_case(w, (1, 2, 3, 3), (3, 3), (2, 2), (1, 0), (0, 1), pooled=False)
    onnx_case(w, (1, 2, 3, 3), (3, 2), (2, 2), (1, 0), (0, 1), out=(9, 20), pooled=False, wide=False)
    onnx_case(w, (2, 3, 3, 5), (2, 2), (2, 2), strays=6)
    onnx_case(w, (3, 2, 4, 3), (2, 2), (2, 2), strays=9, wide=False)
    onnx_case(w, (2, 2, 3, 3), (3, 3), (2, 2), out=(8, 9), pooled=False, strays=5)
    onnx_case(w, (2, 3, 6), (2,), (2,))
    onnx_case(w, (2, 3, 6), (3,), out=(11,), pooled=False, strays=3)
    onnx_case(w, (1, 2, 2, 3, 3), (2, 2, 2), (2, 2, 2))
    onnx_case(w, (2, 2, 2, 2, 3), (2, 2, 2), (2, 2, 2), strays=4)
    onnx_case(w, (2, 2, 2, 2, 2), (2, 3, 2), (2, 1, 2), (1, 0, 0), (0, 0, 1), out=(5, 6, 4), pooled=False, strays=3,
              wide=False)
    onnx_case(w, (0, 2, 3, 3), (2, 2), (2, 2), pooled=False)
