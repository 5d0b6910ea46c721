#include "quant/official.h"

#include <algorithm>
#include <cstdint>

#include "base/bytes.h"
#include "base/check.h"
#include "quant/mxfp4.h"
#include "quant/scalar.h"

namespace ds4::quant {

void decode_fp8_row(const std::byte* codes, TileScale type, const std::byte* scales,
                    std::size_t columns, float* out) {
  for (std::size_t tile = 0; tile < fp8_tiles(columns); ++tile) {
    const float scale = type == TileScale::e8m0
                            ? e8m0_to_f32(static_cast<std::uint8_t>(scales[tile]))
                            : load<float>(scales + sizeof(float) * tile);
    const std::size_t end = std::min(columns, (tile + 1) * kFp8Tile);
    for (std::size_t c = tile * kFp8Tile; c < end; ++c) {
      out[c] = e4m3_or_zero(static_cast<std::uint8_t>(codes[c])) * scale;
    }
  }
}

void decode_fp4_row(const std::byte* codes, const std::byte* scales, std::size_t columns,
                    float* out) {
  CHECK(columns % kFp4Group == 0);
  for (std::size_t at = 0; at < columns; at += kFp4Group, ++scales) {
    const float scale = e8m0_to_f32(static_cast<std::uint8_t>(*scales));
    for (std::size_t i = at; i < at + kFp4Group; i += 2, ++codes) {
      const auto pair = static_cast<std::uint8_t>(*codes);
      out[i] = e2m1_to_f32(pair & 15) * scale;
      out[i + 1] = e2m1_to_f32(pair >> 4) * scale;
    }
  }
}

void repack_fp4_row(const std::byte* codes, const std::byte* scales, std::size_t columns,
                    std::byte* blocks) {
  CHECK(columns % kFp4Group == 0);
  for (std::size_t at = 0; at < columns; at += kFp4Group, codes += 16, ++scales) {
    BlockMXFP4 block;
    block.e = static_cast<std::uint8_t>(*scales);
    const auto nibble = [&](std::size_t i) {
      const auto pair = static_cast<std::uint8_t>(codes[i / 2]);
      return i % 2 == 0 ? pair & 15 : pair >> 4;
    };
    for (std::size_t j = 0; j < 16; ++j) {
      block.q[j] = static_cast<std::uint8_t>(nibble(j) | nibble(j + 16) << 4);
    }
    store(blocks, block);
    blocks += sizeof block;
  }
}

}  // namespace ds4::quant
