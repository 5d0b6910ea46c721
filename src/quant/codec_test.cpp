#include "quant/codec.h"

#include <gtest/gtest.h>

#include <cfloat>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>
#include <vector>

#include "quant/iq2_xxs.h"
#include "quant/q2_k.h"
#include "quant/q4_k.h"
#include "quant/scalar.h"
#include "quant/test_vectors.h"

namespace ds4::quant {
namespace {

struct Golden {
  Type type;
  const char* name;
};

constexpr Golden kDecoded[] = {{Type::iq2_xxs, "iq2_xxs"},
                               {Type::q2_k, "q2_k"},
                               {Type::q4_k, "q4_k"},
                               {Type::q8_0, "q8_0"},
                               {Type::mxfp4, "mxfp4"}};

TEST(codec, decodes_the_golden_blocks_to_the_bit) {
  for (const Golden& golden : kDecoded) {
    SCOPED_TRACE(golden.name);
    const auto blocks = read_vector<std::byte>(std::string("quant/") + golden.name + ".blocks.bin");
    const auto want = read_vector<float>(std::string("quant/") + golden.name + ".f32.bin");
    ASSERT_EQ(row_bytes(golden.type, want.size()), blocks.size());
    std::vector<float> got(want.size());
    decode_row(golden.type, blocks.data(), got.data(), got.size());
    expect_same_bits(got, want);
  }
}

struct Encoded {
  Type type;
  const char* file;
  bool weighted;
  double rmse;           // relative to the values' own size
  double weighted_rmse;  // the same, weighted by importance
};

constexpr Encoded kEncoded[] = {
    {Type::q8_0, "quantize.q8_0.bin", false, 0.0103, 0.0080},
    {Type::q2_k, "quantize.q2_k.bin", false, 0.2901, 0.2523},
    {Type::q2_k, "quantize.q2_k.weighted.bin", true, 0.3060, 0.2027},
    {Type::q4_k, "quantize.q4_k.bin", false, 0.0945, 0.0801},
    {Type::q4_k, "quantize.q4_k.weighted.bin", true, 0.1000, 0.0637},
    {Type::iq2_xxs, "quantize.iq2_xxs.weighted.bin", true, 0.6351, 0.4445},
};

TEST(codec, encodes_the_golden_matrix_to_the_byte) {
  const auto input = read_vector<float>("quant/quantize.in.f32.bin");
  const auto importance = read_vector<float>("quant/quantize.importance.f32.bin");
  const std::size_t columns = importance.size();
  for (const Encoded& golden : kEncoded) {
    SCOPED_TRACE(golden.file);
    const auto want = read_vector<std::byte>(std::string("quant/") + golden.file);
    const std::size_t stride = row_bytes(golden.type, columns);
    const std::size_t block_bytes = info(golden.type).block_bytes;
    ASSERT_EQ(want.size(), stride * (input.size() / columns));
    std::vector<std::byte> got(want.size());
    for (std::size_t row = 0; row * columns < input.size(); ++row) {
      encode_row(golden.type, input.data() + row * columns, got.data() + row * stride, columns,
                 golden.weighted ? importance.data() : nullptr);
    }
    std::size_t different = 0;
    for (std::size_t at = 0; at < want.size(); at += block_bytes) {
      if (std::memcmp(&want[at], &got[at], block_bytes) == 0) continue;
      if (different++ == 0) ADD_FAILURE() << "first differing block " << at / block_bytes;
    }
    EXPECT_EQ(different, 0u) << "blocks of " << want.size() / block_bytes;
  }
}

constexpr Type kBlockTypes[] = {Type::q8_0, Type::q2_k, Type::q4_k, Type::iq2_xxs, Type::mxfp4};

std::vector<std::byte> encode(Type type, const std::vector<float>& row, const float* importance) {
  std::vector<std::byte> blocks(row_bytes(type, row.size()));
  encode_row(type, row.data(), blocks.data(), row.size(), importance);
  return blocks;
}

std::vector<float> decode(Type type, const std::vector<std::byte>& blocks, std::size_t columns) {
  std::vector<float> row(columns);
  decode_row(type, blocks.data(), row.data(), columns);
  return row;
}

// sqrt(sum w (x - y)^2 / sum w x^2)
double relative_rmse(const std::vector<float>& x, const std::vector<float>& y,
                     const std::vector<float>& importance) {
  double error = 0;
  double size = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double w = importance.empty() ? 1.0 : importance[i % importance.size()];
    error += w * (double{x[i]} - y[i]) * (double{x[i]} - y[i]);
    size += w * double{x[i]} * x[i];
  }
  return std::sqrt(error / size);
}

TEST(codec, quality_is_that_of_the_reference) {
  const auto input = read_vector<float>("quant/quantize.in.f32.bin");
  const auto importance = read_vector<float>("quant/quantize.importance.f32.bin");
  for (const Encoded& golden : kEncoded) {
    SCOPED_TRACE(golden.file);
    std::vector<float> decoded;
    for (std::size_t at = 0; at < input.size(); at += importance.size()) {
      const std::vector<float> row(&input[at], &input[at] + importance.size());
      const auto blocks = encode(golden.type, row, golden.weighted ? importance.data() : nullptr);
      const auto back = decode(golden.type, blocks, row.size());
      decoded.insert(decoded.end(), back.begin(), back.end());
    }
    // The reference figures are given with four decimals.
    EXPECT_NEAR(relative_rmse(input, decoded, {}), golden.rmse, 0.6e-4);
    EXPECT_NEAR(relative_rmse(input, decoded, importance), golden.weighted_rmse, 0.6e-4);
  }
}

// The least squared error any scale allows, by trying them all with exact arithmetic.
double best_mxfp4_error(const float* x, const float* weight) {
  double best = 1e300;
  for (int exponent = -127; exponent <= 126; ++exponent) {
    double error = 0;
    for (int i = 0; i < 32; ++i) {
      double nearest = 1e300;
      for (const double value : {0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0}) {
        const double off = std::fabs(double{x[i]}) - std::ldexp(value, exponent);
        nearest = std::min(nearest, off * off);
      }
      error += nearest * (weight != nullptr ? weight[i] : 1.0f);
    }
    best = std::min(best, error);
  }
  return best;
}

TEST(codec, mxfp4_takes_the_best_scale_in_nearly_every_block) {
  const auto input = read_vector<float>("quant/quantize.in.f32.bin");
  const auto importance = read_vector<float>("quant/quantize.importance.f32.bin");
  std::vector<float> tiled;
  for (std::size_t i = 0; i < input.size(); ++i) tiled.push_back(importance[i % importance.size()]);
  const float* const choices[] = {nullptr, tiled.data()};
  for (const float* weights : choices) {
    const auto values = decode(Type::mxfp4, encode(Type::mxfp4, input, weights), input.size());
    double got = 0;
    double best = 0;
    for (std::size_t at = 0; at < input.size(); at += 32) {
      best += best_mxfp4_error(&input[at], weights != nullptr ? weights + at : nullptr);
      for (std::size_t i = at; i < at + 32; ++i) {
        const double off = double{input[i]} - values[i];
        got += off * off * (weights != nullptr ? weights[i] : 1.0f);
      }
    }
    EXPECT_GE(got, best * (1 - 1e-6));
    EXPECT_LE(got, best * 1.001);
  }
}

TEST(codec, mxfp4_keeps_what_was_in_a_four_bit_block) {
  std::mt19937 random(5);
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::byte> blocks(17);
    for (std::byte& byte : blocks) byte = static_cast<std::byte>(random());
    // Scales of which every product is finite: 6 * 2^125 at most.
    blocks[0] = static_cast<std::byte>(random() % 253);
    // Sometimes only small codes, which a smaller scale holds as well.
    if (round % 4 == 0) {
      for (std::size_t i = 1; i < 17; ++i) blocks[i] &= std::byte{0x99};
    }
    const auto values = decode(Type::mxfp4, blocks, 32);
    const auto again = decode(Type::mxfp4, encode(Type::mxfp4, values, nullptr), 32);
    for (std::size_t i = 0; i < 32; ++i) ASSERT_EQ(again[i], values[i]) << round << " " << i;
  }
}

