// The tables of IQ2_XXS: that they are what the format says, and that neighbour lists hold what
// their definition says.
#include "quant/iq2_xxs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <random>
#include <sstream>

#include "quant/iq2_xxs_grid.h"
#include "quant/iq2_xxs_neighbours.h"
#include "quant/test_vectors.h"

namespace ds4::quant {
namespace {

// The numbers of one section of the table file.
std::vector<std::uint32_t> section(const std::string& name) {
  std::ifstream file(DS4_SOURCE_DIR "/tests/vectors/quant/iq2_xxs_tables.txt");
  EXPECT_TRUE(file.good());
  std::vector<std::uint32_t> numbers;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string first;
    words >> first;
    if (first == "SECTION") {
      std::string title;
      words >> title;
      inside = title == name;
    } else if (inside && !first.empty() && first[0] != '#') {
      std::istringstream values(line);
      for (std::uint32_t value; values >> value;) numbers.push_back(value);
    }
  }
  return numbers;
}

int level_sum(std::uint32_t code) {
  int sum = 0;
  for (int j = 0; j < 8; ++j) sum += grid_level(code, j);
  return sum;
}

int distance(std::uint32_t a, std::uint32_t b) {
  int sum = 0;
  for (int j = 0; j < 8; ++j) {
    sum += (grid_level(a, j) - grid_level(b, j)) * (grid_level(a, j) - grid_level(b, j));
  }
  return sum;
}

TEST(iq2_xxs, tables_are_those_of_the_format) {
  const auto codes = section("grid_codes");
  const auto magnitudes = section("grid_magnitudes");
  const auto signs = section("sign_bytes");
  ASSERT_EQ(codes.size(), 256u);
  ASSERT_EQ(magnitudes.size(), 256u * 8);
  ASSERT_EQ(signs.size(), 128u);
  for (std::size_t n = 0; n < 256; ++n) {
    EXPECT_EQ(kIq2xxsGrid[n], codes[n]);
    for (int j = 0; j < 8; ++j) {
      const auto level = static_cast<std::size_t>(grid_level(kIq2xxsGrid[n], j));
      EXPECT_EQ(static_cast<std::uint32_t>(kIq2xxsMagnitudes[level]),
                magnitudes[8 * n + static_cast<std::size_t>(j)]);
    }
  }
  for (std::uint32_t code = 0; code < 128; ++code) EXPECT_EQ(expand_signs(code), signs[code]);
}

TEST(iq2_xxs, grid_has_its_structure) {
  std::map<int, int> entries_by_sum;
  int least = 100;
  for (std::size_t a = 0; a < 256; ++a) {
    ++entries_by_sum[level_sum(kIq2xxsGrid[a])];
    for (std::size_t b = 0; b < a; ++b) {
      EXPECT_LT(kIq2xxsGrid[b], kIq2xxsGrid[a]);
      least = std::min(least, distance(kIq2xxsGrid[a], kIq2xxsGrid[b]));
    }
    for (int j = 0; j < 8; ++j) EXPECT_NE(grid_level(kIq2xxsGrid[a], j), 3);
  }
  EXPECT_EQ(entries_by_sum, (std::map<int, int>{{0, 1}, {2, 36}, {4, 103}, {6, 63}, {8, 53}}));
  EXPECT_EQ(least, 2);
  EXPECT_EQ(kIq2xxsGrid.back(), 43268);
}

TEST(iq2_xxs, neighbours_are_the_two_nearest_shells_in_order) {
  const Iq2xxsNeighbours& neighbours = Iq2xxsNeighbours::get();
  std::size_t patterns = 0;
  for (std::uint32_t code = 0; code < 43692; ++code) {
    if (level_sum(code) > 16 || (code & code >> 1 & 0x5555) != 0) continue;
    ++patterns;
    std::vector<std::pair<int, std::size_t>> all;
    for (std::size_t n = 0; n < 256; ++n) all.emplace_back(distance(code, kIq2xxsGrid[n]), n);
    std::sort(all.begin(), all.end());
    const auto list = neighbours.of(code);
    if (all[0].first == 0) {
      EXPECT_TRUE(list.empty());
      EXPECT_EQ(neighbours.index_of(code), all[0].second);
      continue;
    }
    std::vector<std::int32_t> want;
    int shells = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (i == 0 || all[i].first != all[i - 1].first) ++shells;
      if (shells > 2) break;
      want.push_back(kIq2xxsGrid[all[i].second]);
    }
    ASSERT_EQ(list.size() % Iq2xxsNeighbours::kPadding, 0u);
    ASSERT_GE(list.size(), want.size());
    ASSERT_LT(list.size() - want.size(), std::size_t{Iq2xxsNeighbours::kPadding});
    want.resize(list.size(), want[0]);
    ASSERT_TRUE(std::equal(list.begin(), list.end(), want.begin())) << code;
  }
  EXPECT_EQ(patterns, 6561u);
}

}  // namespace
}  // namespace ds4::quant
