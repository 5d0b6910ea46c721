#include "quant/scalar.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "quant/test_vectors.h"

namespace ds4::quant {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
const float kNan = std::numeric_limits<float>::quiet_NaN();

TEST(scalar, every_half_widens_as_given_and_narrows_back) {
  const auto bits = read_vector<std::uint16_t>("quant/f16.bits.bin");
  const auto want = read_vector<float>("quant/f16.f32.bin");
  ASSERT_EQ(bits.size(), 63490u);
  std::vector<float> got;
  for (const std::uint16_t half : bits) {
    got.push_back(f16_to_f32(half));
    ASSERT_EQ(f32_to_f16(got.back()), half);
  }
  expect_same_bits(got, want);
  for (std::uint32_t half = 0x7C01; half < 0x8000; ++half) {
    ASSERT_TRUE(std::isnan(f16_to_f32(static_cast<std::uint16_t>(half))));
    ASSERT_TRUE(std::isnan(f16_to_f32(static_cast<std::uint16_t>(half | 0x8000))));
  }
  EXPECT_EQ(f32_to_f16(kNan), 0x7E00);
  EXPECT_EQ(f32_to_f16(-kNan), 0xFE00);
}

TEST(scalar, narrowing_rounds_to_even) {
  const auto in = read_vector<float>("quant/round_in.f32.bin");
  const auto f16 = read_vector<std::uint16_t>("quant/round_f16.bits.bin");
  const auto bf16 = read_vector<std::uint16_t>("quant/round_bf16.bits.bin");
  ASSERT_EQ(in.size(), 8192u);
  for (std::size_t i = 0; i < in.size(); ++i) {
    ASSERT_EQ(f32_to_f16(in[i]), f16[i]) << i << ": " << in[i];
    ASSERT_EQ(f32_to_bf16(in[i]), bf16[i]) << i << ": " << in[i];
  }
}

TEST(scalar, bf16_keeps_nan_and_every_pattern) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float value = bf16_to_f32(half);
    ASSERT_EQ(f32_to_bf16(value), std::isnan(value) ? (half | 0x40) : half);
  }
  // A NaN whose payload lies in the lower half stays one.
  EXPECT_EQ(f32_to_bf16(std::bit_cast<float>(0x7F800001u)), 0x7FC0);
}

TEST(scalar, small_formats_match_their_tables) {
  const auto e4m3 = read_vector<float>("quant/e4m3_table.f32.bin");
  const auto e8m0 = read_vector<float>("quant/e8m0_table.f32.bin");
  ASSERT_EQ(e4m3.size(), 256u);
  ASSERT_EQ(e8m0.size(), 256u);
  for (int i = 0; i < 256; ++i) {
    const auto byte = static_cast<std::uint8_t>(i);
    const float value = e4m3_to_f32(byte);
    if ((i & 0x7F) == 0x7F) {
      EXPECT_TRUE(std::isnan(value) && std::isnan(e4m3[byte]));
      EXPECT_EQ(e4m3_or_zero(byte), 0.0f);
    } else {
      EXPECT_EQ(std::bit_cast<std::uint32_t>(value), std::bit_cast<std::uint32_t>(e4m3[byte]));
      EXPECT_EQ(e4m3_or_zero(byte), value);
      EXPECT_EQ(f32_to_e4m3(value), byte);
    }
    if (i == 255) {
      EXPECT_TRUE(std::isnan(e8m0_to_f32(byte)) && std::isnan(e8m0[byte]));
    } else {
      EXPECT_EQ(e8m0_to_f32(byte), e8m0[byte]);
      EXPECT_EQ(f32_to_e8m0(e8m0[byte]), byte);
    }
  }
  EXPECT_EQ(f32_to_e8m0(kNan), 255);
  EXPECT_EQ(f32_to_e8m0(kInfinity), 254);
  EXPECT_EQ(f32_to_e8m0(0.0f), 0);
  EXPECT_EQ(f32_to_e8m0(-1.0f), 0);
  EXPECT_EQ(f32_to_e8m0(1.0000001f), 128);
  EXPECT_EQ(f32_to_e8m0(power_of_two(-149)), 0);
}

TEST(scalar, e4m3_takes_the_nearest_and_ties_go_to_even) {
  for (int code = 0; code < 0x7E; ++code) {
    const float low = e4m3_to_f32(static_cast<std::uint8_t>(code));
    const float high = e4m3_to_f32(static_cast<std::uint8_t>(code + 1));
    const float middle = (low + high) / 2;
    EXPECT_EQ(f32_to_e4m3(middle), code % 2 == 0 ? code : code + 1);
    EXPECT_EQ(f32_to_e4m3(std::nextafter(middle, 0.0f)), code);
    EXPECT_EQ(f32_to_e4m3(std::nextafter(middle, kInfinity)), code + 1);
    EXPECT_EQ(f32_to_e4m3(-middle), 0x80 | (code % 2 == 0 ? code : code + 1));
  }
  EXPECT_EQ(f32_to_e4m3(1e30f), 0x7E);
  EXPECT_EQ(f32_to_e4m3(-kInfinity), 0xFE);
  EXPECT_EQ(f32_to_e4m3(kNan), 0x7F);
}

TEST(scalar, e2m1_takes_the_nearest_and_ties_go_to_even) {
  const float values[] = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6};
  for (std::uint8_t code = 0; code < 8; ++code) {
    EXPECT_EQ(e2m1_to_f32(code), values[code]);
    EXPECT_EQ(e2m1_to_f32(code | 8), code == 0 ? 0.0f : -values[code]);
    EXPECT_EQ(e2m1_doubled(code | 8), -static_cast<int>(2 * values[code]));
    EXPECT_EQ(f32_to_e2m1(values[code]), code);
    EXPECT_EQ(f32_to_e2m1(-values[code]), code == 0 ? 0 : code | 8);
    if (code == 7) continue;
    const float middle = (values[code] + values[code + 1]) / 2;
    EXPECT_EQ(f32_to_e2m1(middle), code % 2 == 0 ? code : code + 1);
    EXPECT_EQ(f32_to_e2m1(std::nextafter(middle, 0.0f)), code);
    EXPECT_EQ(f32_to_e2m1(std::nextafter(middle, 9.0f)), code + 1);
  }
  EXPECT_FALSE(std::signbit(e2m1_to_f32(8)));
  EXPECT_EQ(f32_to_e2m1(kInfinity), 7);
  EXPECT_EQ(f32_to_e2m1(-1e30f), 15);
  EXPECT_EQ(f32_to_e2m1(kNan), 0);
}

TEST(scalar, rounding_without_libm_is_that_of_libm) {
  for (int i = -100000; i <= 100000; ++i) {
    const float value = static_cast<float>(i) * 0.25f;
    ASSERT_EQ(round_even(value), std::nearbyint(value));
  }
}

TEST(scalar, powers_and_their_exponents) {
  for (int exponent = -149; exponent <= 127; ++exponent) {
    EXPECT_EQ(power_of_two(exponent), std::ldexp(1.0f, exponent));
  }
  for (int exponent = -126; exponent <= 126; ++exponent) {
    const float power = power_of_two(exponent);
    EXPECT_EQ(ceil_log2(power), exponent);
    EXPECT_EQ(ceil_log2(std::nextafter(power, kInfinity)), exponent + 1);
  }
}

}  // namespace
}  // namespace ds4::quant
