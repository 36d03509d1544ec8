"""One problem for both sides: clup's text form and arrays, and what torch makes of them."""
import dataclasses

import torch

import draw
from clup import NAMES, Problem
from compare import Expected, difference


@dataclasses.dataclass
class Case:
    text: str
    arrays: dict  # by role, without the output
    expected: Expected
    dtype: torch.dtype  # of the output
    known: str = ""  # a deliberate difference that the expectation takes account of: a name of known.REASONS


def tensor_keys(dtype, x, w=None, indices=None):
    """The keys of the text form that tell dtypes and strides, but for those of the output."""
    text = draw.key("dtype", NAMES[dtype] if dtype != torch.float32 else "")
    if w is not None and w.dtype != dtype:
        text += f" w_dtype={NAMES[w.dtype]}"
    return text + draw.strides_key("x_strides", x) + draw.strides_key("w_strides", w) + draw.strides_key(
        "indices_strides", indices)


def with_output(d, text, shape):
    """The text with output strides of some kind."""
    strides = d.strides(shape)
    return text if strides is None else text + draw.key("y_strides", draw.by(strides))


def gaps_kept(y, poison):
    """Whether the memory around the elements still holds the poison."""
    memory = torch.empty(0, dtype=torch.uint8).set_(y.untyped_storage())
    mask = torch.zeros(memory.numel(), dtype=torch.uint8).view(y.dtype).as_strided(y.shape, y.stride())
    mask.copy_(torch.full((1,), 0xFF, dtype=torch.uint8).repeat(y.element_size()).view(y.dtype)) if y.numel() else None
    untouched = torch.empty(0, dtype=torch.uint8).set_(mask.untyped_storage()) == 0
    return bool((memory[untouched] == poison).all())


def run(library, case):
    """Runs every solver that applies: (their number, what differs as lines)."""
    found, ran = [], 0
    with Problem(library, case.text) as problem:
        dims, strides = problem.dims_and_strides("output")
        if dims != tuple(case.expected.want.shape):
            return 0, [f"output {draw.by(dims)}, torch has {draw.by(case.expected.want.shape)}"]
        for solver in problem.solvers():
            poison = 0xA5 if ran % 2 else 0xFF
            y = draw.empty(dims, strides, case.dtype, poison)
            problem.run(solver, y, **case.arrays)
            ran += 1
            what = difference(y, case.expected, solver)
            if not what and not gaps_kept(y, poison):
                what = "memory between the output's elements was written"
            if what:
                found.append(f"[{solver}] {what}")
    return ran, found or ([] if ran else ["no solver applies"])
