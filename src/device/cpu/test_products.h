// For tests of products: weights of any type, and the definition of docs/numerics.md written out
// plainly over quant's exact sums.
#pragma once

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "quant/activation.h"
#include "quant/codec.h"
#include "quant/dot.h"
#include "quant/iq2_xxs.h"
#include "quant/mxfp4.h"
#include "quant/q2_k.h"
#include "quant/q4_k.h"
#include "quant/q8_0.h"
#include "quant/scalar.h"
#include "quant/type.h"

namespace ds4::device {

inline std::size_t block_columns(quant::Type type) {
  return quant::info(type).block_elements;
}

// Blocks of any bytes that have finite scales: every code, sign and scale occurs.
inline std::vector<std::byte> random_blocks(std::uint32_t seed, quant::Type type, std::size_t rows,
                                            std::size_t columns) {
  std::mt19937 random(seed);
  const std::size_t size = quant::info(type).block_bytes;
  std::vector<std::byte> bytes(rows * quant::row_bytes(type, columns));
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  const auto put_scale = [&](std::size_t at) {
    const auto scale = std::uniform_real_distribution<float>(-0.01f, 0.01f)(random);
    const std::uint16_t bits = quant::f32_to_f16(scale);
    std::memcpy(&bytes[at], &bits, 2);
  };
  for (std::size_t at = 0; at < bytes.size(); at += size) {
    switch (type) {
      case quant::Type::mxfp4:
        // 255 is not a number; 0 and 1 have half scales that are subnormal.
        bytes[at] = static_cast<std::byte>(random() % 16 == 0 ? random() % 3 : 110 + random() % 20);
        break;
      case quant::Type::q2_k:
        put_scale(at + 80);
        put_scale(at + 82);
        break;
      case quant::Type::q4_k:
        put_scale(at);
        put_scale(at + 2);
        break;
      case quant::Type::q8_0:
      case quant::Type::iq2_xxs:
        put_scale(at);
        break;
      case quant::Type::f32: {
        const auto value = std::uniform_real_distribution<float>(-0.1f, 0.1f)(random);
        std::memcpy(&bytes[at], &value, 4);
        break;
      }
      default:
        // F16 and BF16: below 1/4.
        bytes[at + 1] = bytes[at + 1] & std::byte{0xB3};
    }
  }
  return bytes;
}

// Rows whose rounding reaches the largest codes often, some of them empty.
inline std::vector<float> random_rows(std::uint32_t seed, std::size_t count) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> rows(count);
  for (std::size_t i = 0; i < count; ++i) {
    const float spread = i / 64 % 5 == 0 ? 0.0f : i / 64 % 5 == 1 ? 1e-3f : 1.0f;
    rows[i] = i % 3 == 0 ? std::copysign(spread, normal(random)) : spread * normal(random);
  }
  return rows;
}

template <class Block>
Block read_block(const std::byte* at) {
  Block block;
  std::memcpy(&block, at, sizeof block);
  return block;
}

// docs/numerics.md, a block at a time.
inline float enter_block(quant::Type type, float chain, const std::byte* at,
                         const std::int8_t* codes, float scale, const quant::BlockQ8K& x) {
  const auto with_minimums = [&](const auto& w) {
    const quant::ScaledSums sums = quant::dot_integers(w, x);
    chain = std::fma(x.d * quant::f16_to_f32(w.d), static_cast<float>(sums.scaled), chain);
    return std::fma(-(x.d * quant::f16_to_f32(w.dmin)), static_cast<float>(sums.minimums), chain);
  };
  switch (type) {
    case quant::Type::q8_0: {
      const auto w = read_block<quant::BlockQ8_0>(at);
      const auto sum = static_cast<float>(quant::dot_integers(w, codes));
      return std::fma(quant::f16_to_f32(w.d) * scale, sum, chain);
    }
    case quant::Type::mxfp4: {
      const auto w = read_block<quant::BlockMXFP4>(at);
      const auto sum = static_cast<float>(quant::dot_integers(w, codes));
      return std::fma(std::ldexp(1.0f, int{w.e} - 128) * scale, sum, chain);
    }
    case quant::Type::q2_k:
      return with_minimums(read_block<quant::BlockQ2K>(at));
    case quant::Type::q4_k:
      return with_minimums(read_block<quant::BlockQ4K>(at));
    default: {
      const auto w = read_block<quant::BlockIQ2XXS>(at);
      const auto sum = static_cast<float>(quant::dot_integers(w, x));
      return std::fma(0.125f * (quant::f16_to_f32(w.d) * x.d), sum, chain);
    }
  }
}

struct Rounded {
  explicit Rounded(const float* row, std::size_t columns)
      : plain(row, row + columns),
        codes((columns + 31) / 32 * 32),
        scales((columns + 31) / 32),
        blocks(columns / 256) {
    quant::quantize_q8_groups(row, columns, codes.data(), scales.data());
    if (columns % 256 == 0) quant::quantize_q8_k(row, columns, blocks.data());
  }
  std::vector<float> plain;
  std::vector<std::int8_t> codes;
  std::vector<float> scales;
  std::vector<quant::BlockQ8K> blocks;
};

// One lane after the other.
inline float reference_of_floats(quant::Type type, const std::byte* row, std::size_t columns,
                                 const std::vector<float>& x) {
  std::vector<float> w(columns);
  quant::decode_row(type, row, w.data(), columns);
  float lanes[16] = {};
  for (std::size_t k = 0; k < columns; ++k) lanes[k % 16] = std::fma(w[k], x[k], lanes[k % 16]);
  for (int half = 8; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) lanes[i] = lanes[i] + lanes[i + half];
  }
  return lanes[0];
}

// A weight row times a row of activations, as docs/numerics.md defines it.
inline float reference(quant::Type type, const std::byte* row, std::size_t columns,
                       const Rounded& x) {
  const std::size_t elements = block_columns(type);
  if (elements == 1) return reference_of_floats(type, row, columns, x.plain);
  float chains[4] = {};
  for (std::size_t b = 0; b < columns / elements; ++b) {
    const bool groups = elements == 32;
    chains[b % 4] = enter_block(type, chains[b % 4], row + b * quant::info(type).block_bytes,
                                groups ? &x.codes[b * 32] : nullptr, groups ? x.scales[b] : 0,
                                groups ? quant::BlockQ8K{} : x.blocks[b]);
  }
  return (chains[0] + chains[2]) + (chains[1] + chains[3]);
}

}  // namespace ds4::device
