"""Matrix products, in single precision or with both sides rounded to bfloat16.

On processors and graphics cards with matrix units the rounded form is many times faster; sums are
kept in single precision by the hardware either way. What is not a matrix product stays in single
precision.
"""

from __future__ import annotations

import time

import torch
from torch import Tensor
from torch.autograd import Function

_type = torch.float32


def use_type(dtype: torch.dtype) -> None:
    global _type
    _type = dtype


def faster_type(device: str) -> str:
    """What this machine multiplies faster; processors without matrix units emulate bfloat16."""
    seconds = {}
    for dtype in (torch.float32, torch.bfloat16):
        x = torch.randn(1024, 256, device=device).to(dtype)
        float((x @ x.t()).sum())
        begin = time.perf_counter()
        for _ in range(5):
            float((x @ x.t()).sum())
        seconds[dtype] = time.perf_counter() - begin
    return str(min(seconds, key=lambda dtype: seconds[dtype])).split(".")[-1]


def low(x: Tensor) -> Tensor:
    """`x` in the type of products; double precision, which only tests use, stays."""
    return x if x.dtype == torch.float64 else x.to(_type)


def full(x: Tensor) -> Tensor:
    return x.float() if x.dtype == torch.bfloat16 else x


class _Project(Function):
    @staticmethod
    def forward(ctx, x: Tensor, *weights: Tensor) -> tuple[Tensor, ...]:
        ctx.sizes = [w.shape[0] for w in weights]
        ctx.shape = x.shape
        rows = low(x).reshape(-1, x.shape[-1])
        weight = low(weights[0] if len(weights) == 1 else torch.cat(weights))
        ctx.save_for_backward(rows, weight)
        parts = torch.mm(rows, weight.t()).split(ctx.sizes, dim=1)
        return tuple(full(p).contiguous().view(*x.shape[:-1], -1) for p in parts)

    @staticmethod
    def backward(ctx, *gradients: Tensor):
        rows, weight = ctx.saved_tensors
        if len(gradients) == 1:
            g = low(gradients[0]).reshape(rows.shape[0], -1)
        else:
            g = rows.new_empty(rows.shape[0], weight.shape[0])
            for part, gradient in zip(g.split(ctx.sizes, dim=1), gradients):
                part.copy_(gradient.reshape(part.shape))
        g_x = full(torch.mm(g, weight)).view(ctx.shape) if ctx.needs_input_grad[0] else None
        g_weight = full(torch.mm(g.t(), rows))
        return (g_x, *g_weight.split(ctx.sizes, dim=0))


def project(x: Tensor, *weights: Tensor) -> tuple[Tensor, ...]:
    """x times each of the [out, in] matrices, all at once."""
    return _Project.apply(x, *weights)


def project_one(x: Tensor, weight: Tensor) -> Tensor:
    return _Project.apply(x, weight)[0]


class _ProjectGroups(Function):
    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor) -> Tensor:
        rows, weight = low(x).transpose(0, 1), low(weight)
        ctx.save_for_backward(rows, weight)
        return full(torch.bmm(rows, weight.transpose(1, 2))).transpose(0, 1).contiguous()

    @staticmethod
    def backward(ctx, g: Tensor):
        rows, weight = ctx.saved_tensors
        g = low(g).transpose(0, 1)
        g_x = full(torch.bmm(g, weight)).transpose(0, 1)
        return g_x, full(torch.bmm(g.transpose(1, 2), rows))


def project_groups(x: Tensor, weight: Tensor) -> Tensor:
    """Each group of channels times its own matrix: [rows, groups, in] and [groups, out, in]."""
    return _ProjectGroups.apply(x, weight)
