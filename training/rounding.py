"""The number formats that cached rows are rounded to, with gradients passed straight through.

The published model was trained with these roundings of its caches; a model that is to run on the
same engine has to live with them too.
"""

from __future__ import annotations

import torch
from torch import Tensor


def _round_blocks(
    x: Tensor, block: int, largest: float, floor: float, mantissa_bits: int, least_exponent: int
) -> Tensor:
    rows = x.reshape(-1, block)
    peak = rows.abs().amax(dim=1, keepdim=True).clamp_min(floor) * torch.tensor(
        1.0 / largest, dtype=torch.float32
    )
    part, exponent = torch.frexp(peak)
    # The power of two at or above `peak`.
    exponent = torch.where(part == 0.5, exponent - 1, exponent)
    scale = torch.ldexp(torch.ones_like(peak), exponent)
    scaled = (rows / scale).clamp(-largest, largest)
    binade = torch.frexp(scaled)[1] - 1
    step = torch.ldexp(
        torch.ones_like(scaled), binade.clamp_min(least_exponent) - mantissa_bits
    )
    return (torch.round(scaled / step) * step * scale).view(x.shape)


def fp8(x: Tensor) -> Tensor:
    """E4M3 with one power-of-two scale per 64 values."""
    return _round_blocks(x, 64, 448.0, 1e-4, 3, -6)


def fp4(x: Tensor) -> Tensor:
    """E2M1 with one power-of-two scale per 32 values."""
    return _round_blocks(x, 32, 6.0, 6.0 * 2.0**-126, 1, 0)


class _StraightThrough(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor, rounding) -> Tensor:
        return rounding(x)

    @staticmethod
    def backward(ctx, gradient: Tensor):
        return gradient, None


def fp8_plain_channels(row: Tensor, rope_width: int) -> Tensor:
    """Rounds what comes before the rotated channels of a cached row."""
    plain = row.shape[-1] - rope_width
    rounded = _StraightThrough.apply(row[..., :plain].contiguous(), fp8)
    return torch.cat([rounded, row[..., plain:]], dim=-1)


def fp4_rows(rows: Tensor) -> Tensor:
    return _StraightThrough.apply(rows.contiguous(), fp4)