TEST(codec, plain_types_keep_their_values) {
  const std::vector<float> row = {0.0f, -0.0f, 1.5f, -65504.0f, power_of_two(-24), 1e30f, -1e-30f};
  expect_same_bits(decode(Type::f32, encode(Type::f32, row, nullptr), row.size()), row);
  const auto half = decode(Type::f16, encode(Type::f16, row, nullptr), row.size());
  const auto brain = decode(Type::bf16, encode(Type::bf16, row, nullptr), row.size());
  for (std::size_t i = 0; i < row.size(); ++i) {
    EXPECT_EQ(half[i], f16_to_f32(f32_to_f16(row[i])));
    EXPECT_EQ(brain[i], bf16_to_f32(f32_to_bf16(row[i])));
  }
}

// Numbers of every size and kind, one kind a block: what a damaged or hostile checkpoint may hold.
std::vector<float> odd_row() {
  std::mt19937 random(6);
  std::normal_distribution<float> normal;
  const float infinity = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> row;
  const auto block = [&](auto&& value) {
    for (int i = 0; i < 256; ++i) row.push_back(value(i));
  };
  block([](int) { return 0.0f; });
  block([](int) { return -0.0f; });
  block([&](int) { return normal(random) * 1e-42f; });  // subnormal
  block([&](int) { return normal(random) * 1e-37f; });
  block([&](int) { return normal(random) * 1e-16f; });  // around what counts as zero
  block([&](int) { return normal(random) * 1e37f; });
  block([](int i) { return i % 2 != 0 ? FLT_MAX : -FLT_MAX; });
  block([&](int i) { return i == 7 ? nan : normal(random); });
  block([&](int) { return nan; });
  block([&](int i) { return i == 9 ? infinity : i == 10 ? -infinity : normal(random); });
  block([&](int) { return -infinity; });
  block([&](int i) { return i % 8 == 0 ? -1000.0f : 0.001f * normal(random); });
  block([](int) { return 3.0f; });
  block([](int) { return -3.0f; });
  block([&](int) { return std::fabs(normal(random)); });
  block([&](int) { return std::bit_cast<float>(static_cast<std::uint32_t>(random())); });
  block([&](int) { return normal(random); });
  return row;
}

