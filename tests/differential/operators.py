"""Random problems of each operator, with torch's answer."""
import math

import torch
import torch.nn.functional as F

from case import Case, tensor_keys, with_output
from compare import Expected, bound_of, finite, sum_factor
from draw import FLOATS, by, key

# (kernel, stride, dilation): kernels are compiled per structure, so these come from a list and sizes are drawn freely.
CONV_STRUCTURES = {
    1: [((1,), (1,), (1,)), ((2,), (2,), (1,)), ((3,), (1,), (1,)), ((3,), (2,), (1,)), ((4,), (2,), (1,)),
        ((5,), (3,), (1,)), ((3,), (1,), (2,)), ((2,), (3,), (1,)), ((16,), (8,), (1,)), ((4,), (2,), (3,))],
    2: [((1, 1), (1, 1), (1, 1)), ((2, 2), (2, 2), (1, 1)), ((3, 3), (1, 1), (1, 1)), ((3, 3), (2, 2), (1, 1)),
        ((4, 4), (2, 2), (1, 1)), ((4, 4), (4, 4), (1, 1)), ((5, 5), (2, 2), (1, 1)), ((9, 9), (3, 3), (1, 1)),
        ((3, 3), (1, 1), (2, 2)), ((3, 3), (2, 2), (3, 3)), ((3, 5), (1, 2), (1, 1)), ((1, 7), (1, 2), (1, 1)),
        ((3, 2), (2, 3), (1, 2)), ((2, 2), (3, 3), (1, 1)), ((8, 7), (4, 4), (1, 1)), ((16, 16), (8, 8), (1, 1))],
    3: [((2, 2, 2), (2, 2, 2), (1, 1, 1)), ((3, 3, 3), (1, 1, 1), (1, 1, 1)), ((3, 3, 3), (2, 2, 2), (1, 1, 1)),
        ((4, 3, 5), (2, 1, 3), (1, 1, 1)), ((2, 3, 2), (1, 2, 3), (3, 1, 2)), ((1, 3, 3), (1, 2, 2), (1, 1, 1))],
}
WIDTHS = (1, 2, 3, 4, 7, 11, 17, 24, 37, 67, 131, 499, 1499)  # tiles depend on the width
CONV = {1: torch.nn.ConvTranspose1d, 2: torch.nn.ConvTranspose2d, 3: torch.nn.ConvTranspose3d}
ACTIVATIONS = {
    "relu": lambda y, a, b: F.relu(y), "leaky-relu": lambda y, a, b: F.leaky_relu(y, a),
    "clamp": lambda y, a, b: y.clamp(a, b), "sigmoid": lambda y, a, b: y.sigmoid(), "tanh": lambda y, a, b: y.tanh(),
    "prelu": None,  # has slopes
}


def conv_torch(x, w, b, stride, padding, output_padding, dilation, groups, output_size=None):
    module = CONV[w.dim() - 2](w.shape[0], w.shape[1] * groups, w.shape[2:], stride, padding, output_padding, groups,
                               b is not None, dilation, device="meta")
    module.weight = torch.nn.Parameter(w, requires_grad=False)
    if b is not None:
        module.bias = torch.nn.Parameter(b, requires_grad=False)
    with torch.no_grad():
        return module(x, output_size=output_size)


def conv_expected(x, w, b, rest, dtype, activation=None, slope=None):
    """torch in double, and the bound; rest: the arguments of conv_torch after the bias."""
    want = conv_torch(x.double(), w.double(), None if b is None else b.double(), *rest)
    magnitude = conv_torch(finite(x), finite(w), None if b is None else finite(b), *rest)
    ones = [None if t is None else torch.ones_like(t, dtype=torch.float64).contiguous() for t in (x, w, b)]
    terms = conv_torch(*ones, *rest)
    if activation is not None:
        name, alpha, beta = activation
        if name == "prelu":
            want = F.prelu(want if x.dim() == w.dim() else want[None], slope.double()).reshape(want.shape)
            magnitude = magnitude * (1 + finite(slope).max())
        else:
            want = ACTIVATIONS[name](want, alpha, beta)
            magnitude = magnitude * max(1, abs(alpha) if name == "leaky-relu" else 1)
        # The function itself is exact to a few units of float32's (double's) last place.
        magnitude = magnitude + 4 * finite(want)
    around, many = (nearby(t, w.dim() - 2, rest[0]) for t in (magnitude, terms))
    return Expected(want, bound_of(dtype, want, magnitude, terms, sum_factor(terms)),
                    near_bound=bound_of(dtype, want, around, many, 2 * sum_factor(many)))


def nearby(values, axes, stride):
    """The largest of the outputs that lie within 3 inputs on each side: what the solvers with winograd in their names add
    before they multiply."""
    reach = [3 * s for s in (stride if isinstance(stride, (list, tuple)) else [stride] * axes)]
    pool = (F.max_pool1d, F.max_pool2d, F.max_pool3d)[axes - 1]
    return pool(values, [2 * r + 1 for r in reach], 1, reach) if values.numel() else values


