"""What torch refuses clup refuses, and the reverse: problems with one foot outside what is legal. Where they disagree on
purpose the disagreement has a name in known.REASONS; any other is a difference."""
import math

import torch
import torch.nn.functional as F

import known
from clup import ClupError, Problem
from draw import Draw, by, key, real
from interpolation import AXES
from operators import UNPOOL, conv_torch


def ints(d, count, usual, odd, chance=0.12):
    return [d.choice(odd) if d.maybe(chance) else d.choice(usual) for _ in range(count)]


def sizes(d, count, most=4):
    return ints(d, count, tuple(range(1, most + 1)), (0,), 0.03)


def conv_transpose(d):
    axes = d.choice((1, 2, 3))
    groups = ints(d, 1, (1, 1, 2, 3), (0, -1), 0.05)[0]
    ci, each = max(1, groups) * d.randint(1, 3) + d.choice((0, 0, 0, 0, 1)), d.randint(1, 3)
    k, s = sizes(d, axes, 3), ints(d, axes, (1, 2, 3), (0, -1), 0.05)
    p, dil = ints(d, axes, (0, 0, 1), (2, 4, -1)), ints(d, axes, (1, 1, 2, 3), (0, -1), 0.05)
    op = ints(d, axes, (0, 0, 1), (2, 3, -1))
    shape = ints(d, 1, (1, 2), (0,), 0.04) + [ci + d.choice((0, 0, 0, 0, 0, 0, 0, 1))] + sizes(d, axes + d.choice((0,) * 12 + (1,)))
    shape = shape[1:] if d.maybe(0.15) else shape
    out = None
    if d.maybe(0.4) and len(shape) >= axes:
        out = [(shape[a - axes] - 1) * s[a] - 2 * p[a] + dil[a] * (k[a] - 1) + 1 + d.randint(-1, 4) for a in range(axes)]
        op = [0] * axes
    x, w = torch.zeros(shape), torch.zeros((ci, each, *k))
    text = f"conv_transpose x={by(shape)} w={by(w.shape)} stride={by(s)} padding={by(p)} dilation={by(dil)} groups={groups}"
    text += f" output_padding={by(op)}" + key("output_size", by(out) if out else "")
    return text, lambda: conv_torch(x, w, None, s, p, op, dil, groups, out), (x, w, [out])


def interpolate(d):
    mode = d.choice(list(AXES))
    axes = d.choice(AXES[mode]) if d.maybe(0.9) else d.choice((1, 2, 3))
    shape = ints(d, 1, (1, 2), (0,), 0.05) + sizes(d, axes + 1)
    size = ints(d, axes, (1, 2, 5), (0, -1), 0.06) if d.maybe(0.55) else None
    scale = None
    if size is None or d.maybe(0.05):
        scale = [d.choice((0.0, -1.0, 0.1)) if d.maybe(0.06) else d.choice((0.5, 1.0, 1.7, 2.0)) for _ in range(axes)]
    if size is not None and scale is None and d.maybe(0.05):
        size = None
    align, antialias, recompute = d.maybe(0.2), d.maybe(0.12), d.maybe(0.15)
    x = torch.zeros(shape)
    text = f"interpolate x={by(shape)} mode={mode}" + key("size", by(size) if size is not None else "")
    text += key("scale_factor", "x".join(factor_text(f) for f in scale) if scale is not None else "")
    text += key("align_corners", int(align)) + key("recompute_scale_factor", int(recompute)) + key("antialias", int(antialias))
    # False is "not set" for the modes that do not take it.
    corners = align if mode in ("linear", "bilinear", "trilinear", "bicubic") else (True if align else None)
    return text, lambda: F.interpolate(x, size, scale, mode, corners, recompute or None, antialias), (x, [size, scale])


def factor_text(value):
    """0 would read as the beginning of a list "0x..."."""
    return "0.0" if value == 0 else real(value)


def pixel_shuffle(d):
    r = ints(d, 1, (1, 2, 3), (0, -1), 0.1)[0]
    shape = ints(d, d.choice((0, 1, 1, 2)), (1, 2), (0,), 0.05) + [d.choice((1, 2, 4, 8, 9, 18))] + sizes(d, d.choice((2, 2, 2, 1)))
    x = torch.zeros(shape)
    return f"pixel_shuffle x={by(shape)} factor={r}", lambda: F.pixel_shuffle(x, r), (x, [])


def pixel_unshuffle(d):
    r = ints(d, 1, (1, 2, 3), (0, -1), 0.1)[0]
    shape = ints(d, d.choice((0, 1, 1, 2)), (1, 2), (0,), 0.05) + sizes(d, 1) + ints(d, d.choice((2, 2, 2, 1)), (2, 4, 6, 3), (0, 5), 0.1)
    x = torch.zeros(shape)
    return f"pixel_unshuffle x={by(shape)} factor={r}", lambda: F.pixel_unshuffle(x, r), (x, [])


def channel_shuffle(d):
    groups = ints(d, 1, (1, 2, 3), (0, -1), 0.1)[0]
    shape = ints(d, 1, (1, 2), (0,), 0.05) + [d.choice((1, 2, 4, 6, 9))] + sizes(d, d.choice((0, 1, 2, 2, 3)))
    x = torch.zeros(shape)
    return f"channel_shuffle x={by(shape)} groups={groups}", lambda: F.channel_shuffle(x, groups), (x, [])


