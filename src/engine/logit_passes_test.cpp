#include "engine/logit_passes.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "device/cpu/functions.h"

namespace ds4::engine {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr std::size_t kSizes[] = {1, 2, 15, 16, 17, 63, 64, 65, 2047, 2048, 2049, 5000};

// With equals, NaN and minus infinity among them.
std::vector<float> random_row(std::size_t size, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<float> row(size);
  for (float& x : row) {
    x = static_cast<float>(static_cast<int>(random() % 64)) / 4 - 12;
    if (random() % 16 == 0) x = kNan;
    if (random() % 16 == 0) x = -kInfinity;
  }
  return row;
}

TEST(logit_passes, find_largest_is_the_first_of_the_largest) {
  for (const device::Isa isa : device::runnable_isas()) {
    for (const std::size_t size : kSizes) {
      for (std::uint32_t seed = 0; seed < 20; ++seed) {
        SCOPED_TRACE(testing::Message() << name_of(isa) << " size " << size << " seed " << seed);
        const auto row = random_row(size, seed);
        std::optional<std::size_t> want;
        for (std::size_t i = 0; i < size; ++i) {
          if (row[i] > (want ? row[*want] : -kInfinity)) want = i;
        }
        EXPECT_EQ(find_largest(row, isa), want);
      }
    }
  }
}

TEST(logit_passes, find_largest_at_every_place) {
  std::vector<float> row(2100, kNan);
  EXPECT_EQ(find_largest(row), std::nullopt);
  for (std::size_t i = row.size(); i > 0; --i) {
    row[i - 1] = -5;
    ASSERT_EQ(find_largest(row), i - 1);
  }
  EXPECT_EQ(find_largest({}), std::nullopt);
}

TEST(logit_passes, distances_are_the_same_bits_everywhere) {
  for (const device::Isa isa : device::runnable_isas()) {
    for (const std::size_t size : kSizes) {
      SCOPED_TRACE(testing::Message() << name_of(isa) << " size " << size);
      const auto row = random_row(size, 7);
      std::vector<float> got(size);
      measure_distances(row, 4.0f, 0.7f, got.data(), isa);
      for (std::size_t i = 0; i < size; ++i) {
        const float want = !(row[i] > -kInfinity) ? kInfinity
                           : row[i] >= 4          ? 0
                                                  : (4.0f - row[i]) / 0.7f;
        ASSERT_EQ(std::bit_cast<std::uint32_t>(got[i]), std::bit_cast<std::uint32_t>(want)) << i;
      }
    }
  }
}

TEST(logit_passes, of_infinite_logits_only_they_are_near) {
  const std::vector<float> row = {1, kInfinity, kNan, kInfinity, -kInfinity};
  std::vector<float> got(row.size());
  measure_distances(row, kInfinity, 1, got.data());
  EXPECT_EQ(got, (std::vector<float>{kInfinity, 0, kInfinity, 0, kInfinity}));
}

TEST(logit_passes, weights_are_canonical_exponentials_in_units) {
  std::vector<float> distances(5000);
  for (std::size_t i = 0; i < distances.size(); ++i) distances[i] = static_cast<float>(i) * 0.0071f;
  for (const device::Isa isa : device::runnable_isas()) {
    for (const std::size_t size : kSizes) {
      std::vector<std::uint64_t> got(size);
      weights_of_distances({distances.data(), size}, got.data(), isa);
      for (std::size_t i = 0; i < size; ++i) {
        const double want = static_cast<double>(device::canonical_exp(-distances[i])) * 0x1p44;
        ASSERT_EQ(static_cast<double>(got[i]), std::nearbyint(want)) << name_of(isa) << ' ' << i;
        ASSERT_NEAR(want / 0x1p44 / std::exp(-static_cast<double>(distances[i])), 1, 2e-7);
      }
    }
  }
}

TEST(logit_passes, copy_where_the_mask_has_a_bit) {
  std::mt19937 random(29);
  for (const device::Isa isa : device::runnable_isas()) {
    for (const std::size_t size : kSizes) {
      for (const bool is_short : {false, true}) {
        SCOPED_TRACE(testing::Message() << name_of(isa) << " size " << size);
        const auto row = random_row(size, 3);
        std::vector<std::uint64_t> mask(is_short ? size / 64 : (size + 63) / 64);
        for (std::uint64_t& word : mask) {
          word = random() % 4 == 0 ? 0 : std::uint64_t{random()} << 32 | random();
        }
        std::vector<float> got(size + 1, 99.0f);
        copy_where(row, mask, got.data(), isa);
        for (std::size_t i = 0; i < size; ++i) {
          const bool has = i / 64 < mask.size() && (mask[i / 64] >> (i % 64) & 1) != 0;
          const float want = has ? row[i] : -kInfinity;
          ASSERT_EQ(std::bit_cast<std::uint32_t>(got[i]), std::bit_cast<std::uint32_t>(want)) << i;
        }
        EXPECT_EQ(got[size], 99.0f);
      }
    }
  }
}

}  // namespace
}  // namespace ds4::engine
