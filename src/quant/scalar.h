// The scalar number formats of weights and activations, each way: binary16, bfloat16, E4M3FN,
// E2M1 and the power-of-two scale E8M0. Narrowing is to nearest, ties to even. What inner loops
// call is inline.
#pragma once

#include <bit>
#include <cstdint>

namespace ds4::quant {

// `value` rounded to the nearest integer, ties to even, without libm: adding 1.5 * 2^23 leaves no
// room for fraction bits. Exact for |value| < 2^22; a larger one comes back large, of its sign.
inline float round_even(float value) {
  constexpr float kMagic = 12582912.0f;
  return (value + kMagic) - kMagic;
}

// 2^exponent for every exponent that binary32 holds, subnormals included: -149..127.
constexpr float power_of_two(int exponent) {
  return exponent >= -126 ? std::bit_cast<float>(static_cast<std::uint32_t>(exponent + 127) << 23)
                          : std::bit_cast<float>(std::uint32_t{1} << (exponent + 149));
}

// The exponent of the smallest power of two that is not below a positive normal `value`.
inline int ceil_log2(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return static_cast<int>(bits >> 23) - 127 + ((bits & 0x7FFFFF) != 0 ? 1 : 0);
}

// binary16. Subnormals count: block scales are often that small.
inline float f16_to_f32(std::uint16_t bits) {
  // All three cases are computed and one is chosen, so that rows become vector code.
  const std::uint32_t shifted = (bits & 0x7FFFu) << 13;
  const std::uint32_t exponent = bits & 0x7C00u;
  const auto mantissa = static_cast<float>(static_cast<std::int32_t>(bits & 0x3FFu));
  const std::uint32_t small = std::bit_cast<std::uint32_t>(mantissa * 0x1p-24f);
  const std::uint32_t wide = exponent == 0x7C00u ? shifted | 0x7F800000u : shifted + (112u << 23);
  const std::uint32_t sign = (bits & 0x8000u) << 16;
  return std::bit_cast<float>(sign | (exponent == 0 ? small : wide));
}

// NaN narrows to a quiet NaN of the same sign, what is too large to infinity.
inline std::uint16_t f32_to_f16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 16) & 0x8000u;
  const std::uint32_t magnitude = bits & 0x7FFFFFFFu;
  // Above the smallest normal half, 2^-14, the mantissa is rounded; below, one unit of 0.5 is one
  // unit of the subnormals, so an addition rounds for us. From 2^16 on it is infinity.
  const std::uint32_t normal = (magnitude - 0x38000000u + 0xFFFu + ((magnitude >> 13) & 1)) >> 13;
  const std::uint32_t small =
      std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) - 0x3F000000u;
  const std::uint32_t finite = magnitude >= 0x38800000u ? normal : small;
  const std::uint32_t infinite = magnitude > 0x7F800000u ? 0x7E00u : 0x7C00u;
  const std::uint32_t half = magnitude >= 0x47800000u ? infinite : finite;
  return static_cast<std::uint16_t>(sign | half);
}

// bfloat16, the upper half of binary32.
inline float bf16_to_f32(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

// NaN keeps its top bits and becomes quiet.
inline std::uint16_t f32_to_bf16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const bool nan = (bits & 0x7FFFFFFFu) > 0x7F800000u;
  const std::uint32_t rounded = (bits + 0x7FFFu + ((bits >> 16) & 1)) >> 16;
  return static_cast<std::uint16_t>(nan ? (bits >> 16 | 0x40u) : rounded);
}

// E4M3FN: no infinities; 0x7F and 0xFF are NaN.
float e4m3_to_f32(std::uint8_t bits);

// As a converter takes it: NaN counts as 0.
float e4m3_or_zero(std::uint8_t bits);

// Saturates at 448, which infinities become too; NaN becomes 0x7F.
std::uint8_t f32_to_e4m3(float value);

// E2M1: 0, 0.5, 1, 1.5, 2, 3, 4, 6 and a sign bit. Only the low four bits of a code count, and
// code 8 is +0.
float e2m1_to_f32(std::uint8_t code);

// Twice that value, an integer.
int e2m1_doubled(std::uint8_t code);

// Saturates at 6, gives 0 for NaN and never code 8.
std::uint8_t f32_to_e2m1(float value);

// E8M0: 2^(bits-127); 255 is NaN.
inline float e8m0_to_f32(std::uint8_t bits) {
  return bits == 255 ? std::bit_cast<float>(0x7FC00000u) : power_of_two(int{bits} - 127);
}

// The smallest power of two not below a positive value, at most 2^127; 255 for NaN. What is not
// positive gives 0, the smallest power.
std::uint8_t f32_to_e8m0(float value);

}  // namespace ds4::quant
