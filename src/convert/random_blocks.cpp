#include "convert/random_blocks.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/bytes.h"
#include "base/check.h"
#include "quant/scalar.h"

namespace ds4::convert {

namespace {

using quant::Type;

constexpr std::uint64_t kFnvBasis = 0xcbf29ce484222325u;
constexpr std::uint64_t kFnvPrime = 0x100000001b3u;

// Of a uniform distribution over [-1, 1].
const float kUniformDeviation = 1.0f / std::sqrt(3.0f);

// Copies `bytes` random bytes, starting at word `word` of the stream.
void copy_words(const RandomWords& words, std::uint64_t word, std::byte* out, std::size_t bytes) {
  for (; bytes >= 8; bytes -= 8, out += 8) store(out, words.at(word++));
  if (bytes > 0) {
    const std::uint64_t last = words.at(word);
    std::memcpy(out, &last, bytes);
  }
}

// A number in [-1, 1) from 16 random bits.
float unit(std::uint64_t bits) {
  return static_cast<float>(static_cast<std::int16_t>(bits & 0xFFFF)) * (1.0f / 32768.0f);
}

// Root mean square of what a format's codes stand for when its block scale is 1. Measured on the
// definition of each format: level grids, 4-bit sub-scales and signs all uniform.
float rms_of_codes(Type type) {
  switch (type) {
    // int8 in [-127, 127], uniform but for the doubled -127.
    case Type::q8_0:
      return 73.6f;
    // Codes 0..3 less 1.5, times sub-scales 0..15.
    case Type::q2_k:
      return std::sqrt(1.25f) * std::sqrt(77.5f);
    // Codes 0..15 less 7.5, times sub-scales 0..63.
    case Type::q4_k:
      return std::sqrt(21.25f) * std::sqrt(1333.5f);
    // Magnitudes of the grid (their squares average 534.43), times (2s+1)/8.
    case Type::iq2_xxs:
      return std::sqrt(534.43f) * std::sqrt(341.0f) / 8.0f;
    // E2M1 values, signs included.
    case Type::mxfp4:
      return std::sqrt(8.5625f);
    default:
      return 1.0f;
  }
}

template <class Number, class Narrow>
void fill_plain(const RandomWords& words, Spread spread, std::uint64_t first, std::uint64_t count,
                std::byte* out, Narrow narrow) {
  const float scale = spread.deviation / kUniformDeviation;
  for (std::uint64_t i = first; i < first + count; ++i) {
    // Four values a word.
    const float value = spread.mean + scale * unit(words.at(i / 4) >> (16 * (i % 4)));
    const Number number = narrow(value);
    std::memcpy(out, &number, sizeof number);
    out += sizeof number;
  }
}

}  // namespace

RandomWords::RandomWords(std::uint64_t seed, std::string_view name) : base_(kFnvBasis) {
  for (int i = 0; i < 8; ++i) base_ = (base_ ^ ((seed >> (8 * i)) & 0xFF)) * kFnvPrime;
  for (const char c : name) base_ = (base_ ^ static_cast<std::uint8_t>(c)) * kFnvPrime;
}

void fill_random_blocks(Type type, const RandomWords& words, Spread spread, std::uint64_t first,
                        std::uint64_t count, std::byte* out) {
  switch (type) {
    case Type::f32:
      fill_plain<float>(words, spread, first, count, out, [](float v) { return v; });
      return;
    case Type::f16:
      fill_plain<std::uint16_t>(words, spread, first, count, out, quant::f32_to_f16);
      return;
    case Type::bf16:
      fill_plain<std::uint16_t>(words, spread, first, count, out, quant::f32_to_bf16);
      return;
    default:
      break;
  }

  const quant::TypeInfo& format = quant::info(type);
  const std::uint64_t words_per_block = (format.block_bytes + 7) / 8;
  const float d = spread.deviation / rms_of_codes(type);
  const std::uint16_t scale = quant::f32_to_f16(d);
  for (std::uint64_t block = first; block < first + count; ++block, out += format.block_bytes) {
    copy_words(words, block * words_per_block, out, format.block_bytes);
    switch (type) {
      case Type::q8_0:
        store(out, scale);
        // -128 is no code of this format.
        std::replace(out + 2, out + 34, std::byte{0x80}, std::byte{0x81});
        break;
      case Type::q2_k:
        // Each sub-block's minimum centres its own codes: min nibble = scale nibble, dmin = 1.5 d.
        for (int s = 0; s < 16; ++s) {
          const auto nibble = static_cast<std::uint8_t>(out[s]) & 15;
          out[s] = static_cast<std::byte>(nibble | nibble << 4);
        }
        store(out + 80, scale);
        store(out + 82, quant::f32_to_f16(1.5f * d));
        break;
      case Type::q4_k: {
        store(out, scale);
        store(out + 2, quant::f32_to_f16(7.5f * d));
        // The packed minimums repeat the packed scales, 6 bits each.
        std::uint8_t* packed = reinterpret_cast<std::uint8_t*>(out + 4);
        for (int j = 0; j < 4; ++j) {
          packed[j + 4] = packed[j];
          packed[j + 8] =
              static_cast<std::uint8_t>((packed[j + 8] & 15) | (packed[j + 8] & 15) << 4);
        }
        break;
      }
      case Type::iq2_xxs:
        store(out, scale);
        break;
      case Type::mxfp4:
        out[0] = static_cast<std::byte>(
            std::clamp(127 + static_cast<int>(std::lround(std::log2(d))), 2, 250));
        break;
      default:
        CHECK(false);
    }
  }
}

}  // namespace ds4::convert
