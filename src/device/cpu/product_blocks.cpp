#include "device/cpu/product_blocks.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "device/cpu/panels.h"
#include "quant/dot.h"
#include "quant/iq2_xxs.h"
#include "quant/iq2_xxs_grid.h"
#include "quant/mxfp4.h"
#include "quant/q2_k.h"
#include "quant/q4_k.h"
#include "quant/q8_0.h"
#include "quant/scalar.h"

#if defined(__clang__)
#define DS4_UNROLL _Pragma("unroll")
#else
#define DS4_UNROLL _Pragma("GCC unroll 8")
#endif

namespace ds4::device {

namespace {

// What is added to signed codes where a kernel needs them unsigned.
constexpr int kRaiseMXFP4 = 12;
constexpr int kRaiseIQ2XXS = 43;

// Doubled E2M1 values, raised.
alignas(16) constexpr std::uint8_t kRaisedMXFP4[16] = {12, 13, 14, 15, 16, 18, 20, 24,
                                                       12, 11, 10, 9,  8,  6,  4,  0};

// Half the scale of every MXFP4 exponent.
constexpr std::array<float, 256> make_half_scales() {
  std::array<float, 256> scales{};
  for (int e = 0; e < 255; ++e) {
    scales[static_cast<std::size_t>(e)] = quant::power_of_two(e - 128);
  }
  scales[255] = std::bit_cast<float>(0x7FC00000u);
  return scales;
}
constexpr std::array<float, 256> kHalfScaleTable = make_half_scales();
// Kernels read tables through plain pointers.
constexpr const float* kHalfScales = kHalfScaleTable.data();

// The eight magnitudes of every IQ2_XXS pattern, element j in byte j.
constexpr std::array<std::int64_t, 256> make_grid_bytes() {
  std::array<std::int64_t, 256> grid{};
  for (std::size_t n = 0; n < 256; ++n) {
    for (int j = 0; j < 8; ++j) {
      const auto level = static_cast<std::size_t>(quant::grid_level(quant::kIq2xxsGrid[n], j));
      grid[n] |= std::int64_t{quant::kIq2xxsMagnitudes[level]} << (8 * j);
    }
  }
  return grid;
}
alignas(64) constexpr std::array<std::int64_t, 256> kGridTable = make_grid_bytes();
[[maybe_unused]] constexpr const std::int64_t* kGridBytes = kGridTable.data();

// The levels themselves, 0 to 2.
constexpr std::array<std::int64_t, 256> make_level_bytes() {
  std::array<std::int64_t, 256> levels{};
  for (std::size_t n = 0; n < 256; ++n) {
    for (int j = 0; j < 8; ++j) {
      levels[n] |= std::int64_t{quant::grid_level(quant::kIq2xxsGrid[n], j)} << (8 * j);
    }
  }
  return levels;
}
[[maybe_unused]] alignas(64) constexpr std::array<std::int64_t, 256> kLevelBytes =
    make_level_bytes();

// For every scale s, the numbers (2s + 1) * magnitude as 256 * hi + lo: byte `level` is lo, byte
// 8 + level hi, both negative where 4 is added.
constexpr std::array<std::int8_t, 16 * 16> make_scaled_magnitudes() {
  std::array<std::int8_t, 16 * 16> table{};
  for (std::size_t s = 0; s < 16; ++s) {
    for (std::size_t level = 0; level < 3; ++level) {
      const int value = (2 * static_cast<int>(s) + 1) * quant::kIq2xxsMagnitudes[level];
      const int hi = (value + 128) / 256, lo = value - 256 * hi;
      table[16 * s + level] = static_cast<std::int8_t>(lo);
      table[16 * s + level + 4] = static_cast<std::int8_t>(-lo);
      table[16 * s + level + 8] = static_cast<std::int8_t>(hi);
      table[16 * s + level + 12] = static_cast<std::int8_t>(-hi);
    }
  }
  return table;
}
[[maybe_unused]] alignas(64) constexpr std::array<std::int8_t, 16 * 16> kScaledMagnitudes =
    make_scaled_magnitudes();

// The eight 6-bit scales of a Q4_K block as bytes, and its minimums.
[[maybe_unused]] inline std::int64_t q4_k_scales(const std::uint8_t* w) {
  std::uint32_t words[3];
  std::memcpy(words, w + 4, sizeof words);
  const std::uint32_t lo = words[0] & 0x3F3F3F3Fu;
  const std::uint32_t hi = (words[2] & 0x0F0F0F0Fu) | (words[0] >> 2 & 0x30303030u);
  return static_cast<std::int64_t>(std::uint64_t{hi} << 32 | lo);
}
[[maybe_unused]] inline std::int64_t q4_k_minimums(const std::uint8_t* w) {
  std::uint32_t words[3];
  std::memcpy(words, w + 4, sizeof words);
  const std::uint32_t lo = words[1] & 0x3F3F3F3Fu;
  const std::uint32_t hi = (words[2] >> 4 & 0x0F0F0F0Fu) | (words[1] >> 2 & 0x30303030u);
  return static_cast<std::int64_t>(std::uint64_t{hi} << 32 | lo);
}

inline std::size_t blocks_of(std::size_t columns, std::size_t block_columns) {
  return (columns + block_columns - 1) / block_columns;
}

}  // namespace

}  // namespace ds4::device

#define DS4_BODY_USES_AMX 1
#define DS4_BODY_USES_I8MM 1
#define DS4_BODY "device/cpu/product_blocks.inc"
#include "device/cpu/for_each_isa.inc"

namespace ds4::device {

void product_blocks(Isa isa, const ProductArgs& args, std::byte* scratch) {
  DS4_ON_ISA(isa, multiply_blocks)(args, scratch);
}

}  // namespace ds4::device
