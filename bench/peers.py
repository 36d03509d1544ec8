#!/usr/bin/env python3
"""Times other libraries on the cases of a result of `clup bench --json`, on the same machine and as many threads, right after it.

    python3 bench/peers.py RESULT.json SUITE.txt        (script/bench NAME --peers runs it)

PyTorch is needed; onnxruntime, OpenVINO and OpenCV are taken where they are installed and have the operator. Each in its best
way: f32 arithmetic, warmed up, contiguous and channels-last, outputs preallocated where it allows; caches are flushed between
repeats as in clup's bench, and the median of the better layout counts. Adds "peers" to RESULT.json's cases, a table to
RESULT.md, and draws RESULT-peers.svg."""
import datetime
import json
import math
import os
import statistics
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

THREADS = len(os.sched_getaffinity(0))
FLUSH = np.ones(64 << 20, np.float32)  # 256 MiB, as clup's bench does


def flush():
    FLUSH[:] = FLUSH[0] + 1


def median_ms(run, seconds=1.0):
    run()
    times, start = [], time.perf_counter()
    while len(times) < 5 or (time.perf_counter() - start < seconds and len(times) < 100):
        flush()
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
        if time.perf_counter() - start > 20:
            break
    return 1e3 * statistics.median(times)


class Case:
    """A line of the suite: name, operator and parameters."""

    def __init__(self, line):
        self.name, text = (part.strip() for part in line.split(":", 1))
        words = text.split()
        self.op, self.keys = words[0], dict(word.split("=", 1) for word in words[1:])
        self.x = self.ints("x")
        self.axes = len(self.x) - 2

    def ints(self, key, default=None):
        if key not in self.keys:
            return default
        return tuple(int(v) for v in self.keys[key].split("x"))

    def per_axis(self, key, default):
        values = self.ints(key, (default,))
        return values * self.axes if len(values) == 1 else values

    def scale(self):
        values = [float(v) for v in self.keys["scale_factor"].split("x")] if "scale_factor" in self.keys else None
        return values * self.axes if values and len(values) == 1 else values

    def size(self):
        return self.per_axis("size", 0) if "size" in self.keys else None


def torch_runs(case):
    """Functions to time, by layout."""
    rng = np.random.default_rng(1)
    x = torch.from_numpy(rng.random(case.x, np.float32))
    layouts = [x] + ([x.to(memory_format=torch.channels_last)] if len(case.x) == 4 else [])
    if case.op == "conv_transpose":
        w = torch.from_numpy(rng.random(case.ints("w"), np.float32))
        run = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[case.axes - 1]
        arguments = dict(stride=case.per_axis("stride", 1), padding=case.per_axis("padding", 0),
                         output_padding=case.per_axis("output_padding", 0), groups=int(case.keys.get("groups", 1)),
                         dilation=case.per_axis("dilation", 1))
        runs = []
        for v in layouts:
            weight = w.to(memory_format=torch.channels_last) if v is not x else w
            runs.append(lambda v=v, weight=weight: run(v, weight, **arguments))
        return runs
    if case.op == "interpolate":
        mode = case.keys["mode"]
        arguments = dict(size=case.size(), scale_factor=case.scale(), mode=mode, antialias=case.keys.get("antialias") == "1",
                         align_corners=case.keys.get("align_corners") == "1" if "linear" in mode or "cubic" in mode else None)
        return [lambda v=v: F.interpolate(v, **arguments) for v in layouts]
    if case.op == "pixel_shuffle":
        return [lambda v=v: F.pixel_shuffle(v, int(case.keys["factor"])) for v in layouts]
    if case.op == "max_unpool":
        k = case.per_axis("kernel", 0)
        image = torch.rand(*case.x[:2], *(s * f for s, f in zip(case.x[2:], k)))
        pooled, indices = F.max_pool2d(image, k, return_indices=True)
        return [lambda: F.max_unpool2d(pooled, indices, k)]
    return []


