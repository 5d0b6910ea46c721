#include "base/checksum.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace ds4 {
namespace {

std::vector<std::byte> sample(std::size_t size) {
  std::vector<std::byte> out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::byte>(i * i + 7 * i);
  return out;
}

TEST(checksum, sees_every_flipped_bit) {
  for (const std::size_t size : {1, 7, 8, 9, 31, 32, 33, 40, 64, 100}) {
    std::vector<std::byte> bytes = sample(size);
    std::set<std::uint64_t> sums = {checksum(bytes)};
    for (std::size_t bit = 0; bit < 8 * size; ++bit) {
      bytes[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
      sums.insert(checksum(bytes));
      bytes[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    }
    EXPECT_EQ(sums.size(), 8 * size + 1) << size;
  }
}

TEST(checksum, sees_length_order_and_seed) {
  const std::vector<std::byte> zeros(100);
  std::set<std::uint64_t> sums;
  for (std::size_t size = 0; size <= zeros.size(); ++size) {
    sums.insert(checksum(std::span(zeros).first(size)));
  }
  EXPECT_EQ(sums.size(), 101u);
  std::vector<std::byte> bytes = sample(96);
  const std::uint64_t before = checksum(bytes);
  std::swap_ranges(bytes.begin(), bytes.begin() + 8, bytes.begin() + 32);
  EXPECT_NE(checksum(bytes), before);
  EXPECT_NE(checksum(zeros, 1), checksum(zeros, 2));
}

}  // namespace
}  // namespace ds4
