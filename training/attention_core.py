"""Attention of every head over a sliding window and over compressed rows, in one softmax.

All heads share one row per position, which is key and value at once. So the heads of a token are
simply more rows of the same matrix product, and a block of `window` tokens meets only its own and
the preceding block of keys.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd import Function

import passes
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
        q, kv = low(q), low(kv)
        keys = _window_keys(kv, window)
        near = torch.bmm(q.reshape(-1, window * heads, width), keys.transpose(1, 2))
        far = None
        if comp is not None:
            comp = low(comp)
            far = torch.bmm(q.reshape(batch, tokens * heads, width), comp.transpose(1, 2))
            visible = visible.contiguous()
        fused = passes.apply_to(q, torch.bfloat16)
        softmax = _softmax_fused if fused else _softmax
        near, far, to_sink, mass = softmax(near, far, sink, visible, q.shape, window)
        out = full(torch.bmm(near, keys)).view(batch, tokens * heads, width)
        if comp is not None:
            out += torch.bmm(far, comp)
            ctx.mark_non_differentiable(mass)
        out = out.view(batch, tokens, heads, width)
        ctx.save_for_backward(q, keys, comp, near, far, to_sink, out)
        ctx.window, ctx.fused = window, fused
        return out, mass

    @staticmethod
    def backward(ctx, g: Tensor, _):
        q, keys, comp, near, far, to_sink, out = ctx.saved_tensors
        window = ctx.window
        batch, tokens, heads, width = q.shape
        pull = (g * out).sum(dim=-1).contiguous()  # [batch, tokens, heads]
        g_sink = -(to_sink.view(-1, heads) * pull.view(-1, heads)).sum(dim=0)
        g = low(g)
        g_blocks = g.reshape(-1, window * heads, width)
        g_rows = g.reshape(batch, tokens * heads, width)
        g_near = torch.bmm(g_blocks, keys.transpose(1, 2))
        g_far = None if comp is None else torch.bmm(g_rows, comp.transpose(1, 2))
        if ctx.fused:
            rows = 0 if far is None else far.shape[2]
            sizes = (pull.numel(), window, rows, width**-0.5)
            passes.call("softmax_back", g_near, g_far, near, far, pull, *sizes)
        else:
            g_near = low((full(g_near) - pull.view(*near.shape[:2], 1)) * near * width**-0.5)
            if comp is not None:
                g_far = low((full(g_far) - pull.view(*far.shape[:2], 1)) * far * width**-0.5)

        q_blocks = q.reshape(-1, window * heads, width)
        g_q = full(torch.bmm(g_near, keys)).view(batch, tokens * heads, width)
        g_keys = full(torch.bmm(g_near.transpose(1, 2), q_blocks))
        g_keys += torch.bmm(near.transpose(1, 2), g_blocks)
        g_comp = None
        if comp is not None:
            g_q += torch.bmm(g_far, comp)
            g_comp = full(torch.bmm(g_far.transpose(1, 2), q.reshape(g_rows.shape)))
            g_comp += torch.bmm(far.transpose(1, 2), g_rows)
        g_keys = g_keys.view(batch, -1, 2, window, width)
        g_kv = g_keys[:, :, 1].contiguous()
        g_kv[:, :-1] += g_keys[:, 1:, 0]
        return g_q.view_as(q), g_kv.view(batch, tokens, width), g_comp, g_sink, None, None


def _softmax(
    near: Tensor, far: Tensor | None, sink: Tensor, visible: Tensor | None, sizes, window: int
) -> tuple[Tensor, Tensor | None, Tensor, Tensor | None]:
    """Weights over the window, over compressed rows and of the sink, and the compressed rows' sum
    over heads."""
    batch, tokens, heads, width = sizes
    scale = width**-0.5
    scores = full(near) * scale + _window_mask(window, heads, near.device)
    scores.view(batch, -1, window * heads, 2 * window)[:, 0, :, :window] = -torch.inf
    parts = [scores.view(-1, 2 * window)]
    if far is not None:
        more = (full(far) * scale).view(batch, tokens, heads, -1)
        parts.append(more.masked_fill_(~visible.unsqueeze(2), -torch.inf).flatten(0, 2))
    parts.append(sink.repeat(batch * tokens)[:, None])
    weight = torch.softmax(torch.cat(parts, dim=1), dim=1)
    to_near = low(weight[:, : 2 * window]).reshape(near.shape)
    if far is None:
        return to_near, None, weight[:, -1], None
    mass = weight[:, 2 * window : -1].reshape(batch, tokens, heads, -1).sum(dim=2)
    return to_near, low(weight[:, 2 * window : -1]).reshape(far.shape), weight[:, -1], mass


def _softmax_fused(
    near: Tensor, far: Tensor | None, sink: Tensor, visible: Tensor | None, sizes, window: int
) -> tuple[Tensor, Tensor | None, Tensor, Tensor | None]:
    batch, tokens, heads, width = sizes
    rows = 0 if far is None else far.shape[2]
    assert 2 * window + rows <= 8192
    to_sink = sink.new_empty(batch * tokens * heads)
    mass = sink.new_empty(batch, tokens, rows)
    passes.call(
        "softmax", near, far, sink.detach(), visible, to_sink, mass,
        batch, tokens, heads, window, rows, width**-0.5,
    )  # fmt: skip
    return near, far, to_sink, None if far is None else mass


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
