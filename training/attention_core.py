"""Attention of every head over a sliding window and over compressed rows, in one softmax.

All heads share one row per position, which is key and value at once. So the heads of a token are
simply more rows of the same matrix product, and a block of `window` tokens meets only its own and
the preceding block of keys.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd import Function

_MASKS: dict[tuple, Tensor] = {}


def _window_mask(window: int, heads: int, device: torch.device) -> Tensor:
    """What to add to the scores of one block: [window * heads, 2 * window]."""
    key = (window, heads, device)
    if key not in _MASKS:
        query = torch.arange(window).repeat_interleave(heads)[:, None] + window
        row = torch.arange(2 * window)[None, :]
        seen = (row <= query) & (row > query - window)
        _MASKS[key] = torch.zeros(seen.shape).masked_fill(~seen, -torch.inf).to(device)
    return _MASKS[key]


def _window_keys(kv: Tensor, window: int) -> Tensor:
    """Two blocks of keys for each block of queries: [batch * blocks, 2 * window, width]."""
    batch, tokens, width = kv.shape
    blocks = kv.view(batch, tokens // window, window, width)
    before = torch.cat([torch.zeros_like(blocks[:, :1]), blocks[:, :-1]], dim=1)
    return torch.cat([before, blocks], dim=2).view(-1, 2 * window, width)


class _Attend(Function):
    @staticmethod
    def forward(
        ctx,
        q: Tensor,
        kv: Tensor,
        comp: Tensor | None,
        sink: Tensor,
        visible: Tensor | None,
        window: int,
    ) -> tuple[Tensor, Tensor | None]:
        batch, tokens, heads, width = q.shape
        blocks = tokens // window
        scale = width**-0.5
        near = _window_keys(kv, window)
        q_blocks = q.reshape(batch * blocks, window * heads, width)
        scores = torch.bmm(q_blocks, near.transpose(1, 2)).mul_(scale)
        scores += _window_mask(window, heads, q.device)
        scores.view(batch, blocks, -1, 2 * window)[:, 0, :, :window] = -torch.inf
        parts = [scores.view(-1, 2 * window)]
        if comp is not None:
            far = torch.bmm(q.reshape(batch, tokens * heads, width), comp.transpose(1, 2))
            far = far.mul_(scale).view(batch, tokens, heads, -1)
            far.masked_fill_(~visible.unsqueeze(2), -torch.inf)
            parts.append(far.view(batch * tokens * heads, -1))
        parts.append(sink.repeat(batch * tokens)[:, None])
        weight = torch.softmax(torch.cat(parts, dim=1), dim=1)

        to_near = weight[:, : 2 * window].view(batch * blocks, window * heads, 2 * window)
        out = torch.bmm(to_near, near)
        mass = None
        if comp is not None:
            to_far = weight[:, 2 * window : -1]
            mass = to_far.view(batch, tokens, heads, -1).sum(dim=2)
            out = out.view(batch, tokens * heads, width)
            out += torch.bmm(to_far.view(batch, tokens * heads, -1), comp)
            ctx.mark_non_differentiable(mass)
        out = out.view(batch, tokens, heads, width)
        ctx.save_for_backward(q, near, comp, weight, out)
        ctx.window = window
        return out, mass

    @staticmethod
    def backward(ctx, g: Tensor, _):
        q, near, comp, weight, out = ctx.saved_tensors
        window = ctx.window
        batch, tokens, heads, width = q.shape
        blocks = tokens // window
        scale = width**-0.5
        g = g.contiguous()
        pull = (g * out).sum(dim=-1).view(-1, 1)

        def split(x: Tensor) -> tuple[Tensor, Tensor]:
            return (
                x[:, : 2 * window].view(batch * blocks, window * heads, 2 * window),
                x[:, 2 * window : -1].view(batch, tokens * heads, -1),
            )

        g_blocks = g.view(batch * blocks, window * heads, width)
        g_rows = g.view(batch, tokens * heads, width)
        parts = [torch.bmm(g_blocks, near.transpose(1, 2)).view(-1, 2 * window)]
        if comp is not None:
            parts.append(torch.bmm(g_rows, comp.transpose(1, 2)).view(batch * tokens * heads, -1))
        parts.append(torch.zeros_like(pull))
        g_scores = torch.cat(parts, dim=1).sub_(pull).mul_(weight)
        g_sink = g_scores[:, -1].view(-1, heads).sum(dim=0)
        g_scores.mul_(scale)
        score_near, score_far = split(g_scores)
        weight_near, weight_far = split(weight)

        q_blocks = q.reshape(batch * blocks, window * heads, width)
        g_q = torch.bmm(score_near, near)
        g_near = torch.bmm(score_near.transpose(1, 2), q_blocks)
        g_near.baddbmm_(weight_near.transpose(1, 2), g_blocks)
        g_comp = None
        if comp is not None:
            q_rows = q.reshape(batch, tokens * heads, width)
            g_q = g_q.view(batch, tokens * heads, width).baddbmm_(score_far, comp)
            g_comp = torch.bmm(score_far.transpose(1, 2), q_rows)
            g_comp.baddbmm_(weight_far.transpose(1, 2), g_rows)
        g_near = g_near.view(batch, blocks, 2, window, width)
        g_kv = g_near[:, :, 1].contiguous()
        g_kv[:, :-1] += g_near[:, 1:, 0]
        return (
            g_q.view_as(q),
            g_kv.view(batch, tokens, width),
            g_comp,
            g_sink,
            None,
            None,
        )


def attend(
    q: Tensor,
    kv: Tensor,
    comp: Tensor | None,
    sink: Tensor,
    visible: Tensor | None,
    window: int,
) -> tuple[Tensor, Tensor | None]:
    """Returns what each head reads, [batch, tokens, heads, width], and how much attention each
    compressed row got from all heads together (no gradient), [batch, tokens, rows].

    `kv` is [batch, tokens, width], `comp` [batch, rows, width], `visible` [batch, tokens, rows].
    """
    tokens = q.shape[1]
    missing = -tokens % window
    if missing:
        pad = torch.nn.functional.pad
        q = pad(q, (0, 0, 0, 0, 0, missing))
        kv = pad(kv, (0, 0, 0, missing))
        if visible is not None:
            visible = pad(visible, (0, 0, 0, missing))
    out, mass = _Attend.apply(q, kv, comp, sink, visible, window)
    if missing:
        out = out[:, :tokens]
        mass = mass if mass is None else mass[:, :tokens]
    return out, mass
