"""The mixture of experts: choosing them, and computing only the chosen ones."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.autograd import Function

import passes
from ops import swiglu_gradient
from products import full, low
from shape import Shape


class _Routed(Function):
    """Tokens are sorted by expert, so that each expert is one matrix product over its rows."""

    @staticmethod
    def forward(
        ctx,
        x: Tensor,
        share: Tensor,
        chosen: Tensor,
        w1: Tensor,
        w2: Tensor,
        w3: Tensor,
        limit: float,
    ) -> Tensor:
        tokens, used = chosen.shape
        order = torch.argsort(chosen.flatten(), stable=True)
        inverse = torch.empty_like(order)
        inverse[order] = torch.arange(order.numel(), device=order.device)
        token = torch.div(order, used, rounding_mode="floor")
        counts = torch.bincount(chosen.flatten(), minlength=w1.shape[0]).tolist()
        scale = share.flatten().index_select(0, order)[:, None]
        rows = low(x).index_select(0, token)
        enter = low(torch.cat([w1, w3], dim=1))  # [experts, 2 inner, width]
        leave = low(w2)

        both = _each(rows, enter.transpose(1, 2), counts)
        middle = gated(both, scale, limit)
        out = _each(middle, leave.transpose(1, 2), counts)
        ctx.save_for_backward(rows, both, middle, scale, token, order, inverse, enter, leave)
        ctx.counts, ctx.limit, ctx.used = counts, limit, used
        return gather_sum(out, inverse, used)

    @staticmethod
    def backward(ctx, g: Tensor):
        rows, both, middle, scale, token, order, inverse, enter, leave = ctx.saved_tensors
        counts, used = ctx.counts, ctx.used
        g_out = low(g).index_select(0, token)
        g_both, g_scale = gated_gradient(_each(g_out, leave, counts), both, scale, ctx.limit)
        g_rows = _each(g_both, enter, counts)
        g_x = gather_sum(g_rows, inverse, used)
        g_share = g_scale.index_select(0, inverse).view(-1, used)
        g_enter = _each_transposed(g_both, rows, counts)
        g_w1, g_w3 = g_enter.split(both.shape[1] // 2, dim=1)
        return g_x, g_share, None, g_w1, _each_transposed(g_out, middle, counts), g_w3, None


def gather_sum(rows: Tensor, place: Tensor, used: int) -> Tensor:
    """For each token the sum of its `used` rows, whose places follow each other."""
    if passes.apply_to(rows, torch.bfloat16):
        out = rows.new_empty(len(place) // used, rows.shape[1], dtype=torch.float32)
        passes.call("gather_sum", rows, place, out, len(out), used, rows.shape[1])
        return out
    return full(rows.index_select(0, place).view(-1, used, rows.shape[1]).sum(dim=1))


def gated(both: Tensor, scale: Tensor, limit: float) -> Tensor:
    """What enters the second matrix: from gate and up side by side, times each row's scale."""
    inner = both.shape[1] // 2
    if passes.apply_to(both, torch.bfloat16):
        middle = both.new_empty(both.shape[0], inner)
        passes.call("swiglu", both, scale, middle, *middle.shape, limit)
        return middle
    gate, up = (full(part) for part in both.split(inner, dim=1))
    middle = torch.sigmoid(gate.clamp(max=limit)).mul_(gate.clamp(max=limit))
    return low(middle.mul_(up.clamp(-limit, limit)).mul_(scale))


def gated_gradient(
    g: Tensor, both: Tensor, scale: Tensor, limit: float
) -> tuple[Tensor, Tensor]:
    """With respect to `both` and to `scale`."""
    g_both, g_scale = torch.empty_like(both), torch.empty_like(scale[:, 0])
    if passes.apply_to(both, torch.bfloat16):
        passes.call("swiglu_back", g, both, scale, g_both, g_scale, *g.shape, limit)
        return g_both, g_scale
    gate, up = (full(part) for part in both.split(g.shape[1], dim=1))
    g = full(g)
    bare = torch.sigmoid(gate.clamp(max=limit)) * gate.clamp(max=limit) * up.clamp(-limit, limit)
    g_scale = (g * bare).sum(dim=1)
    for part, gradient in zip(
        g_both.split(g.shape[1], dim=1), swiglu_gradient(g * scale, gate, up, limit)
    ):
        part.copy_(gradient)
    return g_both, g_scale


def _each(rows: Tensor, weights: Tensor, counts: list[int]) -> Tensor:
    """The rows of each expert times its matrix."""
    out = rows.new_empty(rows.shape[0], weights.shape[2])
    for part, into, weight in zip(rows.split(counts), out.split(counts), weights.unbind()):
        if len(part):
            torch.mm(part, weight, out=into)
    return out


