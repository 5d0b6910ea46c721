"""DeepSeek V4 in PyTorch: whole sequences from position 0, batched, for training and as an oracle.

Parameters carry the names of the published checkpoints, except that the experts of a layer are
stacked (checkpoint.py separates them). Tokens of all sequences are one axis except where order
matters, that is in attention; residual streams are [4, tokens, width].
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import torch
from torch import Tensor, nn

import ops
import rounding
from attention_core import attend, index_scores
from experts import Experts
from products import project, project_groups, project_one
from shape import INDEXED_RATIO, STREAMS, Shape


@dataclass
class Mode:
    """How to run the same weights."""

    rounded: bool = False  # simulate the number formats of the caches
    select: bool = True  # indexed layers read only the rows chosen; otherwise all
    random_choice: bool = False  # choose at random instead: what the indexer is worth
    sinkhorn: int | None = None  # iterations, if not those of the shape
    index_loss: bool = False  # compute what teaches the indexer


@dataclass
class Batch:
    """What the layers of one pass share."""

    ids: Tensor  # [batch, tokens]
    mode: Mode
    turns: dict[bool, Tensor]  # rotations by position: of plain layers, of compressed layers
    index_losses: list[Tensor] = dataclasses.field(default_factory=list)
    trace: list[dict] | None = None

    def note(self, **arrays: Tensor) -> None:
        if self.trace is not None:
            self.trace[-1].update(arrays)


class Norm(nn.Module):
    def __init__(self, width: int, eps: float):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return ops.rms_norm(x, self.weight, self.eps)


class Compressor(nn.Module):
    """Pools each window of `ratio` tokens, overlapping the one before it at ratio 4, into a row."""

    def __init__(self, shape: Shape, ratio: int, row_width: int):
        super().__init__()
        self.ratio, self.row_width = ratio, row_width
        self.overlaps = ratio == INDEXED_RATIO
        width = row_width * (2 if self.overlaps else 1)
        self.ape = nn.Parameter(torch.zeros(ratio, width))
        self.wkv = nn.Linear(shape.hidden_size, width, bias=False)
        self.wgate = nn.Linear(shape.hidden_size, width, bias=False)
        self.norm = Norm(row_width, shape.rms_norm_eps)

    def forward(self, value: Tensor, score: Tensor, turn: Tensor) -> Tensor:
        """Takes what wkv and wgate made of all tokens, [batch, tokens, width]; returns rotated rows
        [batch, tokens / ratio, row_width]."""
        batch, tokens, _ = value.shape
        rows = tokens // self.ratio
        whole = rows * self.ratio
        value = value[:, :whole].reshape(batch, rows, self.ratio, -1)
        score = score[:, :whole].reshape(batch, rows, self.ratio, -1) + self.ape
        if self.overlaps:
            value = self._with_window_before(value, 0.0)
            score = self._with_window_before(score, -torch.inf)
        row = self.norm(ops.pool(value, score))
        return ops.rotate(row, turn[: rows * self.ratio : self.ratio])

    def _with_window_before(self, x: Tensor, missing: float) -> Tensor:
        before, own = x.split(self.row_width, dim=3)
        first = torch.full_like(before[:, :1], missing)
        return torch.cat([torch.cat([first, before[:, :-1]], dim=1), own], dim=2)


class Indexer(nn.Module):
    """Scores every compressed row for every token. Its inputs are cut from the gradient of the
    model: it learns only from where attention went."""

    def __init__(self, shape: Shape):
        super().__init__()
        heads, width = shape.index_n_heads, shape.index_head_dim
        self.shape = shape
        self.wq_b = nn.Linear(shape.q_lora_rank, heads * width, bias=False)
        self.weights_proj = nn.Linear(shape.hidden_size, heads, bias=False)
        self.compressor = Compressor(shape, INDEXED_RATIO, width)

    def forward(self, x: Tensor, latent: Tensor, turn: Tensor, batch: Batch) -> Tensor:
        heads, width = self.shape.index_n_heads, self.shape.index_head_dim
        sequences, tokens, _ = x.shape
        q = project_one(latent, self.wq_b.weight).view(sequences, tokens, heads, width)
        q = ops.rotate(q, turn[:, None])
        value, score, weight = project(
            x,
            self.compressor.wkv.weight,
            self.compressor.wgate.weight,
            self.weights_proj.weight,
        )
        k = self.compressor(value, score, turn)
        # The transform is the same on both sides: it matters only to what is rounded after it.
        if batch.mode.rounded or batch.trace is not None:
            q, k = ops.hadamard(q), ops.hadamard(k)
        if batch.mode.rounded:
            q, k = rounding.fp4_rows(q), rounding.fp4_rows(k)
        batch.note(index_k=k)
        return index_scores(q, k, weight * (width * heads) ** -0.5)


class Attention(nn.Module):
    def __init__(self, shape: Shape, ratio: int):
        super().__init__()
        self.shape, self.ratio = shape, ratio
        heads, width, groups = shape.num_attention_heads, shape.head_dim, shape.o_groups
        self.attn_sink = nn.Parameter(torch.zeros(heads))
        self.wq_a = nn.Linear(shape.hidden_size, shape.q_lora_rank, bias=False)
        self.q_norm = Norm(shape.q_lora_rank, shape.rms_norm_eps)
        self.wq_b = nn.Linear(shape.q_lora_rank, heads * width, bias=False)
        self.wkv = nn.Linear(shape.hidden_size, width, bias=False)
        self.kv_norm = Norm(width, shape.rms_norm_eps)
        self.wo_a = nn.Linear(heads * width // groups, groups * shape.o_lora_rank, bias=False)
        self.wo_b = nn.Linear(groups * shape.o_lora_rank, shape.hidden_size, bias=False)
        self.compressor = Compressor(shape, ratio, width) if ratio else None
        self.indexer = Indexer(shape) if ratio == INDEXED_RATIO else None

    def forward(self, flat: Tensor, batch: Batch) -> Tensor:
        shape, mode = self.shape, batch.mode
        sequences, tokens = batch.ids.shape
        turn = batch.turns[self.ratio != 0]
        x = flat.view(sequences, tokens, -1)
        compress = bool(self.ratio) and tokens >= self.ratio
        inputs = [self.wq_a.weight, self.wkv.weight]
        if compress:
            inputs += [self.compressor.wkv.weight, self.compressor.wgate.weight]
        latent, kv, *to_compress = project(x, *inputs)
        latent = self.q_norm(latent)
        q = project_one(latent, self.wq_b.weight)
        q = q.view(sequences, tokens, shape.num_attention_heads, -1)
        q = ops.rotate(ops.rms_norm(q, None, shape.rms_norm_eps), turn[:, None])
        kv = ops.rotate(self.kv_norm(kv), turn)
        if mode.rounded:
            kv = rounding.fp8_plain_channels(kv, shape.qk_rope_head_dim)
        comp = visible = scores = None
        if compress:
            comp = self.compressor(*to_compress, turn)
            if mode.rounded:
                comp = rounding.fp8_plain_channels(comp, shape.qk_rope_head_dim)
            visible = self._finished_rows(comp, tokens)
            if self.indexer is not None:
                scores = self.indexer(x.detach(), latent.detach(), turn, batch)
                if mode.select:
                    visible = self._choose(scores, visible, mode)
                batch.note(index_scores=scores, chosen=visible)
            batch.note(comp_kv=comp)
        out, mass = attend(q, kv, comp, self.attn_sink, visible, shape.sliding_window)
        if mode.index_loss and scores is not None:
            batch.index_losses.append(_index_loss(scores, visible, mass))
        batch.note(q=q, kv=kv, o=out)
        out = ops.rotate(out, turn.conj()[:, None])
        groups = out.reshape(sequences * tokens, shape.o_groups, -1)
        parts = self.wo_a.weight.view(shape.o_groups, shape.o_lora_rank, -1)
        return project_one(project_groups(groups, parts).flatten(1), self.wo_b.weight)

    def _finished_rows(self, comp: Tensor, tokens: int) -> Tensor:
        rows = torch.arange(comp.shape[1], device=comp.device)
        position = torch.arange(tokens, device=comp.device)[:, None]
        seen = (rows + 1) * self.ratio <= position + 1
        return seen.expand(comp.shape[0], -1, -1)

    def _choose(self, scores: Tensor, visible: Tensor, mode: Mode) -> Tensor:
        keep = self.shape.index_topk
        if scores.shape[2] <= keep:
            return visible
        if mode.random_choice:
            scores = torch.rand_like(scores)
        ranked = scores.detach().masked_fill(~visible, -torch.inf)
        best = torch.topk(ranked, keep, dim=2)[1]
        return torch.zeros_like(visible).scatter_(2, best, True) & visible


def _index_loss(scores: Tensor, visible: Tensor, mass: Tensor) -> Tensor:
    """Cross-entropy from where attention went to what the indexer would choose, in excess of the
    entropy of the former."""
    known = visible.any(dim=2)
    target = mass[known]
    target = target / target.sum(dim=1, keepdim=True).clamp_min(1e-9)
    logits = scores[known].masked_fill(~visible[known], -1e9)
    guess = torch.log_softmax(logits, dim=1)
    return (target * (target.clamp_min(1e-9).log() - guess)).sum(dim=1).mean()



class Layer(nn.Module):
    def __init__(self, shape: Shape, ratio: int, hashed: bool):
        super().__init__()
        self.shape = shape
        mixes = STREAMS * (2 + STREAMS)
        for site in ("attn", "ffn"):
            fn = nn.Parameter(torch.empty(mixes, STREAMS * shape.hidden_size))
            setattr(self, f"hc_{site}_fn", fn)
            setattr(self, f"hc_{site}_base", nn.Parameter(torch.zeros(mixes)))
            setattr(self, f"hc_{site}_scale", nn.Parameter(torch.ones(3)))
        self.attn_norm = Norm(shape.hidden_size, shape.rms_norm_eps)
        self.attn = Attention(shape, ratio)
        self.ffn_norm = Norm(shape.hidden_size, shape.rms_norm_eps)
        self.ffn = Experts(shape, hashed)

    def forward(self, streams: Tensor, batch: Batch) -> Tensor:
        x, streams, post, comb = self._enter(streams, "attn", batch)
        x = self.attn_norm(x)
        y = self.attn(x, batch)
        batch.note(attn_in=x, attn_out=y, attn_post=post, attn_comb=comb)
        streams = ops.expand(y, streams, post, comb)

        x, streams, post, comb = self._enter(streams, "ffn", batch)
        x = self.ffn_norm(x)
        y = self.ffn(x, batch.ids.flatten(), batch.trace[-1] if batch.trace is not None else None)
        batch.note(ffn_in=x, ffn_out=y, ffn_post=post, ffn_comb=comb)
        return ops.expand(y, streams, post, comb)

    def _enter(
        self, streams: Tensor, site: str, batch: Batch
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The input of a sublayer, the streams, and how its output goes back to them."""
        shape = self.shape
        mix, streams = ops.stream_mix(streams, getattr(self, f"hc_{site}_fn"), shape.rms_norm_eps)
        pre, post, comb = split_mix(
            mix,
            getattr(self, f"hc_{site}_scale"),
            getattr(self, f"hc_{site}_base"),
            batch.mode.sinkhorn or shape.hc_sinkhorn_iters,
            shape.hc_eps,
        )
        return *ops.collapse(streams, pre), post, comb


