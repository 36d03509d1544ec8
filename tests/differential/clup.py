"""libclup through ctypes: problems by their text form, run on every solver that applies."""
import ctypes
import os

import torch

MAX_RANK = 8
ROLES = {"input": 0, "weight": 1, "bias": 2, "indices": 3, "output": 4, "slope": 5}
ARRAYS = ("input", "weight", "bias", "indices", "output", "slope")  # the order of struct clup_arrays
# clup_dtype by torch's; bits alone matter where torch's type is another (u16, u32, u64: torch's signed ones).
NAMES = {torch.float32: "f32", torch.float64: "f64", torch.float16: "f16", torch.bfloat16: "bf16", torch.uint8: "u8",
         torch.int8: "i8", torch.int16: "i16", torch.int32: "i32", torch.int64: "i64"}


class Tensor(ctypes.Structure):
    _fields_ = [("dtype", ctypes.c_int), ("rank", ctypes.c_int), ("dims", ctypes.c_int64 * MAX_RANK),
                ("strides", ctypes.c_int64 * MAX_RANK)]


class AlgoInfo(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("applicable", ctypes.c_int), ("chosen", ctypes.c_int),
                ("workspace_bytes", ctypes.c_size_t), ("launches", ctypes.c_int), ("reason", ctypes.c_char * 256)]


class Arrays(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p) for name in ARRAYS]


class ClupError(Exception):
    """A call that failed: its status by name, and the library's message."""

    def __init__(self, status, text):
        super().__init__(f"{status}: {text}")
        self.status = status


class Library:
    def __init__(self, path):
        self.c = ctypes.CDLL(os.path.abspath(path))
        pointer, out = ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p)
        for name, result, arguments in (
                ("clup_last_error", ctypes.c_char_p, []),
                ("clup_status_name", ctypes.c_char_p, [ctypes.c_int]),
                ("clup_version", ctypes.c_char_p, []),
                ("clup_problem_parse", ctypes.c_int, [ctypes.c_char_p, out]),
                ("clup_problem_release", None, [pointer]),
                ("clup_problem_tensor", ctypes.c_int, [pointer, ctypes.c_int, ctypes.POINTER(Tensor)]),
                ("clup_problem_num_algos", ctypes.c_size_t, [pointer]),
                ("clup_problem_algo", ctypes.c_int, [pointer, pointer, ctypes.c_size_t, ctypes.POINTER(AlgoInfo)]),
                ("clup_context_cache_stats", ctypes.c_int, [pointer] + 3 * [ctypes.POINTER(ctypes.c_uint64)]),
                ("clup_host_create", ctypes.c_int, [ctypes.c_char_p, pointer, out]),
                ("clup_host_release", None, [pointer]),
                ("clup_host_context", pointer, [pointer]),
                ("clup_host_run", ctypes.c_int, [pointer, pointer, ctypes.c_char_p, ctypes.POINTER(Arrays), pointer])):
            function = getattr(self.c, name)
            function.restype, function.argtypes = result, arguments
        self.host = pointer()
        self.check(self.c.clup_host_create(None, None, ctypes.byref(self.host)))
        self.context = self.c.clup_host_context(self.host)

    def close(self):
        self.c.clup_host_release(self.host)

    def check(self, status):
        if status:
            raise ClupError(self.c.clup_status_name(status).decode(), self.c.clup_last_error().decode())

    def version(self):
        return self.c.clup_version().decode()

    def builds(self):
        """Programs built from source, and loaded from the disk cache."""
        counts = [ctypes.c_uint64() for _ in range(3)]
        self.check(self.c.clup_context_cache_stats(self.context, *map(ctypes.byref, counts)))
        return counts[0].value, counts[1].value


class Problem:
    """One problem; use as a context manager. Raises ClupError when the library refuses it."""

    def __init__(self, library, text):
        self.library, self.handle = library, ctypes.c_void_p()
        library.check(library.c.clup_problem_parse(text.encode(), ctypes.byref(self.handle)))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.library.c.clup_problem_release(self.handle)

    def dims_and_strides(self, role):
        t = Tensor()
        self.library.check(self.library.c.clup_problem_tensor(self.handle, ROLES[role], ctypes.byref(t)))
        return tuple(t.dims[:t.rank]), tuple(t.strides[:t.rank])

    def solvers(self):
        """Names of those that apply."""
        found = []
        for i in range(self.library.c.clup_problem_num_algos(self.handle)):
            info = AlgoInfo()
            self.library.check(self.library.c.clup_problem_algo(self.library.context, self.handle, i, ctypes.byref(info)))
            if info.applicable:
                found.append(info.name.decode())
        return found

    def run(self, solver, output, **arrays):
        """Tensors by role, whose first elements lie where their data_ptr() says; `output` is written."""
        pointers = {name: tensor.data_ptr() for name, tensor in arrays.items() if tensor is not None}
        given = Arrays(output=output.data_ptr(), **pointers)
        self.library.check(self.library.c.clup_host_run(self.library.host, self.handle, solver.encode(),
                                                        ctypes.byref(given), None))
