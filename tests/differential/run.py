#!/usr/bin/env python3
"""clup against PyTorch on random problems, and on PyTorch's own sample inputs. README.md tells what is compared.

    python3 tests/differential/run.py --library build/libclup.so [--seed N] [--count N] [--only NAME [--index I]] [--jobs N]
"""
import argparse
import multiprocessing
import os
import sys
import time
import traceback
import warnings

import torch

import case
import interpolation
import known
import op_info
import operators
import refusals
from clup import ClupError, Library
from draw import Draw

try:
    import onnx_resize
except ImportError:  # without onnx that part is left out
    onnx_resize = None

# Name, share of the problems, and what draws one.
OPERATORS = [
    *((f"conv_transpose{a}d", 6, lambda d, a=a: operators.conv_transpose(d, a)) for a in (1, 2, 3)),
    *((f"interpolate {mode}", 4, lambda d, mode=mode: interpolation.interpolate(d, mode)) for mode in interpolation.AXES),
    ("pixel_shuffle", 2, operators.pixel_shuffle),
    ("pixel_unshuffle", 2, operators.pixel_unshuffle),
    ("channel_shuffle", 2, operators.channel_shuffle),
    *((f"max_unpool{a}d", 3, lambda d, a=a: operators.max_unpool(d, a)) for a in (1, 2, 3)),
    ("fold", 4, operators.fold),
    *([("resize", 4, onnx_resize.resize)] if onnx_resize else []),
]


class Row:
    """One operator's counts."""

    def __init__(self):
        self.problems = self.runs = self.refused = self.differences = 0
        self.known = {}
        self.seconds = 0.0

    def explain(self, reason):
        if reason:
            self.known[reason] = self.known.get(reason, 0) + 1


def indices(options, count):
    """Those of this process's share."""
    return range(options.share, count, options.jobs) if options.index is None else [options.index][options.share:]


