#include "convert/model_keys.h"

#include <cmath>
#include <limits>
#include <vector>

namespace ds4::convert {

namespace {

class Config {
 public:
  explicit Config(const Json& json) : json_(json) {}

  Result<std::uint32_t> count(std::string_view key) const {
    const Json* value = json_.find(key);
    if (value == nullptr) return fail(Code::bad_file, "config.json has no ", key);
    const auto number = value->as_int();
    if (!number || *number < 0 || *number > std::numeric_limits<std::uint32_t>::max()) {
      return fail(Code::bad_file, "config.json: ", key, "=", to_text(*value),
                  " is not a whole number");
    }
    return static_cast<std::uint32_t>(*number);
  }

  Result<float> number(std::string_view key) const {
    const Json* value = json_.find(key);
    if (value == nullptr) return fail(Code::bad_file, "config.json has no ", key);
    const auto real = value->as_double();
    if (!real || !std::isfinite(static_cast<float>(*real))) {
      return fail(Code::bad_file, "config.json: ", key, "=", to_text(*value), " is not a number");
    }
    return static_cast<float>(*real);
  }

  Result<Config> object(std::string_view key) const {
    const Json* value = json_.find(key);
    if (value == nullptr || !value->is_object()) {
      return fail(Code::bad_file, "config.json has no object ", key);
    }
    return Config(*value);
  }

  bool has(std::string_view key) const { return json_.find(key) != nullptr; }
  const Json* find(std::string_view key) const { return json_.find(key); }

  // A key that must have one value, if it is there at all.
  Result<void> expect(std::string_view key, const Json& wanted) const {
    const Json* value = json_.find(key);
    if (value == nullptr || *value == wanted) return {};
    return fail(Code::unsupported, "config.json: ", key, "=", to_text(*value),
                " is not DeepSeek V4 (expected ", to_text(wanted), ")");
  }

