#include "download/byte_ranges.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace ds4::download {
namespace {

// Against a plain array of what is there.
TEST(byte_ranges, agree_with_a_list_of_every_byte) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  constexpr std::uint64_t kSize = 64;
  for (int round = 0; round < 300; ++round) {
    ByteRanges ranges;
    std::vector<bool> there(kSize, false);
    for (int i = 0; i < 12; ++i) {
      const std::uint64_t begin = random() % kSize;
      const std::uint64_t end = std::min<std::uint64_t>(kSize, begin + random() % 10);
      ranges.add({begin, end});
      for (std::uint64_t at = begin; at < end; ++at) there[at] = true;

      EXPECT_EQ(ranges.total(),
                static_cast<std::uint64_t>(std::count(there.begin(), there.end(), true)));
      EXPECT_EQ(ranges.prefix(), static_cast<std::uint64_t>(
                                     std::find(there.begin(), there.end(), false) - there.begin()));
      std::vector<bool> listed(kSize, false);
      std::uint64_t behind = 0;
      for (const ByteRange& range : ranges.list()) {
        EXPECT_LT(range.begin, range.end);
        EXPECT_TRUE(behind == 0 || range.begin > behind);
        behind = range.end;
        for (std::uint64_t at = range.begin; at < range.end; ++at) listed[at] = true;
      }
      EXPECT_EQ(listed, there);

      std::uint64_t at = 0;
      for (const ByteRange& gap : ranges.gaps(kSize, 7)) {
        EXPECT_LE(gap.size(), 7u);
        EXPECT_GE(gap.begin, at);
        for (; at < gap.begin; ++at) EXPECT_TRUE(there[at]);
        for (; at < gap.end; ++at) EXPECT_FALSE(there[at]);
      }
      for (; at < kSize; ++at) EXPECT_TRUE(there[at]);
    }
  }
}

TEST(byte_ranges, gaps_are_as_large_as_they_may) {
  ByteRanges ranges;
  ranges.add({10, 20});
  EXPECT_EQ(ranges.gaps(45, 15), (std::vector<ByteRange>{{0, 10}, {20, 35}, {35, 45}}));
  EXPECT_EQ(ranges.gaps(15, 100), (std::vector<ByteRange>{{0, 10}}));
  EXPECT_TRUE(ByteRanges().gaps(0, 5).empty());
}

}  // namespace
}  // namespace ds4::download
