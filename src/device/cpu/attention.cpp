// Attention of a batch. Work is cut into blocks of queries of one segment and ranges of heads; a
// block decodes rows once, some tiles at a time, for all its queries that see them.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/check.h"
#include "device/cpu/attention_tile.h"
#include "device/cpu/cpu_device.h"
#include "device/cpu/norms.h"
#include "device/cpu/row_codec.h"
#include "device/cpu/row_operations.h"
#include "device/cpu/scratch_needs.h"
#include "quant/codec.h"

#define DS4_BODY "device/cpu/attention.inc"
#include "device/cpu/for_each_isa.inc"

namespace ds4::device {

namespace {

constexpr std::uint32_t kBlockQueries = 16;
constexpr std::uint32_t kGroupRows = 4 * kTileRows;  // decoded at a time; stay in the second cache
constexpr std::uint32_t kSpareRows = 3;              // a tile is read up to a multiple of 4
constexpr std::uint32_t kHeadStep = 4;               // heads come in fours in registers

std::size_t round_up(std::size_t count, std::size_t to) {
  return (count + to - 1) / to * to;
}

std::size_t rows_floats(const RowFormat& format) {
  return (kGroupRows + kSpareRows) * decoded_stride(format);
}

// A worker's piece of the scratch: decoded rows, then maximum and denominator of every head of
// every query of a block.
std::size_t worker_floats(const RowFormat& format, std::size_t heads) {
  return rows_floats(format) + 2 * kBlockQueries * round_up(heads, 16);
}

// A block of queries with a range of heads.
class Block {
 public:
  Block(Isa isa, const Batch& batch, const AttendArgs& args, std::size_t segment,
        std::uint32_t first_query, std::uint32_t first_head, std::uint32_t heads, float* scratch)
      : isa_(isa),
        args_(args),
        segment_(batch.segments[segment]),
        state_(args.states[segment]),
        first_query_(first_query),
        queries_(std::min(kBlockQueries, segment_.rows - first_query)),
        first_head_(first_head),
        heads_(heads),
        head_stride_(round_up(heads, 16)),
        rows_(scratch),
        maximum_(scratch + rows_floats(args.format)),
        denominator_(maximum_ + kBlockQueries * head_stride_) {
    tile_.stride = decoded_stride(args.format);
    tile_.width = args.format.head_width;
    tile_.scale = 1.0f / std::sqrt(static_cast<float>(args.format.head_width));
  }

  void run() {
    begin();
    attend_raw();
    if (args_.ratio != 0) {
      attend_all_compressed();
      attend_chosen();
    }
    finish();
  }

 private:
  std::uint64_t position(std::uint32_t query) const {
    return segment_.position + first_query_ + query;
  }
  std::uint64_t visible(std::uint32_t query) const { return (position(query) + 1) / args_.ratio; }
  bool must_choose(std::uint32_t query) const {
    return args_.ratio == 4 && visible(query) > args_.top_k;
  }
  // Element `query` of the block in an array of all rows and heads.
  std::size_t offset(std::uint32_t query) const {
    const std::size_t row = segment_.first_row + first_query_ + query;
    return (row * args_.heads + first_head_) * args_.format.head_width;
  }

  const std::byte* raw_row(std::uint64_t at) const {
    const std::size_t bytes = args_.format.key_bytes();
    if (at < segment_.position) return state_.ring + (at % state_.ring_rows) * bytes;
    return args_.keys + (segment_.first_row + (at - segment_.position)) * bytes;
  }
  const std::byte* compressed_row(std::uint64_t at) const {
    return state_.pages[at / kPageRows] + (at % kPageRows) * args_.format.key_bytes();
  }

  void begin() {
    for (std::uint32_t q = 0; q < queries_; ++q) {
      float* maximum = maximum_ + q * head_stride_;
      float* denominator = denominator_ + q * head_stride_;
      std::fill(maximum, maximum + head_stride_, 0.0f);
      const std::uint64_t element = quant::info(args_.sinks->type).block_bytes;
      quant::decode_row(args_.sinks->type, args_.sinks->data + first_head_ * element, maximum,
                        heads_);
      std::fill(denominator, denominator + head_stride_, 1.0f);
      float* out = args_.out + offset(q);
      std::fill(out, out + std::size_t{heads_} * tile_.width, 0.0f);
    }
  }

  // Rows [from, to) of the decoded ones join query `query`, a tile at a time.
  void attend(std::uint32_t query, std::size_t from, std::size_t to) {
    AttentionHeads heads;
    heads.queries = args_.queries + offset(query);
    heads.count = heads_;
    heads.maximum = maximum_ + query * head_stride_;
    heads.denominator = denominator_ + query * head_stride_;
    heads.out = args_.out + offset(query);
    while (from < to) {
      const std::size_t end = std::min(to, (from / kTileRows + 1) * kTileRows);
      tile_.rows = rows_ + from * tile_.stride;
      tile_.count = end - from;
      DS4_ON_ISA(isa_, attend_tile)(tile_, heads);
      from = end;
    }
  }

