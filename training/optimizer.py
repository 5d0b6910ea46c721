"""Muon for the matrices inside the layers and AdamW for all else, over shared memory.

Every process owns a share of the parameters: it sums their gradients over all processes, updates
them, and all others see the result, since parameters live in shared memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

import products


@dataclass
class Settings:
    rate: float = 3e-3
    momentum: float = 0.95
    betas: tuple[float, float] = (0.9, 0.98)
    decay: float = 0.02
    clip: float = 1.0


def is_hidden_matrix(name: str, parameter: Tensor) -> bool:
    if parameter.dim() < 2 or "hc_" in name or name.endswith(".ape"):
        return False
    return not any(part in name for part in ("embed.", "head.", "ffn.gate.", "weights_proj"))


def orthogonal(g: Tensor) -> Tensor:
    """The nearest matrix with equal singular values, by a polynomial iteration; axis 0 may stack
    matrices."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = g / (g.flatten(-2).norm(dim=-1)[..., None, None] + 1e-7)
    tall = x.shape[-2] > x.shape[-1]
    if tall:
        x = x.transpose(-1, -2)
    x = products.low(x.contiguous())
    for _ in range(5):
        square = x @ x.transpose(-1, -2)
        x = a * x + (b * square + c * (square @ square)) @ x
    x = products.full(x)
    return x.transpose(-1, -2) if tall else x


class SharedParameters:
    """All parameters in one array, and one array of gradients per process."""

    def __init__(self, named: list[tuple[str, nn.Parameter]], processes: int, shared: bool):
        self.named = named
        count = sum(p.numel() for _, p in named)
        device = named[0][1].device
        self.values = torch.empty(count, device=device)
        self.gradients = torch.zeros(processes, count, device=device)
        self.first = torch.zeros(count, device=device)
        self.second = torch.zeros(count, device=device)
        if shared:
            for array in (self.values, self.gradients, self.first, self.second):
                array.share_memory_()
        self.places: list[slice] = []
        at = 0
        for _, parameter in named:
            place = slice(at, at + parameter.numel())
            self.values[place] = parameter.data.flatten()
            parameter.data = self.values[place].view(parameter.shape)
            self.places.append(place)
            at += parameter.numel()

    def bind_gradients(self, rank: int) -> None:
        """Backward passes of this process add to its own row."""
        for (_, parameter), place in zip(self.named, self.places):
            parameter.grad = self.gradients[rank, place].view(parameter.shape)


class Optimizer:
    def __init__(
        self,
        parameters: SharedParameters,
        settings: Settings,
        rank: int,
        processes: int,
        drafter: bool,
    ):
        """Of the drafter's parameters, or of all others."""
        self.parameters, self.settings = parameters, settings
        # Costly ones first, each to the process with least to do.
        load = [0.0] * processes
        self.mine: list[int] = []
        names = [name for name, _ in parameters.named]
        wanted = [i for i, name in enumerate(names) if name.startswith("mtp.") == drafter]
        order = sorted(wanted, key=lambda i: -self._cost(i))
        for i in order:
            least = min(range(processes), key=lambda r: load[r])
            load[least] += self._cost(i)
            if least == rank:
                self.mine.append(i)

    def _cost(self, i: int) -> float:
        name, parameter = self.parameters.named[i]
        if not is_hidden_matrix(name, parameter):
            return parameter.numel()
        return parameter.numel() * (1 + min(parameter.shape[-2:]) / 16)

    def square_norm(self, weight: float) -> float:
        """Sums this process's share of the gradients over all processes, times `weight`, into the
        first row; returns their squared norm."""
        total = 0.0
        for i in self.mine:
            place = self.parameters.places[i]
            g = self.parameters.gradients[0, place]
            for other in self.parameters.gradients[1:, place]:
                g += other
            g *= weight
            total += float(g.square().sum())
        return total

    def update(self, step: int, rate: float, norm: float) -> None:
        s = self.settings
        shrink = min(1.0, s.clip / (norm + 1e-6))
        for i in self.mine:
            name, parameter = self.parameters.named[i]
            place = self.parameters.places[i]
            g = self.parameters.gradients[0, place].mul_(shrink)
            first, second = self.parameters.first[place], self.parameters.second[place]
            value = self.parameters.values[place]
            if is_hidden_matrix(name, parameter):
                first.mul_(s.momentum).add_(g, alpha=1 - s.momentum)
                ahead = torch.lerp(g, first, s.momentum).view(parameter.shape)
                change = orthogonal(ahead).flatten() * (0.2 * max(parameter.shape[-2:]) ** 0.5)
                value.mul_(1 - rate * s.decay)
            else:
                first.mul_(s.betas[0]).add_(g, alpha=1 - s.betas[0])
                second.mul_(s.betas[1]).addcmul_(g, g, value=1 - s.betas[1])
                root = (second / (1 - s.betas[1] ** step)).sqrt_().add_(1e-8)
                change = (first / (1 - s.betas[0] ** step)).div_(root)
                if parameter.dim() >= 2:
                    value.mul_(1 - rate * s.decay)
            value.add_(change, alpha=-rate)

    def clear(self, rank: int) -> None:
        self.parameters.gradients[rank].zero_()
