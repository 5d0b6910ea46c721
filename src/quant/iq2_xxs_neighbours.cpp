#include "quant/iq2_xxs_neighbours.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/check.h"
#include "quant/iq2_xxs_grid.h"

namespace ds4::quant {

namespace {

// The largest pattern has level 2 everywhere: 43690.
constexpr std::uint32_t kPatterns = 43692;

bool has_level_three(std::uint32_t code) {
  return (code & code >> 1 & 0x5555u) != 0;
}

int squared_distance(std::uint32_t a, std::uint32_t b) {
  int sum = 0;
  for (int j = 0; j < 8; ++j) {
    const int apart = grid_level(a, j) - grid_level(b, j);
    sum += apart * apart;
  }
  return sum;
}

}  // namespace

Iq2xxsNeighbours::Iq2xxsNeighbours() : entries_(kPatterns) {
  for (std::uint32_t code = 0; code < kPatterns; ++code) {
    if (has_level_three(code)) continue;
    const auto found = std::lower_bound(kIq2xxsGrid.begin(), kIq2xxsGrid.end(), code);
    if (found != kIq2xxsGrid.end() && *found == code) {
      entries_[code] = {static_cast<std::uint16_t>(found - kIq2xxsGrid.begin()), 0};
      continue;
    }
    std::array<int, 256> distances;
    for (std::size_t n = 0; n < 256; ++n) distances[n] = squared_distance(code, kIq2xxsGrid[n]);
    const int nearest = *std::min_element(distances.begin(), distances.end());
    int second = 1 << 20;
    for (const int distance : distances) {
      if (distance > nearest) second = std::min(second, distance);
    }
    const std::size_t start = lists_.size();
    for (const int wanted : {nearest, second}) {
      for (std::size_t n = 0; n < 256; ++n) {
        if (distances[n] == wanted) lists_.push_back(kIq2xxsGrid[n]);
      }
    }
    while ((lists_.size() - start) % kPadding != 0) lists_.push_back(lists_[start]);
    entries_[code] = {static_cast<std::uint16_t>(start / kPadding),
                      static_cast<std::uint16_t>((lists_.size() - start) / kPadding)};
    CHECK(entries_[code].length <= kLongest);
  }
}

const Iq2xxsNeighbours& Iq2xxsNeighbours::get() {
  static const Iq2xxsNeighbours neighbours;
  return neighbours;
}

}  // namespace ds4::quant