def onnx_model(case):
    """The case as an ONNX model and its inputs; None where ONNX has not the operator."""
    try:
        import onnx
        from onnx import TensorProto, helper, numpy_helper
    except ImportError:
        return None
    rng = np.random.default_rng(1)
    inputs, constants, attributes = {"x": rng.random(case.x, np.float32)}, [], {}
    if case.op == "conv_transpose":
        kind, names = "ConvTranspose", ["x", "w"]
        constants.append(numpy_helper.from_array(rng.random(case.ints("w"), np.float32), "w"))
        attributes = dict(strides=case.per_axis("stride", 1), pads=case.per_axis("padding", 0) * 2,
                          output_padding=case.per_axis("output_padding", 0), group=int(case.keys.get("groups", 1)),
                          dilations=case.per_axis("dilation", 1))
    elif case.op == "interpolate" and case.keys.get("antialias") != "1":
        mode = case.keys["mode"]
        kind, names = "Resize", ["x", "", ""]
        attributes = dict(mode={"nearest": "nearest", "bicubic": "cubic"}.get(mode, "linear"), cubic_coeff_a=-0.75,
                          coordinate_transformation_mode="asymmetric" if mode == "nearest" else
                          "align_corners" if case.keys.get("align_corners") == "1" else "pytorch_half_pixel",
                          nearest_mode="floor")
        if case.size():
            names += ["sizes"]
            constants.append(numpy_helper.from_array(np.array(case.x[:2] + case.size(), np.int64), "sizes"))
        else:
            names[2] = "scales"
            constants.append(numpy_helper.from_array(np.array([1.0, 1.0] + case.scale(), np.float32), "scales"))
    elif case.op == "pixel_shuffle":
        kind, names, attributes = "DepthToSpace", ["x"], dict(blocksize=int(case.keys["factor"]), mode="CRD")
    else:
        return None
    node = helper.make_node(kind, names, ["y"], **attributes)
    graph = helper.make_graph([node], "case", [helper.make_tensor_value_info("x", TensorProto.FLOAT, case.x)],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9)
    return onnx.shape_inference.infer_shapes(model), inputs


def onnxruntime_run(case):
    import onnxruntime
    made = onnx_model(case)
    if made is None:
        return None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    session = onnxruntime.InferenceSession(made[0].SerializeToString(), options, providers=["CPUExecutionProvider"])
    y = session.run(None, made[1])[0]
    binding = session.io_binding()
    x = onnxruntime.OrtValue.ortvalue_from_numpy(made[1]["x"])
    binding.bind_ortvalue_input("x", x)
    binding.bind_ortvalue_output("y", onnxruntime.OrtValue.ortvalue_from_numpy(y))
    return lambda: session.run_with_iobinding(binding)


def openvino_run(case):
    import openvino
    made = onnx_model(case)
    if made is None:
        return None
    core = openvino.Core()
    settings = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": THREADS}
    import io
    compiled = core.compile_model(core.read_model(io.BytesIO(made[0].SerializeToString())), "CPU", settings)
    request = compiled.create_infer_request()
    request.set_input_tensor(openvino.Tensor(made[1]["x"], shared_memory=True))
    return request.infer


def opencv_run(case):
    import cv2
    modes = {"bilinear": cv2.INTER_LINEAR, "bicubic": cv2.INTER_CUBIC}
    if case.op != "interpolate" or case.x[0] != 1 or case.x[1] > 4 or case.keys["mode"] not in modes:
        return None
    if case.keys.get("align_corners") == "1" or case.keys.get("antialias") == "1":
        return None
    cv2.setNumThreads(THREADS)
    image = np.random.default_rng(1).random((*case.x[2:], case.x[1]), np.float32)
    size = case.size() or tuple(int(s * f) for s, f in zip(case.x[2:], case.scale()))
    out = np.empty((*size, case.x[1]), np.float32)
    return lambda: cv2.resize(image, size[::-1], dst=out, interpolation=modes[case.keys["mode"]])


def version_of(name):
    try:
        return __import__(name).__version__.split("+")[0].split("-")[0]
    except ImportError:
        return None


OTHERS = [("onnxruntime", "onnxruntime", onnxruntime_run), ("OpenVINO", "openvino", openvino_run),
          ("OpenCV", "cv2", opencv_run)]


def measure(case):
    peers = {}
    with torch.inference_mode():
        times = [median_ms(run) for run in torch_runs(case)]
    if times:
        peers["PyTorch"] = min(times)
    for label, module, make in OTHERS:
        if version_of(module) is None:
            continue
        try:
            run = make(case)
            if run is not None:
                peers[label] = median_ms(run)
        except Exception as error:  # a peer that cannot do a case is told and left out
            print(f"{case.name}: {label}: {type(error).__name__}: {str(error).splitlines()[0][:120]}", file=sys.stderr)
    return peers


