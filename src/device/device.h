// What the forward pass is written over: this model's own operations, each over the rows of a
// batch. A device runs them in the order they are called; docs/numerics.md says what each must
// give, to the bit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "device/weight.h"

namespace ds4::device {

inline constexpr std::uint32_t kStreams = 4;    // residual streams
inline constexpr std::uint32_t kPageRows = 64;  // rows of a page of compressed or indexer rows

// How key rows and indexer rows are kept. Packed: E4M3 codes with a scale exponent for every 64
// channels, then the rope channels as binary16 or f32; E2M1 codes with a scale exponent for every
// 32. Not packed: f32, and nothing is rounded.
struct RowFormat {
  std::uint32_t head_width = 0;
  std::uint32_t rope_width = 0;
  std::uint32_t index_width = 0;
  bool is_packed = true;
  std::uint32_t rope_bytes = 2;  // of a rope channel in a packed row: 2 or 4

  std::uint32_t key_bytes() const {
    const std::uint32_t plain = head_width - rope_width;
    return is_packed ? (plain + plain / 64 + rope_bytes * rope_width + 7) / 8 * 8 : 4 * head_width;
  }
  std::uint32_t index_bytes() const {
    return is_packed ? index_width / 2 + index_width / 32 : 4 * index_width;
  }
};

// Rotary frequencies of a layer, one for each pair of the last 2 * pairs channels.
struct Rope {
  const float* frequencies = nullptr;
  std::uint32_t pairs = 0;
};

// What one session keeps of one layer, as operations see it.
struct LayerRows {
  std::byte* ring = nullptr;  // key rows of the latest positions: position p at p % ring_rows
  std::uint32_t ring_rows = 0;
  std::byte* const* pages = nullptr;        // compressed key rows: row i in page i / kPageRows
  std::byte* const* index_pages = nullptr;  // indexer rows, likewise
  // Compressor inputs of the latest tokens: token t at t % slots, its value and then its score
  // (position table added), each as wide as the compressor's projection.
  float* open_window = nullptr;
  float* open_index_window = nullptr;
  std::uint32_t open_slots = 0;
};

// Rows of a batch that follow one another in one session.
struct Segment {
  std::uint32_t first_row = 0;  // in the batch
  std::uint32_t rows = 0;
  std::uint64_t position = 0;  // of the first
};

struct Batch {
  std::uint32_t rows = 0;
  std::span<const Segment> segments;
  const std::int32_t* tokens = nullptr;      // [rows]
  const std::uint64_t* positions = nullptr;  // [rows]
};

// A site of a hyper-connection, or its head: fn [4 * width, 24 or 4], base, scale.
struct Mix {
  const Weight* fn = nullptr;
  const Weight* base = nullptr;
  const Weight* scale = nullptr;
};

struct CollapseArgs {
  Mix mix;
  const Weight* norm = nullptr;
  const float* streams = nullptr;  // [rows, 4, width]
  std::uint32_t rows = 0, width = 0;
  std::uint32_t iterations = 0;
  float norm_epsilon = 0, mixing_epsilon = 0;
  float* normed = nullptr;  // [rows, width] the weighted sum of the streams, and then its norm
  float* post = nullptr;    // [rows, 4]
  float* comb = nullptr;    // [rows, 4, 4]
};

struct CollapseHeadArgs {
  Mix mix;
  const Weight* norm = nullptr;
  const float* streams = nullptr;
  std::span<const std::uint32_t> rows;  // of `streams`, which become rows 0, 1, ... of the result
  std::uint32_t width = 0;
  float norm_epsilon = 0, mixing_epsilon = 0;
  float* normed = nullptr;
};

// One matrix of several that take the same input: out [rows, weight->rows].
struct Product {
  const Weight* weight = nullptr;
  float* out = nullptr;
};

struct KeyArgs {
  const float* x = nullptr;  // [rows, head_width] as projected
  const Weight* norm = nullptr;
  float epsilon = 0;
  Rope rope;
  RowFormat format;
  std::byte* keys = nullptr;  // [rows, format.key_bytes()]
};

// Pools the windows that this batch completes into rows, and remembers what the open ones need.
struct CompressArgs {
  std::uint32_t ratio = 0;
  bool for_index = false;         // rows of the indexer, else of the attention
  const float* values = nullptr;  // [rows, width * (ratio == 4 ? 2 : 1)]
  float* scores = nullptr;        // the same; the operation adds the position table to them
  const Weight* ape = nullptr;    // [ratio] rows
  const Weight* norm = nullptr;
  float epsilon = 0;
  Rope rope;
  RowFormat format;
  std::span<const LayerRows> states;  // of the batch's segments; rows are written to the pages
};

// The indexer: which compressed rows each query sees when it may not see all.
struct SelectArgs {
  float* queries = nullptr;             // [rows, heads, index_width] as projected; overwritten
  const float* head_weights = nullptr;  // [rows, heads] as projected
  std::uint32_t heads = 0;
  std::uint32_t top_k = 0;
  Rope rope;
  RowFormat format;
  std::span<const LayerRows> states;
  std::uint32_t* chosen = nullptr;  // [rows, top_k] ascending; meaningless where all are visible
};

struct AttendArgs {
  const float* queries = nullptr;   // [rows, heads, head_width] normed and rotated
  const std::byte* keys = nullptr;  // of the batch's own rows
  std::uint32_t heads = 0;
  std::uint32_t window = 0;
  std::uint32_t ratio = 0;  // 0: the window only
  std::uint32_t top_k = 0;  // ratio 4: with more visible rows than this, `chosen` counts
  const std::uint32_t* chosen = nullptr;
  const Weight* sinks = nullptr;
  Rope rope;
  RowFormat format;
  std::span<const LayerRows> states;
  float* out = nullptr;  // [rows, heads, head_width] rotated back
};

struct RouteArgs {
  const float* logits = nullptr;        // [rows, experts]
  const Weight* bias = nullptr;         // may be null
  const Weight* token_table = nullptr;  // set in hash-routed layers
  std::uint32_t experts = 0, used = 0;
  float scale = 1;
  bool normalize = true;
  std::uint32_t* ids = nullptr;  // [rows, used] best first
  float* weights = nullptr;      // [rows, used]
};

struct ExpertArgs {
  const Weight *gate = nullptr, *up = nullptr, *down = nullptr;
  const Weight *shared_gate = nullptr, *shared_up = nullptr, *shared_down = nullptr;
  const float* x = nullptr;  // [rows, width]
  std::uint32_t rows = 0, used = 0;
  const std::uint32_t* ids = nullptr;
  const float* weights = nullptr;
  float clamp = 0, shared_clamp = 0;  // 0: none
  float* out = nullptr;               // [rows, width]
};

// How much a device must be ready for.
struct Capacity {
  std::uint32_t rows = 1;       // of a batch
  std::uint32_t width_max = 0;  // longest input row of any product
  std::uint32_t experts_used = 0;
  std::uint32_t expert_width = 0;
  std::uint32_t experts = 0;
  std::uint32_t heads = 0;
  std::uint32_t top_k = 0;
  std::uint32_t index_heads = 0;
  RowFormat format;
};

// The parts of a pass, for those who measure.
enum class Stage {
  embedding,
  mixing,            // hyper-connections and norms of sublayer inputs
  attention_inputs,  // latent query, key, and what compressors take
  compressor,
  queries,  // from latent to heads
  indexer,
  attention,
  attention_output,
  router,
  experts,
  head,
};

// Used by one thread. Operations are complete, and their results readable, after wait().
class Device {
 public:
  virtual ~Device() = default;

