// The indexer: scores of all visible compressed rows, and the best of them for every query that
// may not see all. Blocks of queries share the unpacked rows; where queries are few, the rows are
// divided among the workers and what each found is merged.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "base/check.h"
#include "device/cpu/best_rows.h"
#include "device/cpu/cpu_device.h"
#include "device/cpu/indexer_tile.h"
#include "device/cpu/norms.h"
#include "device/cpu/row_codec.h"
#include "device/cpu/row_operations.h"
#include "device/cpu/scratch_needs.h"
#include "quant/scalar.h"
#include "quant/simulate.h"

#define DS4_BODY "device/cpu/indexer.inc"
#include "device/cpu/for_each_isa.inc"

namespace ds4::device {

namespace {

constexpr std::uint32_t kRatio = 4;
constexpr std::uint32_t kHeadsOfTask = 16;
constexpr std::uint32_t kBlockQueriesMax = 8;
constexpr std::uint64_t kBlockKeys = 8192;  // that the queries of a block want together
constexpr std::uint64_t kRangesMax = 16;
constexpr std::uint64_t kRangeTiles = 64;  // of a range at least; less is not worth a task
// Of all ranges' candidates: sixteen queries of sixteen ranges with the published top_k.
constexpr std::uint64_t kSharedKeys = 16 * 16 * 1025;

// Of the widest head and the longest context that a file may have.
constexpr std::size_t kGroupsMax = 4096 / kIndexGroup;
constexpr std::size_t kRowsMax = (std::size_t{1} << 24) / kRatio;

std::uint32_t block_queries_max(std::uint64_t top_k) {
  return static_cast<std::uint32_t>(
      std::clamp<std::uint64_t>(kBlockKeys / top_k, 1, kBlockQueriesMax));
}

std::size_t groups_of(const RowFormat& format) {
  return format.index_width / kIndexGroup;
}

// A worker's piece of the scratch.
struct Piece {
  std::uint64_t* keys = nullptr;  // [queries, 2 * top_k]
  float* weights = nullptr;       // [queries, heads]
  IndexTile tile;

  static std::size_t bytes(const RowFormat& format, std::size_t heads, std::size_t top_k) {
    return block_queries_max(top_k) * (2 * top_k * sizeof(std::uint64_t) + heads * sizeof(float)) +
           groups_of(format) * (kIndexGroupBytes + kIndexTileRows * sizeof(float));
  }

  Piece(std::byte* scratch, const SelectArgs& args) {
    const std::size_t groups = groups_of(args.format);
    // The tile first: its rows of codes fill lines of the cache.
    tile.groups = groups;
    tile.codes = reinterpret_cast<std::int8_t*>(scratch);
    scratch += groups * kIndexGroupBytes;
    tile.scales = reinterpret_cast<float*>(scratch);
    scratch += groups * kIndexTileRows * sizeof(float);
    keys = reinterpret_cast<std::uint64_t*>(scratch);
    scratch += block_queries_max(args.top_k) * 2 * args.top_k * sizeof(std::uint64_t);
    weights = reinterpret_cast<float*>(scratch);
  }
};

// Queries of one segment that must choose, over one range of the rows they see.
struct Task {
  std::size_t segment = 0;
  std::uint32_t first_query = 0;  // of the segment
  std::uint32_t queries = 0;
  std::uint32_t ordinal = 0;  // of the first, among all queries that choose
  std::uint32_t range = 0;
};

class Selection {
 public:
  Selection(Workplace at, const Batch& batch, const SelectArgs& args)
      : at_(at), batch_(batch), args_(args) {
    const auto workers = static_cast<std::uint32_t>(at.team.size());
    for (const Segment& segment : batch.segments) choosing_ += segment.rows - not_choosing(segment);
    block_queries_ = std::clamp(choosing_ / (2 * workers), 1u, block_queries_max(args.top_k));
    std::uint64_t tiles = 0;
    for (const Segment& segment : batch.segments) {
      const std::uint32_t here = segment.rows - not_choosing(segment);
      blocks_ += blocks_of(here);
      if (here > 0) tiles = std::max(tiles, tiles_of(visible(segment, segment.rows - 1)));
    }
    if (workers > 1 && blocks_ > 0) {
      const std::uint64_t wanted = (2 * workers + blocks_ - 1) / blocks_;
      const std::uint64_t room = kSharedKeys / (choosing_ * (std::uint64_t{args.top_k} + 1));
      ranges_ = static_cast<std::uint32_t>(
          std::clamp<std::uint64_t>(std::min({wanted, tiles / kRangeTiles, room}), 1, kRangesMax));
    }
  }

