"""The small operations of the model whose gradients are written by hand.

Each of them is memory-bound: automatic differentiation would keep and re-read several copies of
the same large array. The arrays of residual streams are [streams, tokens, width], so that every
step is a pass over contiguous rows.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.autograd import Function

import passes
from shape import STREAMS, Shape


class _RmsNorm(Function):
    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor | None, eps: float) -> Tensor:
        if passes.apply_to(x):
            x = x.contiguous()
            y, rho = torch.empty_like(x), x.new_empty(*x.shape[:-1], 1)
            passes.call("rms", x, weight, y, rho, rho.numel(), x.shape[-1], eps)
            ctx.save_for_backward(x, weight, rho)
            return y
        rho = torch.rsqrt(x.square().mean(dim=-1, keepdim=True) + eps)
        ctx.save_for_backward(x, weight, rho)
        y = x * rho
        return y if weight is None else y.mul_(weight)

    @staticmethod
    def backward(ctx, g: Tensor):
        x, weight, rho = ctx.saved_tensors
        g_weight = None
        if passes.apply_to(x):
            g, g_x = g.contiguous(), torch.empty_like(x)
            g_weight = None if weight is None else torch.zeros_like(weight)
            passes.call("rms_back", g, x, weight, rho, g_x, g_weight, rho.numel(), x.shape[-1])
            return g_x, g_weight, None
        unit = x * rho
        if weight is not None:
            g_weight = (g * unit).flatten(0, -2).sum(dim=0)
            g = g * weight
        mean = (g * unit).mean(dim=-1, keepdim=True)
        return torch.addcmul(g, unit, mean, value=-1).mul_(rho), g_weight, None


def rms_norm(x: Tensor, weight: Tensor | None, eps: float) -> Tensor:
    return _RmsNorm.apply(x, weight, eps)


def rope_frequencies(shape: Shape, compressed: bool) -> Tensor:
    """The angle per position of each pair of rotated channels: [rope_width / 2]."""
    width = shape.qk_rope_head_dim
    base = shape.compress_rope_theta if compressed else shape.rope_theta
    exponent = torch.arange(0, width, 2, dtype=torch.float32) / width
    frequency = 1.0 / (base**exponent)
    if not compressed:
        return frequency

    # YaRN: slow pairs are slowed down further by the factor, fast ones kept, with a ramp between.
    def pair_of(turns: float) -> float:
        full = shape.rope_original_tokens / (turns * 2 * math.pi)
        return width * math.log(full) / (2 * math.log(base))

    low = max(math.floor(pair_of(shape.rope_beta_fast)), 0)
    high = min(math.ceil(pair_of(shape.rope_beta_slow)), width - 1)
    ramp = (torch.arange(width // 2, dtype=torch.float32) - low) / max(high - low, 0.001)
    keep = 1 - ramp.clamp(0, 1)
    return frequency / shape.rope_factor * (1 - keep) + frequency * keep


def rotation(frequencies: Tensor, positions: Tensor) -> Tensor:
    """Unit complex numbers [positions, pairs]."""
    angle = positions.to(torch.float32)[:, None] * frequencies
    return torch.complex(angle.cos(), angle.sin())


class _Rotate(Function):
    @staticmethod
    def forward(ctx, x: Tensor, turn: Tensor) -> Tensor:
        ctx.save_for_backward(turn)
        return _rotated(x, turn)

    @staticmethod
    def backward(ctx, g: Tensor):
        (turn,) = ctx.saved_tensors
        return _rotated(g, turn.conj()), None


def _rotated(x: Tensor, turn: Tensor) -> Tensor:
    by_head = turn.dim() == 3 and turn.shape[1] == 1
    if passes.apply_to(x) and (by_head or turn.dim() == 2):
        x, y = x.contiguous(), torch.empty_like(x, memory_format=torch.contiguous_format)
        heads = x.shape[-2] if by_head else 1
        sequences = x.numel() // (turn.shape[0] * heads * x.shape[-1])
        # Conjugates are marked and not computed; the loop is told to turn back instead.
        sign = -1.0 if turn.is_conj() else 1.0
        by = torch.view_as_real(turn.conj() if turn.is_conj() else turn).contiguous()
        sizes = (sequences, turn.shape[0], heads, x.shape[-1], turn.shape[-1], sign)
        passes.call("rotate", x, by, y, *sizes)
        return y
    y = x.clone(memory_format=torch.contiguous_format)
    tail = y[..., -2 * turn.shape[-1] :]
    tail = torch.view_as_complex(tail.unflatten(-1, (-1, 2)))
    tail.mul_(turn)
    return y


def rotate(x: Tensor, turn: Tensor) -> Tensor:
    """Rotates adjacent pairs of the last channels of `x`; `turn` broadcasts over leading axes."""
    return _Rotate.apply(x, turn)


def _transformed(x: Tensor) -> Tensor:
    width = x.shape[-1]
    if passes.apply_to(x):
        x = x.contiguous()
        y = torch.empty_like(x)
        passes.call("hadamard", x, y, x.numel() // width, width)
        return y
    stride = 1
    while stride < width:
        pairs = x.reshape(*x.shape[:-1], -1, 2, stride)
        a, b = pairs[..., 0, :], pairs[..., 1, :]
        x = torch.stack([a + b, a - b], dim=-2).view(x.shape)
        stride *= 2
    return x * width**-0.5


class _Hadamard(Function):
    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        return _transformed(x)

    @staticmethod
    def backward(ctx, g: Tensor) -> Tensor:
        return _transformed(g)  # its own inverse, and symmetric


def hadamard(x: Tensor) -> Tensor:
    """The normalized Walsh-Hadamard transform of the last axis, in natural order."""
    return _Hadamard.apply(x)


# Streams are read at three places of a sublayer: where they are mixed, collapsed and expanded. The
# first two hand them on unchanged, so that in the backward pass their gradient comes by, and each
# adds its part to it in place instead of leaving one more large array to be summed.


class _StreamMix(Function):
    @staticmethod
    def forward(ctx, streams: Tensor, fn: Tensor, eps: float) -> tuple[Tensor, Tensor]:
        _, tokens, width = streams.shape
        ctx.fused = passes.apply_to(streams) and tokens % 4 == 0 and width % 64 == 0
        if ctx.fused:
            raw, rho = fn.new_empty(fn.shape[0], tokens), fn.new_empty(tokens)
            passes.call("stream_mix", streams, fn, raw, rho, *raw.shape, width, eps)
            ctx.save_for_backward(streams, fn, raw, rho)
            return raw * rho, streams.view_as(streams)
        parts = fn.view(fn.shape[0], STREAMS, width)
        raw = parts[:, 0] @ streams[0].t()
        for m in range(1, STREAMS):
            raw.addmm_(parts[:, m], streams[m].t())
        square = torch.linalg.vector_norm(streams, dim=-1).square().sum(dim=0)
        rho = torch.rsqrt(square / (STREAMS * width) + eps)
        ctx.save_for_backward(streams, fn, raw, rho)
        return raw * rho, streams.view_as(streams)

    @staticmethod
    def backward(ctx, g: Tensor, g_streams: Tensor):
        streams, fn, raw, rho = ctx.saved_tensors
        width = streams.shape[2]
        if ctx.fused:
            g, g_streams, g_fn = g.contiguous(), g_streams.contiguous(), torch.zeros_like(fn)
            sources = (g, streams, fn, raw, rho)
            passes.call("stream_mix_back", *sources, g_streams, g_fn, *raw.shape, width)
            return g_streams, g_fn, None
        parts = fn.view(fn.shape[0], STREAMS, width)
        pull = ((g * raw).sum(dim=0) * rho.pow(3) / (-STREAMS * width))[:, None]
        g = g * rho
        g_streams = g_streams.contiguous()
        g_fn = torch.empty_like(parts)
        for m in range(STREAMS):
            g_streams[m].addmm_(g.t(), parts[:, m])
            g_streams[m].addcmul_(streams[m], pull)
            g_fn[:, m] = g @ streams[m]
        return g_streams, g_fn.view_as(fn), None


def stream_mix(streams: Tensor, fn: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    """What the streams of each token say about their mixing, [outputs, tokens]; the streams."""
    return _StreamMix.apply(streams, fn, eps)


class _Sinkhorn(Function):
    @staticmethod
    def forward(ctx, comb: Tensor, iterations: int, eps: float) -> Tensor:
        soft = torch.softmax(comb, dim=1)
        steps = []
        c = soft + eps
        for step in range(2 * iterations - 1):
            inverse = (c.sum(dim=step % 2, keepdim=True) + eps).reciprocal_()
            c = c * inverse
            steps += [c, inverse]
        ctx.save_for_backward(soft, *steps)
        return c

    @staticmethod
    def backward(ctx, g: Tensor):
        soft, *steps = ctx.saved_tensors
        for step in reversed(range(len(steps) // 2)):
            c, inverse = steps[2 * step : 2 * step + 2]
            g = (g - (g * c).sum(dim=step % 2, keepdim=True)) * inverse
        return (g - (g * soft).sum(dim=1, keepdim=True)) * soft, None, None


def sinkhorn(comb: Tensor, iterations: int, eps: float) -> Tensor:
    """Makes each token's [4, 4, tokens] matrix doubly stochastic; columns (axis 0) come last."""
    return _Sinkhorn.apply(comb, iterations, eps)


