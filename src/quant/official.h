// The tensors of official checkpoints: FP8 with a scale per 128x128 tile, FP4 with a scale per 32
// columns. Decoded row by row, so a converter holds no more than it needs; nothing needs alignment.
#pragma once

#include <cstddef>

namespace ds4::quant {

inline constexpr std::size_t kFp8Tile = 128;
inline constexpr std::size_t kFp4Group = 32;

enum class TileScale { e8m0, f32 };  // instruct checkpoints; base checkpoints

// Scales along one dimension of an FP8 tensor; the last tile may be narrower than 128.
constexpr std::size_t fp8_tiles(std::size_t size) {
  return (size + kFp8Tile - 1) / kFp8Tile;
}

// One row: `codes` are `columns` E4M3 bytes, `scales` the fp8_tiles(columns) scales of tile row
// (row / 128). NaN codes decode to 0.
void decode_fp8_row(const std::byte* codes, TileScale type, const std::byte* scales,
                    std::size_t columns, float* out);

// One row: columns / 2 bytes, the low nibble being the even column, and columns / 32 E8M0 scales.
// `columns` must be a multiple of 32 (CHECKed).
void decode_fp4_row(const std::byte* codes, const std::byte* scales, std::size_t columns,
                    float* out);

// The same row as MXFP4 blocks, row_bytes(Type::mxfp4, columns) of them. Loses nothing.
void repack_fp4_row(const std::byte* codes, const std::byte* scales, std::size_t columns,
                    std::byte* blocks);

}  // namespace ds4::quant