def _each_transposed(left: Tensor, right: Tensor, counts: list[int]) -> Tensor:
    """For each expert, the product over its rows: [experts, left width, right width]."""
    parts = zip(left.split(counts), right.split(counts))
    return full(torch.stack([torch.mm(a.t(), b) for a, b in parts]))


class _Shared(Function):
    """The same for an expert that every token uses."""

    @staticmethod
    def forward(ctx, x: Tensor, w1: Tensor, w2: Tensor, w3: Tensor, limit: float) -> Tensor:
        rows, enter, leave = low(x), low(torch.cat([w1, w3])), low(w2)
        both = torch.mm(rows, enter.t())
        scale = torch.ones(len(x), 1, dtype=x.dtype, device=x.device)
        middle = gated(both, scale, limit)
        ctx.save_for_backward(rows, both, middle, scale, enter, leave)
        ctx.limit = limit
        return full(torch.mm(middle, leave.t()))

    @staticmethod
    def backward(ctx, g: Tensor):
        rows, both, middle, scale, enter, leave = ctx.saved_tensors
        g = low(g)
        g_both, _ = gated_gradient(torch.mm(g, leave), both, scale, ctx.limit)
        g_w1, g_w3 = full(torch.mm(g_both.t(), rows)).chunk(2)
        g_w2 = full(torch.mm(g.t(), middle))
        return full(torch.mm(g_both, enter)), g_w1, g_w2, g_w3, None


class Router(nn.Module):
    """`bias` steers only the choice; it is moved by the load of each expert, not by gradients."""

    def __init__(self, shape: Shape, hashed: bool):
        super().__init__()
        self.shape = shape
        self.weight = nn.Parameter(torch.empty(shape.n_routed_experts, shape.hidden_size))
        if hashed:
            table = torch.zeros(shape.vocab_size, shape.num_experts_per_tok, dtype=torch.int64)
            self.register_buffer("tid2eid", table)
        else:
            self.register_buffer("bias", torch.zeros(shape.n_routed_experts))
            self.register_buffer("load", torch.zeros(shape.n_routed_experts), persistent=False)

    @property
    def hashed(self) -> bool:
        return hasattr(self, "tid2eid")

    def forward(self, x: Tensor, ids: Tensor) -> tuple[Tensor, Tensor]:
        score = torch.sqrt(torch.nn.functional.softplus(x @ self.weight.t()))
        if self.hashed:
            chosen = self.tid2eid[ids]
        else:
            chosen = torch.topk(score.detach() + self.bias, self.shape.num_experts_per_tok)[1]
            if self.training:
                self.load += torch.bincount(chosen.flatten(), minlength=self.load.numel())
        share = score.gather(1, chosen)
        return chosen, share / share.sum(dim=1, keepdim=True) * self.shape.routed_scaling_factor

    def balance(self, rate: float) -> float:
        """Moves the bias towards an even load; returns the largest load over the mean."""
        mean = self.load.mean()
        peak = float(self.load.max() / mean.clamp_min(1))
        self.bias += rate * torch.sign(mean - self.load)
        self.load.zero_()
        return peak


class SharedExpert(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        inner, width = shape.moe_intermediate_size, shape.hidden_size
        self.limit = shape.swiglu_limit
        self.w1 = nn.Linear(width, inner, bias=False)
        self.w2 = nn.Linear(inner, width, bias=False)
        self.w3 = nn.Linear(width, inner, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return _Shared.apply(x, self.w1.weight, self.w2.weight, self.w3.weight, self.limit)


class RoutedExperts(nn.Module):
    """All experts of a layer, stacked; checkpoints keep them apart."""

    def __init__(self, shape: Shape):
        super().__init__()
        count, inner, width = shape.n_routed_experts, shape.moe_intermediate_size, shape.hidden_size
        self.limit = shape.swiglu_limit
        self.w1 = nn.Parameter(torch.empty(count, inner, width))
        self.w2 = nn.Parameter(torch.empty(count, width, inner))
        self.w3 = nn.Parameter(torch.empty(count, inner, width))

    def forward(self, x: Tensor, share: Tensor, chosen: Tensor) -> Tensor:
        return _Routed.apply(x, share, chosen, self.w1, self.w2, self.w3, self.limit)


class Experts(nn.Module):
    def __init__(self, shape: Shape, hashed: bool):
        super().__init__()
        self.gate = Router(shape, hashed)
        self.experts = RoutedExperts(shape)
        self.shared_experts = SharedExpert(shape)

    def forward(self, x: Tensor, ids: Tensor, trace: dict | None) -> Tensor:
        chosen, share = self.gate(x, ids)
        if trace is not None:
            trace.update(expert_ids=chosen, expert_w=share)
        return self.experts(x, share, chosen) + self.shared_experts(x)
