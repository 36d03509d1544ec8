"""clup in a pyopencl program: pyopencl owns the context, the queue and the buffers, and hands them to libclup through ctypes.

Run it as  python3 pyopencl_interop.py [path of libclup.so];  without a path the system's libclup.so.0 is taken.
Exits 0 when the result is right, 77 when pyopencl or numpy is not installed.
"""
import ctypes
import sys
from ctypes import POINTER, Structure, byref, c_char_p, c_double, c_int, c_int64, c_size_t, c_uint, c_void_p

try:
    import numpy as np
    import pyopencl as cl
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

# What clup.h declares, as far as this program needs it.
CLUP_F32 = 1
CLUP_BILINEAR = 2


class Tensor(Structure):
    _fields_ = [("dtype", c_int), ("rank", c_int), ("dims", c_int64 * 8), ("strides", c_int64 * 8)]


class InterpolateParams(Structure):
    _fields_ = [("struct_size", c_size_t), ("mode", c_int), ("size", c_int64 * 3), ("scale_factor", c_double * 3),
                ("align_corners", c_int), ("recompute_scale_factor", c_int)]


class Buffer(Structure):
    _fields_ = [("mem", c_void_p), ("offset", c_size_t)]


class Buffers(Structure):
    _fields_ = [("input", Buffer), ("indices", Buffer), ("output", Buffer), ("workspace", Buffer)]


def load(path):
    lib = ctypes.CDLL(path)
    handle = POINTER(c_void_p)
    lib.clup_last_error.restype = c_char_p
    for name, argtypes in {
            "clup_context_create": [c_void_p, c_void_p, c_void_p, handle],
            "clup_interpolate_problem": [POINTER(Tensor), POINTER(Tensor), POINTER(InterpolateParams), handle],
            "clup_plan_create": [c_void_p, c_void_p, c_void_p, handle],
            "clup_plan_enqueue": [c_void_p, c_void_p, POINTER(Buffers), c_uint, POINTER(c_void_p), handle],
    }.items():
        function = getattr(lib, name)
        function.argtypes = argtypes
        function.restype = c_int
        function.errcheck = lambda status, *_: check(lib, status)
    for name in ("clup_context_release", "clup_problem_release", "clup_plan_release"):
        getattr(lib, name).argtypes = [c_void_p]
        getattr(lib, name).restype = None
    return lib


def check(lib, status):
    if status:
        raise RuntimeError(lib.clup_last_error().decode())


def bilinear_2x(lib, queue, x_buf, y_buf, shape, wait_for):
    """Enqueues y = bilinear 2x of x after the events of wait_for; returns pyopencl's event."""
    context, problem, plan, event = c_void_p(), c_void_p(), c_void_p(), c_void_p()
    dims = (c_int64 * 8)(*shape)
    tensor = Tensor(CLUP_F32, len(shape), dims)
    params = InterpolateParams(ctypes.sizeof(InterpolateParams), CLUP_BILINEAR, (0, 0, 0), (2, 2, 0), 0, 0)
    try:
        lib.clup_context_create(queue.context.int_ptr, queue.device.int_ptr, None, byref(context))
        lib.clup_interpolate_problem(byref(tensor), None, byref(params), byref(problem))
        lib.clup_plan_create(context, problem, None, byref(plan))
        buffers = Buffers(input=Buffer(x_buf.int_ptr, 0), output=Buffer(y_buf.int_ptr, 0))
        events = (c_void_p * len(wait_for))(*(e.int_ptr for e in wait_for))
        lib.clup_plan_enqueue(plan, queue.int_ptr, byref(buffers), len(events), events, byref(event))
        return cl.Event.from_int_ptr(event.value, retain=False)
    finally:
        # What is enqueued finishes unharmed; a program that runs the plan again would keep it.
        lib.clup_plan_release(plan)
        lib.clup_problem_release(problem)
        lib.clup_context_release(context)


def expected(x):
    """The formula, in numpy: along each axis src = 0.5 * (dst + 0.5) - 0.5, not below 0."""
    for axis in (2, 3):
        n = x.shape[axis]
        src = np.maximum(0.5 * np.arange(2 * n) - 0.25, 0)
        low = src.astype(int)
        high = np.minimum(low + 1, n - 1)
        weight = np.expand_dims(src - low, tuple(range(1, 4 - axis)))
        x = x.take(low, axis) * (1 - weight) + x.take(high, axis) * weight
    return x


def main():
    lib = load(sys.argv[1] if len(sys.argv) > 1 else "libclup.so.0")
    device = next(d for p in cl.get_platforms() for d in p.get_devices())
    context = cl.Context([device])
    queue = cl.CommandQueue(context)
    x = np.random.default_rng(1).standard_normal((2, 3, 31, 45)).astype(np.float32)
    y = np.empty((2, 3, 62, 90), np.float32)
    x_buf = cl.Buffer(context, cl.mem_flags.READ_ONLY, x.nbytes)
    y_buf = cl.Buffer(context, cl.mem_flags.READ_WRITE, y.nbytes)
    uploaded = cl.enqueue_copy(queue, x_buf, x, is_blocking=False)
    done = bilinear_2x(lib, queue, x_buf, y_buf, x.shape, [uploaded])
    cl.enqueue_copy(queue, y, y_buf, wait_for=[done])
    error = float(np.abs(y - expected(x.astype(np.float64))).max())
    print(f"pyopencl_interop: {x.shape} -> {y.shape} on {device.name.strip()}, largest error {error:.1e}")
    return 0 if error < 1e-5 else 1


if __name__ == "__main__":
    sys.exit(main())