  // For people: "CPU, AVX-512, 2 threads".
  virtual std::string description() const = 0;
  // Plans the scratch of all operations; to be called before the first one.
  virtual void prepare(const Capacity& capacity) = 0;
  virtual void wait() = 0;
  // The operations that follow belong to that part.
  virtual void enter(Stage) {}

  // out [rows, copies, width]: every copy of a row is its token's embedding.
  virtual void embed(const Weight& table, const std::int32_t* tokens, std::uint32_t rows,
                     std::uint32_t copies, float* out) = 0;
  virtual void collapse(const CollapseArgs& args) = 0;
  // streams' [j] = post[j] * y + sum over i of comb[i][j] * streams[i], in place.
  virtual void expand(const float* y, const float* post, const float* comb, std::uint32_t rows,
                      std::uint32_t width, float* streams) = 0;
  virtual void collapse_head(const CollapseHeadArgs& args) = 0;
  // out may be x. `norm` null: without weight.
  virtual void rms_norm(const float* x, const Weight* norm, float epsilon, std::uint32_t rows,
                        std::uint32_t width, float* out) = 0;

  // All matrices have as many columns as x is wide.
  virtual void multiply(std::span<const Product> products, const float* x, std::uint32_t rows) = 0;
  // x [rows, groups * columns]: output rows of group g see part g of it.
  virtual void multiply_grouped(const Weight& weight, std::uint32_t groups, const float* x,
                                std::uint32_t rows, float* out) = 0;

  // Every head: weightless norm, then rotation, in place. queries [rows, heads, head_width]
  virtual void finish_queries(const Batch& batch, std::uint32_t heads, std::uint32_t head_width,
                              float epsilon, const Rope& rope, float* queries) = 0;
  virtual void finish_keys(const Batch& batch, const KeyArgs& args) = 0;
  virtual void compress(const Batch& batch, const CompressArgs& args) = 0;
  virtual void select(const Batch& batch, const SelectArgs& args) = 0;
  virtual void attend(const Batch& batch, const AttendArgs& args) = 0;
  // The batch's key rows to the rings, after attend().
  virtual void keep_keys(const Batch& batch, const std::byte* keys, const RowFormat& format,
                         std::span<const LayerRows> states) = 0;

  virtual void route(const Batch& batch, const RouteArgs& args) = 0;
  virtual void run_experts(const ExpertArgs& args) = 0;

  // out[row] += scale * direction
  virtual void add_direction(const float* direction, float scale, std::uint32_t rows,
                             std::uint32_t width, float* out) = 0;
};

}  // namespace ds4::device