  void run() {
    const std::uint32_t parts = (args_.heads + kHeadsOfTask - 1) / kHeadsOfTask;
    at_.team.run(batch_.rows * parts, [&](std::uint32_t task, int) {
      const std::uint32_t row = task / parts;
      if ((batch_.positions[row] + 1) / kRatio <= args_.top_k) return;
      const std::uint32_t first = task % parts * kHeadsOfTask;
      finish_heads(row, first, std::min(args_.heads, first + kHeadsOfTask));
    });
    at_.team.run(blocks_ * ranges_,
                 [&](std::uint32_t task, int worker) { score(find_task(task), worker); });
    if (ranges_ == 1) return;
    at_.team.run(choosing_, [&](std::uint32_t ordinal, int) { merge(ordinal); });
  }

 private:
  static std::uint64_t visible(const Segment& segment, std::uint32_t query) {
    return (segment.position + query + 1) / kRatio;
  }
  static std::uint64_t tiles_of(std::uint64_t rows) {
    return (rows + kIndexTileRows - 1) / kIndexTileRows;
  }
  // Queries of a segment that see all rows; they come first.
  std::uint32_t not_choosing(const Segment& segment) const {
    const std::uint64_t first = kRatio * (std::uint64_t{args_.top_k} + 1) - 1;
    if (first <= segment.position) return 0;
    return static_cast<std::uint32_t>(
        std::min<std::uint64_t>(first - segment.position, segment.rows));
  }
  std::uint32_t blocks_of(std::uint32_t queries) const {
    return (queries + block_queries_ - 1) / block_queries_;
  }

  Task find_task(std::uint32_t index) const {
    Task task;
    task.range = index % ranges_;
    std::uint32_t block = index / ranges_;
    for (;; ++task.segment) {
      const Segment& segment = batch_.segments[task.segment];
      const std::uint32_t skipped = not_choosing(segment);
      const std::uint32_t here = segment.rows - skipped;
      if (block < blocks_of(here)) {
        task.first_query = skipped + block * block_queries_;
        task.queries = std::min(block_queries_, segment.rows - task.first_query);
        task.ordinal += block * block_queries_;
        return task;
      }
      block -= blocks_of(here);
      task.ordinal += here;
    }
  }

  // Of the segment's row.
  float* head(std::size_t row, std::size_t h) const {
    return args_.queries + (row * args_.heads + h) * args_.format.index_width;
  }

  // Rotates, transforms and rounds, in place.
  void finish_heads(std::uint32_t row, std::uint32_t first, std::uint32_t end) const {
    const std::size_t width = args_.format.index_width;
    const std::size_t groups = groups_of(args_.format);
    const int offset = DS4_ON_ISA(at_.isa, code_offset)();
    const Rotation rotation(at_.isa, args_.rope, batch_.positions[row]);
    for (std::uint32_t h = first; h < end; ++h) {
      float* x = head(row, h);
      rotation.apply(x + width - 2 * args_.rope.pairs);
      quant::hadamard(x, width);
      if (!args_.format.is_packed) continue;
      // The rounded form is shorter than what it replaces: group g is read before it is written.
      auto* codes = reinterpret_cast<std::int8_t*>(x);
      std::array<float, kGroupsMax> scales;
      std::array<std::int32_t, kGroupsMax> starts;
      for (std::size_t g = 0; g < groups; ++g) {
        std::int8_t group[kIndexGroup];
        const int exponent = encode_index_group(at_.isa, x + g * kIndexGroup, group);
        scales[g] = quant::power_of_two(exponent - 2);
        starts[g] = 0;
        for (const std::int8_t code : group) starts[g] -= offset * code;
        std::memcpy(codes + g * kIndexGroup, group, sizeof group);
      }
      std::memcpy(codes + width, scales.data(), groups * sizeof(float));
      std::memcpy(codes + width + groups * sizeof(float), starts.data(),
                  groups * sizeof(std::int32_t));
    }
  }

