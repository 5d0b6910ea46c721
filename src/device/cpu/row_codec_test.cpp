#include "device/cpu/row_codec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "device/cpu/test_sessions.h"
#include "quant/test_vectors.h"

namespace ds4::device {
namespace {

using quant::expect_same_bits;

std::vector<float> through_bytes(Isa isa, const RowFormat& format, const std::vector<float>& rows) {
  const std::size_t count = rows.size() / format.head_width;
  std::vector<std::byte> bytes(count * format.key_bytes());
  std::vector<const std::byte*> pointers;
  for (std::size_t i = 0; i < count; ++i) {
    encode_key(format, &rows[i * format.head_width], &bytes[i * format.key_bytes()]);
    pointers.push_back(&bytes[i * format.key_bytes()]);
  }
  const std::size_t stride = decoded_stride(format);
  std::vector<float> decoded(count * stride, -1.0f);
  decode_keys(isa, format, pointers.data(), count, decoded.data());
  std::vector<float> out;
  for (std::size_t i = 0; i < count; ++i) {
    const float* row = &decoded[i * stride];
    out.insert(out.end(), row, row + format.head_width);
    for (std::size_t k = format.head_width; k % 16 != 0; ++k) EXPECT_EQ(row[k], 0.0f);
  }
  return out;
}

TEST(row_codec, key_rows_keep_what_the_roundings_leave) {
  for (const RowFormat format : {RowFormat{512, 64, 128}, RowFormat{66, 2, 32},
                                 RowFormat{128 + 30, 30, 32}, RowFormat{64, 64, 64}}) {
    auto rows = random_floats(1, 40 * format.head_width, 3);
    for (std::size_t i = 0; i < rows.size(); ++i)
      rows[i] *= quant::power_of_two(static_cast<int>(i / format.head_width) * 3 - 60);
    auto want = rows;
    for (std::size_t at = 0; at < want.size(); at += format.head_width) {
      reference_key_rounding(format, &want[at]);
    }
    for (const Isa isa : runnable_isas()) {
      SCOPED_TRACE(name_of(isa));
      expect_same_bits(through_bytes(isa, format, rows), want);
    }
  }
}

TEST(row_codec, all_codes_of_the_golden_rounding) {
  const RowFormat format{448 + 2, 2, 32};
  const auto in = golden("fp8_in"), want = golden("fp8_out");
  for (const Isa isa : runnable_isas()) {
    for (std::size_t row = 0; row < 48; ++row) {
      std::vector<float> x(&in[row * 448], &in[row * 448] + 448);
      x.resize(450);
      auto got = through_bytes(isa, format, x);
      got.resize(448);
      expect_same_bits(got, {&want[row * 448], &want[row * 448] + 448});
    }
  }
}

TEST(row_codec, numbers_that_are_too_large_become_the_largest) {
  const float infinity = std::numeric_limits<float>::infinity();
  const RowFormat format{64 + 4, 4, 32};
  std::vector<float> row(68, 1.0f);
  row[3] = infinity;
  row[5] = std::numeric_limits<float>::quiet_NaN();
  row[64] = 70000.0f;
  row[65] = -infinity;
  for (const Isa isa : runnable_isas()) {
    const auto got = through_bytes(isa, format, row);
    auto want = row;
    quant::fp8sim64(want.data(), 64);
    want[64] = 65504.0f;
    want[65] = -65504.0f;
    expect_same_bits(got, want);
  }
}

TEST(row_codec, plain_rows_are_kept_as_they_are) {
  const RowFormat format{70, 6, 32, false};
  const auto rows = random_floats(2, 5 * 70);
  for (const Isa isa : runnable_isas()) expect_same_bits(through_bytes(isa, format, rows), rows);
}

TEST(row_codec, indexer_rows_keep_what_the_rounding_leaves) {
  for (const std::uint32_t width : {32u, 64u, 128u, 512u}) {
    const RowFormat format{512, 64, width};
    auto row = random_floats(width, width);
    if (width == 128) {
      const auto in = golden("fp4_in");
      row.assign(in.begin() + 128, in.begin() + 256);  // ties
    }
    std::vector<std::byte> bytes(format.index_bytes());
    encode_index_row(format, row.data(), bytes.data());
    quant::fp4sim32(row.data(), width);
    for (std::size_t i = 0; i < width; ++i) {
      const auto two = std::to_integer<unsigned>(bytes[i / 32 * 16 + i % 16]);
      const auto code = static_cast<std::uint8_t>(i % 32 < 16 ? two & 15 : two >> 4);
      const int exponent = std::to_integer<int>(bytes[width / 2 + i / 32]) - 127;
      ASSERT_EQ(std::ldexp(quant::e2m1_to_f32(code), exponent), row[i]) << i;
    }
  }
}

TEST(row_codec, indexer_groups_are_rounded_like_rows) {
  auto rows = golden("fp4_in");
  const auto more = random_floats(5, 32 * 1000);
  rows.insert(rows.end(), more.begin(), more.end());
  rows[40] = std::numeric_limits<float>::quiet_NaN();
  rows[75] = -std::numeric_limits<float>::infinity();
  for (const Isa isa : runnable_isas()) {
    for (std::size_t at = 0; at < rows.size(); at += 32) {
      std::vector<float> want(&rows[at], &rows[at] + 32);
      std::int8_t codes[32];
      const int exponent = encode_index_group(isa, &rows[at], codes);
      quant::fp4sim32(want.data(), 32);
      for (std::size_t i = 0; i < 32; ++i) {
        ASSERT_EQ(std::ldexp(static_cast<float>(codes[i]), exponent - 1), want[i]) << at + i;
      }
    }
  }
}

TEST(row_codec, the_published_rows_have_their_sizes) {
  const RowFormat format{512, 64, 128};
  EXPECT_EQ(format.key_bytes(), 584u);
  EXPECT_EQ(format.index_bytes(), 68u);
}

// binary16 has eleven significant bits.
TEST(row_codec, rope_channels_lose_less_than_a_two_thousandth) {
  const RowFormat format{64 + 512, 512, 32};
  const auto row = random_floats(3, 576);
  const auto got = through_bytes(best_isa(), format, row);
  for (std::size_t i = 64; i < 576; ++i) {
    ASSERT_LE(std::fabs(got[i] - row[i]), std::fabs(row[i]) / 2048 + 3e-8f);
  }
}

}  // namespace
}  // namespace ds4::device
