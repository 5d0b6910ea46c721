#include "model/weights.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "base/bytes.h"
#include "base/check.h"

namespace ds4::model {

namespace {

constexpr std::size_t kProblemsShown = 20;

std::string join(const std::vector<std::string>& problems) {
  std::string out;
  for (std::size_t i = 0; i < problems.size() && i < kProblemsShown; ++i) {
    if (i > 0) out += '\n';
    out += problems[i];
  }
  if (problems.size() > kProblemsShown) {
    out += "\nand " + std::to_string(problems.size() - kProblemsShown) + " more tensors";
  }
  return out;
}

std::string_view allowed(Storage storage) {
  switch (storage) {
    case Storage::matrix:
      return "F32, F16, BF16, Q8_0, Q4_K, Q2_K, IQ2_XXS or MXFP4";
    case Storage::vector:
      return "F32 (or F16)";
    case Storage::table:
      return "I32";
  }
  return "";
}

bool fits(Storage storage, quant::Type type) {
  switch (storage) {
    case Storage::matrix:
      return quant::info(type).computable;
    case Storage::vector:
      return type == quant::Type::f32 || type == quant::Type::f16;
    case Storage::table:
      return type == quant::Type::i32;
  }
  return false;
}

// Checks a list of tensors against a file, and then hands them out by name.
class Binder {
 public:
  Binder(const TensorSource& file, std::vector<TensorSpec> specs) : specs_(std::move(specs)) {
    for (const TensorSpec& spec : specs_) check(file, spec);
    check_expert_pairs();
    explain_missing_layers();
    explain_foreign_names(file);
  }

  Result<void> verdict() const {
    if (problems_.empty()) return {};
    return fail(Code::bad_file, join(problems_));
  }

  // A tensor of the list; absent ones only where the list allows it.
  Weight take(const std::string& name) const {
    const auto found = bound_.find(name);
    return found == bound_.end() ? Weight{} : found->second;
  }

  MixWeights take_mix(const std::string& site) const {
    return {take(site + "_fn.weight"), take(site + "_base.weight"), take(site + "_scale.weight")};
  }

  CompressorWeights take_compressor(const std::string& base) const {
    return {take(base + "_ape.weight"), take(base + "_kv.weight"), take(base + "_gate.weight"),
            take(base + "_norm.weight")};
  }

  LayerWeights take_layer(const std::string& prefix, std::uint32_t ratio) const {
    const auto get = [&](const char* suffix) { return take(prefix + suffix); };
    LayerWeights l;
    l.ratio = ratio;
    l.attention_mix = take_mix(prefix + "hc_attn");
    l.expert_mix = take_mix(prefix + "hc_ffn");
    l.attention = {.norm = get("attn_norm.weight"),
                   .query_a = get("attn_q_a.weight"),
                   .query_a_norm = get("attn_q_a_norm.weight"),
                   .query_b = get("attn_q_b.weight"),
                   .key = get("attn_kv.weight"),
                   .key_norm = get("attn_kv_a_norm.weight"),
                   .sinks = get("attn_sinks.weight"),
                   .output_a = get("attn_output_a.weight"),
                   .output_b = get("attn_output_b.weight")};
    if (ratio != 0) l.compressor = take_compressor(prefix + "attn_compressor");
    if (ratio == kIndexedRatio) {
      l.indexer = {.query_b = get("indexer.attn_q_b.weight"),
                   .head_weights = get("indexer.proj.weight"),
                   .compressor = take_compressor(prefix + "indexer_compressor")};
    }
    l.experts = {.norm = get("ffn_norm.weight"),
                 .router = get("ffn_gate_inp.weight"),
                 .bias = get("exp_probs_b.bias"),
                 .token_table = get("ffn_gate_tid2eid.weight"),
                 .gate = get("ffn_gate_exps.weight"),
                 .up = get("ffn_up_exps.weight"),
                 .down = get("ffn_down_exps.weight"),
                 .shared_gate = get("ffn_gate_shexp.weight"),
                 .shared_up = get("ffn_up_shexp.weight"),
                 .shared_down = get("ffn_down_shexp.weight")};
    return l;
  }

 private:
  template <class... Parts>
  void problem(const Parts&... parts) {
    problems_.push_back(fail(Code::bad_file, parts...).message);
  }

  void check(const TensorSource& file, const TensorSpec& spec) {
    const auto found = file.find(spec.name);
    if (!found) {
      if (spec.required) {
        missing_layers_.push_back(spec.layer);
        problem("required tensor is missing: ", spec.name);
      }
      return;
    }
    present_layers_.push_back(spec.layer);
    const gguf::Tensor& tensor = *found->tensor;
    if (!fits(spec.storage, tensor.type)) {
      problem("tensor ", spec.name, " has type ", quant::info(tensor.type).name, ", expected ",
              allowed(spec.storage));
      return;
    }
    if (spec.role == Role::routed && tensor.dims[0] == spec.dims[0] &&
        tensor.dims[1] == spec.dims[1] && tensor.dims[2] < spec.dims[2]) {
      problem("tensor ", spec.name, " holds ", tensor.dims[2], " experts, expected ", spec.dims[2],
              " (pruned models are not supported)");
      return;
    }
    for (std::size_t d = 0; d < tensor.dims.size(); ++d) {
      const std::uint64_t expected = d < spec.dims.size() ? spec.dims[d] : 1;
      if (tensor.dims[d] != expected) {
        problem("tensor ", spec.name, " has dim[", d, "]=", tensor.dims[d], ", expected ",
                expected);
        return;
      }
    }
    Weight weight;
    weight.data = found->data;
    weight.type = tensor.type;
    weight.columns = tensor.dims[0];
    weight.rows = tensor.dims[1];
    weight.count = tensor.dims[2];
    weight.row_bytes = quant::row_bytes(tensor.type, tensor.dims[0]);
    bound_.emplace(spec.name, weight);
  }

