// Key rows of a batch: finished and encoded, and kept in the rings.
#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "device/cpu/cpu_device.h"
#include "device/cpu/norms.h"
#include "device/cpu/row_codec.h"
#include "device/cpu/row_operations.h"

namespace ds4::device {

void finish_keys(Workplace at, const Batch& batch, const KeyArgs& args) {
  const std::size_t width = args.format.head_width;
  at.team.run(batch.rows, [&](std::uint32_t row, int worker) {
    float* key = at.scratch.worker<float>(worker, width);
    rms_norm_row(at.isa, args.x + row * width, args.norm, args.epsilon, width, key);
    rotate(at.isa, key + width - 2 * std::size_t{args.rope.pairs}, args.rope, batch.positions[row]);
    encode_key(args.format, key, args.keys + row * std::size_t{args.format.key_bytes()});
  });
}

void keep_keys(Workplace at, const Batch& batch, const std::byte* keys, const RowFormat& format,
               std::span<const LayerRows> states) {
  CHECK(states.size() == batch.segments.size());
  const std::size_t bytes = format.key_bytes();
  at.team.run(static_cast<std::uint32_t>(batch.segments.size()), [&](std::uint32_t i, int) {
    const Segment& segment = batch.segments[i];
    const LayerRows& state = states[i];
    // Of a segment longer than the ring only the end stays.
    const std::uint32_t kept = std::min(segment.rows, state.ring_rows);
    for (std::uint32_t row = segment.rows - kept; row < segment.rows; ++row) {
      std::byte* slot = state.ring + ((segment.position + row) % state.ring_rows) * bytes;
      std::memcpy(slot, keys + (segment.first_row + row) * bytes, bytes);
    }
  });
}

void CpuDevice::finish_keys(const Batch& batch, const KeyArgs& args) {
  device::finish_keys({isa_, team_, scratch_}, batch, args);
}

void CpuDevice::keep_keys(const Batch& batch, const std::byte* keys, const RowFormat& format,
                          std::span<const LayerRows> states) {
  device::keep_keys({isa_, team_, scratch_}, batch, keys, format, states);
}

}  // namespace ds4::device