class _Collapse(Function):
    @staticmethod
    def forward(ctx, streams: Tensor, pre: Tensor) -> tuple[Tensor, Tensor]:
        ctx.save_for_backward(streams, pre)
        if passes.apply_to(streams):
            x = torch.empty_like(streams[0])
            passes.call("collapse", streams, pre.contiguous(), x, *x.shape)
            return x, streams.view_as(streams)
        x = streams[0] * pre[0][:, None]
        for m in range(1, STREAMS):
            x.addcmul_(streams[m], pre[m][:, None])
        return x, streams.view_as(streams)

    @staticmethod
    def backward(ctx, g: Tensor, g_streams: Tensor):
        streams, pre = ctx.saved_tensors
        g_streams = g_streams.contiguous()
        if passes.apply_to(streams):
            g, g_pre = g.contiguous(), torch.empty_like(pre)
            passes.call("collapse_back", g, streams, pre.contiguous(), g_streams, g_pre, *g.shape)
            return g_streams, g_pre
        for m in range(STREAMS):
            g_streams[m].addcmul_(g, pre[m][:, None])
        return g_streams, torch.einsum("mnd,nd->mn", streams, g)


def collapse(streams: Tensor, pre: Tensor) -> tuple[Tensor, Tensor]:
    """The sum of the streams, weighted by `pre` [streams, tokens]; the streams."""
    return _Collapse.apply(streams, pre)


