// The compressor: windows of tokens that a batch completes become rows, and the latest tokens are
// remembered for the windows that stay open.
#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "device/cpu/cpu_device.h"
#include "device/cpu/norms.h"
#include "device/cpu/row_codec.h"
#include "device/cpu/row_operations.h"
#include "device/cpu/scratch_needs.h"
#include "quant/codec.h"
#include "quant/simulate.h"

namespace ds4::device {

namespace {

constexpr std::size_t kSlotsMax = 128;

// What one row is pooled from, oldest first; in built-in arrays, as kernels want them.
struct PoolSlots {
  const float *scores[kSlotsMax], *values[kSlotsMax];
  std::size_t count = 0;
};

}  // namespace

}  // namespace ds4::device

#define DS4_BODY "device/cpu/compressor.inc"
#include "device/cpu/for_each_isa.inc"

namespace ds4::device {

namespace {

class Compressor {
 public:
  Compressor(Workplace at, const Batch& batch, const CompressArgs& args)
      : at_(at),
        batch_(batch),
        args_(args),
        width_(args.for_index ? args.format.index_width : args.format.head_width),
        projected_(args.ratio == 4 ? 2 * width_ : width_) {}

  void run() {
    at_.team.run(batch_.rows, [this](std::uint32_t row, int worker) { add_table(row, worker); });
    std::uint32_t windows = 0;
    for (const Segment& segment : batch_.segments) windows += completed(segment);
    at_.team.run(windows, [this](std::uint32_t task, int worker) {
      std::uint32_t window = task;
      std::size_t segment = 0;
      for (; window >= completed(batch_.segments[segment]); ++segment) {
        window -= completed(batch_.segments[segment]);
      }
      const std::uint64_t first = batch_.segments[segment].position / args_.ratio;
      make_row(segment, first + window, worker);
    });
    // Only now, because the pooling reads the tokens that these replace.
    at_.team.run(static_cast<std::uint32_t>(batch_.segments.size()),
                 [this](std::uint32_t segment, int) { keep_tokens(segment); });
  }

 private:
  std::uint32_t completed(const Segment& segment) const {
    return static_cast<std::uint32_t>((segment.position + segment.rows) / args_.ratio -
                                      segment.position / args_.ratio);
  }

  void add_table(std::uint32_t row, int worker) {
    const std::uint64_t entry = batch_.positions[row] % args_.ratio;
    float* table = at_.scratch.worker<float>(worker, projected_);
    quant::decode_row(args_.ape->type, args_.ape->data + entry * args_.ape->row_bytes, table,
                      projected_);
    float* scores = args_.scores + row * projected_;
    for (std::size_t k = 0; k < projected_; ++k) scores[k] = scores[k] + table[k];
  }

  float* open_slot(std::size_t segment, std::uint64_t token) const {
    const LayerRows& state = args_.states[segment];
    float* window = args_.for_index ? state.open_index_window : state.open_window;
    return window + token % state.open_slots * 2 * projected_;
  }

  // The channels of a token that start at `half`.
  void add_slot(PoolSlots& slots, std::size_t index, std::uint64_t token, std::size_t half) const {
    const Segment& segment = batch_.segments[index];
    if (token < segment.position) {
      const float* slot = open_slot(index, token);
      slots.values[slots.count] = slot + half;
      slots.scores[slots.count] = slot + projected_ + half;
    } else {
      const std::size_t row = segment.first_row + (token - segment.position);
      slots.values[slots.count] = args_.values + row * projected_ + half;
      slots.scores[slots.count] = args_.scores + row * projected_ + half;
    }
    ++slots.count;
  }

  void make_row(std::size_t segment, std::uint64_t window, int worker) const {
    const std::uint64_t first = window * args_.ratio;
    PoolSlots slots;
    if (args_.ratio == 4 && window > 0) {
      for (std::uint64_t token = first - 4; token < first; ++token) {
        add_slot(slots, segment, token, 0);
      }
    }
    for (std::uint64_t token = first; token < first + args_.ratio; ++token) {
      add_slot(slots, segment, token, projected_ - width_);
    }
    float* row = at_.scratch.worker<float>(worker, width_);
    DS4_ON_ISA(at_.isa, pool)(slots, width_, row);
    rms_norm_row(at_.isa, row, args_.norm, args_.epsilon, width_, row);
    rotate(at_.isa, row + width_ - 2 * std::size_t{args_.rope.pairs}, args_.rope, first);
    const LayerRows& state = args_.states[segment];
    if (args_.for_index) {
      quant::hadamard(row, width_);
      encode_index_row(args_.format, row,
                       state.index_pages[window / kPageRows] +
                           (window % kPageRows) * args_.format.index_bytes());
    } else {
      encode_key(args_.format, row,
                 state.pages[window / kPageRows] + (window % kPageRows) * args_.format.key_bytes());
    }
  }

  void keep_tokens(std::size_t index) const {
    const Segment& segment = batch_.segments[index];
    const std::uint32_t kept = std::min(segment.rows, args_.states[index].open_slots);
    for (std::uint32_t i = segment.rows - kept; i < segment.rows; ++i) {
      const std::size_t row = segment.first_row + i;
      float* slot = open_slot(index, segment.position + i);
      std::copy_n(args_.values + row * projected_, projected_, slot);
      std::copy_n(args_.scores + row * projected_, projected_, slot + projected_);
    }
  }

  Workplace at_;
  const Batch& batch_;
  const CompressArgs& args_;
  std::size_t width_;      // of a finished row
  std::size_t projected_;  // of a token's value, and of its score
};

}  // namespace

// Enough for finish_keys() too, which needs a row.
ScratchNeeds compress_needs(const Capacity& capacity) {
  return {.worker_bytes = 2 * sizeof(float) *
                          std::max(capacity.format.head_width, capacity.format.index_width)};
}

void compress(Workplace at, const Batch& batch, const CompressArgs& args) {
  CHECK(args.states.size() == batch.segments.size());
  CHECK(args.ratio == 4 || args.ratio == kSlotsMax);
  Compressor(at, batch, args).run();
}

void CpuDevice::compress(const Batch& batch, const CompressArgs& args) {
  device::compress({isa_, team_, scratch_}, batch, args);
}

}  // namespace ds4::device
