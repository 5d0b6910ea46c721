#include "engine/logit_passes.h"

#include <algorithm>
#include <limits>

#define DS4_BODY "engine/logit_passes.inc"
#include "device/cpu/for_each_isa.inc"

namespace ds4::engine {

using namespace device;  // the namespaces of the instruction sets

std::optional<std::size_t> find_largest(std::span<const float> row, Isa isa) {
  // The place is looked for in one block only.
  constexpr std::size_t kBlock = 2048;
  float largest = -std::numeric_limits<float>::infinity();
  std::size_t block = row.size();
  for (std::size_t at = 0; at < row.size(); at += kBlock) {
    const float found =
        DS4_ON_ISA(isa, largest_of)(row.data() + at, std::min(kBlock, row.size() - at));
    if (found > largest) {
      largest = found;
      block = at;
    }
  }
  if (block == row.size()) return std::nullopt;
  while (row[block] != largest) ++block;
  return block;
}

void measure_distances(std::span<const float> row, float largest, float scale, float* out,
                       Isa isa) {
  DS4_ON_ISA(isa, distances_of)(row.data(), row.size(), largest, scale, out);
}

void weights_of_distances(std::span<const float> distances, std::uint64_t* out, Isa isa) {
  DS4_ON_ISA(isa, weights_of)(distances.data(), distances.size(), out);
}

void copy_where(std::span<const float> row, std::span<const std::uint64_t> mask, float* out,
                Isa isa) {
  constexpr std::size_t kHalfWord = 32;
  constexpr float kNever = -std::numeric_limits<float>::infinity();
  const auto copy_half_word = DS4_ON_ISA(isa, copy_half_word);
  for (std::size_t at = 0; at < row.size(); at += kHalfWord) {
    const std::size_t end = std::min(at + kHalfWord, row.size());
    const auto bits =
        static_cast<std::uint32_t>(at / 64 < mask.size() ? mask[at / 64] >> (at % 64) : 0);
    if (bits == 0) {
      std::fill(out + at, out + end, kNever);
    } else if (end == at + kHalfWord) {
      copy_half_word(row.data() + at, bits, out + at);
    } else {
      for (std::size_t i = at; i < end; ++i) out[i] = (bits >> (i - at) & 1) ? row[i] : kNever;
    }
  }
}

}  // namespace ds4::engine
