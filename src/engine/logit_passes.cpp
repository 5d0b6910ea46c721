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

void exp_of_negatives(std::span<const float> distances, float* out, Isa isa) {
  DS4_ON_ISA(isa, negative_exps_of)(distances.data(), distances.size(), out);
}

}  // namespace ds4::engine
