#!/usr/bin/env python3
"""Compares the gradients written by hand with finite differences, in double precision.

Prints a line for each operation and ends with status 1 if any is wrong.
"""

from __future__ import annotations

import sys

import torch
from torch.autograd import gradcheck

import ops
import passes
import products
import rounding
from attention_core import attend, index_scores
from experts import _Routed, _Shared
from initialize import initialize
from model import Mode, Model
from shape import Shape


def random(*size: int) -> torch.Tensor:
    return torch.randn(*size, dtype=torch.float64, requires_grad=True)


def cases() -> dict:
    angle = torch.randn(6, 3, dtype=torch.float64)
    turn = torch.polar(torch.ones_like(angle), angle)
    chosen = torch.tensor([[0, 2], [1, 2], [2, 0], [2, 1], [0, 1]])
    share = (torch.rand(5, 2, dtype=torch.float64) + 0.2).requires_grad_()
    visible = torch.tensor([[(j + 1) * 4 <= t + 1 for j in range(2)] for t in range(8)])[None]

    def attention(q, kv, comp, sink):
        return attend(q, kv, comp, sink, visible, 4)[0]

    def window_only(q, kv, sink):
        return attend(q, kv, None, sink, None, 4)[0]

    def routed(x, share, w1, w2, w3):
        return _Routed.apply(x, share, chosen, w1, w2, w3, 1.0)

    return {
        "rms norm": (lambda x, w: ops.rms_norm(x, w, 1e-6), (random(3, 5), random(5))),
        "rms norm, no weight": (lambda x: ops.rms_norm(x, None, 1e-6), (random(3, 5),)),
        "rotate": (lambda x: ops.rotate(x, turn), (random(2, 6, 8),)),
        "hadamard": (ops.hadamard, (random(2, 8),)),
        "stream mix": (lambda s, f: ops.stream_mix(s, f, 1e-6), (random(4, 3, 5), random(24, 20))),
        "sinkhorn": (lambda c: ops.sinkhorn(c, 8, 1e-6), (random(4, 4, 3),)),
        "collapse": (ops.collapse, (random(4, 3, 5), random(4, 3))),
        "expand": (ops.expand, (random(3, 5), random(4, 3, 5), random(4, 3), random(4, 4, 3))),
        "grouped product": (products.project_groups, (random(5, 2, 3), random(2, 4, 3))),
        "pool": (ops.pool, (random(2, 3, 4, 5), random(2, 3, 4, 5))),
        "shared expert": (
            lambda x, w1, w2, w3: _Shared.apply(x, w1, w2, w3, 0.8),
            (random(5, 4), random(6, 4), random(4, 6), random(6, 4)),
        ),
        "index scores": (index_scores, (random(1, 8, 2, 6), random(1, 3, 6), random(1, 8, 2))),
        "routed experts": (
            routed,
            (random(5, 4), share, random(3, 6, 4), random(3, 4, 6), random(3, 6, 4)),
        ),
        "attention": (attention, (random(1, 8, 2, 6), random(1, 8, 6), random(1, 2, 6), random(2))),
        "window attention": (window_only, (random(2, 8, 2, 6), random(2, 8, 6), random(2))),
    }  # fmt: skip


def step(plain: bool) -> list[torch.Tensor]:
    """The loss and all gradients of a small model in bfloat16, with or without fused loops."""
    passes._library = False if plain else None
    torch.manual_seed(4)
    shape = Shape(vocab_size=64, moe_intermediate_size=64, sliding_window=8, index_topk=4)
    shape.hidden_size, shape.q_lora_rank = 64, 32
    model = Model(shape).train()
    initialize(model, 1)
    ids = torch.randint(0, 64, (2, 160))
    batch = model.batch(ids, Mode(sinkhorn=4, select=False, index_loss=True))
    streams = model.streams(batch)
    logits = model.logits(streams) + model.draft_logits(model.draft_streams(streams, ids, batch))
    loss = torch.nn.functional.cross_entropy(logits, ids.flatten().roll(-1))
    (loss + sum(batch.index_losses)).backward()
    return [loss.detach(), *[p.grad for p in model.parameters()]]


def check_fused() -> bool:
    """Choices of experts may flip where products are rounded, so that form is held to less."""
    if passes.library() is None:
        print("skip fused loops: no C compiler")
        return True
    good = True
    for dtype, limit in ((torch.float32, 1e-4), (torch.bfloat16, 5e-2)):
        products.use_type(dtype)
        plain, fused = step(True), step(False)
        size = torch.stack([a.norm() for a in plain]).norm()
        error = float(torch.stack([(a - b).norm() for a, b in zip(plain, fused)]).norm() / size)
        good = good and error < limit
        name = str(dtype).split(".")[-1]
        print(f"{'ok  ' if error < limit else 'FAIL'} fused loops, {name}: difference {error:.1e}")
    products.use_type(torch.float32)
    x = torch.randn(999, 160) * torch.randn(999, 1).exp() * (torch.rand(999, 160) > 0.2)
    for name, form in (("8", rounding.FP8), ("4", rounding.FP4)):
        passes._library = False
        plain = rounding.round_rows(x, 128, form)
        passes._library = None
        same = torch.equal(plain, rounding.round_rows(x, 128, form))
        good = good and same
        print(f"{'ok  ' if same else 'FAIL'} fused rounding to {name} bits: bit for bit")
    return good


def main() -> int:
    torch.manual_seed(3)
    wrong = not check_fused()
    for name, (function, inputs) in cases().items():
        good = gradcheck(function, inputs, raise_exception=False)
        wrong += not good
        print(f"{'ok  ' if good else 'FAIL'} gradient of {name}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
