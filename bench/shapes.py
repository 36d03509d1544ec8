#!/usr/bin/env python3
"""How clup takes to shapes: odd neighbours of the suite's cases, half precision, and growing sizes.

    script/bench-shapes [NAME]    (builds clup first)
    python3 bench/shapes.py PROGRAM OUT [--only odd|f16|growth]

Runs `clup bench` three times and writes OUT.json, OUT.md and OUT-growth.svg:
odd     the suite and bench/suite_odd.txt in one run: each neighbour's fraction of the roof over its case's
f16     the suite's interpolations and remaps in f32 and f16 in one run: elements a second
growth  2^10 to 2^26 output elements, time against size"""
import argparse
import json
import math
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
LEAST_ODD = 0.6
LEAST_F16 = 1.5
# A problem of about n output elements.
GROWTH = {
    "bilinear 2x": lambda n: "interpolate x=1x4x%dx%d mode=bilinear scale_factor=2" % sides(n // 16),
    "nearest 2x": lambda n: "interpolate x=1x4x%dx%d mode=nearest scale_factor=2" % sides(n // 16),
    "pixel shuffle 2": lambda n: "pixel_shuffle x=1x16x%dx%d factor=2" % sides(n // 16),
    "max-unpool 2": lambda n: "max_unpool x=1x4x%dx%d kernel=2 indices=i64" % sides(n // 16),
    "k4 s2, 32 to 32": lambda n: "conv_transpose x=1x32x%dx%d w=32x32x4x4 stride=2 padding=1" % sides(n // 128),
    "k3 s1, 16 to 3": lambda n: "conv_transpose x=1x16x%dx%d w=16x3x3x3 padding=1" % sides(n // 3),
}
GROWTH_SIZES = [2**i for i in range(10, 27)]
COLOURS = ["#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b"]


def sides(area):
    """Height and width, powers of two where the area is one."""
    height = 2 ** int(math.log2(max(area, 1)) / 2)
    return height, max(area // height, 1)


def cases_of(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        lines = [line.strip() for line in file if line.strip() and not line.startswith("#")]
    return dict(line.split(": ", 1) for line in lines)


def bench(program, cases, *options):
    """The rates of clup bench on these cases, by name."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as suite:
        suite.write("".join(f"{name}: {text}\n" for name, text in cases.items()))
        suite.flush()
        done = subprocess.run([program, "bench", "--json", "--suite", suite.name, *options], stdout=subprocess.PIPE,
                              check=True)
    result = json.loads(done.stdout)
    for case in result["cases"]:
        if "error" in case:
            sys.exit(f"{case['case']}: {case['error']}")
    return result, {case["case"]: case for case in result["cases"]}


def mean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def odd(program, out):
    even, neighbours = cases_of("suite.txt"), cases_of("suite_odd.txt")
    # Each case right before its neighbours: a shared machine's pace changes within minutes.
    cases = {}
    for case, text in even.items():
        cases[case] = text
        cases.update((name, neighbours[name]) for name in neighbours if name.startswith(case + "_"))
    result, rates = bench(program, cases)
    rows = []
    for name in neighbours:
        base = max((case for case in even if name.startswith(case + "_")), key=len)
        rows.append((rates[name]["roof_fraction"] / rates[base]["roof_fraction"], name, rates[name], rates[base]))
    rows.sort(key=lambda row: row[0])
    under = sum(row[0] < LEAST_ODD for row in rows)
    out.append(f"## Odd neighbours\n\nThe fraction of the roof over that of the even case, both of one run; {len(rows)} neighbours, "
               f"geometric mean {mean([row[0] for row in rows]):.2f}, {under} under {LEAST_ODD}. The lowest:\n\n"
               "| case | solver | fraction | the even case's | ratio |\n|---|---|---:|---:|---:|")
    for ratio, name, rate, base in rows[:max(12, under)]:
        out.append(f"| {name} | {rate['algo']} | {rate['roof_fraction']:.2f} | {base['roof_fraction']:.2f} | {ratio:.2f} |")
    return result


def half(program, out):
    cases = {name: text for name, text in cases_of("suite.txt").items() if not text.startswith("conv_transpose")}
    both = {f"{name} {dtype}": f"{text} dtype={dtype}" for name, text in cases.items() for dtype in ("f32", "f16")}
    result, rates = bench(program, both)
    out.append("\n## Half precision\n\nElements a second in f16 over those in f32, both of one run:\n\n"
               "| case | solver | f32 ms | f16 ms | ratio |\n|---|---|---:|---:|---:|")
    ratios = []
    for name in cases:
        f32, f16 = rates[name + " f32"], rates[name + " f16"]
        ratios.append(f32["ms_median"] / f16["ms_median"])
        out.append(f"| {name} | {f16['algo']} | {f32['ms_median']:.3f} | {f16['ms_median']:.3f} | {ratios[-1]:.2f} |")
    out.append(f"\nGeometric mean {mean(ratios):.2f}; {sum(r < LEAST_F16 for r in ratios)} of {len(ratios)} under {LEAST_F16}.")
    return result


def growth(program, out, path):
    cases = {f"{name} @{size}": make(size) for name, make in GROWTH.items() for size in GROWTH_SIZES}
    result, rates = bench(program, cases, "--quick")
    curves = {name: [rates[f"{name} @{size}"]["ms_median"] for size in GROWTH_SIZES] for name in GROWTH}
    out.append("\n## Growth\n\nNanoseconds an output element; beyond the cost of a launch it should not rise. The last column: the "
               "highest step from one size to twice that, from 2^18 on (2 is linear).\n\n"
               "| problem | 2^10 | 2^14 | 2^18 | 2^20 | 2^22 | 2^24 | 2^26 | highest step |\n|---|" + "---:|" * 8)
    for name, times in curves.items():
        each = [1e6 * ms / size for ms, size in zip(times, GROWTH_SIZES)]
        step = max(b / a for a, b in zip(times[8:], times[9:]))
        shown = " | ".join(f"{each[i - 10]:.3f}" for i in (10, 14, 18, 20, 22, 24, 26))
        out.append(f"| {name} | {shown} | {step:.2f} |")
    with open(path, "w", encoding="utf-8") as file:
        file.write(drawing(curves))
    return result


def drawing(curves):
    """Milliseconds against output elements, both logarithmic."""
    left, top, width, height = 60, 20, 620, 380
    low, high = math.floor(math.log10(min(map(min, curves.values())))), math.ceil(math.log10(max(map(max, curves.values()))))

    def x(size):
        return left + width * (math.log2(size) - 10) / 16

    def y(ms):
        return top + height * (high - math.log10(ms)) / (high - low)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 170}" height="{top + height + 50}" '
           'font-family="sans-serif" font-size="12">', '<rect width="100%" height="100%" fill="white"/>']
    for power in range(low, high + 1):
        out.append(f'<path d="M{left} {y(10.0**power):.1f}h{width}" stroke="#ddd"/>'
                   f'<text x="{left - 6}" y="{y(10.0**power) + 4:.1f}" text-anchor="end">{10.0**power:g}</text>')
    for i in range(10, 27, 2):
        out.append(f'<path d="M{x(2**i):.1f} {top}v{height}" stroke="#eee"/>'
                   f'<text x="{x(2**i):.1f}" y="{top + height + 16}" text-anchor="middle">2^{i}</text>')
    for number, (name, times) in enumerate(curves.items()):
        points = " ".join(f"{x(size):.1f},{y(ms):.1f}" for size, ms in zip(GROWTH_SIZES, times))
        colour = COLOURS[number % len(COLOURS)]
        out.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.8"/>'
                   f'<text x="{left + width + 12}" y="{top + 16 + 18 * number}" fill="{colour}">{name}</text>')
    out.append(f'<text x="{left + width / 2}" y="{top + height + 40}" text-anchor="middle">output elements</text>'
               f'<text x="14" y="{top - 6}">milliseconds (median)</text></svg>\n')
    return "\n".join(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("out")
    parser.add_argument("--only", choices=["odd", "f16", "growth"])
    options = parser.parse_args()
    lines, results = [], {}
    for name, run in (("odd", odd), ("f16", half), ("growth", lambda p, o: growth(p, o, options.out + "-growth.svg"))):
        if options.only in (None, name):
            results[name] = run(options.program, lines)
    first = next(iter(results.values()))
    head = f"{first['device']}, driver {first['driver']}, clup {first['clup']}\n\n"
    with open(options.out + ".md", "w", encoding="utf-8") as file:
        file.write(head + "\n".join(lines) + "\n")
    with open(options.out + ".json", "w", encoding="utf-8") as file:
        json.dump(results, file)
        file.write("\n")


if __name__ == "__main__":
    main()
