#include "quant/dot.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/bytes.h"
#include "quant/codec.h"
#include "quant/iq2_xxs.h"
#include "quant/mxfp4.h"
#include "quant/q2_k.h"
#include "quant/q4_k.h"
#include "quant/q8_0.h"
#include "quant/scalar.h"
#include "quant/test_vectors.h"

namespace ds4::quant {
namespace {

template <class Block>
std::vector<Block> read_blocks(const std::string& name) {
  return read_vector<Block>("quant/" + name + ".blocks.bin");
}

// 64 single blocks exactly, then 4 rows of 16 blocks within what their summation order may change.
template <class Block>
void expect_dots(const std::string& name, Type type) {
  SCOPED_TRACE(name);
  const auto weights = read_blocks<Block>(name);
  const auto activations = read_vector<BlockQ8K>("quant/q8_k_quant.blocks.bin");
  const auto want = read_vector<float>("quant/dot_" + name + ".f32.bin");
  ASSERT_EQ(want.size(), 68u);
  std::vector<float> singles;
  for (std::size_t i = 0; i < 64; ++i) singles.push_back(dot(weights[i], activations[i]));
  expect_same_bits(singles, {want.begin(), want.begin() + 64});
  for (std::size_t row = 0; row < 4; ++row) {
    float sum = 0;
    double terms = 0;
    double reference = 0;
    for (std::size_t b = 16 * row; b < 16 * row + 16; ++b) {
      sum += singles[b];
      float values[256];
      decode_row(type, reinterpret_cast<const std::byte*>(&weights[b]), values, 256);
      for (int i = 0; i < 256; ++i) {
        const double term = double{values[i]} * activations[b].d * activations[b].q[i];
        reference += term;
        terms += std::fabs(term);
      }
    }
    EXPECT_NEAR(sum, want[64 + row], 1e-5 * terms);
    EXPECT_NEAR(sum, reference, 1e-5 * terms);
  }
}

TEST(dot, integer_parts_are_exact) {
  const auto activations = read_vector<BlockQ8K>("quant/q8_k_quant.blocks.bin");
  ASSERT_EQ(activations.size(), 64u);
  const auto q2 = read_blocks<BlockQ2K>("q2_k");
  const auto q4 = read_blocks<BlockQ4K>("q4_k");
  const auto iq2 = read_blocks<BlockIQ2XXS>("iq2_xxs");
  const auto want_q2 = read_vector<std::int32_t>("quant/dot_q2_k.int.bin");
  const auto want_q4 = read_vector<std::int32_t>("quant/dot_q4_k.int.bin");
  const auto want_iq2 = read_vector<std::int32_t>("quant/dot_iq2_xxs.int.bin");
  for (std::size_t i = 0; i < 64; ++i) {
    const ScaledSums sums_q2 = dot_integers(q2[i], activations[i]);
    const ScaledSums sums_q4 = dot_integers(q4[i], activations[i]);
    EXPECT_EQ(sums_q2.scaled, want_q2[2 * i]) << i;
    EXPECT_EQ(sums_q2.minimums, want_q2[2 * i + 1]) << i;
    EXPECT_EQ(sums_q4.scaled, want_q4[2 * i]) << i;
    EXPECT_EQ(sums_q4.minimums, want_q4[2 * i + 1]) << i;
    EXPECT_EQ(dot_integers(iq2[i], activations[i]), want_iq2[i]) << i;
  }
}

TEST(dot, blocks_and_rows) {
  expect_dots<BlockQ2K>("q2_k", Type::q2_k);
  expect_dots<BlockQ4K>("q4_k", Type::q4_k);
  expect_dots<BlockIQ2XXS>("iq2_xxs", Type::iq2_xxs);
}

TEST(dot, q8_0_rows) {
  const auto weights = read_blocks<BlockQ8_0>("q8_0");
  const auto codes = read_vector<std::int8_t>("quant/q8_0_act.codes.bin");
  const auto scales = read_vector<float>("quant/q8_0_act.scales.f32.bin");
  const auto want = read_vector<float>("quant/dot_q8_0.f32.bin");
  ASSERT_EQ(want.size(), 32u);
  for (std::size_t row = 0; row < 32; ++row) {
    float sum = 0;
    double terms = 0;
    for (std::size_t b = 0; b < 16; ++b) {
      const BlockQ8_0& block = weights[16 * row + b];
      sum += dot(block, &codes[32 * b], scales[b]);
      for (int i = 0; i < 32; ++i) {
        terms += std::fabs(double{f16_to_f32(block.d)} * block.q[i] * scales[b] *
                           codes[32 * b + static_cast<std::size_t>(i)]);
      }
    }
    EXPECT_NEAR(sum, want[row], 1e-5 * terms) << row;
  }
}

TEST(dot, mxfp4_is_the_sum_of_decoded_products) {
  const auto weights = read_blocks<BlockMXFP4>("mxfp4");
  const auto codes = read_vector<std::int8_t>("quant/q8_0_act.codes.bin");
  const auto scales = read_vector<float>("quant/q8_0_act.scales.f32.bin");
  for (std::size_t b = 0; b < weights.size(); ++b) {
    const std::int8_t* x = &codes[32 * (b % 16)];
    float values[32];
    decode(weights[b], values);
    double sum = 0;
    double terms = 0;
    for (int i = 0; i < 32; ++i) {
      const double term = double{values[i]} * scales[b % 16] * x[i];
      sum += term;
      terms += std::fabs(term);
    }
    // Products of the smallest scales are subnormal; their unit is 2^-149.
    EXPECT_NEAR(dot(weights[b], x, scales[b % 16]), sum, 1e-6 * terms + 0x1p-134) << b;
  }
}

}  // namespace
}  // namespace ds4::quant
