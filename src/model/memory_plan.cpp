#include "model/memory_plan.h"

#include <algorithm>
#include <map>

#include "base/cpu_topology.h"
#include "model/forward.h"

namespace ds4::model {

namespace {

constexpr std::uint64_t kFloat = sizeof(float);

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
  const auto rows = std::min<std::uint64_t>(kBatchRows, std::max<std::uint64_t>(1, context_tokens));
  plan.scratch_bytes = forward_scratch_bytes(shape, {.rows_max = static_cast<std::uint32_t>(rows)},
                                             count_cores(cpu_topology()));
  return plan;
}

}  // namespace ds4::model
