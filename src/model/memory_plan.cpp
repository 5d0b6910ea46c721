#include "model/memory_plan.h"

#include <algorithm>
#include <map>

namespace ds4::model {

namespace {

constexpr std::uint64_t kFloat = 4;

// Bytes of a weight that one decoded token reads at a short context.
std::uint64_t token_bytes(const WeightBytes& w, const Shape& shape) {
  switch (w.role) {
    case Role::embedding:
    case Role::token_table:
      return w.bytes / w.rows;
    case Role::routed:
      return w.bytes / w.count * shape.experts_used;
    case Role::indexer:
      return 0;  // every compressed row is visible, nothing to choose
    default:
      return w.bytes;
  }
}

// Rows that the attention and the indexer of one decode step read at that context.
std::uint64_t rows_read(const Shape& s, std::uint64_t tokens) {
  const std::uint64_t row = s.row_bytes();
  std::uint64_t bytes = s.layers * std::min<std::uint64_t>(tokens, s.window) * row;
  bytes += s.layers_of_ratio(kWholeRatio) * (tokens / kWholeRatio) * row;
  const std::uint64_t indexed = tokens / kIndexedRatio;
  std::uint64_t per_layer = std::min<std::uint64_t>(indexed, s.index_top_k) * row;
  if (indexed > s.index_top_k) per_layer += indexed * s.index_row_bytes();
  return bytes + s.layers_of_ratio(kIndexedRatio) * per_layer;
}

// Everything the forward pass keeps for one row of a batch between its steps.
std::uint64_t scratch_per_row(const Shape& s) {
  const std::uint64_t all_heads = std::uint64_t{s.heads} * s.head_width;
  std::uint64_t floats = 2 * kStreams * s.width;             // streams, before and after a layer
  floats += 3 * s.width;                                     // collapsed, normed, sublayer output
  floats += s.query_rank + 2 * all_heads;                    // query latent, queries, outputs
  floats += std::uint64_t{s.output_groups} * s.output_rank;  // low-rank outputs
  floats += s.head_width + 4 * s.compressor_width(kIndexedRatio);  // key, compressor projections
  floats += std::uint64_t{s.index_heads} * (s.index_width + 1);
  floats += std::uint64_t{s.experts_used + 1} * (3 * s.expert_width + s.width);
  floats += s.experts;
  const std::uint64_t widest = std::max<std::uint64_t>({all_heads, s.width, s.expert_width});
  const std::uint64_t quantized = 2 * widest + widest / 8;  // two activations in 8 bits, scales
  const std::uint64_t chosen = std::uint64_t{s.index_top_k} * 4;
  return floats * kFloat + quantized + chosen;
}

}  // namespace

StateBytes session_state_bytes(const Shape& s, std::uint64_t tokens) {
  const std::uint64_t indexed_layers = s.layers_of_ratio(kIndexedRatio);
  const std::uint64_t whole_layers = s.layers_of_ratio(kWholeRatio);
  const std::uint64_t row = s.row_bytes();
  StateBytes state;
  state.rows =
      indexed_layers * (tokens / kIndexedRatio) * row + whole_layers * (tokens / kWholeRatio) * row;
  state.index_rows = indexed_layers * (tokens / kIndexedRatio) * s.index_row_bytes();
  state.window = std::uint64_t{s.layers} * (s.window + kRewindTokens) * row;
  // Two numbers (value and score) a channel for every token of the open windows.
  const std::uint64_t indexed_slots = 2 * kIndexedRatio + kRewindTokens;
  const std::uint64_t whole_slots = kWholeRatio + kRewindTokens;
  state.partial = indexed_layers * indexed_slots * 2 * kFloat *
                      (s.compressor_width(kIndexedRatio) + 2 * s.index_width) +
                  whole_layers * whole_slots * 2 * kFloat * s.compressor_width(kWholeRatio);
  state.tokens = tokens * 4 + std::uint64_t{s.vocabulary} * kFloat;
  return state;
}

MemoryPlan plan_memory(const Shape& shape, const std::vector<WeightBytes>& weights,
                       std::uint64_t context_tokens) {
  MemoryPlan plan;
  plan.context_tokens = context_tokens;
  std::map<Role, RoleBytes> by_role;
  for (const WeightBytes& w : weights) {
    if (w.drafter) {
      plan.drafter_bytes += w.bytes;
      continue;
    }
    RoleBytes& sum = by_role.try_emplace(w.role, RoleBytes{w.role}).first->second;
    sum.file_bytes += w.bytes;
    sum.token_bytes += token_bytes(w, shape);
    plan.token_weight_bytes += token_bytes(w, shape);
    if (w.role == Role::indexer) plan.token_indexer_bytes += w.bytes;
    (w.role == Role::routed ? plan.routed_bytes : plan.resident_bytes) += w.bytes;
  }
  for (const auto& [role, bytes] : by_role) plan.weights.push_back(bytes);

  plan.state = session_state_bytes(shape, context_tokens);
  // Compressed rows come in windows of 128 tokens: the growth over one is exact.
  const StateBytes empty = session_state_bytes(shape, 0);
  const StateBytes window = session_state_bytes(shape, kWholeRatio);
  plan.state_bytes_per_token = (window.total() - empty.total() + kWholeRatio - 1) / kWholeRatio;
  plan.token_row_bytes = rows_read(shape, context_tokens);
  plan.scratch_bytes =
      std::min<std::uint64_t>(kBatchRows, std::max<std::uint64_t>(1, context_tokens)) *
          scratch_per_row(shape) +
      std::uint64_t{kLogitRows} * shape.vocabulary * kFloat;
  return plan;
}

}  // namespace ds4::model