  void score(const Task& task, int worker) const {
    const Segment& segment = batch_.segments[task.segment];
    const std::uint32_t first_row = segment.first_row + task.first_query;
    Piece piece(
        at_.scratch.worker<std::byte>(worker, Piece::bytes(args_.format, args_.heads, args_.top_k)),
        args_);
    BestRows best[kBlockQueriesMax];
    IndexQuery queries[kBlockQueriesMax];
    for (std::uint32_t q = 0; q < task.queries; ++q) {
      best[q] = BestRows(piece.keys + q * 2 * args_.top_k, args_.top_k);
      float* weights = piece.weights + q * args_.heads;
      weigh_heads(first_row + q, weights);
      queries[q] = {reinterpret_cast<const std::byte*>(head(first_row + q, 0)),
                    args_.format.index_width * sizeof(float), args_.heads, weights};
    }
    const std::uint64_t tiles = tiles_of(visible(segment, task.first_query + task.queries - 1));
    const std::byte* const* pages = args_.states[task.segment].index_pages;
    const std::size_t row_bytes = args_.format.index_bytes();
    for (std::uint64_t t = tiles * task.range / ranges_; t < tiles * (task.range + 1) / ranges_;
         ++t) {
      const std::uint64_t from = t * kIndexTileRows;
      // A page holds whole tiles; what stands behind its last row is scored and not looked at.
      const std::byte* rows = pages[from / kPageRows] + from % kPageRows * row_bytes;
      if (args_.format.is_packed) DS4_ON_ISA(at_.isa, unpack_tile)(rows, row_bytes, piece.tile);
      for (std::uint32_t q = 0; q < task.queries; ++q) {
        float scores[kIndexTileRows];
        if (args_.format.is_packed) {
          DS4_ON_ISA(at_.isa, score_tile)(piece.tile, queries[q], scores);
        } else {
          DS4_ON_ISA(at_.isa, score_plain)
          (reinterpret_cast<const float*>(rows), args_.format.index_width, queries[q], scores);
        }
        const std::uint64_t end =
            std::min(from + kIndexTileRows, visible(segment, task.first_query + q));
        if (from < end) best[q].add(scores, end - from, static_cast<std::uint32_t>(from));
      }
    }
    for (std::uint32_t q = 0; q < task.queries; ++q) {
      const std::size_t found = best[q].finish();
      if (ranges_ == 1) {
        write_chosen(first_row + q, best[q].keys());
      } else {
        std::uint64_t* to = candidates(task.ordinal + q, task.range);
        *to = found << 32 | (first_row + q);
        std::copy_n(best[q].keys(), found, to + 1);
      }
    }
  }

  void weigh_heads(std::uint32_t row, float* weights) const {
    const float width_factor = 1.0f / std::sqrt(static_cast<float>(args_.format.index_width));
    const float heads_factor = 1.0f / std::sqrt(static_cast<float>(args_.heads));
    const float* projected = args_.head_weights + std::size_t{row} * args_.heads;
    for (std::uint32_t h = 0; h < args_.heads; ++h) {
      weights[h] = (projected[h] * width_factor) * heads_factor;
    }
  }

  // Of one query from one range: how many there are and the query's row, then the keys.
  std::uint64_t* candidates(std::uint32_t ordinal, std::uint32_t range) const {
    return at_.scratch.shared<std::uint64_t>(kSharedKeys) +
           (std::size_t{ordinal} * ranges_ + range) * (args_.top_k + 1);
  }

  // Brings the ranges' candidates together, in place.
  void merge(std::uint32_t ordinal) const {
    std::uint64_t* keys = candidates(ordinal, 0);
    const auto row = static_cast<std::uint32_t>(*keys);
    std::size_t count = 0;
    for (std::uint32_t range = 0; range < ranges_; ++range) {
      const std::uint64_t* from = candidates(ordinal, range);
      const std::size_t found = *from >> 32;
      std::copy_n(from + 1, found, keys + count);
      count += found;
    }
    keep_greatest(keys, count, args_.top_k);
    write_chosen(row, keys);
  }

  void write_chosen(std::uint32_t row, const std::uint64_t* keys) const {
    std::uint32_t* chosen = args_.chosen + std::size_t{row} * args_.top_k;
    for (std::uint32_t i = 0; i < args_.top_k; ++i) chosen[i] = row_of_key(keys[i]);
    std::sort(chosen, chosen + args_.top_k);
  }

  Workplace at_;
  const Batch& batch_;
  const SelectArgs& args_;
  std::uint32_t choosing_ = 0;  // queries
  std::uint32_t block_queries_ = 1;
  std::uint32_t blocks_ = 0;
  std::uint32_t ranges_ = 1;  // into which every block's rows are divided
};

}  // namespace

ScratchNeeds select_needs(const Capacity& capacity) {
  // Nothing is chosen where top_k is more than there can be.
  const std::size_t top_k = std::clamp<std::size_t>(capacity.top_k, 1, kRowsMax);
  return {.worker_bytes = Piece::bytes(capacity.format, capacity.index_heads, top_k),
          .shared_bytes = kSharedKeys * sizeof(std::uint64_t)};
}

void select(Workplace at, const Batch& batch, const SelectArgs& args) {
  CHECK(args.states.size() == batch.segments.size() && args.top_k > 0);
  Selection(at, batch, args).run();
}

void CpuDevice::select(const Batch& batch, const SelectArgs& args) {
  device::select({isa_, team_, scratch_}, batch, args);
}

}  // namespace ds4::device
