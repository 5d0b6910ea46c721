// Root-mean-square norms and rotations of single rows, for the operations that end in them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "device/cpu/isa.h"
#include "device/cpu/team.h"
#include "device/device.h"

namespace ds4::device {

// 1 / sqrt(mean of the squares + epsilon)
float rms_scale(Isa isa, const float* x, std::size_t width, float epsilon);

// `norm` is F32, F16 or BF16; null: without weight. `out` may be `x`.
void rms_norm_row(Isa isa, const float* x, const Weight* norm, float epsilon, std::size_t width,
                  float* out);

// The sines and cosines of one position, for as many vectors as are rotated by it.
class Rotation {
 public:
  Rotation(Isa isa, const Rope& rope, std::uint64_t position, bool inverse = false);

  // `channels` are the last 2 * rope.pairs of a vector; their adjacent pairs are rotated in place.
  void apply(float* channels) const;

 private:
  static constexpr std::size_t kChannelsMax = 4096;  // as the widest head that a file may have

  Isa isa_;
  std::size_t channels_;
  // A pair (a, b) becomes a * first + b * second, channel by channel.
  float first_[kChannelsMax];   // cos, sin, cos, sin, ...
  float second_[kChannelsMax];  // -sin, cos, -sin, cos, ...
};

inline void rotate(Isa isa, float* channels, const Rope& rope, std::uint64_t position,
                   bool inverse = false) {
  Rotation(isa, rope, position, inverse).apply(channels);
}

// The operations of the same names.
void rms_norm(Isa isa, Team& team, const float* x, const Weight* norm, float epsilon,
              std::uint32_t rows, std::uint32_t width, float* out);
void finish_queries(Isa isa, Team& team, const Batch& batch, std::uint32_t heads,
                    std::uint32_t head_width, float epsilon, const Rope& rope, float* queries);

}  // namespace ds4::device
