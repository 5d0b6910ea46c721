#include "model/shape.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/utf8.h"
#include "model/vocabulary_keys.h"

namespace ds4::model {

namespace {

constexpr std::string_view kPrefix = "deepseek4.";

std::string key_of(std::string_view name) {
  return std::string(kPrefix) + std::string(name);
}

// What the engine's own tables and counters can hold. A real model is far below.
struct Limits {
  std::uint64_t layers = 512;
  std::uint64_t width = 65536;
  std::uint64_t heads = 1024;
  std::uint64_t head_width = 4096;
  std::uint64_t rank = 65536;
  std::uint64_t vocabulary = 1 << 20;
  std::uint64_t experts = 4096;
  std::uint64_t experts_used = 64;
  std::uint64_t window = 8192;
  std::uint64_t context = std::uint64_t{1} << 24;
};
constexpr Limits kLimits;

class Reader {
 public:
  explicit Reader(const gguf::Metadata& keys) : keys_(keys) {}

  // A count from 1 to `limit`.
  Result<std::uint32_t> size(std::string_view name, std::uint64_t limit) {
    TRY(const std::uint64_t value, whole(name));
    if (value == 0) return impossible(name, value, "it must be at least 1");
    over_limit_ |= value > limit;
    return static_cast<std::uint32_t>(std::min(value, limit));
  }

  Result<std::uint64_t> whole(std::string_view name) { return keys_.count(key_of(name)); }

  Result<float> number(std::string_view name) {
    TRY(const double value, keys_.real(key_of(name)));
    if (!std::isfinite(value) || std::abs(value) > std::numeric_limits<float>::max()) {
      return impossible(name, value, "it must be a finite number");
    }
    return static_cast<float>(value);
  }

  Result<float> positive(std::string_view name) {
    TRY(const float value, number(name));
    if (!(value > 0)) return impossible(name, value, "it must be greater than 0");
    return value;
  }

  Result<float> epsilon(std::string_view name) {
    TRY(const float value, number(name));
    if (!(value > 0) || value > 1.0001e-4f) {
      return impossible(name, value, "an epsilon lies between 0 and 1e-4");
    }
    return value;
  }

  Result<std::vector<float>> clamps(std::string_view name, std::uint32_t layers) {
    TRY(const auto values, keys_.reals(key_of(name)));
    if (values.size() < layers) return too_short(name, values.size(), layers);
    std::vector<float> out;
    for (std::uint32_t l = 0; l < layers; ++l) {
      const auto value = static_cast<float>(values[l]);
      if (!std::isfinite(value) || !(value > 0)) {
        return impossible(name, values[l], "a clamp is a finite number greater than 0");
      }
      out.push_back(value);
    }
    return out;
  }

  // Entries behind the last layer describe drafter blocks and are not ours to judge.
  Result<std::vector<std::uint32_t>> ratios(std::uint32_t layers) {
    constexpr std::string_view kName = "attention.compress_ratios";
    TRY(const auto values, keys_.integers(key_of(kName)));
    if (values.size() < layers) return too_short(kName, values.size(), layers);
    std::vector<std::uint32_t> out;
    for (std::uint32_t l = 0; l < layers; ++l) {
      if (values[l] != 0 && values[l] != kIndexedRatio && values[l] != kWholeRatio) {
        return fail(Code::unsupported, "compression ratio of layer ", l, " is ", values[l],
                    ", expected 0, 4 or 128");
      }
      out.push_back(static_cast<std::uint32_t>(values[l]));
    }
    return out;
  }

  bool has(std::string_view name) const { return keys_.has(key_of(name)); }
  const gguf::Metadata& keys() const { return keys_; }
  bool over_limit() const { return over_limit_; }

  template <class T>
  static Error impossible(std::string_view name, T value, std::string_view rule) {
    return fail(Code::unsupported, kPrefix, name, "=", value, " is not possible: ", rule);
  }

