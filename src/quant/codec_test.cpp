#include "quant/codec.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "quant/test_vectors.h"

namespace ds4::quant {
namespace {

struct Golden {
  Type type;
  const char* name;
};

constexpr Golden kDecoded[] = {{Type::iq2_xxs, "iq2_xxs"},
                               {Type::q2_k, "q2_k"},
                               {Type::q4_k, "q4_k"},
                               {Type::q8_0, "q8_0"},
                               {Type::mxfp4, "mxfp4"}};

TEST(codec, decodes_the_golden_blocks_to_the_bit) {
  for (const Golden& golden : kDecoded) {
    SCOPED_TRACE(golden.name);
    const auto blocks = read_vector<std::byte>(std::string("quant/") + golden.name + ".blocks.bin");
    const auto want = read_vector<float>(std::string("quant/") + golden.name + ".f32.bin");
    ASSERT_EQ(row_bytes(golden.type, want.size()), blocks.size());
    std::vector<float> got(want.size());
    decode_row(golden.type, blocks.data(), got.data(), got.size());
    expect_same_bits(got, want);
  }
}

struct Encoded {
  Type type;
  const char* file;
  bool weighted;
  double rmse;           // relative to the values' own size
  double weighted_rmse;  // the same, weighted by importance
};

constexpr Encoded kEncoded[] = {
    {Type::q8_0, "quantize.q8_0.bin", false, 0.0103, 0.0080},
    {Type::q2_k, "quantize.q2_k.bin", false, 0.2901, 0.2523},
    {Type::q2_k, "quantize.q2_k.weighted.bin", true, 0.3060, 0.2027},
    {Type::q4_k, "quantize.q4_k.bin", false, 0.0945, 0.0801},
    {Type::q4_k, "quantize.q4_k.weighted.bin", true, 0.1000, 0.0637},
    {Type::iq2_xxs, "quantize.iq2_xxs.weighted.bin", true, 0.6351, 0.4445},
};

TEST(codec, encodes_the_golden_matrix_to_the_byte) {
  const auto input = read_vector<float>("quant/quantize.in.f32.bin");
  const auto importance = read_vector<float>("quant/quantize.importance.f32.bin");
  const std::size_t columns = importance.size();
  for (const Encoded& golden : kEncoded) {
    SCOPED_TRACE(golden.file);
    const auto want = read_vector<std::byte>(std::string("quant/") + golden.file);
    const std::size_t stride = row_bytes(golden.type, columns);
    const std::size_t block_bytes = info(golden.type).block_bytes;
    ASSERT_EQ(want.size(), stride * (input.size() / columns));
    std::vector<std::byte> got(want.size());
    for (std::size_t row = 0; row * columns < input.size(); ++row) {
      encode_row(golden.type, input.data() + row * columns, got.data() + row * stride, columns,
                 golden.weighted ? importance.data() : nullptr);
    }
    std::size_t different = 0;
    for (std::size_t at = 0; at < want.size(); at += block_bytes) {
      if (std::memcmp(&want[at], &got[at], block_bytes) == 0) continue;
      if (different++ == 0) ADD_FAILURE() << "first differing block " << at / block_bytes;
    }
    EXPECT_EQ(different, 0u) << "blocks of " << want.size() / block_bytes;
  }
}

}  // namespace
}  // namespace ds4::quant
