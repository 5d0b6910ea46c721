// For the fuzz targets of the block formats: decodes arbitrary blocks, compares every element with
// a second reading of the format, and encodes what came out, which must give finite blocks again.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/check.h"
#include "quant/codec.h"

namespace ds4::quant {

// A second opinion on binary16, by powers of two.
inline float half_at(const std::uint8_t* at) {
  const int bits = at[0] | at[1] << 8;
  const int exponent = bits >> 10 & 31;
  const int mantissa = bits & 1023;
  const float sign = (bits & 0x8000) != 0 ? -1.0f : 1.0f;
  if (exponent == 31) return sign * (mantissa != 0 ? NAN : INFINITY);
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(mantissa), -24);
  return sign * std::ldexp(static_cast<float>(1024 + mantissa), exponent - 25);
}

inline bool same_number(float a, float b) {
  return (std::isnan(a) && std::isnan(b)) ||
         std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b);
}

// `element(block, i)` is the second reading: value i of the block at that address.
template <class Element>
void fuzz_blocks(Type type, const std::uint8_t* data, std::size_t size, Element element) {
  const std::size_t block_bytes = info(type).block_bytes;
  const std::size_t block_elements = info(type).block_elements;
  const std::size_t blocks = std::min<std::size_t>(size / block_bytes, 12);
  const std::size_t columns = blocks * block_elements;
  std::vector<std::byte> bytes(blocks * block_bytes);
  if (!bytes.empty()) std::memcpy(bytes.data(), data, bytes.size());
  std::vector<float> values(columns);
  decode_row(type, bytes.data(), values.data(), columns);
  for (std::size_t i = 0; i < columns; ++i) {
    const float want = element(data + i / block_elements * block_bytes, i % block_elements);
    CHECK(same_number(values[i], want));
  }

  // The same bytes again, as weights of the columns: mostly nonsense, which must do no harm.
  std::vector<float> importance(columns, 1.0f);
  if (size >= 4) {
    for (std::size_t i = 0; i < columns; ++i) {
      std::memcpy(&importance[i], data + 4 * i % (size - 3), 4);
    }
  }
  const float* const choices[] = {nullptr, importance.data()};
  for (const float* weights : choices) {
    if (weights == nullptr && needs_importance(type)) continue;
    std::vector<std::byte> again(bytes.size());
    std::vector<float> back(columns);
    encode_row(type, values.data(), again.data(), columns, weights);
    decode_row(type, again.data(), back.data(), columns);
    for (const float value : back) CHECK(std::isfinite(value));
  }
}

}  // namespace ds4::quant
