#include "device/cpu/norms.h"

#include <algorithm>

#include "base/check.h"
#include "device/cpu/cpu_device.h"

#define DS4_BODY "device/cpu/norms.inc"
#include "device/cpu/for_each_isa.inc"

namespace ds4::device {

namespace {

// What a worker claims at once: well above the cost of a claim, well below a share of the batch.
constexpr std::uint32_t kRowsOfTask = 4;
constexpr std::uint32_t kHeadsOfTask = 16;

std::uint32_t parts(std::uint32_t whole, std::uint32_t part) {
  return (whole + part - 1) / part;
}

}  // namespace

float rms_scale(Isa isa, const float* x, std::size_t width, float epsilon) {
  return DS4_ON_ISA(isa, scale_of_row)(x, width, epsilon);
}

void rms_norm_row(Isa isa, const float* x, const Weight* norm, float epsilon, std::size_t width,
                  float* out) {
  DS4_ON_ISA(isa, norm_row)(x, norm, epsilon, width, out);
}

Rotation::Rotation(Isa isa, const Rope& rope, std::uint64_t position, bool inverse)
    : isa_(isa), channels_(2 * std::size_t{rope.pairs}) {
  CHECK(channels_ <= kChannelsMax);
  DS4_ON_ISA(isa, make_rotation)
  (rope.frequencies, rope.pairs, static_cast<float>(position), inverse, first_, second_);
}

void Rotation::apply(float* channels) const {
  DS4_ON_ISA(isa_, apply_rotation)(channels, channels_, first_, second_);
}

void rms_norm(Isa isa, Team& team, const float* x, const Weight* norm, float epsilon,
              std::uint32_t rows, std::uint32_t width, float* out) {
  team.run(parts(rows, kRowsOfTask), [&](std::uint32_t task, int) {
    const std::uint32_t end = std::min(rows, (task + 1) * kRowsOfTask);
    for (std::uint32_t row = task * kRowsOfTask; row < end; ++row) {
      const std::size_t at = std::size_t{row} * width;
      rms_norm_row(isa, x + at, norm, epsilon, width, out + at);
    }
  });
}

void finish_queries(Isa isa, Team& team, const Batch& batch, std::uint32_t heads,
                    std::uint32_t head_width, float epsilon, const Rope& rope, float* queries) {
  const std::uint32_t tasks_of_row = parts(heads, kHeadsOfTask);
  team.run(batch.rows * tasks_of_row, [&](std::uint32_t task, int) {
    const std::uint32_t row = task / tasks_of_row;
    const std::uint32_t first = task % tasks_of_row * kHeadsOfTask;
    const Rotation rotation(isa, rope, batch.positions[row]);
    for (std::uint32_t head = first; head < std::min(heads, first + kHeadsOfTask); ++head) {
      float* query = queries + (std::size_t{row} * heads + head) * head_width;
      rms_norm_row(isa, query, nullptr, epsilon, head_width, query);
      rotation.apply(query + head_width - 2 * rope.pairs);
    }
  });
}

void CpuDevice::rms_norm(const float* x, const Weight* norm, float epsilon, std::uint32_t rows,
                         std::uint32_t width, float* out) {
  device::rms_norm(isa_, team_, x, norm, epsilon, rows, width, out);
}

void CpuDevice::finish_queries(const Batch& batch, std::uint32_t heads, std::uint32_t head_width,
                               float epsilon, const Rope& rope, float* queries) {
  device::finish_queries(isa_, team_, batch, heads, head_width, epsilon, rope, queries);
}

}  // namespace ds4::device
