#!/usr/bin/env python3
"""Writes onnx_nodes.txt and onnx_nodes.bin: ONNX's own node tests of the operators that clup has, from onnx 1.23.2.

    python3 tests/golden/onnx_nodes.py      (needs onnx and numpy; deterministic; writes beside itself)

onnx_nodes.txt  one node test a line, under the name that the onnx package gives it, "#" comments:
                    NAME OPERATOR OFFSET YDIMS | PROBLEM
                PROBLEM: the text form of clup_problem_print; OFFSET: where in onnx_nodes.bin the arrays begin
onnx_nodes.bin  little-endian, for each test one after the other: input, weights, bias, indices (those that the problem
                has) and the expected output, all float32 but the indices, which are int64
"""
import os
import warnings

import numpy as np
import onnx
from onnx.backend.test.case.node import collect_testcases

HERE = os.path.dirname(os.path.abspath(__file__))


def by(values):
    return "x".join(str(int(v)) for v in values)


def real(value):
    """The shortest decimal that reads as the same double; float32 inputs keep their exact value."""
    return repr(float(value)).removesuffix(".0")


def reals(values):
    return "x".join(real(v) for v in values)


def key(name, value):
    return f" {name}={value}" if value else ""


def name_of(value):
    return value.decode() if isinstance(value, bytes) else value


def pads(a, axes):
    both = a.get("pads", [0] * (2 * axes))
    return key("padding", by(both[:axes]) if any(both) else "") + key("padding_end", by(both[axes:]) if any(both) else "")


def conv_transpose(a, x, w, b=None):
    axes = x.ndim - 2
    text = f"conv_transpose x={by(x.shape)} w={by(w.shape)}" + ("" if b is None else " bias=1")
    text += key("stride", by(a.get("strides", []))) + pads(a, axes)
    text += key("output_padding", by(a.get("output_padding", []))) + key("dilation", by(a.get("dilations", [])))
    text += key("groups", a.get("group", 1) if a.get("group", 1) != 1 else "")
    auto_pad = name_of(a.get("auto_pad", "NOTSET"))
    text += key("auto_pad", auto_pad.lower() if auto_pad != "NOTSET" else "") + key("output_shape", by(a.get("output_shape", [])))
    assert a.get("kernel_shape", list(w.shape[2:])) == list(w.shape[2:])
    return text, [x, w] + ([] if b is None else [b])


def resize(a, x, roi=None, scales=None, sizes=None):
    text = f"resize x={by(x.shape)} mode={name_of(a.get('mode', 'nearest'))}"
    for attribute, short, usual in (("coordinate_transformation_mode", "coordinate_mode", "half_pixel"),
                                    ("nearest_mode", "nearest_mode", "round_prefer_floor"),
                                    ("keep_aspect_ratio_policy", "aspect_policy", "stretch")):
        value = name_of(a.get(attribute, usual))
        text += key(short, value if value != usual else "")
    text += key("axes", by(a.get("axes", [])))
    if sizes is not None and sizes.size:
        text += key("sizes", by(sizes))
    else:
        text += key("scales", reals(scales))
    if roi is not None and roi.size and "crop" in text:
        text += key("roi_start", reals(roi[:roi.size // 2])) + key("roi_end", reals(roi[roi.size // 2:]))
    if "cubic_coeff_a" in a and a["cubic_coeff_a"] != -0.75:
        text += key("cubic_coeff_a", real(a["cubic_coeff_a"]))
    text += key("exclude_outside", a.get("exclude_outside", 0)) + key("antialias", a.get("antialias", 0))
    if a.get("extrapolation_value", 0) != 0:
        text += key("extrapolation_value", real(a["extrapolation_value"]))
    return text, [x]


def upsample(a, x, scales):
    mode = {"nearest": "nearest nearest_mode=floor", "linear": "linear"}[name_of(a.get("mode", "nearest"))]
    return f"resize x={by(x.shape)} mode={mode} coordinate_mode=asymmetric scales={reals(scales)}", [x]


def depth_to_space(a, x):
    mode = name_of(a.get("mode", "DCR"))
    return f"depth_to_space x={by(x.shape)} blocksize={a['blocksize']}" + key("mode", mode if mode != "DCR" else ""), [x]


def space_to_depth(a, x):
    text, arrays = depth_to_space(a, x)
    return text.replace("depth_to_space", "space_to_depth"), arrays


def max_unpool(a, x, indices, output_shape=None):
    text = f"max_unpool x={by(x.shape)} kernel={by(a['kernel_shape'])} stride={by(a.get('strides', [1] * (x.ndim - 2)))}"
    both = a.get("pads", [])
    assert both[:len(both) // 2] == both[len(both) // 2:], "clup's padding of max_unpool is the same on both sides"
    text += key("padding", by(both[:len(both) // 2]) if any(both) else "") + " onnx=1"
    return text + key("output_size", "" if output_shape is None else by(output_shape[2:])), [x, indices.astype(np.int64)]


def col2im(a, x, image_shape, block_shape):
    axes = len(image_shape)
    text = f"fold x={by(x.shape)}" + key("axes", axes if axes != 2 else "")
    text += f" output_size={by(image_shape)} kernel={by(block_shape)}" + key("dilation", by(a.get("dilations", [])))
    return text + pads(a, axes) + key("stride", by(a.get("strides", []))), [x]


OPERATORS = {"ConvTranspose": conv_transpose, "Resize": resize, "Upsample": upsample, "DepthToSpace": depth_to_space,
             "SpaceToDepth": space_to_depth, "MaxUnpool": max_unpool, "Col2Im": col2im}


def main():
    assert onnx.__version__ == "1.23.2", onnx.__version__
    warnings.filterwarnings("ignore")
    np.random.seed(0)
    lines, blob, counts = [], bytearray(), {}
    for test in collect_testcases(None):
        # Tests whose graph is the operator spelled out in others are of other operators.
        node = test.model.graph.node[0]
        if len(test.model.graph.node) != 1 or node.op_type not in OPERATORS:
            continue
        assert len(test.data_sets) == 1 and (test.rtol, test.atol) == (1e-3, 1e-7), test.name
        inputs, outputs = test.data_sets[0]
        given = iter(inputs)
        arguments = [next(given) if name else None for name in node.input]
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        problem, arrays = OPERATORS[node.op_type](attributes, *arguments)
        assert len(outputs) == 1 and outputs[0].dtype == np.float32 and arrays[0].dtype == np.float32, test.name
        lines.append(f"{test.name} {node.op_type} {len(blob)} {by(outputs[0].shape)} | {problem}")
        for array in arrays + [outputs[0]]:
            blob += array.astype(array.dtype.newbyteorder("<")).tobytes()
        counts[node.op_type] = counts.get(node.op_type, 0) + 1
    head = f"# Written by onnx_nodes.py, which describes the format, from onnx {onnx.__version__}. {len(lines)} node tests.\n"
    with open(os.path.join(HERE, "onnx_nodes.txt"), "w", encoding="ascii", newline="\n") as f:
        f.write(head + "\n".join(lines) + "\n")
    with open(os.path.join(HERE, "onnx_nodes.bin"), "wb") as f:
        f.write(blob)
    print(f"{len(lines)} node tests, {len(blob)} bytes:", counts)


if __name__ == "__main__":
    main()
