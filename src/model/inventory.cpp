#include "model/inventory.h"

namespace ds4::model {

namespace {

constexpr std::uint64_t kMixes = kStreams * (2 + kStreams);  // pre, post and the 4x4 matrix: 24

class List {
 public:
  explicit List(const Shape& shape) : s_(shape) {}

  // Names are relative to the prefixes of the current block.
  void block(std::string name_prefix, std::string official_prefix, int layer) {
    name_prefix_ = std::move(name_prefix);
    official_prefix_ = std::move(official_prefix);
    layer_ = layer;
  }

  TensorSpec& matrix(Role role, std::string_view name, std::string_view official,
                     std::uint64_t columns, std::uint64_t rows) {
    return add(role, Storage::matrix, name, official, {columns, rows, 1}, 2);
  }

  TensorSpec& vector(Role role, std::string_view name, std::string_view official,
                     std::uint64_t size) {
    return add(role, Storage::vector, name, official, {size, 1, 1}, 1);
  }

  TensorSpec& add(Role role, Storage storage, std::string_view name, std::string_view official,
                  std::array<std::uint64_t, 3> dims, std::uint32_t rank) {
    TensorSpec spec;
    spec.name = name_prefix_ + std::string(name);
    spec.official = official_prefix_ + std::string(official);
    spec.role = role;
    spec.storage = storage;
    spec.dims = dims;
    spec.rank = rank;
    spec.layer = layer_;
    out_.push_back(std::move(spec));
    return out_.back();
  }

  void hyper_connection(std::string_view site) {
    const std::string base(site);
    matrix(Role::mixing, base + "_fn.weight", base + "_fn", kStreams * s_.width, kMixes);
    vector(Role::mixing, base + "_base.weight", base + "_base", kMixes);
    vector(Role::mixing, base + "_scale.weight", base + "_scale", 3);
  }

  void head_connection(std::string_view name, std::string_view official) {
    const std::string base(name);
    const std::string from(official);
    matrix(Role::mixing, base + "_fn.weight", from + "_fn", kStreams * s_.width, kStreams);
    vector(Role::mixing, base + "_base.weight", from + "_base", kStreams);
    vector(Role::mixing, base + "_scale.weight", from + "_scale", 1);
  }

  void attention() {
    const std::uint64_t all_heads = std::uint64_t{s_.heads} * s_.head_width;
    const std::uint64_t low = std::uint64_t{s_.output_groups} * s_.output_rank;
    vector(Role::norm, "attn_norm.weight", "attn_norm.weight", s_.width);
    matrix(Role::attention, "attn_q_a.weight", "attn.wq_a.weight", s_.width, s_.query_rank);
    vector(Role::norm, "attn_q_a_norm.weight", "attn.q_norm.weight", s_.query_rank);
    matrix(Role::attention, "attn_q_b.weight", "attn.wq_b.weight", s_.query_rank, all_heads);
    matrix(Role::attention, "attn_kv.weight", "attn.wkv.weight", s_.width, s_.head_width);
    vector(Role::norm, "attn_kv_a_norm.weight", "attn.kv_norm.weight", s_.head_width);
    vector(Role::attention, "attn_sinks.weight", "attn.attn_sink", s_.heads);
    matrix(Role::attention, "attn_output_a.weight", "attn.wo_a.weight",
           all_heads / s_.output_groups, low);
    matrix(Role::attention, "attn_output_b.weight", "attn.wo_b.weight", low, s_.width);
  }

  void compressor(Role role, std::string_view name, std::string_view official,
                  std::uint64_t row_width, std::uint32_t ratio) {
    const std::string to(name);
    const std::string from(official);
    const std::uint64_t width = ratio == kIndexedRatio ? 2 * row_width : row_width;
    add(role, Storage::vector, to + "_ape.weight", from + ".ape", {width, ratio, 1}, 2);
    matrix(role, to + "_kv.weight", from + ".wkv.weight", s_.width, width);
    matrix(role, to + "_gate.weight", from + ".wgate.weight", s_.width, width);
    vector(Role::norm, to + "_norm.weight", from + ".norm.weight", row_width);
  }

  void indexer() {
    matrix(Role::indexer, "indexer.attn_q_b.weight", "attn.indexer.wq_b.weight", s_.query_rank,
           std::uint64_t{s_.index_heads} * s_.index_width);
    matrix(Role::indexer, "indexer.proj.weight", "attn.indexer.weights_proj.weight", s_.width,
           s_.index_heads);
    compressor(Role::index_compressor, "indexer_compressor", "attn.indexer.compressor",
               s_.index_width, kIndexedRatio);
  }

