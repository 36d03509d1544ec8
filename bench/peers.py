#!/usr/bin/env python3
"""Times other libraries on the cases of a result of `clup bench --json`, on the same machine and as many threads, right after it.

    python3 bench/peers.py RESULT.json SUITE.txt [--cuda] [--seconds N]

script/bench NAME --peers and script/gpu-check run it, on a machine with nothing else to do: PyTorch's threads wait for each
other by spinning, and on shared cores take ten times as long.

PyTorch is needed; onnxruntime, OpenVINO and OpenCV are taken where they are installed and have the operator (f32 alone). Each
in its best way: warmed up, contiguous and channels-last, outputs preallocated where it allows; caches are flushed between
repeats as in clup's bench, and the median of the better layout counts. --cuda: PyTorch on the GPU and nothing else, f32
arithmetic with TF32 off and, where that can matter, on. --seconds: begins no case after so long. Adds "peers" to
RESULT.json's cases, a table to RESULT.md, and draws RESULT-peers.svg."""
import argparse
import datetime
import importlib.metadata
import importlib.util
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
TORCH_DTYPES = {"f32": torch.float32, "f64": torch.float64, "f16": torch.float16, "bf16": torch.bfloat16}
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


def cuda_median_ms(run, seconds=0.15):
    for _ in range(3):  # cuDNN tries its algorithms in the first
        run()
    cold = torch.ones(64 << 20, device="cuda")
    times, start = [], time.perf_counter()
    while len(times) < 7 or (time.perf_counter() - start < seconds and len(times) < 100):
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        cold.add_(1)
        begin.record()
        run()
        end.record()
        torch.cuda.synchronize()
        times.append(begin.elapsed_time(end))
        if time.perf_counter() - start > 5:
            break
    return statistics.median(times)


class Case:
    """A line of the suite: name, operator and parameters."""

    def __init__(self, line):
        self.name, text = (part.strip() for part in line.split(":", 1))
        words = text.split()
        self.op, self.keys = words[0], dict(word.split("=", 1) for word in words[1:])
        self.x = self.ints("x")
        self.axes = len(self.x) - 2
        self.dtype = "f32"  # or as the result says

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


def torch_runs(case, device):
    """Functions to time, by layout."""
    rng = np.random.default_rng(1)
    kind = dict(device=device, dtype=TORCH_DTYPES[case.dtype])
    x = torch.from_numpy(rng.random(case.x, np.float32)).to(**kind)
    last = {4: torch.channels_last, 5: torch.channels_last_3d}.get(len(case.x))
    layouts = [x] + ([x.to(memory_format=last)] if last else [])
    if case.op == "conv_transpose":
        w = torch.from_numpy(rng.random(case.ints("w"), np.float32)).to(**kind)
        run = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[case.axes - 1]
        arguments = dict(stride=case.per_axis("stride", 1), padding=case.per_axis("padding", 0),
                         output_padding=case.per_axis("output_padding", 0), groups=int(case.keys.get("groups", 1)),
                         dilation=case.per_axis("dilation", 1))
        runs = []
        for v in layouts:
            weight = w.to(memory_format=last) if v is not x else w
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
        image = torch.rand(*case.x[:2], *(s * f for s, f in zip(case.x[2:], k)), **kind)
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
    """Of a module that is installed, without importing it: some do not stand a fork after that."""
    if importlib.util.find_spec(name) is None:
        return None
    distribution = importlib.metadata.packages_distributions().get(name, [name])[0]
    return importlib.metadata.version(distribution).split("+")[0].split("-")[0]


OTHERS = [("onnxruntime", "onnxruntime", onnxruntime_run), ("OpenVINO", "openvino", openvino_run),
          ("OpenCV", "cv2", opencv_run)]


def cpu_peers(case):
    """By label: a function that gives the milliseconds, or None."""
    peers = {"PyTorch": lambda: min(map(median_ms, torch_runs(case, "cpu")), default=None)}

    def other(make):
        run = make(case)
        return median_ms(run) if run is not None else None

    if case.dtype == "f32":
        peers.update({label: lambda make=make: other(make) for label, module, make in OTHERS if version_of(module)})
    return peers


def cuda_peers(case):
    def run(tf32):
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = tf32
        return min(map(cuda_median_ms, torch_runs(case, "cuda")), default=None)

    peers = {"PyTorch CUDA": lambda: run(False)}
    if case.op == "conv_transpose" and case.dtype == "f32":
        peers["with TF32"] = lambda: run(True)
    return peers