  // Ordinals [from, to) of a list whose groups start at multiples of kGroupRows: ordinal i is
  // decoded to row i % kGroupRows. Calls body(group, from, to) for each group's part.
  template <class RowAt, class Body>
  void for_each_group(std::uint64_t from, std::uint64_t to, RowAt row_at, Body body) {
    const std::byte* pointers[kGroupRows];
    while (from < to) {
      const std::uint64_t group = from / kGroupRows * kGroupRows;
      const std::uint64_t end = std::min(to, group + kGroupRows);
      for (std::uint64_t i = from; i < end; ++i) pointers[i - from] = row_at(i);
      decode_keys(isa_, args_.format, pointers, end - from, rows_ + (from - group) * tile_.stride);
      body(group, from, end);
      from = end;
    }
  }

  std::uint64_t first_raw(std::uint32_t query) const {
    return position(query) + 1 > args_.window ? position(query) + 1 - args_.window : 0;
  }

  void attend_raw() {
    for_each_group(
        first_raw(0), position(queries_ - 1) + 1, [&](std::uint64_t i) { return raw_row(i); },
        [&](std::uint64_t group, std::uint64_t from, std::uint64_t to) {
          for (std::uint32_t q = 0; q < queries_; ++q) {
            const std::uint64_t first = std::max(from, first_raw(q));
            const std::uint64_t last = std::min(to, position(q) + 1);
            if (first < last) attend(q, first - group, last - group);
          }
        });
  }

  // Queries that see every compressed row; they are the first of a block.
  void attend_all_compressed() {
    std::uint32_t count = 0;
    while (count < queries_ && !must_choose(count)) ++count;
    if (count == 0) return;
    for_each_group(
        0, visible(count - 1), [&](std::uint64_t i) { return compressed_row(i); },
        [&](std::uint64_t group, std::uint64_t from, std::uint64_t to) {
          for (std::uint32_t q = 0; q < count; ++q) {
            const std::uint64_t last = std::min(to, visible(q));
            if (from < last) attend(q, from - group, last - group);
          }
        });
  }

  void attend_chosen() {
    for (std::uint32_t q = 0; q < queries_; ++q) {
      if (!must_choose(q)) continue;
      const std::size_t row = segment_.first_row + first_query_ + q;
      const std::uint32_t* chosen = args_.chosen + row * args_.top_k;
      for_each_group(
          0, args_.top_k, [&](std::uint64_t i) { return compressed_row(chosen[i]); },
          [&](std::uint64_t group, std::uint64_t from, std::uint64_t to) {
            attend(q, from - group, to - group);
          });
    }
  }

  void finish() {
    for (std::uint32_t q = 0; q < queries_; ++q) {
      const Rotation rotation(isa_, args_.rope, position(q), /*inverse=*/true);
      float* out = args_.out + offset(q);
      for (std::uint32_t h = 0; h < heads_; ++h, out += tile_.width) {
        const float factor = 1.0f / denominator_[q * head_stride_ + h];
        for (std::size_t k = 0; k < tile_.width; ++k) out[k] = out[k] * factor;
        rotation.apply(out + tile_.width - 2 * std::size_t{args_.rope.pairs});
      }
    }
  }

  Isa isa_;
  const AttendArgs& args_;
  const Segment& segment_;
  const LayerRows& state_;
  std::uint32_t first_query_, queries_;  // of the segment
  std::uint32_t first_head_, heads_;
  std::size_t head_stride_;  // of the two below
  float* rows_;
  float* maximum_;
  float* denominator_;
  AttentionTile tile_;
};

}  // namespace

ScratchNeeds attend_needs(const Capacity& capacity) {
  return {.worker_bytes = worker_floats(capacity.format, capacity.heads) * sizeof(float)};
}

void attend(Workplace at, const Batch& batch, const AttendArgs& args) {
  CHECK(args.states.size() == batch.segments.size());
  if (batch.rows == 0) return;
  std::uint32_t blocks = 0;
  for (const Segment& segment : batch.segments) {
    blocks += (segment.rows + kBlockQueries - 1) / kBlockQueries;
  }
  // With fewer blocks than workers each block's heads are divided too, though every part then
  // decodes the rows again.
  const auto workers = static_cast<std::uint32_t>(at.team.size());
  const std::uint32_t parts = (workers + blocks - 1) / blocks;
  const auto part_heads =
      static_cast<std::uint32_t>(round_up((args.heads + parts - 1) / parts, kHeadStep));
  const std::uint32_t ranges = (args.heads + part_heads - 1) / part_heads;

  at.team.run(blocks * ranges, [&](std::uint32_t task, int worker) {
    std::uint32_t block = task / ranges;
    std::size_t segment = 0;
    for (;; ++segment) {
      const std::uint32_t here = (batch.segments[segment].rows + kBlockQueries - 1) / kBlockQueries;
      if (block < here) break;
      block -= here;
    }
    const std::uint32_t first_head = task % ranges * part_heads;
    float* scratch = at.scratch.worker<float>(worker, worker_floats(args.format, args.heads));
    Block(at.isa, batch, args, segment, block * kBlockQueries, first_head,
          std::min(part_heads, args.heads - first_head), scratch)
        .run();
  });
}

void CpuDevice::attend(const Batch& batch, const AttendArgs& args) {
  device::attend({isa_, team_, scratch_}, batch, args);
}

}  // namespace ds4::device
