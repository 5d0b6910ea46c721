"""The sizes of a model, read from and written as the published config.json keys.

Everything that differs between the tiny test models, the demo and the real ones is here, so the
model code has no special cases.
"""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass, field

STREAMS = 4  # residual streams; fixed by the architecture
INDEXED_RATIO = 4  # a layer that reads the compressed rows its indexer chooses
WHOLE_RATIO = 128  # a layer that reads all its compressed rows


@dataclass
class Shape:
    vocab_size: int = 3072
    hidden_size: int = 256
    moe_intermediate_size: int = 256
    num_hidden_layers: int = 5
    num_hash_layers: int = 1
    num_attention_heads: int = 4
    head_dim: int = 160
    qk_rope_head_dim: int = 32
    q_lora_rank: int = 128
    o_groups: int = 2
    o_lora_rank: int = 64
    n_routed_experts: int = 4
    num_experts_per_tok: int = 2
    routed_scaling_factor: float = 1.5
    swiglu_limit: float = 10.0
    sliding_window: int = 64
    # One entry per layer and one for the drafter, which never compresses.
    compress_ratios: list[int] = field(default_factory=lambda: [0, 0, 4, 128, 4, 0])
    rope_theta: float = 10000.0
    compress_rope_theta: float = 160000.0
    rope_factor: float = 16.0
    rope_original_tokens: int = 4096
    rope_beta_fast: float = 32.0
    rope_beta_slow: float = 1.0
    index_n_heads: int = 4
    index_head_dim: int = 128
    index_topk: int = 16
    hc_sinkhorn_iters: int = 20
    hc_eps: float = 1e-6
    rms_norm_eps: float = 1e-6
    num_nextn_predict_layers: int = 1
    max_position_embeddings: int = 8192

    @staticmethod
    def from_config(config: dict) -> "Shape":
        names = {f.name for f in dataclasses.fields(Shape)}
        shape = Shape(**{name: value for name, value in config.items() if name in names})
        scaling = config["rope_scaling"]
        shape.rope_factor = float(scaling["factor"])
        shape.rope_original_tokens = int(scaling["original_max_position_embeddings"])
        shape.rope_beta_fast = float(scaling["beta_fast"])
        shape.rope_beta_slow = float(scaling["beta_slow"])
        return shape

    @staticmethod
    def from_file(path: str) -> "Shape":
        with open(path, encoding="utf-8") as file:
            return Shape.from_config(json.load(file))

    def to_config(self) -> dict:
        config: dict = {"architectures": ["DeepseekV4ForCausalLM"], "model_type": "deepseek_v4"}
        for f in dataclasses.fields(self):
            if not f.name.startswith("rope_") or f.name == "rope_theta":
                config[f.name] = getattr(self, f.name)
        config["rope_scaling"] = {
            "type": "yarn",
            "factor": self.rope_factor,
            "original_max_position_embeddings": self.rope_original_tokens,
            "beta_fast": self.rope_beta_fast,
            "beta_slow": self.rope_beta_slow,
        }
        config.update(
            hidden_act="silu",
            attention_bias=False,
            num_key_value_heads=1,
            n_shared_experts=1,
            norm_topk_prob=True,
            scoring_func="sqrtsoftplus",
            topk_method="noaux_tc",
            hc_mult=STREAMS,
            tie_word_embeddings=False,
            torch_dtype="float32",
            bos_token_id=0,
            eos_token_id=1,
        )
        return config

    def check(self) -> None:
        """The rules that every reader of the exported model holds it to."""
        assert len(self.compress_ratios) == self.num_hidden_layers + 1
        assert self.compress_ratios[-1] == 0
        assert all(r in (0, INDEXED_RATIO, WHOLE_RATIO) for r in self.compress_ratios)
        assert (self.head_dim - self.qk_rope_head_dim) % 64 == 0
        assert math.log2(self.index_head_dim).is_integer() and self.index_head_dim >= 32
        assert self.qk_rope_head_dim <= self.index_head_dim
        assert self.num_attention_heads % self.o_groups == 0
        assert self.num_experts_per_tok <= self.n_routed_experts
