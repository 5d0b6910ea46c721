#include "device/cpu/row_codec.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstring>

#include "quant/numbers.h"
#include "quant/scalar.h"
#include "quant/simulate.h"

#define DS4_BODY "device/cpu/row_codec.inc"
#include "device/cpu/for_each_isa.inc"

namespace ds4::device {

namespace {

constexpr std::uint32_t kKeyGroup = 64;
constexpr std::uint32_t kIndexGroup = 32;
constexpr int kExponentBias = 127;
constexpr float kLargestHalf = 65504.0f;

float largest_magnitude(const float* x, std::size_t count) {
  float largest = 0;
  for (std::size_t i = 0; i < count; ++i) {
    largest = std::max(largest, std::fabs(quant::tame(x[i], FLT_MAX)));
  }
  return largest;
}

}  // namespace

void encode_key(const RowFormat& format, const float* row, std::byte* out) {
  if (!format.is_packed) {
    std::memcpy(out, row, format.key_bytes());
    return;
  }
  const std::uint32_t plain = format.head_width - format.rope_width;
  std::byte* exponents = out + plain;
  for (std::uint32_t at = 0; at < plain; at += kKeyGroup) {
    const int exponent = quant::fp8_scale_exponent(largest_magnitude(row + at, kKeyGroup));
    const float inverse = quant::power_of_two(-exponent);
    for (std::uint32_t i = at; i < at + kKeyGroup; ++i) {
      out[i] = std::byte{quant::f32_to_e4m3(quant::tame(row[i], FLT_MAX) * inverse)};
    }
    *exponents++ = static_cast<std::byte>(exponent + kExponentBias);
  }
  if (format.rope_bytes == sizeof(float)) {
    std::memcpy(exponents, row + plain, format.rope_width * sizeof(float));
    exponents += format.rope_width * sizeof(float);
  }
  for (std::uint32_t i = plain; format.rope_bytes == 2 && i < format.head_width; ++i) {
    const std::uint16_t half = quant::f32_to_f16(std::clamp(row[i], -kLargestHalf, kLargestHalf));
    std::memcpy(exponents, &half, sizeof half);
    exponents += sizeof half;
  }
  std::fill(exponents, out + format.key_bytes(), std::byte{0});
}

int encode_index_group(Isa isa, const float* x, std::int8_t* codes) {
  return DS4_ON_ISA(isa, encode_index_group)(x, codes);
}

void encode_index_row(const RowFormat& format, const float* row, std::byte* out) {
  if (!format.is_packed) {
    std::memcpy(out, row, format.index_bytes());
    return;
  }
  std::byte* exponents = out + format.index_width / 2;
  for (std::uint32_t at = 0; at < format.index_width; at += kIndexGroup) {
    const int exponent = quant::fp4_scale_exponent(largest_magnitude(row + at, kIndexGroup));
    const float inverse = quant::power_of_two(-exponent);
    const auto code = [&](std::uint32_t i) {
      return std::byte{quant::f32_to_e2m1(quant::tame(row[at + i], FLT_MAX) * inverse)};
    };
    for (std::uint32_t i = 0; i < kIndexGroup / 2; ++i) {
      *out++ = code(i) | code(i + kIndexGroup / 2) << 4;
    }
    *exponents++ = static_cast<std::byte>(exponent + kExponentBias);
  }
}

std::size_t decoded_stride(const RowFormat& format) {
  return (std::size_t{format.head_width} + 15) / 16 * 16 + 16;
}

void decode_keys(Isa isa, const RowFormat& format, const std::byte* const* rows, std::size_t count,
                 float* out) {
  DS4_ON_ISA(isa, decode_keys)(format, rows, count, out, decoded_stride(format));
}

}  // namespace ds4::device