 private:
  static Error too_short(std::string_view name, std::size_t has, std::uint32_t layers) {
    return fail(Code::bad_file, kPrefix, name, " is shorter than the layer count (", has, " of ",
                layers, ")");
  }

  const gguf::Metadata& keys_;
  bool over_limit_ = false;
};

// Keys that other converters write, or leave out, for the same architecture name.
Result<void> check_converter(const Reader& in) {
  constexpr std::string_view kHint =
      "; the file was converted by another tool: use a published file (`ds4 pull` lists them) or "
      "convert the checkpoint with `ds4-gguf convert`";
  for (const gguf::Entry& entry : in.keys().entries()) {
    if (entry.key.starts_with("reap.")) {
      return fail(Code::unsupported, "metadata key ", printable(entry.key),
                  " marks a pruned model, which is not supported", kHint);
    }
  }
  if (in.has("rope.freq_base_swa")) {
    return fail(Code::unsupported,
                "metadata key deepseek4.rope.freq_base_swa is not of this format", kHint);
  }
  for (const std::string_view name :
       {"attention.compress_ratios", "attention.compress_rope_freq_base",
        "hyper_connection.sinkhorn_iterations", "hyper_connection.epsilon"}) {
    if (!in.has(name)) {
      return fail(Code::bad_file, "required metadata key is missing: ", kPrefix, name, kHint);
    }
  }
  return {};
}

Result<void> read_sizes(Reader& in, Shape& s) {
  TRY(s.layers, in.size("block_count", kLimits.layers));
  TRY(s.width, in.size("embedding_length", kLimits.width));
  TRY(s.vocabulary, in.size("vocab_size", kLimits.vocabulary));
  TRY(s.heads, in.size("attention.head_count", kLimits.heads));
  TRY(s.head_width, in.size("attention.key_length", kLimits.head_width));
  TRY(s.rope_width, in.size("rope.dimension_count", kLimits.head_width));
  TRY(s.query_rank, in.size("attention.q_lora_rank", kLimits.rank));
  TRY(s.output_rank, in.size("attention.output_lora_rank", kLimits.rank));
  TRY(s.output_groups, in.size("attention.output_group_count", kLimits.heads));
  TRY(s.window, in.size("attention.sliding_window", kLimits.window));
  TRY(s.index_heads, in.size("attention.indexer.head_count", kLimits.heads));
  TRY(s.index_width, in.size("attention.indexer.key_length", kLimits.head_width));
  TRY(s.index_top_k, in.size("attention.indexer.top_k", kLimits.context));
  TRY(s.experts, in.size("expert_count", kLimits.experts));
  TRY(s.experts_used, in.size("expert_used_count", kLimits.experts_used));
  TRY(s.expert_width, in.size("expert_feed_forward_length", kLimits.width));
  TRY(s.sinkhorn_iterations, in.size("hyper_connection.sinkhorn_iterations", 1000));
  if (in.over_limit()) {
    const auto shown = [&](std::string_view name) { return *in.whole(name); };
    return fail(Code::unsupported, "unsupported DeepSeek V4 shape: layers=", shown("block_count"),
                " embd=", shown("embedding_length"), " heads=", shown("attention.head_count"),
                " experts=", shown("expert_count"));
  }
  return {};
}

// The counts that this architecture fixes.
Result<void> check_fixed(Reader& in, const Shape& s) {
  struct Fixed {
    std::string_view name;
    std::uint64_t value;
    std::string_view rule;
    bool required;
  };
  const Fixed fixed[] = {
      {"attention.head_count_kv", 1, "all heads share one key", true},
      {"attention.value_length", s.head_width, "value_length is equal to key_length", true},
      {"hyper_connection.count", kStreams, "this architecture has 4 residual streams", true},
      {"expert_shared_count", 1, "this architecture has 1 shared expert", true},
      {"expert_gating_func", 4, "only 4 (the square root of softplus) is known", false},
      {"expert_group_count", 0, "experts are not grouped in this architecture", false},
      {"expert_group_used_count", 0, "experts are not grouped in this architecture", false},
  };
  for (const Fixed& f : fixed) {
    if (!f.required && !in.has(f.name)) continue;
    TRY(const std::uint64_t value, in.whole(f.name));
    if (value != f.value) return Reader::impossible(f.name, value, f.rule);
  }
  return {};
}

Result<void> check_relations(const Shape& s) {
  const auto impossible = [](std::string_view name, std::uint64_t value, auto... rule) {
    return Reader::impossible(name, value, fail(Code::unsupported, rule...).message);
  };
  if (s.heads % s.output_groups != 0) {
    return impossible("attention.head_count", s.heads, "head_count ", s.heads,
                      " is not divisible by output_group_count ", s.output_groups);
  }
  if (s.rope_width % 2 != 0 || s.rope_width >= s.head_width || s.rope_width > s.index_width) {
    return impossible("rope.dimension_count", s.rope_width, "it must be even, below key_length ",
                      s.head_width, " and at most indexer.key_length ", s.index_width);
  }
  if ((s.head_width - s.rope_width) % kRowRounding != 0) {
    return impossible("attention.key_length", s.head_width, "key_length less rope.dimension_count ",
                      s.rope_width, " must be a multiple of 64");
  }
  if (!std::has_single_bit(s.index_width) || s.index_width < kIndexRounding) {
    return impossible("attention.indexer.key_length", s.index_width,
                      "it must be a power of two of at least 32");
  }
  if (s.experts_used > s.experts) {
    return impossible("expert_used_count", s.experts_used, "it is more than expert_count ",
                      s.experts);
  }
  if (s.hash_layers > s.layers) {
    return impossible("hash_layer_count", s.hash_layers, "it is more than block_count ", s.layers);
  }
  return {};
}

Result<void> read_numbers(Reader& in, Shape& s) {
  TRY(s.norm_epsilon, in.epsilon("attention.layer_norm_rms_epsilon"));
  TRY(s.mixing_epsilon, in.epsilon("hyper_connection.epsilon"));
  TRY(s.rope_base, in.positive("rope.freq_base"));
  TRY(s.compress_rope_base, in.positive("attention.compress_rope_freq_base"));
  TRY(s.rope_factor, in.positive("rope.scaling.factor"));
  TRY(s.rope_beta_fast, in.positive("rope.scaling.yarn_beta_fast"));
  TRY(s.rope_beta_slow, in.positive("rope.scaling.yarn_beta_slow"));
  TRY(s.route_scale, in.positive("expert_weights_scale"));
  TRY(s.normalize_routes, in.keys().flag(key_of("expert_weights_norm")));
  TRY(s.rope_original_tokens, in.whole("rope.scaling.original_context_length"));
  if (s.rope_original_tokens == 0 || s.rope_original_tokens > kLimits.context) {
    return Reader::impossible("rope.scaling.original_context_length", s.rope_original_tokens,
                              "it must be from 1 to 16777216");
  }
  if (in.has("rope.scaling.type")) {
    TRY(const std::string_view type, in.keys().text(key_of("rope.scaling.type")));
    if (type != "yarn") {
      return Reader::impossible("rope.scaling.type", printable(type), "only yarn is known");
    }
  }
  // Published files all state it; the trained range is the honest default.
  s.context_tokens =
      static_cast<std::uint64_t>(s.rope_factor * static_cast<double>(s.rope_original_tokens));
  if (in.has("context_length")) {
    TRY(s.context_tokens, in.whole("context_length"));
  }
  if (s.context_tokens == 0 || s.context_tokens > kLimits.context) {
    return Reader::impossible("context_length", s.context_tokens, "it must be from 1 to 16777216");
  }
  return {};
}

Result<void> read_layers(Reader& in, Shape& s) {
  TRY(const std::uint64_t hash_layers, in.whole("hash_layer_count"));
  if (hash_layers > s.layers) {
    return Reader::impossible("hash_layer_count", hash_layers, "it is more than block_count");
  }
  s.hash_layers = static_cast<std::uint32_t>(hash_layers);
  TRY(s.ratios, in.ratios(s.layers));
  TRY(s.expert_clamps, in.clamps("swiglu_clamp_exp", s.layers));
  s.shared_clamps = s.expert_clamps;
  if (in.has("swiglu_clamp_shexp")) {
    TRY(s.shared_clamps, in.clamps("swiglu_clamp_shexp", s.layers));
  }
  if (in.has("nextn_predict_layers")) {
    TRY(const std::uint64_t draft_layers, in.whole("nextn_predict_layers"));
    s.draft_layers = static_cast<std::uint32_t>(std::min<std::uint64_t>(draft_layers, 8));
  }
  return {};
}

Result<TemplateRevision> read_revision(const Reader& in) {
  if (!in.has("template_revision")) return TemplateRevision::r0731;
  TRY(const std::string_view name, in.keys().text(key_of("template_revision")));
  if (name == "preview") return TemplateRevision::preview;
  if (name == "0731") return TemplateRevision::r0731;
  return Reader::impossible("template_revision", printable(name), "known are preview and 0731");
}

Shape published(std::uint32_t layers, std::uint32_t width, std::uint32_t first_ratio) {
  Shape s;
  s.layers = layers;
  s.width = width;
  s.vocabulary = 129280;
  s.head_width = 512;
  s.rope_width = 64;
  s.output_rank = 1024;
  s.window = 128;
  s.index_heads = 64;
  s.index_width = 128;
  s.experts_used = 6;
  s.hash_layers = 3;
  s.sinkhorn_iterations = 20;
  s.context_tokens = 1048576;
  s.rope_original_tokens = 65536;
  s.norm_epsilon = s.mixing_epsilon = 1e-6f;
  s.rope_base = 10000;
  s.compress_rope_base = 160000;
  s.rope_factor = 16;
  s.rope_beta_fast = 32;
  s.rope_beta_slow = 1;
  s.ratios = {first_ratio, first_ratio};
  for (std::uint32_t l = 2; l < layers; ++l) {
    s.ratios.push_back(l % 2 == 0 ? kIndexedRatio : kWholeRatio);
  }
  s.expert_clamps = s.shared_clamps = std::vector<float>(layers, 10.0f);
  return s;
}

Shape make_flash() {
  Shape s = published(43, 4096, 0);
  s.heads = 64;
  s.query_rank = 1024;
  s.output_groups = 8;
  s.index_top_k = 512;
  s.experts = 256;
  s.expert_width = 2048;
  s.route_scale = 1.5f;
  return s;
}

Shape make_pro() {
  Shape s = published(61, 7168, kWholeRatio);
  s.heads = 128;
  s.query_rank = 1536;
  s.output_groups = 16;
  s.index_top_k = 1024;
  s.experts = 384;
  s.expert_width = 3072;
  s.route_scale = 2.5f;
  return s;
}

std::vector<std::string> differences(const Shape& a, const Shape& known) {
  std::vector<std::string> out;
  const auto compare = [&](std::string_view name, auto value, auto expected) {
    // Floats as the files hold them: within a millionth.
    const double gap = std::abs(static_cast<double>(value) - static_cast<double>(expected));
    if (gap <= 1e-6 * std::max(1.0, std::abs(static_cast<double>(expected)))) return;
    out.push_back(fail(Code::unsupported, name, " ", value, " (", expected, ")").message);
  };
  compare("layers", a.layers, known.layers);
  compare("width", a.width, known.width);
  compare("vocabulary", a.vocabulary, known.vocabulary);
  compare("heads", a.heads, known.heads);
  compare("head width", a.head_width, known.head_width);
  compare("rope width", a.rope_width, known.rope_width);
  compare("query rank", a.query_rank, known.query_rank);
  compare("output rank", a.output_rank, known.output_rank);
  compare("output groups", a.output_groups, known.output_groups);
  compare("window", a.window, known.window);
  compare("indexer heads", a.index_heads, known.index_heads);
  compare("indexer width", a.index_width, known.index_width);
  compare("indexer top-k", a.index_top_k, known.index_top_k);
  compare("experts", a.experts, known.experts);
  compare("experts used", a.experts_used, known.experts_used);
  compare("expert width", a.expert_width, known.expert_width);
  compare("hash layers", a.hash_layers, known.hash_layers);
  compare("Sinkhorn iterations", a.sinkhorn_iterations, known.sinkhorn_iterations);
  compare("rope base", a.rope_base, known.rope_base);
  compare("compressed rope base", a.compress_rope_base, known.compress_rope_base);
  compare("rope factor", a.rope_factor, known.rope_factor);
  compare("route scale", a.route_scale, known.route_scale);
  const std::size_t shared = std::min(a.ratios.size(), known.ratios.size());
  if (!std::equal(a.ratios.begin(), a.ratios.begin() + static_cast<std::ptrdiff_t>(shared),
                  known.ratios.begin())) {
    out.push_back("compression ratios");
  }
  return out;
}

}  // namespace

std::uint32_t Shape::layers_of_ratio(std::uint32_t ratio) const {
  return static_cast<std::uint32_t>(std::count(ratios.begin(), ratios.end(), ratio));
}

std::uint32_t Shape::row_bytes() const {
  const std::uint32_t plain = head_width - rope_width;
  return (plain + plain / kRowRounding + 2 * rope_width + 7) / 8 * 8;
}

std::uint32_t Shape::index_row_bytes() const {
  return index_width / 2 + index_width / kIndexRounding;
}

Result<void> check_architecture(const gguf::Metadata& keys) {
  if (is_vocabulary_only(keys)) {
    return fail(Code::unsupported,
                "this file holds only a vocabulary, no model: it serves `ds4 tokenize` and "
                "`ds4 render`");
  }
  TRY(const std::string_view name, keys.text("general.architecture"));
  if (name == "deepseek4") return {};

  std::string_view hint;
  if (name == "deepseek41") {
    hint = "; DeepSeek V4.1 is a different network that this version does not run";
  } else if (name == "deepseek4_mtp_support") {
    hint = "; this is a support file: pass it with --mtp beside the main model";
  } else if (name == "deepseek4-dspark") {
    hint = "; this is a support file (DSpark drafter): pass it with --mtp beside the main model";
  } else if (name == "deepseek4-vision" || name == "clip") {
    hint = "; this is a vision encoder: the text model is another file";
  } else if (name.starts_with("glm")) {
    hint = "; GLM models need another engine";
  } else if (name.starts_with("deepseek")) {
    hint = "; older DeepSeek models need another engine";
  }
  return fail(Code::unsupported, "model architecture '", printable(name), "' is not DeepSeek V4",
              hint);
}

Result<Shape> read_shape(const gguf::Metadata& keys) {
  Reader in(keys);
  TRY_DO(check_converter(in));
  Shape s;
  TRY_DO(read_sizes(in, s));
  TRY_DO(check_fixed(in, s));
  TRY_DO(read_layers(in, s));
  TRY_DO(check_relations(s));
  TRY_DO(read_numbers(in, s));
  TRY(s.revision, read_revision(in));
  return s;
}

const Shape& flash_shape() {
  static const Shape shape = make_flash();
  return shape;
}

const Shape& pro_shape() {
  static const Shape shape = make_pro();
  return shape;
}

KnownShape identify(const Shape& shape) {
  const auto from_flash = differences(shape, flash_shape());
  const auto from_pro = differences(shape, pro_shape());
  if (from_flash.empty()) return {"Flash", "Flash", {}};
  if (from_pro.empty()) return {"PRO", "PRO", {}};
  const bool nearer_flash = from_flash.size() <= from_pro.size();
  return {"another V4 shape", nearer_flash ? "Flash" : "PRO", nearer_flash ? from_flash : from_pro};
}

}  // namespace ds4::model