def random_problems(library, options, rows):
    shares = sum(share for _, share, _ in OPERATORS)
    for name, share, maker in OPERATORS:
        if options.only and options.only not in name:
            continue
        row = rows.setdefault(name, Row())
        began = time.monotonic()
        count = max(1, options.count * share // shares)
        for index in indices(options, count):
            seed = f"{options.seed}/{name}/{index}"
            where = f"{name} {index}"
            run_one(library, row, options, where, drawn(row, options, where, lambda: maker(Draw(seed))))
        row.seconds += time.monotonic() - began


def refused_problems(library, options, rows):
    """Problems at the edge of what is legal: who takes them."""
    for maker in refusals.OPERATORS:
        name = f"refusals {maker.__name__}"
        if options.only and options.only not in name:
            continue
        row = rows.setdefault(name, Row())
        began = time.monotonic()
        for index in indices(options, max(1, options.count // 8)):
            text, found, reason, refused = refusals.check(library, maker, f"{options.seed}/{name}/{index}")
            row.problems += 1
            row.refused += refused
            row.explain(reason)
            if options.verbose:
                print(f"{name} {index}: {text}: {'refused' if refused else 'taken'} {reason}")
            if found:
                report(row, options, f"{name} {index}", text, found)
        row.seconds += time.monotonic() - began


def torch_samples(library, options, rows):
    """PyTorch's own sample inputs."""
    numbers = {}
    for name, dtype, make in op_info.samples():
        name = f"OpInfo {name}"
        if options.only and options.only not in name:
            continue
        row = rows.setdefault(name, Row())
        numbers[name] = index = numbers.get(name, -1) + 1
        if index not in indices(options, index + 1):
            continue
        began = time.monotonic()
        run_one(library, row, options, f"{name} {index}", drawn(row, options, f"{name} {index}", make))
        row.seconds += time.monotonic() - began


def drawn(row, options, where, make):
    """The case, or None when it cannot be made: a difference, too."""
    try:
        return make()
    except Exception:
        report(row, options, where, "the problem could not be drawn", [traceback.format_exc()])
        return None


def run_one(library, row, options, where, made):
    row.problems += 1
    if made is None:
        return
    if not made.text:  # nothing to run
        return row.explain(made.known)
    try:
        ran, found = case.run(library, made)
    except ClupError as error:
        ran, found = 0, [f"clup failed: {error}"]
    row.runs += ran
    row.explain(made.known)
    row.explain("tap-at-integer" if made.expected.spared else "")
    if options.verbose:
        print(f"{where}: {made.text}: {ran} solvers")
    if found:
        report(row, options, where, made.text, found)


def report(row, options, where, text, found):
    row.differences += 1
    if row.differences <= options.show:
        print(f"DIFFERENCE {where}: {text}")
        for line in found:
            print(f"    {line}")


def print_table(rows):
    print(f"\n{'operator':<34}{'problems':>10}{'solver runs':>13}{'refused':>9}{'explained':>11}{'differences':>13}{'seconds':>9}")
    total = Row()
    for name, row in rows.items():
        explained = sum(row.known.values())
        print(f"{name:<34}{row.problems:>10}{row.runs:>13}{row.refused:>9}{explained:>11}{row.differences:>13}{row.seconds:>9.1f}")
        for field in ("problems", "runs", "refused", "differences", "seconds"):
            setattr(total, field, getattr(total, field) + getattr(row, field))
        for reason, count in row.known.items():
            total.known[reason] = total.known.get(reason, 0) + count
    print(f"{'all':<34}{total.problems:>10}{total.runs:>13}{total.refused:>9}{sum(total.known.values()):>11}{total.differences:>13}"
          f"{total.seconds:>9.1f}")
    for reason, count in total.known.items():
        print(f"explained, {count} times: {known.REASONS[reason]}")
    return total


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--library", required=True, help="libclup.so")
    parser.add_argument("--seed", type=int, default=1, help="of the random problems (default 1)")
    parser.add_argument("--count", type=int, default=4000, help="of random problems, about (default 4000)")
    parser.add_argument("--only", help="only operators whose name contains this")
    parser.add_argument("--index", type=int, help="only this problem of each operator")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (default: one a core)")
    parser.add_argument("--show", type=int, default=5, help="differences printed per operator (default 5)")
    parser.add_argument("--verbose", action="store_true", help="print every problem")
    return parser.parse_args()


def run_share(options):
    """What one process finds: its rows, and how many kernels it built and loaded."""
    sys.stdout.reconfigure(line_buffering=True)
    warnings.simplefilter("ignore")  # deprecated functions among the sample inputs, empty weights among the refusals
    torch.set_num_threads(1)  # of equal indices of max_unpool the last wins only in order
    library = Library(options.library)
    rows = {}
    random_problems(library, options, rows)
    refused_problems(library, options, rows)
    torch_samples(library, options, rows)
    builds = library.builds()
    library.close()
    return rows, builds


def merged(shares):
    rows = {}
    for share in shares:
        for name, row in share.items():
            into = rows.setdefault(name, Row())
            for field in ("problems", "runs", "refused", "differences", "seconds"):
                setattr(into, field, getattr(into, field) + getattr(row, field))
            for reason, count in row.known.items():
                into.known[reason] = into.known.get(reason, 0) + count
    return rows


def main():
    options = parse_options()
    print(f"clup against torch {torch.__version__}, seed {options.seed}, about {options.count} problems", flush=True)
    if torch.__version__.split("+")[0] != "2.13.0":
        print("note: clup follows torch 2.13.0; another version may differ")
    shares = [argparse.Namespace(**vars(options), share=share) for share in range(options.jobs)]
    with multiprocessing.get_context("spawn").Pool(options.jobs) as pool:
        results = pool.map(run_share, shares, chunksize=1)
    total = print_table(merged([rows for rows, _ in results]))
    print("kernels built: %d, from the disk cache: %d" % tuple(map(sum, zip(*(builds for _, builds in results)))))
    if total.problems == 0:
        print("no problem was run")
    return 1 if total.differences or total.problems == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