def conv_transpose(d, axes):
    dtype, kind = d.choice(FLOATS), d.kind()
    # Each combination of structure, dtype and activation is compiled once: other dtypes have fewer of them.
    activated = d.maybe(0.12)
    few = dtype != torch.float32 or activated
    k, s, dil = d.choice(CONV_STRUCTURES[axes][3:6] if few else CONV_STRUCTURES[axes])
    groups = d.choice((1, 1, 1, 2, 3, 5, 8))
    most = (96, 40, 20)[axes - 1] // groups
    ci, co = groups * d.size(max(1, most)), groups * d.size(max(1, most))
    if groups > 1 and d.maybe(0.3):  # depthwise, with a multiplier sometimes
        ci, co = groups, groups * d.randint(1, 2)
    n = d.choice((1, 1, 1, 2, 3, 5))
    reach = [dil[a] * (k[a] - 1) for a in range(axes)]
    # As many elements as leave torch's double about ten million multiply-adds.
    room = 10_000_000 / (n * ci * co / groups * math.prod(k))
    sizes = d.shape(axes, max(1, int(min(room, 40_000 / (n * co * math.prod(s)), 3000))))
    sizes = (*sizes[:-1], max(w for w in WIDTHS if w <= sizes[-1]))
    p, op, out = [0] * axes, [0] * axes, None
    for a in range(axes):
        least = (sizes[a] - 1) * s[a] + reach[a] + 1
        p[a] = min(d.choice((0, 0, k[a] // 2, reach[a], d.randint(0, reach[a] + 2))), (least - 1) // 2)
        op[a] = d.choice((0, 0, d.randrange(max(s[a], dil[a]))))
    if d.maybe(0.25):
        out = [(sizes[a] - 1) * s[a] - 2 * p[a] + reach[a] + 1 + d.randrange(s[a]) for a in range(axes)]
        op = [0] * axes
    w_dtype = torch.float32 if dtype in (torch.float16, torch.bfloat16) and d.maybe(0.4) else dtype
    batchless = n == 1 and d.maybe(0.15)
    x = d.view(d.values(kind, sizes_of(None if batchless else n, ci, sizes), dtype))
    w = d.view(d.values("reals" if kind == "spread" else kind, (ci, co // groups, *k), w_dtype))
    b = d.values("integers" if kind == "integers" else "reals", (co,), w_dtype) if d.maybe(0.6) else None
    text = f"conv_transpose x={by(x.shape)} w={by(w.shape)}" + key("bias", b is not None and 1)
    text += key("stride", by(s)) + key("padding", by(p)) + key("dilation", by(dil)) + key("groups", groups)
    text += key("output_padding", by(op) if any(op) else "") + key("output_size", by(out) if out else "")
    activation = slope = None
    if activated:
        name = d.choice(list(ACTIVATIONS))
        alpha = {"leaky-relu": 0.25, "clamp": -0.5}.get(name, 0)
        activation = (name, alpha, 0.75 if name == "clamp" else 0)
        text += f" activation={name}" + key("alpha", alpha) + key("beta", activation[2])
        if name == "prelu":
            slope = d.values("reals", (d.choice((1, co)),), w_dtype)
            text += key("slopes", len(slope) if len(slope) != co else "")
    expected = conv_expected(x, w, b, (s, p, op, dil, groups, out), dtype, activation, slope)
    text = with_output(d, text + tensor_keys(dtype, x, w), expected.want.shape)
    return Case(text, {"input": x, "weight": w, "bias": b, "slope": slope}, expected, dtype)


def sizes_of(n, c, sizes):
    return (c, *sizes) if n is None else (n, c, *sizes)


# ---- operators that move elements

ANY = (torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.uint8, torch.int8, torch.int16, torch.int32,
       torch.int64)


def leading(d):
    """Leading axes: none, a batch, or up to five."""
    axes = d.choice((0, 1, 1, 1, 2, 3, 5))
    return tuple(d.randint(1, 3 if axes > 1 else 5) for _ in range(axes))


def moved(d, text, x, want):
    text = with_output(d, text + tensor_keys(x.dtype, x), want.shape)
    return Case(text, {"input": x}, Expected(want), x.dtype)


def packed(x):
    """With the usual strides. contiguous() leaves those of axes of one element, and of some torch refuses to shuffle: "Unsupported
    memory format"."""
    return torch.empty(x.shape, dtype=x.dtype).copy_(x)


def pixel_shuffle(d):
    r = d.choice((1, 2, 2, 3, 4, 5))
    shape = (*leading(d), d.size(40 // r) * r * r, *d.shape(2, 400))
    x = d.view(d.any_bits(shape, d.choice(ANY)))
    return moved(d, f"pixel_shuffle x={by(shape)} factor={r}", x, F.pixel_shuffle(packed(x), r))


def pixel_unshuffle(d):
    r = d.choice((1, 2, 2, 3, 4, 5))
    h, w = d.shape(2, 200)
    shape = (*leading(d), d.size(12), h * r, w * r)
    x = d.view(d.any_bits(shape, d.choice(ANY)))
    return moved(d, f"pixel_unshuffle x={by(shape)} factor={r}", x, F.pixel_unshuffle(packed(x), r))


def channel_shuffle(d):
    groups = d.choice((1, 2, 3, 4, 5, 8))
    axes = d.choice((1, 2, 2, 2, 3, 4))
    shape = (d.randint(1, 4), groups * d.size(24), *d.shape(axes, 300))
    x = d.view(d.any_bits(shape, d.choice(ANY)))
    return moved(d, f"channel_shuffle x={by(shape)} groups={groups}", x, F.channel_shuffle(packed(x), groups))


UNPOOL = {1: F.max_unpool1d, 2: F.max_unpool2d, 3: F.max_unpool3d}
POOL = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
TORCH_UNPOOLS = (torch.float32, torch.float64, torch.float16, torch.bfloat16)


def max_unpool(d, axes):
    k = [d.randint(1, 4) for _ in range(axes)]
    s = [d.randint(1, 4) for _ in range(axes)] if d.maybe(0.6) else None
    p = [d.randint(0, k[a] // 2) if d.maybe(0.4) else 0 for a in range(axes)]
    step = s or k
    batchless = d.maybe(0.2)
    lead = (d.size(24),) if batchless else (d.randint(1, 4), d.size(24))
    usual = [0] * axes
    while min(usual) < 1:  # padding may leave nothing
        sizes = d.shape(axes, 300)
        usual = [(sizes[a] - 1) * step[a] - 2 * p[a] + k[a] for a in range(axes)]
        p = [0] * axes if min(usual) < 1 else p
    out = None
    if d.maybe(0.4):
        out = [max(1, usual[a] + d.randint(1 - step[a], step[a] - 1)) for a in range(axes)]
    size = out or usual
    shape = (*lead, *sizes)
    plane = math.prod(size)
    image = d.values("reals", (*lead, *size), torch.float64)
    indices = None
    if not out and d.maybe(0.5) and all(2 * p[a] <= k[a] for a in range(axes)):
        pooled, indices = POOL[axes](image, k, step, p, return_indices=True)
        indices = indices if tuple(pooled.shape) == shape else None
    if indices is None:  # any places at all, some of them twice: the last wins in both (torch: with one thread)
        indices = torch.randint(0, plane, shape, generator=d.contents, dtype=torch.int64)
    dtype = d.choice(ANY)
    x = d.view(d.any_bits(shape, dtype))
    if dtype in TORCH_UNPOOLS:
        want = UNPOOL[axes](x.contiguous(), indices, k, s, p, out)
    else:  # torch moves these places; the elements themselves are then of any type
        places = torch.arange(1, x.numel() + 1, dtype=torch.float64).reshape(shape)
        sources = UNPOOL[axes](places, indices, k, s, p, out).long()
        want = torch.cat([torch.zeros(1, dtype=dtype), x.reshape(-1)])[sources]
    indices = d.view(indices.to(d.choice((torch.int64, torch.int64, torch.int32))), repeat=False)
    text = f"max_unpool x={by(shape)} indices={'i64' if indices.dtype == torch.int64 else 'i32'} kernel={by(k)}"
    text += key("stride", by(s) if s else "") + key("padding", by(p) if any(p) else "")
    text += key("output_size", by(out) if out else "") + key("axes", axes if batchless else "")
    text = with_output(d, text + tensor_keys(dtype, x, None, indices), want.shape)
    return Case(text, {"input": x, "indices": indices}, Expected(want), dtype)


# ---- fold

def fold_expected(x, size, k, dilation, padding, stride, dtype):
    arguments = (size, k, dilation, padding, stride)
    want, magnitude = F.fold(x.double(), *arguments), F.fold(finite(x), *arguments)
    terms = F.fold(torch.ones(x.shape, dtype=torch.float64), *arguments)
    return Expected(want, bound_of(dtype, want, magnitude, terms, sum_factor(terms)))


def fold(d):
    k, s, dil = d.choice(CONV_STRUCTURES[2])
    p = [d.choice((0, 0, d.randint(0, k[a]))) for a in (0, 1)]
    blocks = d.shape(2, 300)
    size = [max(1, (blocks[a] - 1) * s[a] + dil[a] * (k[a] - 1) + 1 - 2 * p[a] + d.randrange(s[a])) for a in (0, 1)]
    blocks = [(size[a] + 2 * p[a] - dil[a] * (k[a] - 1) - 1) // s[a] + 1 for a in (0, 1)]
    c, dtype = d.size(24), d.choice(FLOATS)
    shape = (c * math.prod(k), math.prod(blocks))
    if d.maybe(0.8):
        shape = (d.randint(1, 3), *shape)
    x = d.view(d.values(d.kind(), shape, dtype))
    expected = fold_expected(x, size, k, dil, p, s, dtype)
    text = f"fold x={by(shape)} output_size={by(size)} kernel={by(k)} dilation={by(dil)} padding={by(p)} stride={by(s)}"
    text = with_output(d, text + tensor_keys(dtype, x), expected.want.shape)
    return Case(text, {"input": x}, expected, dtype)