 private:
  const Json& json_;
};

Result<std::vector<std::uint32_t>> read_ratios(const Config& config, std::uint32_t layers) {
  const Json* list = config.find("compress_ratios");
  if (list == nullptr || !list->is_array()) {
    return fail(Code::bad_file, "config.json has no array compress_ratios");
  }
  if (list->as_array().size() < layers) {
    return fail(Code::bad_file, "config.json: compress_ratios has ", list->as_array().size(),
                " entries, the model ", layers, " layers");
  }
  // Entries behind the last layer describe drafter blocks.
  std::vector<std::uint32_t> out;
  for (std::uint32_t l = 0; l < layers; ++l) {
    const auto value = list->as_array()[l].as_int();
    if (!value || *value < 0 || *value > model::kWholeRatio) {
      return fail(Code::bad_file, "config.json: compress_ratios[", l,
                  "]=", to_text(list->as_array()[l]), ", expected 0, 4 or 128");
    }
    out.push_back(static_cast<std::uint32_t>(*value));
  }
  return out;
}

}  // namespace

Result<model::Shape> shape_of_config(const Json& json) {
  if (!json.is_object()) return fail(Code::bad_file, "config.json is not a JSON object");
  const Config config(json);
  TRY_DO(config.expect("model_type", "deepseek_v4"));
  TRY_DO(config.expect("scoring_func", "sqrtsoftplus"));
  TRY_DO(config.expect("n_shared_experts", 1));
  TRY_DO(config.expect("num_key_value_heads", 1));
  TRY_DO(config.expect("hc_mult", static_cast<int>(model::kStreams)));

  model::Shape s;
  TRY(s.layers, config.count("num_hidden_layers"));
  TRY(s.width, config.count("hidden_size"));
  TRY(s.vocabulary, config.count("vocab_size"));
  TRY(s.heads, config.count("num_attention_heads"));
  TRY(s.head_width, config.count("head_dim"));
  TRY(s.rope_width, config.count("qk_rope_head_dim"));
  TRY(s.query_rank, config.count("q_lora_rank"));
  TRY(s.output_rank, config.count("o_lora_rank"));
  TRY(s.output_groups, config.count("o_groups"));
  TRY(s.window, config.count("sliding_window"));
  TRY(s.index_heads, config.count("index_n_heads"));
  TRY(s.index_width, config.count("index_head_dim"));
  TRY(s.index_top_k, config.count("index_topk"));
  TRY(s.experts, config.count("n_routed_experts"));
  TRY(s.experts_used, config.count("num_experts_per_tok"));
  TRY(s.expert_width, config.count("moe_intermediate_size"));
  TRY(s.hash_layers, config.count("num_hash_layers"));
  TRY(s.sinkhorn_iterations, config.count("hc_sinkhorn_iters"));
  TRY(s.norm_epsilon, config.number("rms_norm_eps"));
  TRY(s.mixing_epsilon, config.number("hc_eps"));
  TRY(s.rope_base, config.number("rope_theta"));
  TRY(s.compress_rope_base, config.number("compress_rope_theta"));
  TRY(s.route_scale, config.number("routed_scaling_factor"));
  TRY(const Config scaling, config.object("rope_scaling"));
  TRY(s.rope_factor, scaling.number("factor"));
  TRY(s.rope_beta_fast, scaling.number("beta_fast"));
  TRY(s.rope_beta_slow, scaling.number("beta_slow"));
  TRY(s.rope_original_tokens, scaling.count("original_max_position_embeddings"));
  if (config.has("max_position_embeddings")) {
    TRY(s.context_tokens, config.count("max_position_embeddings"));
  } else {
    s.context_tokens = static_cast<std::uint64_t>(s.rope_factor) * s.rope_original_tokens;
  }
  if (const Json* norm = config.find("norm_topk_prob"); norm != nullptr && norm->is_bool()) {
    s.normalize_routes = norm->as_bool();
  }
  TRY(s.ratios, read_ratios(config, s.layers));
  TRY(const float clamp, config.number("swiglu_limit"));
  s.expert_clamps = s.shared_clamps = std::vector<float>(s.layers, clamp);
  return s;
}

void put_model_keys(gguf::MetadataBytes& keys, const model::Shape& s, const ModelKeys& about) {
  const auto key = [](std::string_view name) { return "deepseek4." + std::string(name); };
  const auto put = [&](std::string_view name, auto value) { keys.put(key(name), value); };

  keys.put("general.architecture", "deepseek4");
  keys.put("general.type", "model");
  keys.put("general.name", about.name);
  keys.put("general.file_type", about.file_type);
  keys.put("general.quantization_version", std::uint32_t{2});

  put("block_count", s.layers);
  put("context_length", static_cast<std::uint32_t>(s.context_tokens));
  put("embedding_length", s.width);
  put("vocab_size", s.vocabulary);
  put("attention.head_count", s.heads);
  put("attention.head_count_kv", std::uint32_t{1});
  put("attention.key_length", s.head_width);
  put("attention.value_length", s.head_width);
  put("attention.q_lora_rank", s.query_rank);
  put("attention.output_lora_rank", s.output_rank);
  put("attention.output_group_count", s.output_groups);
  put("attention.sliding_window", s.window);
  put("attention.indexer.head_count", s.index_heads);
  put("attention.indexer.key_length", s.index_width);
  put("attention.indexer.top_k", s.index_top_k);
  // One entry more than there are layers: that of the drafter, which never compresses.
  std::vector<std::int32_t> ratios(s.ratios.begin(), s.ratios.end());
  ratios.push_back(0);
  keys.put_array(key("attention.compress_ratios"), ratios);
  put("attention.compress_rope_freq_base", s.compress_rope_base);
  put("attention.layer_norm_rms_epsilon", s.norm_epsilon);
  put("rope.dimension_count", s.rope_width);
  put("rope.freq_base", s.rope_base);
  put("rope.scaling.type", "yarn");
  put("rope.scaling.factor", s.rope_factor);
  put("rope.scaling.original_context_length", static_cast<std::uint32_t>(s.rope_original_tokens));
  put("rope.scaling.yarn_beta_fast", s.rope_beta_fast);
  put("rope.scaling.yarn_beta_slow", s.rope_beta_slow);
  put("expert_count", s.experts);
  put("expert_used_count", s.experts_used);
  put("expert_shared_count", std::uint32_t{1});
  put("expert_feed_forward_length", s.expert_width);
  put("expert_gating_func", std::uint32_t{4});
  put("expert_weights_scale", s.route_scale);
  put("expert_weights_norm", s.normalize_routes);
  put("hash_layer_count", s.hash_layers);
  put("hyper_connection.count", model::kStreams);
  put("hyper_connection.sinkhorn_iterations", s.sinkhorn_iterations);
  put("hyper_connection.epsilon", s.mixing_epsilon);
  keys.put_array(key("swiglu_clamp_exp"), s.expert_clamps);
  keys.put_array(key("swiglu_clamp_shexp"), s.shared_clamps);
  put("nextn_predict_layers", std::uint32_t{about.has_drafter ? 1u : 0u});
  if (about.state_revision) {
    put("template_revision", s.revision == model::TemplateRevision::preview ? "preview" : "0731");
  }
}

}  // namespace ds4::convert