  // Gate and up are computed in one pass over the activations, so they share a type.
  void check_expert_pairs() {
    for (const TensorSpec& spec : specs_) {
      if (spec.part != ExpertPart::gate) continue;
      std::string up = spec.name;
      up.replace(up.rfind("gate"), 4, "up");
      const Weight gate = take(spec.name);
      const Weight other = take(up);
      if (gate.present() && other.present() && gate.type != other.type) {
        problem("routed gate/up experts of layer ", spec.layer, " use different types (",
                quant::info(gate.type).name, " and ", quant::info(other.type).name, ")");
      }
    }
  }

  // A file of a split model holds whole layers: one sentence instead of hundreds.
  void explain_missing_layers() {
    if (missing_layers_.empty()) return;
    const auto has = [](const std::vector<int>& list, int layer) {
      return std::find(list.begin(), list.end(), layer) != list.end();
    };
    int first = -1, last = -1, lost = -1;
    for (const TensorSpec& spec : specs_) {
      if (spec.layer < 0) continue;
      if (has(present_layers_, spec.layer)) {
        if (first < 0) first = spec.layer;
        last = spec.layer;
      } else if (lost < 0 && has(missing_layers_, spec.layer)) {
        lost = spec.layer;
      }
    }
    if (lost < 0 || first < 0) return;
    problems_.insert(problems_.begin(), fail(Code::bad_file, "layer ", lost,
                                             " is not in this file (holds ", first, "..", last, ")")
                                            .message);
  }

  void explain_foreign_names(const TensorSource& file) {
    for (const char* name : {"hc_head_fn", "hc_head_base", "hc_head_scale",
                             "blk.2.attn_compress_kv.weight", "blk.2.attn_compress_gate.weight"}) {
      if (problems_.empty() || !file.find(name)) continue;
      problems_.insert(
          problems_.begin(),
          fail(Code::unsupported, "tensor ", name,
               " is not of this format; the file was converted by another tool: use a published "
               "file (`ds4 pull` lists them) or convert the checkpoint with `ds4-gguf convert`")
              .message);
      return;
    }
  }

  std::vector<TensorSpec> specs_;
  std::unordered_map<std::string, Weight> bound_;
  std::vector<std::string> problems_;
  std::vector<int> missing_layers_;
  std::vector<int> present_layers_;
};

}  // namespace

Result<ModelWeights> bind_model(const TensorSource& file, const Shape& shape) {
  const Binder binder(file, main_tensors(shape));
  TRY_DO(binder.verdict());
  ModelWeights weights;
  weights.embedding = binder.take("token_embd.weight");
  weights.head_mix = binder.take_mix("output_hc");
  weights.norm = binder.take("output_norm.weight");
  weights.head = binder.take("output.weight");
  for (std::uint32_t l = 0; l < shape.layers; ++l) {
    weights.layers.push_back(binder.take_layer("blk." + std::to_string(l) + ".", shape.ratios[l]));
  }
  return weights;
}

Result<MtpWeights> bind_mtp(const TensorSource& file, const Shape& shape) {
  const Binder binder(file, mtp_tensors(shape));
  TRY_DO(binder.verdict());
  MtpWeights weights;
  weights.layer = binder.take_layer("mtp.0.", 0);
  weights.embedding_projection = binder.take("mtp.0.e_proj.weight");
  weights.hidden_projection = binder.take("mtp.0.h_proj.weight");
  weights.embedding_norm = binder.take("mtp.0.enorm.weight");
  weights.hidden_norm = binder.take("mtp.0.hnorm.weight");
  weights.norm = binder.take("mtp.0.norm.weight");
  weights.head_mix = binder.take_mix("mtp.0.hc_head");
  return weights;
}

Result<DsparkWeights> bind_dspark(const TensorSource& file, const Shape& shape,
                                  const DsparkShape& dspark) {
  CHECK(dspark.stages > 0);
  const Binder binder(file, dspark_tensors(shape, dspark));
  TRY_DO(binder.verdict());
  DsparkWeights weights;
  weights.shape = dspark;
  for (std::uint32_t stage = 0; stage < dspark.stages; ++stage) {
    weights.stages.push_back(binder.take_layer("mtp." + std::to_string(stage) + ".", 0));
  }
  const std::string last = "mtp." + std::to_string(dspark.stages - 1) + ".";
  weights.main_projection = binder.take("mtp.0.main_proj.weight");
  weights.main_norm = binder.take("mtp.0.main_norm.weight");
  weights.norm = binder.take(last + "norm.weight");
  weights.head_mix = binder.take_mix(last + "hc_head");
  weights.markov_in = binder.take(last + "markov_head.markov_w1.weight");
  weights.markov_out = binder.take(last + "markov_head.markov_w2.weight");
  weights.confidence = binder.take(last + "confidence_head.proj.weight");
  return weights;
}

Result<void> check_token_tables(const ModelWeights& weights, const Shape& shape) {
  for (std::size_t l = 0; l < weights.layers.size(); ++l) {
    const Weight& table = weights.layers[l].experts.token_table;
    if (!table.present()) continue;
    for (std::uint64_t i = 0; i < table.columns * table.rows; ++i) {
      // A negative id wraps to a large one.
      const auto expert = load<std::uint32_t>(table.data + 4 * i);
      if (expert >= shape.experts) {
        return fail(Code::bad_file, "token-to-expert table of layer ", l,
                    " has an invalid expert id (", load<std::int32_t>(table.data + 4 * i),
                    " for token ", i / table.columns, "; the model has ", shape.experts, ")");
      }
    }
  }
  return {};
}

}  // namespace ds4::model