class _Expand(Function):
    @staticmethod
    def forward(ctx, y: Tensor, streams: Tensor, post: Tensor, comb: Tensor) -> Tensor:
        ctx.save_for_backward(y, streams, post, comb)
        if passes.apply_to(streams):
            out = torch.empty_like(streams)
            sources = (y.contiguous(), streams, post.contiguous(), comb.contiguous())
            passes.call("expand", *sources, out, *y.shape)
            return out
        out = post[:, :, None] * y
        for i in range(STREAMS):
            for k in range(STREAMS):
                out[k].addcmul_(streams[i], comb[i, k][:, None])
        return out

    @staticmethod
    def backward(ctx, g: Tensor):
        y, streams, post, comb = ctx.saved_tensors
        if passes.apply_to(streams):
            into = tuple(torch.empty_like(x.contiguous()) for x in (y, streams, post, comb))
            sources = (g.contiguous(), y.contiguous(), streams, post.contiguous())
            passes.call("expand_back", *sources, comb.contiguous(), *into, *y.shape)
            return into
        g_y = g[0] * post[0][:, None]
        for k in range(1, STREAMS):
            g_y.addcmul_(g[k], post[k][:, None])
        g_streams = comb[:, 0, :, None] * g[0]
        for k in range(1, STREAMS):
            for i in range(STREAMS):
                g_streams[i].addcmul_(g[k], comb[i, k][:, None])
        g_post = torch.empty_like(post)
        g_comb = torch.empty_like(comb)
        for k in range(STREAMS):
            g_post[k] = (g[k] * y).sum(dim=-1)
            for i in range(STREAMS):
                g_comb[i, k] = (g[k] * streams[i]).sum(dim=-1)
        return g_y, g_streams, g_post, g_comb


def expand(y: Tensor, streams: Tensor, post: Tensor, comb: Tensor) -> Tensor:
    """New stream k = post[k] y + sum over i of comb[i, k] streams[i]."""
    return _Expand.apply(y, streams, post, comb)


class _Pool(Function):
    @staticmethod
    def forward(ctx, value: Tensor, score: Tensor) -> Tensor:
        weight = torch.softmax(score, dim=2)
        y = (weight * value).sum(dim=2)
        ctx.save_for_backward(value, weight, y)
        return y

    @staticmethod
    def backward(ctx, g: Tensor):
        value, weight, y = ctx.saved_tensors
        g_value = weight * g.unsqueeze(2)
        return g_value, (value - y.unsqueeze(2)).mul_(g_value)


def pool(value: Tensor, score: Tensor) -> Tensor:
    """Softmax over the slots of a window, for every channel by itself: axis 2 of both."""
    return _Pool.apply(value, score)


def swiglu_gradient(g: Tensor, gate: Tensor, up: Tensor, limit: float) -> tuple[Tensor, Tensor]:
    low = gate.clamp(max=limit)
    bounded = up.clamp(-limit, limit)
    s = torch.sigmoid(low)
    act = s * low
    g_up = (g * act).mul_(up.abs() <= limit)
    # The slope of x sigmoid(x) is s + act (1 - s).
    slope = torch.addcmul(s, act, 1 - s)
    g_gate = slope.mul_(g).mul_(bounded).mul_(gate <= limit)
    return g_gate, g_up