  void experts(bool hashed, bool bias_required) {
    vector(Role::norm, "ffn_norm.weight", "ffn_norm.weight", s_.width);
    matrix(Role::router, "ffn_gate_inp.weight", "ffn.gate.weight", s_.width, s_.experts);
    if (hashed) {
      add(Role::token_table, Storage::table, "ffn_gate_tid2eid.weight", "ffn.gate.tid2eid",
          {s_.experts_used, s_.vocabulary, 1}, 2);
    } else {
      vector(Role::router, "exp_probs_b.bias", "ffn.gate.bias", s_.experts).required =
          bias_required;
    }
    matrix(Role::shared, "ffn_gate_shexp.weight", "ffn.shared_experts.w1.weight", s_.width,
           s_.expert_width);
    matrix(Role::shared, "ffn_up_shexp.weight", "ffn.shared_experts.w3.weight", s_.width,
           s_.expert_width);
    matrix(Role::shared, "ffn_down_shexp.weight", "ffn.shared_experts.w2.weight", s_.expert_width,
           s_.width);
    routed("ffn_gate_exps.weight", "ffn.experts.%.w1.weight", s_.width, s_.expert_width,
           ExpertPart::gate);
    routed("ffn_up_exps.weight", "ffn.experts.%.w3.weight", s_.width, s_.expert_width,
           ExpertPart::up);
    routed("ffn_down_exps.weight", "ffn.experts.%.w2.weight", s_.expert_width, s_.width,
           ExpertPart::down);
  }

  // One layer: the 24 tensors that every layer has, and those of its compression ratio.
  void layer(std::uint32_t ratio, bool hashed, bool bias_required) {
    hyper_connection("hc_attn");
    attention();
    if (ratio != 0) {
      compressor(Role::compressor, "attn_compressor", "attn.compressor", s_.head_width, ratio);
    }
    if (ratio == kIndexedRatio) indexer();
    hyper_connection("hc_ffn");
    experts(hashed, bias_required);
  }

  // A drafter block is a layer without compression, routed by score.
  void draft_layer(std::uint32_t stage) {
    const std::string prefix = "mtp." + std::to_string(stage) + ".";
    block(prefix, prefix, static_cast<int>(s_.layers + stage));
    layer(0, /*hashed=*/false, /*bias_required=*/true);
  }

  std::vector<TensorSpec> take() { return std::move(out_); }

 private:
  void routed(std::string_view name, std::string_view official, std::uint64_t columns,
              std::uint64_t rows, ExpertPart part) {
    add(Role::routed, Storage::matrix, name, official, {columns, rows, s_.experts}, 3).part = part;
  }

  const Shape& s_;
  std::string name_prefix_;
  std::string official_prefix_;
  int layer_ = -1;
  std::vector<TensorSpec> out_;
};

}  // namespace

std::string_view name_of(Role role) {
  switch (role) {
    case Role::embedding:
      return "token embedding";
    case Role::head:
      return "output head";
    case Role::mixing:
      return "hyper-connections";
    case Role::norm:
      return "norms";
    case Role::attention:
      return "attention";
    case Role::compressor:
      return "compressors";
    case Role::indexer:
      return "indexer queries";
    case Role::index_compressor:
      return "indexer compressors";
    case Role::router:
      return "routers";
    case Role::token_table:
      return "token-to-expert tables";
    case Role::routed:
      return "routed experts";
    case Role::shared:
      return "shared experts";
    case Role::drafter:
      return "drafter projections";
  }
  return "";
}

std::vector<TensorSpec> main_tensors(const Shape& shape) {
  List list(shape);
  list.block("", "", -1);
  list.matrix(Role::embedding, "token_embd.weight", "embed.weight", shape.width, shape.vocabulary);
  list.head_connection("output_hc", "hc_head");
  list.vector(Role::norm, "output_norm.weight", "norm.weight", shape.width);
  list.matrix(Role::head, "output.weight", "head.weight", shape.width, shape.vocabulary);
  for (std::uint32_t l = 0; l < shape.layers; ++l) {
    const std::string number = std::to_string(l);
    list.block("blk." + number + ".", "layers." + number + ".", static_cast<int>(l));
    list.layer(shape.ratios[l], /*hashed=*/l < shape.hash_layers, /*bias_required=*/false);
  }
  return list.take();
}

std::vector<TensorSpec> mtp_tensors(const Shape& shape) {
  List list(shape);
  list.draft_layer(0);
  list.matrix(Role::drafter, "e_proj.weight", "e_proj.weight", shape.width, shape.width);
  list.matrix(Role::drafter, "h_proj.weight", "h_proj.weight", shape.width, shape.width);
  for (const char* name : {"enorm.weight", "hnorm.weight", "norm.weight"}) {
    list.vector(Role::norm, name, name, shape.width);
  }
  list.head_connection("hc_head", "hc_head");
  return list.take();
}

std::vector<TensorSpec> dspark_tensors(const Shape& shape, const DsparkShape& dspark) {
  List list(shape);
  for (std::uint32_t stage = 0; stage < dspark.stages; ++stage) {
    list.draft_layer(stage);
    if (stage == 0) {
      list.matrix(Role::drafter, "main_proj.weight", "main_proj.weight",
                  dspark.target_layers.size() * shape.width, shape.width);
      list.vector(Role::norm, "main_norm.weight", "main_norm.weight", shape.width);
    }
    if (stage + 1 == dspark.stages) {
      list.vector(Role::norm, "norm.weight", "norm.weight", shape.width);
      list.head_connection("hc_head", "hc_head");
      for (const char* name : {"markov_head.markov_w1.weight", "markov_head.markov_w2.weight"}) {
        list.matrix(Role::drafter, name, name, dspark.markov_rank, shape.vocabulary);
      }
      list.matrix(Role::drafter, "confidence_head.proj.weight", "confidence_head.proj.weight",
                  shape.width + dspark.markov_rank, 1);
    }
  }
  return list.take();
}

}  // namespace ds4::model
