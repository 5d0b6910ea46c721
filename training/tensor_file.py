"""Reading and writing safetensors files: a length, a JSON header, and the raw arrays."""

from __future__ import annotations

import json
import os
import struct

import numpy as np
import torch

_TYPES = {"F32": np.float32, "F64": np.float64, "I32": np.int32, "I64": np.int64}
_NAMES = {torch.float32: "F32", torch.float64: "F64", torch.int32: "I32", torch.int64: "I64"}


def read_tensors(path: str) -> dict[str, torch.Tensor]:
    with open(path, "rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
        data = file.read()
    out = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        array = np.frombuffer(data[begin:end], dtype=_TYPES[entry["dtype"]])
        out[name] = torch.from_numpy(array.copy()).view(entry["shape"])
    return out


def write_tensors(path: str, tensors: dict[str, torch.Tensor]) -> None:
    """Writes the file whole or not at all."""
    header: dict = {}
    offset = 0
    for name, tensor in tensors.items():
        size = tensor.numel() * tensor.element_size()
        header[name] = {
            "dtype": _NAMES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [offset, offset + size],
        }
        offset += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path + ".part", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors.values():
            file.write(tensor.detach().cpu().contiguous().numpy().tobytes())
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + ".part", path)
