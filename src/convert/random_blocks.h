// Random weights straight in a tensor type's blocks: every code, sign and sub-scale equally likely,
// the block scales chosen so that the decoded values have mean zero and a wanted spread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "quant/type.h"

namespace ds4::convert {

// A stream of random words addressed by position, so that any part can be made by any thread.
class RandomWords {
 public:
  RandomWords(std::uint64_t seed, std::string_view name);

  std::uint64_t at(std::uint64_t index) const {
    std::uint64_t z = base_ + (index + 1) * 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t base_;
};

// Values are uniform (F32, F16, BF16) or spread by the format's own steps, with this mean (only
// of the plain formats) and standard deviation.
struct Spread {
  float mean = 0;
  float deviation = 1;
};

// Fills blocks [first, first + count) of a tensor. Any split gives the same bytes.
void fill_random_blocks(quant::Type type, const RandomWords& words, Spread spread,
                        std::uint64_t first, std::uint64_t count, std::byte* out);

}  // namespace ds4::convert