def split_mix(
    mix: Tensor, scale: Tensor, base: Tensor, iterations: int, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """The 24 numbers of each token, as what enters, what returns, and how streams mix."""
    m = STREAMS
    pre = torch.sigmoid(mix[:m] * scale[0] + base[:m, None]) + eps
    post = 2 * torch.sigmoid(mix[m : 2 * m] * scale[1] + base[m : 2 * m, None])
    comb = (mix[2 * m :] * scale[2] + base[2 * m :, None]).view(m, m, -1)
    return pre, post, ops.sinkhorn(comb, iterations, eps)


class Drafter(Layer):
    """The block that guesses one token further, from the final streams and the next token."""

    def __init__(self, shape: Shape):
        super().__init__(shape, 0, False)
        width = shape.hidden_size
        self.e_proj = nn.Linear(width, width, bias=False)
        self.h_proj = nn.Linear(width, width, bias=False)
        self.enorm = Norm(width, shape.rms_norm_eps)
        self.hnorm = Norm(width, shape.rms_norm_eps)
        self.norm = Norm(width, shape.rms_norm_eps)
        _add_stream_head(self, shape)

    def combine(self, streams: Tensor, embedded: Tensor) -> Tensor:
        from_streams = project_one(self.hnorm(streams), self.h_proj.weight)
        return from_streams + project_one(self.enorm(embedded), self.e_proj.weight)


def _add_stream_head(module: nn.Module, shape: Shape) -> None:
    module.hc_head_fn = nn.Parameter(torch.empty(STREAMS, STREAMS * shape.hidden_size))
    module.hc_head_base = nn.Parameter(torch.zeros(STREAMS))
    module.hc_head_scale = nn.Parameter(torch.ones(1))


def _reduce_streams(module: nn.Module, streams: Tensor, shape: Shape) -> Tensor:
    mix, streams = ops.stream_mix(streams, module.hc_head_fn, shape.rms_norm_eps)
    weight = torch.sigmoid(mix * module.hc_head_scale + module.hc_head_base[:, None])
    return module.norm(ops.collapse(streams, weight + shape.hc_eps)[0])


class Model(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        shape.check()
        self.shape = shape
        self.embed = nn.Embedding(shape.vocab_size, shape.hidden_size)
        self.layers = nn.ModuleList(
            Layer(shape, shape.compress_ratios[l], l < shape.num_hash_layers)
            for l in range(shape.num_hidden_layers)
        )
        self.norm = Norm(shape.hidden_size, shape.rms_norm_eps)
        self.head = nn.Linear(shape.hidden_size, shape.vocab_size, bias=False)
        _add_stream_head(self, shape)
        self.mtp = nn.ModuleList(Drafter(shape) for _ in range(shape.num_nextn_predict_layers))
        self._turns: dict[tuple, dict[bool, Tensor]] = {}

    def batch(self, ids: Tensor, mode: Mode, trace: list[dict] | None = None) -> Batch:
        tokens = ids.shape[1]
        key = (tokens, ids.device)
        if key not in self._turns:
            positions = torch.arange(tokens)
            self._turns[key] = {
                compressed: ops.rotation(
                    ops.rope_frequencies(self.shape, compressed), positions
                ).to(ids.device)
                for compressed in (False, True)
            }
        return Batch(ids, mode, self._turns[key], trace=trace)

    def streams(self, batch: Batch) -> Tensor:
        """The residual streams after the last layer: [4, sequences * tokens, width]."""
        x = self.embed(batch.ids.flatten())
        streams = x.expand(STREAMS, -1, -1).contiguous()
        for layer in self.layers:
            if batch.trace is not None:
                batch.trace.append({"streams": streams})
            streams = layer(streams, batch)
        return streams

    def logits(self, streams: Tensor) -> Tensor:
        return project_one(_reduce_streams(self, streams, self.shape), self.head.weight)

    def draft_streams(self, streams: Tensor, next_ids: Tensor, batch: Batch) -> Tensor:
        drafter = self.mtp[0]
        if batch.trace is not None:
            batch.trace.append({})
        return drafter(drafter.combine(streams, self.embed(next_ids.flatten())), batch)

    def draft_logits(self, streams: Tensor) -> Tensor:
        return project_one(_reduce_streams(self.mtp[0], streams, self.shape), self.head.weight)
