// What running a model will take, computed from its shape before anything is loaded: weights by
// kind, state per session, scratch, and what one decoded token must read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/inventory.h"
#include "model/shape.h"
#include "quant/type.h"

namespace ds4::model {

// How deep a session can step back without replay: drafts and small edits.
inline constexpr std::uint32_t kRewindTokens = 16;
// Rows that one batch may hold; prefill is cut into chunks of it.
inline constexpr std::uint32_t kBatchRows = 512;
// Rows of a batch that may ask for logits.
inline constexpr std::uint32_t kLogitRows = 32;

// One tensor of a file as the accounts see it.
struct WeightBytes {
  Role role = Role::norm;
  int layer = -1;
  bool drafter = false;
  std::uint64_t rows = 1;   // of all its matrices
  std::uint64_t count = 1;  // matrices: 1, or the experts
  std::uint64_t bytes = 0;
};

struct RoleBytes {
  Role role;
  std::uint64_t file_bytes = 0;
  std::uint64_t token_bytes = 0;  // read for one decoded token
};

struct StateBytes {
  std::uint64_t rows = 0;  // compressed attention rows
  std::uint64_t index_rows = 0;
  std::uint64_t window = 0;   // rings of raw rows
  std::uint64_t partial = 0;  // windows that a compressor has open
  std::uint64_t tokens = 0;   // ids, and the last logits
  std::uint64_t total() const { return rows + index_rows + window + partial + tokens; }
};

struct MemoryPlan {
  std::uint64_t context_tokens = 0;
  std::vector<RoleBytes> weights;  // of the main model, in Role order, empty kinds left out
  std::uint64_t drafter_bytes = 0;
  std::uint64_t routed_bytes = 0;
  std::uint64_t resident_bytes = 0;  // everything but routed experts and drafter
  StateBytes state;
  std::uint64_t state_bytes_per_token = 0;  // rounded up
  std::uint64_t scratch_bytes = 0;

  // Per decoded token: weights once at a short context, and the rows read at `context_tokens`.
  std::uint64_t token_weight_bytes = 0;
  std::uint64_t token_indexer_bytes = 0;  // more weights, once there is something to choose from
  std::uint64_t token_row_bytes = 0;

  std::uint64_t weight_bytes() const { return routed_bytes + resident_bytes + drafter_bytes; }
  std::uint64_t total_bytes() const { return weight_bytes() + state.total() + scratch_bytes; }
};

MemoryPlan plan_memory(const Shape& shape, const std::vector<WeightBytes>& weights,
                       std::uint64_t context_tokens);

// State of one session that holds `tokens`.
StateBytes session_state_bytes(const Shape& shape, std::uint64_t tokens);

}  // namespace ds4::model
