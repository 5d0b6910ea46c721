#!/usr/bin/env python3
"""Compares the gradients written by hand with finite differences, in double precision.

Prints a line for each operation and ends with status 1 if any is wrong.
"""

from __future__ import annotations

import sys

import torch
from torch.autograd import gradcheck

import ops
from attention_core import attend
from experts import _Routed


def random(*size: int) -> torch.Tensor:
    return torch.randn(*size, dtype=torch.float64, requires_grad=True)


def cases() -> dict:
    turn = torch.polar(torch.ones(6, 3, dtype=torch.float64), torch.randn(6, 3, dtype=torch.float64))
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
        "stream mix": (lambda s, f: ops.stream_mix(s, f, 1e-6), (random(4, 3, 5), random(24, 20))),
        "sinkhorn": (lambda c: ops.sinkhorn(c, 8, 1e-6), (random(4, 4, 3),)),
        "collapse": (ops.collapse, (random(4, 3, 5), random(4, 3))),
        "expand": (ops.expand, (random(3, 5), random(4, 3, 5), random(4, 3), random(4, 4, 3))),
        "pool": (ops.pool, (random(2, 3, 4, 5), random(2, 3, 4, 5))),
        "swiglu": (lambda g, u: ops.swiglu(g, u, 0.8), (random(4, 6), random(4, 6))),
        "routed experts": (routed, (random(5, 4), share, random(3, 6, 4), random(3, 4, 6), random(3, 6, 4))),
        "attention": (attention, (random(1, 8, 2, 6), random(1, 8, 6), random(1, 2, 6), random(2))),
        "window attention": (window_only, (random(2, 8, 2, 6), random(2, 8, 6), random(2))),
    }  # fmt: skip


def main() -> int:
    torch.manual_seed(3)
    wrong = 0
    for name, (function, inputs) in cases().items():
        good = gradcheck(function, inputs, raise_exception=False)
        wrong += not good
        print(f"{'ok  ' if good else 'FAIL'} gradient of {name}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