def in_child(run):
    """run() in a process of its own, so that a peer that crashes takes nothing with it, and no peer's threads spin beside
    another's."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with torch.inference_mode():
                answer = {"ms": run()}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {(str(error).splitlines() or [''])[0][:120]}"}
        os.write(writer, json.dumps(answer).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    return json.loads(answer) if answer else {"error": f"ended with status {status}"}


def in_this_process(run):
    with torch.inference_mode():
        return {"ms": run()}


def measure(case, peers_of, how):
    peers = {}
    for label, run in peers_of(case).items():
        answer = how(run)
        if answer.get("ms") is not None:
            peers[label] = answer["ms"]
        elif "error" in answer:  # a peer that cannot do a case is told and left out
            print(f"{case.name}: {label}: {answer['error']}", file=sys.stderr)
    return peers


def geometric_mean(values):
    return math.exp(sum(math.log(v) for v in values) / len(values)) if values else float("nan")


def table(result):
    labels, by = result["peers"]["versions"], {}
    dtypes = sorted({case["dtype"] for case in result["cases"] if case.get("peers")})
    lines = ["", "## Against others", "",
             f"Milliseconds, and how many times as long as clup; {result['peers']['how']}, {', '.join(dtypes)}, in the same run: "
             + ", ".join(f"{label} {version}" for label, version in labels.items()) + ".", "",
             "| case | solver | of the roof | clup | " + " | ".join(labels) + " |", "|---|---|---:|---:|" + "---:|" * len(labels)]
    for case in result["cases"]:
        if not case.get("peers"):
            continue
        cells = []
        for label in labels:
            ms = case["peers"].get(label)
            if ms:
                by.setdefault(label, []).append((case["bound"], ms / case["ms_median"]))
            cells.append(f"{ms:.3g} ({ms / case['ms_median']:.2f}x)" if ms else "")
        others = [ms for label, ms in case["peers"].items() if label != "PyTorch"]
        if others and "PyTorch" in labels:
            by.setdefault("the best of those beside PyTorch", []).append((case["bound"], min(others) / case["ms_median"]))
        lines.append(f"| {case['case']} | {case['algo']} | {case['roof_fraction']:.2f} | {case['ms_median']:.3g} | "
                     + " | ".join(cells) + " |")
    lines += ["", "Geometric means:"]
    for label, ratios in by.items():
        parts = [f"{geometric_mean([r for b, r in ratios if b == bound]):.2f}x of those bound by {bound}"
                 for bound in ("compute", "memory") if any(b == bound for b, _ in ratios)]
        lines.append(f"- {label}: {geometric_mean([r for _, r in ratios]):.2f}x ({', '.join(parts)})")
    return lines


def plot(result, path):
    labels = list(result["peers"]["versions"])
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
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("result")
    parser.add_argument("suite")
    parser.add_argument("--cuda", action="store_true")
    parser.add_argument("--seconds", type=float, default=math.inf)
    options = parser.parse_args()
    began = time.perf_counter()
    with open(options.result, encoding="utf-8") as f:
        result = json.load(f)
    with open(options.suite, encoding="utf-8") as f:
        cases = {c.name: c for c in (Case(line) for line in f if line.strip() and not line.startswith("#"))}
    torch.set_num_threads(THREADS)
    versions = {label: version_of(module) for label, module in [("PyTorch", "torch")] + [o[:2] for o in OTHERS]}
    how = f"{THREADS} threads"
    if options.cuda:
        torch.backends.cudnn.benchmark = True
        versions = dict.fromkeys(("PyTorch CUDA", "with TF32"), versions["PyTorch"])
        how = f"{torch.cuda.get_device_name()}, CUDA {torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}"
    for case in result["cases"]:
        if time.perf_counter() - began > options.seconds:
            print(f"{options.seconds:g} s are over before {case['case']}", file=sys.stderr)
            break
        if case["case"] in cases and not case.get("error"):
            peer = cases[case["case"]]
            peer.dtype = case["dtype"]
            case["peers"] = measure(peer, *((cuda_peers, in_this_process) if options.cuda else (cpu_peers, in_child)))
            print(case["case"], f"clup {case['ms_median']:.3g} ms,",
                  ", ".join(f"{k} {v:.3g}" for k, v in case["peers"].items()), file=sys.stderr, flush=True)
    measured = {label for case in result["cases"] for label in case.get("peers", ())}
    result["peers"] = {"threads": THREADS, "how": how, "date": datetime.date.today().isoformat(),
                       "versions": {label: version for label, version in versions.items() if label in measured}}
    with open(options.result, "w", encoding="utf-8") as f:
        json.dump(result, f, indent=1)
        f.write("\n")
    stem = options.result[:-len(".json")]
    with open(stem + ".md", "a", encoding="utf-8") as f:
        f.write("\n".join(table(result)) + "\n")
    plot(result, stem + "-peers.svg")
    return 0 if measured else 1


if __name__ == "__main__":
    sys.exit(main())
