// The dimensions of a model, read from a file's metadata and checked once. Flash, PRO, the demo
// and test models are just shapes: code asks the shape, never the name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "device/device.h"
#include "ds4/result.h"
#include "gguf/metadata.h"

namespace ds4::model {

// Fixed by the architecture, not by a file.
using device::kStreams;  // residual streams of a hyper-connection
inline constexpr std::uint32_t kIndexedRatio =
    4;  // CSA: overlapping windows, picked by the indexer
inline constexpr std::uint32_t kWholeRatio = 128;    // HCA: every compressed row is visible
inline constexpr std::uint32_t kRowRounding = 64;    // channels that share an E4M3 scale
inline constexpr std::uint32_t kIndexRounding = 32;  // channels that share an E2M1 scale

// The prompt template that the checkpoint was trained with.
enum class TemplateRevision { preview, r0731 };

struct Shape {
  std::uint32_t layers = 0;
  std::uint32_t width = 0;  // of a residual stream
  std::uint32_t vocabulary = 0;
  std::uint32_t heads = 0;
  std::uint32_t head_width = 0;  // of a key, which is also the value
  std::uint32_t rope_width = 0;  // its last channels, which carry the position
  std::uint32_t query_rank = 0;
  std::uint32_t output_rank = 0;  // of one output group
  std::uint32_t output_groups = 0;
  std::uint32_t window = 0;  // raw rows a query sees, its own included
  std::uint32_t index_heads = 0;
  std::uint32_t index_width = 0;
  std::uint32_t index_top_k = 0;
  std::uint32_t experts = 0;
  std::uint32_t experts_used = 0;
  std::uint32_t expert_width = 0;
  std::uint32_t hash_layers = 0;  // the first layers, routed by token id
  std::uint32_t sinkhorn_iterations = 0;
  std::uint64_t context_tokens = 0;
  std::uint64_t rope_original_tokens = 0;
  float norm_epsilon = 0;
  float mixing_epsilon = 0;
  float rope_base = 0;           // of layers without compression, unscaled
  float compress_rope_base = 0;  // of all others, with YaRN
  float rope_factor = 0;
  float rope_beta_fast = 0;
  float rope_beta_slow = 0;
  float route_scale = 0;
  bool normalize_routes = true;
  std::vector<std::uint32_t> ratios;  // [layers] 0, 4 or 128
  std::vector<float> expert_clamps;   // [layers]
  std::vector<float> shared_clamps;   // [layers]
  std::uint32_t draft_layers = 0;     // as the file claims; the tensors decide
  TemplateRevision revision = TemplateRevision::r0731;

  // Width of what a compressor projects a token to, in a layer of that ratio.
  std::uint32_t compressor_width(std::uint32_t ratio) const {
    return ratio == kIndexedRatio ? 2 * head_width : head_width;
  }
  // Layers of that ratio.
  std::uint32_t layers_of_ratio(std::uint32_t ratio) const;
  // Packed bytes of a key row and of an indexer row.
  std::uint32_t row_bytes() const;
  std::uint32_t index_row_bytes() const;
};

// Fails for every file that is not a DeepSeek V4 language model, with a hint what it is instead.
Result<void> check_architecture(const gguf::Metadata& keys);

// Reads and checks all keys. The first wrong one is named, with its value and the rule.
Result<Shape> read_shape(const gguf::Metadata& keys);

// "Flash", "PRO" or "another V4 shape"; in the last case `differences` names what sets it apart
// from the closer of the two, as "layers 4 (43)".
struct KnownShape {
  std::string_view name;
  std::string_view closest;
  std::vector<std::string> differences;
};
KnownShape identify(const Shape& shape);

// The published shapes, as far as metadata tells them.
const Shape& flash_shape();
const Shape& pro_shape();

}  // namespace ds4::model
