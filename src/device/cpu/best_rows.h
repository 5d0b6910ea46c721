// The best rows of a stream of scored ones, in memory for twice as many as are wanted. The result
// is a set that does not depend on the order of arrival: of equal scores the lower row is better.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace ds4::device {

// Greater is better. NaN counts as the lowest score, and the two zeros are equal.
inline std::uint64_t row_key(float score, std::uint32_t row) {
  const auto bits = std::bit_cast<std::uint32_t>(score + 0.0f);
  const std::uint32_t ordered = (bits >> 31) != 0 ? ~bits : bits | 0x80000000u;
  return std::uint64_t{score == score ? ordered : 0} << 32 | (0xFFFFFFFFu - row);
}
inline std::uint32_t row_of_key(std::uint64_t key) {
  return 0xFFFFFFFFu - static_cast<std::uint32_t>(key);
}

// NaN again for a NaN.
inline float score_of_key(std::uint64_t key) {
  const auto ordered = static_cast<std::uint32_t>(key >> 32);
  return std::bit_cast<float>((ordered >> 31) != 0 ? ordered & 0x7FFFFFFFu : ~ordered);
}

// The `wanted` greatest of `count` keys to the front, in any order.
inline void keep_greatest(std::uint64_t* keys, std::size_t count, std::size_t wanted) {
  if (count > wanted) {
    std::nth_element(keys, keys + wanted - 1, keys + count, std::greater<>());
  }
}

class BestRows {
 public:
  BestRows() = default;
  // `keys` has room for 2 * wanted.
  BestRows(std::uint64_t* keys, std::size_t wanted) : keys_(keys), wanted_(wanted) {}

  // Scores of rows one behind the other. Most often, and late in a stream, none of them counts.
  void add(const float* scores, std::size_t count, std::uint32_t first_row) {
    const float bar = score_of_key(bar_);  // NaN, below which nothing is, while there is none
    bool below = true;
    for (std::size_t i = 0; i < count; ++i) below &= scores[i] < bar;
    if (below) return;
    for (std::size_t i = 0; i < count; ++i) {
      add(scores[i], first_row + static_cast<std::uint32_t>(i));
    }
  }

  void add(float score, std::uint32_t row) {
    const std::uint64_t key = row_key(score, row);
    if (key <= bar_) return;
    keys_[count_++] = key;
    if (count_ < 2 * wanted_) return;
    keep_greatest(keys_, count_, wanted_);
    count_ = wanted_;
    bar_ = keys_[wanted_ - 1];
  }

  // All that may still be among the best, at most `wanted` keys.
  std::size_t finish() {
    keep_greatest(keys_, count_, wanted_);
    count_ = std::min(count_, wanted_);
    return count_;
  }
  std::uint64_t* keys() const { return keys_; }

 private:
  std::uint64_t* keys_ = nullptr;
  std::size_t wanted_ = 0;
  std::size_t count_ = 0;
  std::uint64_t bar_ = 0;  // the worst of those kept; no key is 0 or below
};

}  // namespace ds4::device