def max_unpool(d):
    axes = d.choice((1, 2, 3))
    k, s = sizes(d, axes, 3), ints(d, axes, (1, 2, 3), (0, -1), 0.05) if d.maybe(0.7) else None
    p = ints(d, axes, (0, 0, 1), (2, -1))
    batchless = d.maybe(0.2)
    shape = ([] if batchless else ints(d, 1, (1, 2), (0,), 0.05)) + sizes(d, axes + 1)
    usual = [(shape[a - axes] - 1) * (s or k)[a] - 2 * p[a] + k[a] for a in range(axes)]
    out = [u + d.randint(-3, 3) for u in usual] if d.maybe(0.6) else None
    x = torch.zeros(shape)
    indices = torch.zeros(shape if d.maybe(0.95) else shape[:-1] + [shape[-1] + 1], dtype=torch.int64)
    text = f"max_unpool x={by(shape)} kernel={by(k)}" + key("stride", by(s) if s else "") + f" padding={by(p)}"
    text += key("output_size", by(out) if out else "") + key("axes", axes if batchless else "")
    if indices.shape != x.shape:  # the text form has indices of the input's shape alone
        indices = torch.zeros(shape, dtype=torch.int64)
    return text, lambda: UNPOOL[axes](x, indices, k, s, p, out), (x, [s, out])


def fold(d):
    k, s = sizes(d, 2, 3), ints(d, 2, (1, 2), (0, -1), 0.05)
    p, dil = ints(d, 2, (0, 0, 1), (2, -1)), ints(d, 2, (1, 1, 2), (0, -1), 0.05)
    size = ints(d, 2, (3, 4, 5), (0, -1, 1), 0.08)
    blocks = 1
    for a in (0, 1):
        blocks *= (size[a] + 2 * p[a] - dil[a] * (k[a] - 1) - 1) // s[a] + 1 if s[a] else 1
    channels = max(1, k[0] * k[1]) * d.randint(1, 2) + d.choice((0, 0, 0, 0, 0, 1))
    shape = ints(d, d.choice((0, 1, 1, 1, 2)), (1, 2), (0,), 0.05) + [channels, max(0, blocks) + d.choice((0, 0, 0, 0, 0, 1))]
    x = torch.zeros(shape)
    text = f"fold x={by(shape)} output_size={by(size)} kernel={by(k)} dilation={by(dil)} padding={by(p)} stride={by(s)}"
    return text, lambda: F.fold(x, size, k, dil, p, s), (x, [])


def bad_index(library, seed):
    """Indices of which some may lie outside their plane, which only a run finds out; then the output is left alone."""
    d = Draw(seed)
    axes = d.choice((1, 2, 3))
    shape, k = [d.randint(1, 2), d.randint(1, 3)] + [d.randint(1, 4) for _ in range(axes)], [d.randint(1, 3) for _ in range(axes)]
    plane = math.prod(shape[2 + a] * k[a] for a in range(axes))
    x = torch.rand(shape, generator=d.contents)
    indices = torch.randint(0, plane, shape, generator=d.contents, dtype=torch.int64)
    for _ in range(d.choice((0, 1, 1, 2))):
        indices.view(-1)[d.randrange(indices.numel())] = d.choice((-1, plane, plane + 1, -plane, 2**40, -2**62, 2**31))
    text = f"max_unpool x={by(shape)} kernel={by(k)}"
    theirs, their_reason = torch_takes(lambda: UNPOOL[axes](x, indices, k))
    found = []
    with Problem(library, text) as problem:
        for solver in problem.solvers():
            y = torch.full(problem.dims_and_strides("output")[0], 7.0)
            try:
                problem.run(solver, y, input=x, indices=indices)
                if theirs is None:
                    found.append(f"[{solver}] torch refused: {their_reason}")
            except ClupError as error:
                if theirs or error.status != "CLUP_INDEX_OUT_OF_RANGE":
                    found.append(f"[{solver}] refused: {error}")
                if not bool((y == 7).all()):
                    found.append(f"[{solver}] wrote to the output of a failed run")
    return text, found, "", theirs is None


OPERATORS = (conv_transpose, interpolate, pixel_shuffle, pixel_unshuffle, channel_shuffle, max_unpool, fold, bad_index)


def torch_takes(call):
    try:
        return tuple(call().shape), ""
    except (RuntimeError, ValueError, NotImplementedError, TypeError, IndexError, ZeroDivisionError) as error:
        return None, str(error).split("\n")[0]


def clup_takes(library, text):
    try:
        with Problem(library, text) as problem:
            return problem.dims_and_strides("output")[0], ""
    except ClupError as error:
        return None, str(error)


def check(library, maker, seed):
    """(text, what differs as lines, name of the known difference or "", whether torch refused)."""
    if maker is bad_index:
        return bad_index(library, seed)
    text, call, details = maker(Draw(seed))
    theirs, their_reason = torch_takes(call)
    ours, our_reason = clup_takes(library, text)
    if theirs == ours:
        return text, [], "", theirs is None
    reason = known.refusal(maker.__name__, details, theirs, ours, our_reason)
    if reason:
        return text, [], reason, theirs is None
    return text, [f"torch: {theirs or 'refused: ' + their_reason}", f"clup: {ours or 'refused: ' + our_reason}"], "", theirs is None
