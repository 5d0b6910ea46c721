#include "quant/simulate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>

#include "base/json.h"
#include "quant/scalar.h"
#include "quant/test_vectors.h"

namespace ds4::quant {
namespace {

std::vector<float> read_operation(const std::string& name) {
  const auto file = read_vector<char>("model/ops.safetensors");
  std::uint64_t header_bytes = 0;
  std::memcpy(&header_bytes, file.data(), sizeof header_bytes);
  const auto header = parse_json(std::string_view(file.data() + 8, header_bytes));
  EXPECT_TRUE(header.ok());
  const Json* entry = header->find(name);
  EXPECT_NE(entry, nullptr) << name;
  const auto& offsets = entry->find("data_offsets")->as_array();
  const auto begin = static_cast<std::size_t>(*offsets[0].as_int());
  const auto end = static_cast<std::size_t>(*offsets[1].as_int());
  std::vector<float> values((end - begin) / sizeof(float));
  std::memcpy(values.data(), file.data() + 8 + header_bytes + begin, end - begin);
  return values;
}

// Against the largest value of its row, as sums of many terms are.
void expect_close_rows(const std::vector<float>& got, const std::vector<float>& want,
                       std::size_t width) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t at = 0; at < got.size(); at += width) {
    float largest = 0;
    for (std::size_t i = at; i < at + width; ++i) largest = std::max(largest, std::fabs(want[i]));
    for (std::size_t i = at; i < at + width; ++i) {
      ASSERT_NEAR(got[i], want[i], 1e-6 * largest) << "element " << i;
    }
  }
}

TEST(simulate, e4m3_in_groups_of_64_to_the_bit) {
  auto x = read_operation("fp8_in");
  fp8sim64(x.data(), x.size());
  expect_same_bits(x, read_operation("fp8_out"));

  auto rows = read_vector<float>("quant/act_fp8_g64.in.f32.bin");
  for (std::size_t row = 0; row < rows.size(); row += 512) fp8sim64(&rows[row], 448);
  expect_same_bits(rows, read_vector<float>("quant/act_fp8_g64.out.f32.bin"));
}

TEST(simulate, e2m1_in_groups_of_32_to_the_bit) {
  auto x = read_operation("fp4_in");
  fp4sim32(x.data(), x.size());
  expect_same_bits(x, read_operation("fp4_out"));
}

TEST(simulate, hadamard_of_128) {
  auto x = read_operation("had_in");
  for (std::size_t row = 0; row < x.size(); row += 128) hadamard(&x[row], 128);
  expect_close_rows(x, read_operation("had_out"), 128);
}

TEST(simulate, indexer_rows) {
  auto x = read_vector<float>("quant/act_had128_fp4_g32.in.f32.bin");
  for (std::size_t row = 0; row < x.size(); row += 128) hadamard(&x[row], 128);
  fp4sim32(x.data(), x.size());
  expect_close_rows(x, read_vector<float>("quant/act_had128_fp4_g32.out.f32.bin"), 128);
}

TEST(simulate, hadamard_is_the_sylvester_matrix_at_every_width) {
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  for (std::size_t width = 1; width <= 256; width *= 2) {
    std::vector<float> x(width);
    for (float& value : x) value = normal(random);
    std::vector<float> got = x;
    hadamard(got.data(), width);
    for (std::size_t i = 0; i < width; ++i) {
      double sum = 0;
      for (std::size_t j = 0; j < width; ++j) sum += std::popcount(i & j) % 2 != 0 ? -x[j] : x[j];
      ASSERT_NEAR(got[i], sum / std::sqrt(static_cast<double>(width)), 1e-5);
    }
  }
}

TEST(simulate, twice_is_once) {
  std::mt19937 random(4);
  std::normal_distribution<float> normal;
  std::uniform_int_distribution<int> exponent(-30, 30);
  for (int round = 0; round < 200; ++round) {
    std::vector<float> once(64);
    const float size = power_of_two(exponent(random));
    for (float& value : once) value = normal(random) * size;
    auto by_four = once;
    fp8sim64(once.data(), 64);
    auto twice = once;
    fp8sim64(twice.data(), 64);
    expect_same_bits(twice, once);
    fp4sim32(by_four.data(), 64);
    twice = by_four;
    fp4sim32(twice.data(), 64);
    expect_same_bits(twice, by_four);
  }
}

TEST(simulate, the_scale_is_exact_around_powers_of_two) {
  for (int exponent = -10; exponent <= 100; ++exponent) {
    const float on = 448.0f * power_of_two(exponent);
    EXPECT_EQ(fp8_scale_exponent(on), exponent);
    // One unit above may still round to the power itself; two do not.
    const float above = std::nextafter(std::nextafter(on, 1e38f), 1e38f);
    EXPECT_EQ(fp8_scale_exponent(above), exponent + 1);
    EXPECT_EQ(fp4_scale_exponent(6.0f * power_of_two(exponent)), exponent);
  }
  EXPECT_EQ(fp8_scale_exponent(0.0f), fp8_scale_exponent(1e-4f));
  EXPECT_EQ(fp4_scale_exponent(0.0f), -126);
}

TEST(simulate, numbers_that_are_none_do_no_harm) {
  const float infinity = std::numeric_limits<float>::infinity();
  std::vector<float> x(64, 1.0f);
  x[3] = std::numeric_limits<float>::quiet_NaN();
  auto by_four = x;
  fp8sim64(x.data(), 64);
  fp4sim32(by_four.data(), 64);
  EXPECT_EQ(x[3], 0.0f);
  EXPECT_EQ(by_four[3], 0.0f);
  EXPECT_EQ(x[4], 1.0f);
  EXPECT_EQ(by_four[4], 1.0f);
  x[7] = infinity;
  x[8] = -infinity;
  by_four = x;
  fp8sim64(x.data(), 64);
  fp4sim32(by_four.data(), 64);
  EXPECT_TRUE(x[7] > 1e38f && x[8] < -1e38f && x[9] == 0.0f);
  EXPECT_TRUE(by_four[7] > 1e38f && by_four[8] < -1e38f && by_four[9] == 0.0f);
}

}  // namespace
}  // namespace ds4::quant
