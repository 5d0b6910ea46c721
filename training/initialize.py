"""The weights a training run starts from."""

from __future__ import annotations

import math

import torch

from model import Layer, Model
from shape import STREAMS


def initialize(model: Model, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)

    def normal(tensor: torch.Tensor, deviation: float) -> None:
        tensor.data.normal_(0.0, deviation, generator=generator)

    shape = model.shape
    for name, parameter in model.named_parameters():
        if "hc_" in name:
            if name.endswith("_fn"):
                normal(parameter, 0.02 / math.sqrt(STREAMS * shape.hidden_size))
        elif parameter.dim() >= 2 and not name.endswith(".ape"):
            normal(parameter, 0.02 if name == "head.weight" else parameter.shape[-1] ** -0.5)
    normal(model.embed.weight, 1.0)
    for block in [*model.layers, *model.mtp]:
        # What a sublayer adds starts small against the streams.
        experts = block.ffn.experts, block.ffn.shared_experts.w2.weight
        for out in (block.attn.wo_b.weight, experts[0].w2, experts[1]):
            out.data.mul_(0.5)
        _balanced_streams(block)
        if block.ffn.gate.hashed:
            table = block.ffn.gate.tid2eid
            for token in range(table.shape[0]):
                pick = torch.randperm(shape.n_routed_experts, generator=generator)
                table[token] = pick[: table.shape[1]]
    quarter = -math.log(3.0)  # a sigmoid of 1/4: the mean of the streams
    for head in [model, *model.mtp]:
        head.hc_head_base.data.fill_(quarter)


def _balanced_streams(block: Layer) -> None:
    """Streams start nearly apart: each sublayer reads their mean and writes to all alike."""
    for site in ("attn", "ffn"):
        base = getattr(block, f"hc_{site}_base").data
        base[:STREAMS] = -math.log(3.0)
        base[STREAMS : 2 * STREAMS] = 0.0
        base[2 * STREAMS :] = (torch.eye(STREAMS) * 4.0 - 2.0).flatten()