std::vector<float> odd_importance(std::size_t columns, int kind) {
  std::vector<float> importance(columns, 1.0f);
  std::mt19937 random(7);
  for (std::size_t i = 0; i < columns; ++i) {
    if (kind == 1) importance[i] = 0.0f;
    if (kind == 2) importance[i] = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    if (kind == 3) importance[i] = i % 2 != 0 ? std::numeric_limits<float>::infinity() : -1.0f;
    if (kind == 4) importance[i] = FLT_MAX;
    if (kind == 5) importance[i] = FLT_MIN * 0.001f;
  }
  return importance;
}

TEST(codec, any_input_gives_blocks_of_finite_values) {
  const auto row = odd_row();
  for (int kind = 0; kind < 6; ++kind) {
    const auto importance = odd_importance(row.size(), kind);
    for (const Type type : kBlockTypes) {
      for (const bool weighted : {true, false}) {
        if (!weighted && needs_importance(type)) continue;
        const auto values =
            decode(type, encode(type, row, weighted ? importance.data() : nullptr), row.size());
        for (std::size_t i = 0; i < row.size(); ++i) {
          ASSERT_TRUE(std::isfinite(values[i]))
              << info(type).name << " element " << i << " from " << row[i] << ", kind " << kind;
        }
        for (std::size_t i = 0; i < 512; ++i) ASSERT_EQ(values[i], 0.0f);
      }
    }
  }
}

TEST(codec, a_row_of_zeros_is_bytes_of_zeros) {
  const std::vector<float> row(1024, 0.0f);
  const std::vector<float> importance(1024, 1.0f);
  for (const Type type : kBlockTypes) {
    const auto blocks = encode(type, row, importance.data());
    EXPECT_EQ(blocks, std::vector<std::byte>(blocks.size())) << info(type).name;
  }
}