def geometric_mean(values):
    return math.exp(sum(math.log(v) for v in values) / len(values)) if values else float("nan")


def table(result, versions, labels):
    lines = ["", "## Against others", "",
             f"Milliseconds, and how many times as long as clup; {THREADS} threads, f32, in the same run: "
             + ", ".join(f"{label} {versions[label]}" for label in labels) + ".", "",
             "| case | clup | " + " | ".join(labels) + " |", "|---|---:|" + "---:|" * len(labels)]
    ratios = {label: [] for label in labels}
    best = []
    for case in result["cases"]:
        if "peers" not in case:
            continue
        cells = []
        for label in labels:
            ms = case["peers"].get(label)
            if ms:
                ratios[label].append(ms / case["ms_median"])
            cells.append(f"{ms:.3g} ({ms / case['ms_median']:.2f}x)" if ms else "")
        others = [ms for label, ms in case["peers"].items() if label != "PyTorch"]
        if others:
            best.append(min(others) / case["ms_median"])
        lines.append(f"| {case['case']} | {case['ms_median']:.3g} | " + " | ".join(cells) + " |")
    lines += ["", "Geometric means: " + ", ".join(f"{label} {geometric_mean(ratios[label]):.2f}x" for label in labels
                                                  if ratios[label])
              + (f"; the best of those beside PyTorch {geometric_mean(best):.2f}x." if best else ".")]
    return lines


def plot(result, labels, path):
    colours = ["#d9822b", "#8a5fb0", "#5f8f8f", "#999999"]
    cases = [case for case in result["cases"] if case.get("peers")]
    row, left, width, top = 14 * (len(labels)) + 10, 300, 620, 70
    most = 8.0
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 60}" height="{top + row * len(cases) + 20}" '
           'font-family="sans-serif" font-size="12">', '<rect width="100%" height="100%" fill="white"/>',
           '<text x="12" y="24" font-size="16">Time of others, in times of clup (longer is slower; the line is clup)</text>']
    for i, label in enumerate(labels):
        out.append(f'<text x="{12 + 150 * i}" y="46" fill="{colours[i]}">{label}</text>')
    at_one = left + width / most
    for n, case in enumerate(cases):
        y = top + n * row
        out.append(f'<text x="{left - 8}" y="{y + 14}" text-anchor="end">{case["case"]}</text>')
        for i, label in enumerate(labels):
            ms = case["peers"].get(label)
            if not ms:
                continue
            ratio = ms / case["ms_median"]
            length = min(ratio, most) * width / most
            out.append(f'<rect x="{left}" y="{y + 14 * i}" width="{length:.1f}" height="11" fill="{colours[i]}"/>')
            out.append(f'<text x="{left + length + 4:.1f}" y="{y + 14 * i + 10}" font-size="10">{ratio:.2f}</text>')
    out.append(f'<line x1="{at_one}" y1="{top - 6}" x2="{at_one}" y2="{top + row * len(cases)}" stroke="#c03030"/>')
    out.append("</svg>")
    with open(path, "w", encoding="ascii") as f:
        f.write("\n".join(out) + "\n")


def main():
    path, suite = sys.argv[1:3]
    with open(path, encoding="utf-8") as f:
        result = json.load(f)
    with open(suite, encoding="utf-8") as f:
        cases = {c.name: c for c in (Case(line) for line in f if line.strip() and not line.startswith("#"))}
    torch.set_num_threads(THREADS)
    versions = {label: version_of(module) for label, module in [("PyTorch", "torch")] + [o[:2] for o in OTHERS]}
    labels = [label for label in versions if versions[label]]
    for case in result["cases"]:
        if case["case"] in cases and not case.get("error"):
            case["peers"] = measure(cases[case["case"]])
            print(case["case"], f"clup {case['ms_median']:.3g} ms,",
                  ", ".join(f"{k} {v:.3g}" for k, v in case["peers"].items()), file=sys.stderr)
    result["peers"] = {"threads": THREADS, "date": datetime.date.today().isoformat(),
                       "versions": {label: versions[label] for label in labels}}
    with open(path, "w", encoding="utf-8") as f:
        json.dump(result, f, indent=1)
        f.write("\n")
    stem = path[:-len(".json")]
    with open(stem + ".md", "a", encoding="utf-8") as f:
        f.write("\n".join(table(result, versions, labels)) + "\n")
    plot(result, labels, stem + "-peers.svg")


if __name__ == "__main__":
    main()
