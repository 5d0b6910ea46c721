// Which patterns of the IQ2_XXS grid stand in for one that is not in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ds4::quant {

// Built once, read by all threads. Patterns are written as in kIq2xxsGrid.
class Iq2xxsNeighbours {
 public:
  static const Iq2xxsNeighbours& get();

  // Lists are padded to a multiple of this with copies of their first pattern.
  static constexpr int kPadding = 16;

  // The longest list, in units of that.
  static constexpr int kLongest = 10;

  // Length of a pattern's list, in units of kPadding; 0 for a pattern of the grid.
  int length_of(std::uint32_t code) const { return entries_[code].length; }

  // The grid's patterns at the two smallest distances from `code`, nearest first, then by index.
  // Empty if `code` is in the grid itself.
  std::span<const std::int32_t> of(std::uint32_t code) const {
    const Entry entry = entries_[code];
    return {lists_.data() + std::size_t{entry.start} * kPadding,
            std::size_t{entry.length} * kPadding};
  }

  // Of a pattern that is in the grid.
  std::uint8_t index_of(std::uint32_t code) const {
    return static_cast<std::uint8_t>(entries_[code].start);
  }

 private:
  Iq2xxsNeighbours();

  struct Entry {
    std::uint16_t start = 0;  // in lists_, as length in units of kPadding; for the grid, the index
    std::uint16_t length = 0;
  };
  std::vector<Entry> entries_;
  std::vector<std::int32_t> lists_;  // as wide as the lanes of the search
};

}  // namespace ds4::quant