TEST(codec, blocks_do_not_depend_on_their_neighbours) {
  const auto row = odd_row();
  const auto importance = odd_importance(row.size(), 0);
  for (const Type type : kBlockTypes) {
    for (const bool weighted : {true, false}) {
      if (!weighted && needs_importance(type)) continue;
      const auto whole = encode(type, row, weighted ? importance.data() : nullptr);
      std::vector<std::byte> pieces;
      for (std::size_t at = 0; at < row.size(); at += 256) {
        const std::vector<float> piece(&row[at], &row[at] + 256);
        const auto blocks = encode(type, piece, weighted ? &importance[at] : nullptr);
        pieces.insert(pieces.end(), blocks.begin(), blocks.end());
      }
      EXPECT_EQ(whole, pieces) << info(type).name;
    }
  }
}

TEST(codec, codes_of_8_bits_are_found_again) {
  std::mt19937 random(8);
  for (int round = 0; round < 500; ++round) {
    std::vector<std::byte> block(34);
    for (std::byte& byte : block) byte = static_cast<std::byte>(random());
    // A positive normal scale, and the extreme code present: then nothing can change.
    const auto d = static_cast<std::uint16_t>(0x0400 + random() % 0x7800);
    std::memcpy(block.data(), &d, 2);
    for (std::size_t i = 2; i < 34; ++i) {
      if (block[i] == std::byte{0x80}) block[i] = std::byte{0x81};
    }
    block[2] = std::byte{127};
    const auto values = decode(Type::q8_0, block, 32);
    EXPECT_EQ(encode(Type::q8_0, values, nullptr), block);
  }
}

// Bytes are a function of the numbers, not of the processor.
TEST(codec, every_instruction_set_gives_the_same_bytes) {
  using Encode = void (*)(const float*, std::size_t, const float*, std::byte*, Target);
  constexpr std::pair<Type, Encode> kSearches[] = {
      {Type::q2_k, encode_q2_k}, {Type::q4_k, encode_q4_k}, {Type::iq2_xxs, encode_iq2_xxs}};
  std::mt19937 random(9);
  std::normal_distribution<float> normal(0.0f, 0.02f);
  std::lognormal_distribution<float> lognormal(0.0f, 2.0f);
  std::vector<float> row = odd_row();
  std::vector<float> importance = odd_importance(row.size(), 2);
  const std::size_t columns = std::getenv("DS4_TEST_FULL") != nullptr ? 4 << 20 : 64 << 10;
  while (row.size() < columns) {
    row.push_back(normal(random));
    importance.push_back(lognormal(random));
  }
  for (const auto& [type, run] : kSearches) {
    for (const bool weighted : {true, false}) {
      if (!weighted && needs_importance(type)) continue;
      const float* weights = weighted ? importance.data() : nullptr;
      std::vector<std::byte> want(row_bytes(type, row.size()));
      run(row.data(), row.size(), weights, want.data(), Target::portable);
      for (const Target target : runnable_targets()) {
        std::vector<std::byte> got(want.size());
        run(row.data(), row.size(), weights, got.data(), target);
        EXPECT_EQ(got, want) << info(type).name << " on target " << static_cast<int>(target);
      }
    }
  }
}

TEST(codec, column_energy_is_the_sum_of_squares) {
  std::vector<float> sums(3, 0.0f);
  add_column_energy(std::vector<float>{1, -2, 0}.data(), 3, sums.data());
  add_column_energy(std::vector<float>{3, 0.5f, 0}.data(), 3, sums.data());
  EXPECT_EQ(sums, (std::vector<float>{10.0f, 4.25f, 0.0f}));
}

TEST(codec_death, misuse_stops_the_program) {
  std::vector<float> row(256, 1.0f);
  std::vector<std::byte> out(1024);
  EXPECT_DEATH(encode_row(Type::iq2_xxs, row.data(), out.data(), 256, nullptr), "importance");
  EXPECT_DEATH(encode_row(Type::q2_k, row.data(), out.data(), 255, nullptr), "columns");
  EXPECT_DEATH(encode_row(Type::i32, row.data(), out.data(), 256, nullptr), "has_codec");
  EXPECT_DEATH(decode_row(Type::i32, out.data(), row.data(), 256), "has_codec");
}

}  // namespace
}  // namespace ds4::quant
