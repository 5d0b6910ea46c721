// The scalar number formats of weights and activations, each way: binary16, bfloat16, E4M3FN,
// E2M1 and the power-of-two scale E8M0. Narrowing is to nearest, ties to even. Inline, because
// the block formats call these from their inner loops.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace ds4::quant {

// `value` rounded to the nearest integer, ties to even, without libm: adding 1.5 * 2^23 leaves no
// room for fraction bits. Exact for |value| < 2^22; larger values come back as some large value
// of the same sign.
inline float round_even(float value) {
  constexpr float kMagic = 12582912.0f;
  return (value + kMagic) - kMagic;
}

// 2^exponent for exponents that binary32 holds, subnormals included: -149..127.
inline float power_of_two(int exponent) {
  return exponent >= -126 ? std::bit_cast<float>(static_cast<std::uint32_t>(exponent + 127) << 23)
                          : std::bit_cast<float>(std::uint32_t{1} << (exponent + 149));
}

// The exponent of the smallest power of two that is not below a positive normal `value`.
inline int ceil_log2(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return static_cast<int>(bits >> 23) - 127 + ((bits & 0x7FFFFF) != 0 ? 1 : 0);
}

// binary16. NaN narrows to a quiet NaN of the same sign, what is too large to infinity.
float f16_to_f32(std::uint16_t bits);
std::uint16_t f32_to_f16(float value);

// bfloat16, the upper half of binary32. NaN keeps its top bits and becomes quiet.
float bf16_to_f32(std::uint16_t bits);
std::uint16_t f32_to_bf16(float value);

// E4M3FN: no infinities; 0x7F and 0xFF are NaN. Narrowing saturates at 448; NaN becomes 0x7F.
float e4m3_to_f32(std::uint8_t bits);
std::uint8_t f32_to_e4m3(float value);

// E2M1: 0, 0.5, 1, 1.5, 2, 3, 4, 6 and a sign bit. Only the low four bits of a code count, and
// code 8 is +0. Narrowing saturates at 6, gives 0 for NaN and never code 8.
float e2m1_to_f32(std::uint8_t code);
std::uint8_t f32_to_e2m1(float value);

// Twice the E2M1 value, an integer.
int e2m1_doubled(std::uint8_t code);

// E8M0: 2^(bits-127); 255 is NaN. Narrowing gives the smallest power of two not below a positive
// value, at most 2^127, and 255 for NaN; what is not positive gives 0, the smallest power.
float e8m0_to_f32(std::uint8_t bits);
std::uint8_t f32_to_e8m0(float value);

}  // namespace ds4::quant
