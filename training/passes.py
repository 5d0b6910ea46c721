"""The fused loops of passes.c, where they apply: a CPU, a C compiler, single precision."""

from __future__ import annotations

import ctypes
import hashlib
import os
import subprocess
import tempfile

import torch
from torch import Tensor

_library: ctypes.CDLL | None | bool = None


def _load() -> ctypes.CDLL | None:
    """Compiles once per version of the source and machine."""
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "passes.c")
    with open(source, "rb") as file:
        name = hashlib.sha256(file.read()).hexdigest()[:16]
    folder = os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache"))
    path = os.path.join(folder, "ds4-training", f"passes-{name}-{os.uname().machine}.so")
    if not os.path.exists(path):
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with tempfile.TemporaryDirectory(dir=os.path.dirname(path)) as build:
                made = os.path.join(build, "passes.so")
                flags = ["-O3", "-march=native", "-ffast-math", "-shared", "-fPIC"]
                if os.uname().machine == "x86_64":
                    flags.append("-mprefer-vector-width=512")
                subprocess.run(
                    ["cc", *flags, source, "-o", made, "-lm"], check=True, capture_output=True
                )
                os.replace(made, path)
        except (OSError, subprocess.CalledProcessError):
            return None
    return ctypes.CDLL(path)


def library() -> ctypes.CDLL | None:
    global _library
    if _library is None:
        _library = False if os.environ.get("DS4_TRAINING_PLAIN") else (_load() or False)
    return _library or None


def apply_to(x: Tensor, dtype: torch.dtype = torch.float32) -> bool:
    """Whether the loops that work on `dtype` take arrays like this one."""
    return x.dtype == dtype and x.device.type == "cpu" and library() is not None


def call(name: str, *arguments: Tensor | int | float | None) -> None:
    """Tensors go in by address; they have to be contiguous."""
    passed = []
    for value in arguments:
        if value is None:
            passed.append(ctypes.c_void_p(None))
        elif isinstance(value, Tensor):
            assert value.is_contiguous()
            passed.append(ctypes.c_void_p(value.data_ptr()))
        elif isinstance(value, int):
            passed.append(ctypes.c_long(value))
        else:
            passed.append(ctypes.c_float(value))
    getattr(library(), name)(*passed)
