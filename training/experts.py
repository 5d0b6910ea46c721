"""The mixture of experts: choosing them, and computing only the chosen ones."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.autograd import Function

from ops import swiglu, swiglu_gradient
from shape import Shape


class _Routed(Function):
    """Tokens are sorted by expert, so that each expert is one matrix product over its rows."""

    @staticmethod
    def forward(
        ctx, x: Tensor, share: Tensor, chosen: Tensor, w1: Tensor, w2: Tensor, w3: Tensor, limit: float
    ) -> Tensor:
        tokens, used = chosen.shape
        order = torch.argsort(chosen.flatten(), stable=True)
        inverse = torch.empty_like(order)
        inverse[order] = torch.arange(order.numel(), device=order.device)
        token = torch.div(order, used, rounding_mode="floor")
        counts = torch.bincount(chosen.flatten(), minlength=w1.shape[0]).tolist()
        rows = x.index_select(0, token)
        scale = share.flatten().index_select(0, order)[:, None]

        gate = x.new_empty(rows.shape[0], w1.shape[1])
        up = torch.empty_like(gate)
        begin = 0
        for e, count in enumerate(counts):
            part = slice(begin, begin + count)
            torch.mm(rows[part], w1[e].t(), out=gate[part])
            torch.mm(rows[part], w3[e].t(), out=up[part])
            begin += count
        middle = torch.sigmoid(gate.clamp(max=limit)).mul_(gate.clamp(max=limit))
        middle.mul_(up.clamp(-limit, limit)).mul_(scale)
        out = torch.empty_like(rows)
        begin = 0
        for e, count in enumerate(counts):
            part = slice(begin, begin + count)
            torch.mm(middle[part], w2[e].t(), out=out[part])
            begin += count
        ctx.save_for_backward(rows, gate, up, middle, scale, token, order, inverse, w1, w2, w3)
        ctx.counts, ctx.limit, ctx.used = counts, limit, used
        return out.index_select(0, inverse).view(tokens, used, -1).sum(dim=1)

    @staticmethod
    def backward(ctx, g: Tensor):
        rows, gate, up, middle, scale, token, order, inverse, w1, w2, w3 = ctx.saved_tensors
        limit, used = ctx.limit, ctx.used
        g_out = g.index_select(0, token)
        g_w1, g_w2, g_w3 = torch.empty_like(w1), torch.empty_like(w2), torch.empty_like(w3)
        g_middle = torch.empty_like(middle)
        begin = 0
        for e, count in enumerate(ctx.counts):
            part = slice(begin, begin + count)
            torch.mm(g_out[part], w2[e], out=g_middle[part])
            torch.mm(g_out[part].t(), middle[part], out=g_w2[e])
            begin += count
        # `middle` carries the share, which is never zero.
        g_scale = (g_middle * middle).sum(dim=1) / scale[:, 0]
        g_gate, g_up = swiglu_gradient(g_middle.mul_(scale), gate, up, limit)
        g_rows = g_out  # its values are no longer needed
        begin = 0
        for e, count in enumerate(ctx.counts):
            part = slice(begin, begin + count)
            torch.mm(g_gate[part], w1[e], out=g_rows[part])
            g_rows[part].addmm_(g_up[part], w3[e])
            torch.mm(g_gate[part].t(), rows[part], out=g_w1[e])
            torch.mm(g_up[part].t(), rows[part], out=g_w3[e])
            begin += count
        g_x = g_rows.index_select(0, inverse).view(-1, used, g_rows.shape[1]).sum(dim=1)
        g_share = g_scale.index_select(0, inverse).view(-1, used)
        return g_x, g_share, None, g_w1, g_w2, g_w3, None


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
        return self.w2(swiglu(self.w1(x), self.w3(x), self.limit))


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
