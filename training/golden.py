"""The weights of the golden models, from the generator in tests/vectors/model/README.md."""

from __future__ import annotations

import hashlib
import json
import os

import numpy as np
import torch
from torch import Tensor

VECTORS = os.path.join(os.path.dirname(__file__), "..", "tests", "vectors", "model")
_GOLDEN_RATIO = 0x9E3779B97F4A7C15


def _fnv1a(text: str) -> int:
    h = 0xCBF29CE484222325
    for byte in text.encode():
        h = ((h ^ byte) * 0x100000001B3) % 2**64
    return h


def _mixed(name: str, count: int) -> np.ndarray:
    with np.errstate(over="ignore"):
        index = np.arange(1, count + 1, dtype=np.uint64)
        z = np.uint64(_fnv1a(name)) + index * np.uint64(_GOLDEN_RATIO)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def _values(seed: str, entry: dict) -> np.ndarray:
    shape, kind = entry["shape"], entry["kind"]
    count = int(np.prod(shape))
    z = _mixed(f"{seed}:{entry['name']}", count)
    if kind == "hash":
        experts, used = int(entry["mean"]), shape[1]
        table = np.tile(np.arange(experts, dtype=np.int32), (shape[0], 1))
        rows = np.arange(shape[0])
        for j in range(used):
            pick = j + (z.reshape(shape)[:, j] % np.uint64(experts - j)).astype(np.int64)
            table[rows, j], table[rows, pick] = table[rows, pick], table[rows, j].copy()
        return table[:, :used]
    u = sum(((z >> np.uint64(s)) & np.uint64(0xFFFF)).astype(np.int64) for s in (0, 16, 32, 48))
    u -= 131070
    q = np.clip((u + 512) >> 10, -127, 127)
    if kind == "linear":
        begin = np.arange(0, count, 32)
        at = begin + (z[begin] & np.uint64(31)).astype(np.int64)
        at = at[at < count]
        q[at] = np.where(u[at] >= 0, 127, -127)
    elif kind == "norm":
        q >>= 2
    return (entry["mean"] + q * entry["step"]).astype(np.float32).reshape(shape)


def golden_weights(model: str) -> dict[str, Tensor]:
    """Every tensor under its checkpoint name, each checked against its recorded hash."""
    with open(os.path.join(VECTORS, model, "weights.index.json"), encoding="utf-8") as file:
        index = json.load(file)
    out = {}
    for entry in index["tensors"]:
        values = np.ascontiguousarray(_values(index["seed"], entry))
        digest = hashlib.sha256(values.tobytes()).hexdigest()
        assert digest == entry["sha256"], f"{model}: generated {entry['name']} differs"
        out[entry["name"]] = torch.from_numpy(values)
    return out
