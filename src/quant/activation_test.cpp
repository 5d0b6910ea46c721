#include "quant/activation.h"

#include <gtest/gtest.h>

#include <cfloat>
#include <cmath>
#include <limits>

#include "quant/test_vectors.h"

namespace ds4::quant {
namespace {

TEST(activation, q8_k_to_the_byte) {
  const auto in = read_vector<float>("quant/q8_k_quant.in.f32.bin");
  const auto want = read_vector<std::byte>("quant/q8_k_quant.blocks.bin");
  std::vector<BlockQ8K> got(in.size() / 256);
  quantize_q8_k(in.data(), in.size(), got.data());
  ASSERT_EQ(want.size(), got.size() * sizeof(BlockQ8K));
  for (std::size_t b = 0; b < got.size(); ++b) {
    EXPECT_EQ(std::memcmp(&got[b], &want[b * sizeof(BlockQ8K)], sizeof(BlockQ8K)), 0) << b;
  }
}

TEST(activation, groups_of_32_to_the_byte) {
  const auto in = read_vector<float>("quant/q8_0_act.in.f32.bin");
  const auto want_codes = read_vector<std::int8_t>("quant/q8_0_act.codes.bin");
  const auto want_scales = read_vector<float>("quant/q8_0_act.scales.f32.bin");
  std::vector<std::int8_t> codes(in.size());
  std::vector<float> scales(in.size() / 32);
  quantize_q8_groups(in.data(), in.size(), codes.data(), scales.data());
  EXPECT_EQ(codes, want_codes);
  expect_same_bits(scales, want_scales);
}

TEST(activation, a_short_last_group_is_padded_with_zero_codes) {
  const std::vector<float> in(35, 2.0f);
  std::vector<std::int8_t> codes(64, 99);
  std::vector<float> scales(2);
  quantize_q8_groups(in.data(), in.size(), codes.data(), scales.data());
  for (std::size_t i = 0; i < 64; ++i) EXPECT_EQ(codes[i], i < 35 ? 127 : 0) << i;
  EXPECT_EQ(scales[1], 2.0f / 127.0f);
}

TEST(activation, numbers_that_are_none_do_no_harm) {
  const float infinity = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const float odd : {infinity, -infinity, nan, FLT_MAX, -FLT_MAX, FLT_MIN, 1e-37f, 1e-45f}) {
    std::vector<float> in(256, 0.0f);
    in[5] = odd;
    in[6] = nan;
    BlockQ8K block;
    quantize_q8_k(in.data(), 256, &block);
    EXPECT_TRUE(std::isfinite(block.d)) << odd;
    EXPECT_EQ(block.q[6], 0);
    std::vector<std::int8_t> codes(256);
    std::vector<float> scales(8);
    quantize_q8_groups(in.data(), 256, codes.data(), scales.data());
    EXPECT_TRUE(std::isfinite(scales[0])) << odd;
    EXPECT_EQ(codes[6], 0);
    const bool large = std::fabs(odd) > 1e30f;
    EXPECT_EQ(block.q[5], large ? -127 : 0) << odd;
    EXPECT_EQ(std::abs(codes[5]), large ? 127 : 0) << odd;
  }
}

}  // namespace
}  // namespace ds4::quant
