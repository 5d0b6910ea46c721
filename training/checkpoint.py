"""The model's parameters under the names of the published checkpoints."""

from __future__ import annotations

import torch
from torch import Tensor

from model import Model


def to_official(model: Model) -> dict[str, Tensor]:
    out: dict[str, Tensor] = {}
    for name, tensor in model.state_dict().items():
        if ".experts.w" in name:
            prefix, weight = name.rsplit(".", 1)
            for e in range(tensor.shape[0]):
                out[f"{prefix}.{e}.{weight}.weight"] = tensor[e]
        else:
            out[name] = tensor
    return out


def from_official(model: Model, tensors: dict[str, Tensor]) -> None:
    """Loads every parameter; a tensor missing or left over is an error."""
    state: dict[str, Tensor] = {}
    used = set()
    for name, tensor in model.state_dict().items():
        if ".experts.w" in name:
            prefix, weight = name.rsplit(".", 1)
            names = [f"{prefix}.{e}.{weight}.weight" for e in range(tensor.shape[0])]
        else:
            names = [name]
        parts = [tensors[n] for n in names]
        used.update(names)
        state[name] = (torch.stack(parts) if ".experts.w" in name else parts[0]).to(tensor.dtype)
    assert used == set(tensors), f"unknown tensors: {sorted(set(tensors) - used)[:4]}"
    model.load_state_dict(state)
