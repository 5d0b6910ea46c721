// The forward pass: rows of a batch, each of a session, through all layers to logits. One verb for
// prefill, decoding, many sessions together and the verification of drafts.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "device/device.h"
#include "ds4/result.h"
#include "model/memory_plan.h"
#include "model/session_state.h"
#include "model/shape.h"
#include "model/weights.h"

namespace ds4::model {

// Tokens to append to one session.
struct Chunk {
  SessionState* state = nullptr;
  std::span<const std::int32_t> tokens;
};

// Asked between the layers of a pass whether it shall go on.
class Pace {
 public:
  virtual ~Pace() = default;
  virtual bool go_on(std::uint32_t layers_done, std::uint32_t layers) = 0;
};

// Where the forward pass can be watched; names as in docs/numerics.md.
enum class Point {
  streams,  // [rows, 4, width] entering layer `layer`; once more behind the last
  attention_in,
  attention_out,
  expert_in,
  expert_out,  // [rows, width]
  query,       // [rows, heads, head_width]
  attended,    // the same, rotated back
  attention_post,
  expert_post,  // [rows, 4]
  attention_comb,
  expert_comb,    // [rows, 4, 4]
  route_weights,  // [rows, used]
};
class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual void see(Point point, std::uint32_t layer, std::span<const float> values) = 0;
  virtual void see_routes(std::uint32_t layer, std::span<const std::uint32_t> expert_ids) = 0;
  // Rows that a ratio-4 layer chose for batch row `row`; called only where it had to choose.
  virtual void see_chosen(std::uint32_t layer, std::uint32_t row,
                          std::span<const std::uint32_t> rows) = 0;
};

// A direction added to the output of every layer's experts, before the streams take it up.
struct Steering {
  std::vector<float> directions;  // [layers, width]
  float scale = 0;
};

struct ForwardOptions {
  bool round_rows = true;        // false: nothing is rounded, rows are kept in f32
  std::uint32_t rows_max = 512;  // of a batch
  std::uint32_t logit_rows_max = 32;
  const MtpWeights* drafter = nullptr;
};

// Memory that a Forward on the CPU takes for itself and its device, weights and sessions apart.
std::uint64_t forward_scratch_bytes(const Shape& shape, const ForwardOptions& options, int threads);

// Used by one thread. Weights, shape and device must outlive it.
class Forward {
 public:
  Forward(device::Device& device, const Shape& shape, const ModelWeights& weights,
          const ForwardOptions& options);
  ~Forward();

  StateLayout layout() const;
  std::uint32_t rows_max() const;
  std::uint32_t logit_rows_max() const;
  const Shape& shape() const;

  // Appends the chunks to their sessions; together at most rows_max() tokens, no session twice, all
  // tokens below the vocabulary. Row i of the batch is the i-th token of the chunks in order.
  // False where `pace` ended it early: the states of the sessions are then spoilt.
  bool evaluate(std::span<const Chunk> chunks, const Steering* steering = nullptr,
                Pace* pace = nullptr);

  // Logits of rows of the last evaluate(), [rows.size(), vocabulary]; at most logit_rows_max() at a
  // time. Valid until the next call of any function.
  std::span<const float> logits(std::span<const std::uint32_t> rows);

  // The drafter, which options named. Appends rows `first_row`, ... of the last evaluate(), or of
  // the last draft() where `chained`, to the drafter's ring of a session, each with the token that
  // follows it; all rows are of that session and follow what the ring holds. draft_logits() then
  // speaks of these rows, as 0, 1, ...: of the tokens behind `next_tokens`.
  void draft(SessionState& state, std::uint32_t first_row,
             std::span<const std::int32_t> next_tokens, bool chained = false);
  std::span<const float> draft_logits(std::span<const std::uint32_t> rows);

  // Null: nobody watches.
  void watch(Watcher* watcher);

 private:
  friend std::uint64_t forward_scratch_bytes(const Shape&, const ForwardOptions&, int);
  struct Buffers;
  struct LayerRun;

  void prepare();
  void run_layer(const LayerRun& run);
  void attend(const LayerRun& run);
  void attend_part(const LayerRun& run, std::uint32_t first_row, std::uint32_t rows);
  void run_experts(const LayerRun& run);
  std::span<const float> head_logits(const MixWeights& mix, const Weight& norm,
                                     const float* streams, std::span<const std::uint32_t> rows);
  void see(Point point, std::uint32_t layer, const float* values, std::size_t count);

  device::Device& device_;
  const Shape& shape_;
  const ModelWeights& weights_;
  ForwardOptions options_;
  device::RowFormat format_;
  std::vector<float> plain_frequencies_, stretched_frequencies_;
  std::uint32_t attention_rows_ = 0;  // of a batch that the attention takes at a time
  std::uint32_t evaluated_rows_ = 0, drafted_rows_ = 0;  // that logits can be asked of
  Watcher* watcher_ = nullptr;
  std::unique_ptr<Buffers> buffers_;
};

}  // namespace ds4::model
