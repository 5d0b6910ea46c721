"""The number formats that cached rows are rounded to, with gradients passed straight through.

The published model was trained with these roundings of its caches; a model that is to run on the
same engine has to live with them too.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

import passes


class Format(NamedTuple):
    """Blocks share a power of two as their scale; it is at least that of `least_peak`."""

    block: int
    largest: float
    least_peak: float
    mantissa_bits: int
    least_exponent: int


FP8 = Format(64, 448.0, 1e-4, 3, -6)  # E4M3
FP4 = Format(32, 6.0, 6.0 * 2.0**-126, 1, 0)  # E2M1


def round_rows(x: Tensor, plain: int, form: Format) -> Tensor:
    """The first `plain` channels of each row in blocks of that format, and the others unchanged."""
    if passes.apply_to(x):
        x = x.contiguous()
        y = torch.empty_like(x)
        width = x.shape[-1]
        passes.call("round_rows", x, y, x.numel() // width, width, plain, *form)
        return y
    rows = x[..., :plain].reshape(-1, form.block)
    peak = rows.abs().amax(dim=1, keepdim=True).clamp_min(form.least_peak) * torch.tensor(
        1.0 / form.largest, dtype=torch.float32
    )
    part, exponent = torch.frexp(peak)
    # The power of two at or above `peak`.
    exponent = torch.where(part == 0.5, exponent - 1, exponent)
    scale = torch.ldexp(torch.ones_like(peak), exponent)
    scaled = (rows / scale).clamp(-form.largest, form.largest)
    binade = torch.frexp(scaled)[1] - 1
    step = torch.ldexp(
        torch.ones_like(scaled), binade.clamp_min(form.least_exponent) - form.mantissa_bits
    )
    rounded = (torch.round(scaled / step) * step * scale).view(*x.shape[:-1], plain)
    return torch.cat([rounded, x[..., plain:]], dim=-1)


class _StraightThrough(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor, plain: int, form: Format) -> Tensor:
        return round_rows(x, plain, form)

    @staticmethod
    def backward(ctx, gradient: Tensor):
        return gradient, None, None


def fp8_plain_channels(row: Tensor, rope_width: int) -> Tensor:
    """Rounds what comes before the rotated channels of a cached row."""
    return _StraightThrough.apply(row, row.shape[-1] - rope_width, FP8)


def fp4_rows(rows: Tensor) -> Tensor:
    return _StraightThrough.apply(rows, rows.shape[-1], FP4)
