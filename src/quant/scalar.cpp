// The small formats by table, and the narrowings that no inner loop of a codec needs.
#include "quant/scalar.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace ds4::quant {

namespace {

constexpr std::array<std::int8_t, 16> kDoubled = {0, 1,  2,  3,  4,  6,  8,  12,
                                                  0, -1, -2, -3, -4, -6, -8, -12};

constexpr std::array<float, 256> make_e4m3_table() {
  std::array<float, 256> table{};
  for (int bits = 0; bits < 256; ++bits) {
    const int exponent = (bits >> 3) & 15;
    const int mantissa = bits & 7;
    float magnitude = exponent == 0
                          ? static_cast<float>(mantissa) * power_of_two(-9)
                          : static_cast<float>(8 + mantissa) * power_of_two(exponent - 10);
    if ((bits & 0x7F) == 0x7F) magnitude = std::bit_cast<float>(0x7FC00000u);
    table[static_cast<std::size_t>(bits)] = (bits & 0x80) != 0 ? -magnitude : magnitude;
  }
  return table;
}

constexpr std::array<float, 256> kE4m3 = make_e4m3_table();

constexpr std::array<float, 256> without_nan(std::array<float, 256> table) {
  for (float& value : table) value = value == value ? value : 0.0f;
  return table;
}

constexpr std::array<float, 256> kE4m3OrZero = without_nan(make_e4m3_table());

}  // namespace

float e4m3_to_f32(std::uint8_t bits) {
  return kE4m3[bits];
}

float e4m3_or_zero(std::uint8_t bits) {
  return kE4m3OrZero[bits];
}

std::uint8_t f32_to_e4m3(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 24) & 0x80u;
  const std::uint32_t magnitude = bits & 0x7FFFFFFFu;
  if (magnitude > 0x7F800000u) return 0x7F;
  std::uint32_t code;
  if (magnitude >= 0x3C800000u) {  // 2^-6, the smallest normal
    const std::uint32_t rounded =
        (magnitude - 0x3C000000u + 0x7FFFFu + ((magnitude >> 20) & 1)) >> 20;
    code = std::min(rounded, 0x7Eu);
  } else {  // one unit of 2^14 is one unit of the subnormals, 2^-9
    code = std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + 16384.0f) - 0x46800000u;
  }
  return static_cast<std::uint8_t>(sign | code);
}

float e2m1_to_f32(std::uint8_t code) {
  return 0.5f * static_cast<float>(kDoubled[code & 15]);
}

int e2m1_doubled(std::uint8_t code) {
  return kDoubled[code & 15];
}

std::uint8_t f32_to_e2m1(float value) {
  // Counts the midpoints passed; a tie goes to the even code.
  const float m = std::fabs(value);
  const int code = (m > 0.25f) + (m >= 0.75f) + (m > 1.25f) + (m >= 1.75f) + (m > 2.5f) +
                   (m >= 3.5f) + (m > 5.0f);
  return static_cast<std::uint8_t>(value < 0 && code != 0 ? code | 8 : code);
}

std::uint8_t f32_to_e8m0(float value) {
  if (value != value) return 255;
  if (value <= power_of_two(-127)) return 0;
  if (value <= power_of_two(-126)) return 1;
  return static_cast<std::uint8_t>(std::min(ceil_log2(value) + 127, 254));
}

}  // namespace ds4::quant
