#include "quant/official.h"

#include <gtest/gtest.h>

#include "quant/codec.h"
#include "quant/test_vectors.h"

namespace ds4::quant {
namespace {

TEST(official, fp8_tiles_decode_to_the_bit) {
  const auto weight = read_vector<std::byte>("quant/fp8_b128.weight.bin");
  const auto scale = read_vector<std::byte>("quant/fp8_b128.scale.bin");
  const auto want = read_vector<float>("quant/fp8_b128.f32.bin");
  const auto powers = read_vector<float>("quant/e8m0_table.f32.bin");
  constexpr std::size_t kColumns = 384;
  ASSERT_EQ(want.size(), 256 * kColumns);
  std::vector<float> got(want.size());
  std::vector<float> with_floats(want.size());
  for (std::size_t row = 0; row < 256; ++row) {
    const std::byte* scales = &scale[row / kFp8Tile * fp8_tiles(kColumns)];
    decode_fp8_row(&weight[row * kColumns], TileScale::e8m0, scales, kColumns,
                   &got[row * kColumns]);
    // The same scales as floats, at an odd address.
    std::byte floats[1 + 3 * sizeof(float)];
    for (std::size_t tile = 0; tile < 3; ++tile) {
      std::memcpy(floats + 1 + 4 * tile, &powers[static_cast<std::size_t>(scales[tile])], 4);
    }
    decode_fp8_row(&weight[row * kColumns], TileScale::f32, floats + 1, kColumns,
                   &with_floats[row * kColumns]);
  }
  expect_same_bits(got, want);
  expect_same_bits(with_floats, want);
}

TEST(official, fp8_takes_a_narrow_last_tile_and_nan_as_zero) {
  EXPECT_EQ(fp8_tiles(0), 0u);
  EXPECT_EQ(fp8_tiles(128), 1u);
  EXPECT_EQ(fp8_tiles(129), 2u);
  std::vector<std::byte> codes(130, std::byte{0x38});  // 1.0
  codes[0] = std::byte{0x7F};
  codes[129] = std::byte{0xFF};
  const std::byte scales[] = {std::byte{128}, std::byte{126}};
  std::vector<float> out(130);
  decode_fp8_row(codes.data(), TileScale::e8m0, scales, 130, out.data());
  EXPECT_EQ(out[0], 0.0f);
  EXPECT_EQ(out[1], 2.0f);
  EXPECT_EQ(out[127], 2.0f);
  EXPECT_EQ(out[128], 0.5f);
  EXPECT_EQ(out[129], 0.0f);
}

TEST(official, fp4_decodes_to_the_bit_and_repacks_without_loss) {
  const auto weight = read_vector<std::byte>("quant/fp4_b32.weight.bin");
  const auto scale = read_vector<std::byte>("quant/fp4_b32.scale.bin");
  const auto want = read_vector<float>("quant/fp4_b32.f32.bin");
  const auto want_blocks = read_vector<std::byte>("quant/fp4_b32.mxfp4_blocks.bin");
  std::vector<float> got(want.size());
  std::vector<std::byte> blocks(want_blocks.size());
  std::vector<float> from_blocks(want.size());
  const std::size_t stride = row_bytes(Type::mxfp4, 256);
  for (std::size_t row = 0; row < 16; ++row) {
    decode_fp4_row(&weight[row * 128], &scale[row * 8], 256, &got[row * 256]);
    repack_fp4_row(&weight[row * 128], &scale[row * 8], 256, &blocks[row * stride]);
    decode_row(Type::mxfp4, &blocks[row * stride], &from_blocks[row * 256], 256);
  }
  expect_same_bits(got, want);
  EXPECT_EQ(blocks, want_blocks);
  expect_same_bits(from_blocks, want);
}

}  // namespace
}  // namespace ds4::quant
