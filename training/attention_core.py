"""Attention of every head over a sliding window and over compressed rows, in one softmax.

All heads share one row per position, which is key and value at once. So the heads of a token are
simply more rows of the same matrix product, and a block of `window` tokens meets only its own and
the preceding block of keys.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd import Function

from products import full, low

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
        q, kv = low(q), low(kv)
        near = _window_keys(kv, window)
        q_blocks = q.reshape(batch * blocks, window * heads, width)
        columns = 2 * window + 1 + (0 if comp is None else comp.shape[1])
        scores = sink.new_empty(batch * tokens * heads, columns)
        to_near, to_far = _parts(scores, (batch, blocks, window, tokens, heads))
        mask = _window_mask(window, heads, q.device)
        torch.add(mask, full(torch.bmm(q_blocks, near.transpose(1, 2))), alpha=scale, out=to_near)
        to_near.view(batch, blocks, -1, 2 * window)[:, 0, :, :window] = -torch.inf
        scores[:, -1] = sink.repeat(batch * tokens)
        if comp is not None:
            comp = low(comp)
            q_rows = q.reshape(batch, tokens * heads, width)
            to_far.copy_(torch.bmm(q_rows, comp.transpose(1, 2))).mul_(scale)
            to_far.view(batch, tokens, heads, -1).masked_fill_(~visible.unsqueeze(2), -torch.inf)
        weight = low(torch.softmax(scores, dim=1))

        to_near, to_far = _parts(weight, (batch, blocks, window, tokens, heads))
        out = full(torch.bmm(to_near, near)).view(batch, tokens * heads, width)
        mass = None
        if comp is not None:
            mass = full(to_far).view(batch, tokens, heads, -1).sum(dim=2)
            out = out + full(torch.bmm(to_far, comp))
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
        sizes = (batch, blocks, window, tokens, heads)
        g_scores = out.new_zeros(weight.shape)
        pull = (g * out).sum(dim=-1).view(-1, 1)
        g = low(g)
        g_blocks = g.reshape(batch * blocks, window * heads, width)
        g_rows = g.reshape(batch, tokens * heads, width)
        to_near, to_far = _parts(g_scores, sizes)
        to_near.copy_(torch.bmm(g_blocks, near.transpose(1, 2)))
        if comp is not None:
            to_far.copy_(torch.bmm(g_rows, comp.transpose(1, 2)))
        g_scores = g_scores.sub_(pull).mul_(weight)
        g_sink = g_scores[:, -1].view(-1, heads).sum(dim=0)
        score_near, score_far = _parts(low(g_scores.mul_(width**-0.5)), sizes)
        weight_near, weight_far = _parts(weight, sizes)

        q_blocks = q.reshape(batch * blocks, window * heads, width)
        g_q = full(torch.bmm(score_near, near)).view(batch, tokens * heads, width)
        g_near = full(torch.bmm(score_near.transpose(1, 2), q_blocks))
        g_near += torch.bmm(weight_near.transpose(1, 2), g_blocks)
        g_comp = None
        if comp is not None:
            g_q += torch.bmm(score_far, comp)
            g_comp = full(torch.bmm(score_far.transpose(1, 2), q.reshape(g_rows.shape)))
            g_comp += torch.bmm(weight_far.transpose(1, 2), g_rows)
        g_near = g_near.view(batch, blocks, 2, window, width)
        g_kv = g_near[:, :, 1].contiguous()
        g_kv[:, :-1] += g_near[:, 1:, 0]
        return g_q.view_as(q), g_kv.view(batch, tokens, width), g_comp, g_sink, None, None


def _parts(x: Tensor, sizes: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """The columns of the window and of the compressed rows, as batches of matrices."""
    batch, blocks, window, tokens, heads = sizes
    return (
        x[:, : 2 * window].view(batch * blocks, window * heads, 2 * window),
        x[:, 2 * window : -1].view(batch, tokens * heads, -1),
    )


class _IndexScores(Function):
    """sum over heads of weight * relu(q . k), without keeping what each head says."""

    @staticmethod
    def forward(ctx, q: Tensor, k: Tensor, weight: Tensor) -> Tensor:
        batch, tokens, heads, width = q.shape
        q, k = low(q), low(k)
        meet = torch.bmm(q.reshape(batch, tokens * heads, width), k.transpose(1, 2)).relu_()
        ctx.save_for_backward(q, k, weight, meet)
        meet = full(meet).view(batch, tokens, heads, -1)
        out = meet[:, :, 0] * weight[:, :, :1]
        for h in range(1, heads):
            out.addcmul_(meet[:, :, h], weight[:, :, h : h + 1])
        return out

    @staticmethod
    def backward(ctx, g: Tensor):
        q, k, weight, meet = ctx.saved_tensors
        batch, tokens, heads, width = q.shape
        each = meet.view(batch, tokens, heads, -1)
        g_weight = (full(each) * g.unsqueeze(2)).sum(dim=-1)
        g_meet = low((g.unsqueeze(2) * weight.unsqueeze(3)).mul_(each > 0)).view(meet.shape)
        g_q = full(torch.bmm(g_meet, k)).view(q.shape)
        g_k = full(torch.bmm(g_meet.transpose(1, 2), q.reshape(batch, tokens * heads, width)))
        return g_q, g_k, g_weight


def index_scores(q: Tensor, k: Tensor, weight: Tensor) -> Tensor:
    """q is [batch, tokens, heads, width], k [batch, rows, width], weight [batch, tokens, heads]."""
    return _IndexScores.apply(q, k, weight)


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
