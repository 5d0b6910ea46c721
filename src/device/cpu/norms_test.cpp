#include "device/cpu/norms.h"

#include <gtest/gtest.h>

#include <cmath>

#include "device/cpu/test_rows.h"
#include "quant/test_vectors.h"

namespace ds4::device {
namespace {

using quant::expect_same_bits;
using quant::Type;

constexpr std::size_t kWidths[] = {1, 15, 16, 17, 31, 64, 100, 512, 1000, 4096};

std::vector<float> normed(Isa isa, const std::vector<float>& x, const Weight* norm, float epsilon,
                          std::size_t width) {
  std::vector<float> out(x.size());
  for (std::size_t at = 0; at < x.size(); at += width) {
    rms_norm_row(isa, x.data() + at, norm, epsilon, width, out.data() + at);
  }
  return out;
}

TEST(norms, match_a_double_reference) {
  for (const std::size_t width : kWidths) {
    const auto x = random_floats(static_cast<std::uint32_t>(width), width, 3);
    double squares = 0;
    for (const float v : x) squares += double{v} * v;
    const double scale = 1 / std::sqrt(squares / static_cast<double>(width) + 1e-6);
    EXPECT_NEAR(rms_scale(best_isa(), x.data(), width, 1e-6f) / scale, 1, 1e-6);
    const auto plain = normed(best_isa(), x, nullptr, 1e-6f, width);
    for (const Type type : {Type::f32, Type::f16, Type::bf16}) {
      const TestWeight norm(type, random_floats(7, width));
      const auto got = normed(best_isa(), x, &norm.weight, 1e-6f, width);
      for (std::size_t i = 0; i < width; ++i) {
        ASSERT_NEAR(plain[i], x[i] * scale, 1e-6 * std::abs(x[i] * scale));
        const double want = x[i] * scale * norm.values[i];
        ASSERT_NEAR(got[i], want, 2e-6 * std::abs(want)) << width;
      }
    }
  }
}

TEST(norms, match_the_golden_vectors) {
  const auto want = golden("rms_out");
  const TestWeight norm(Type::f32, golden("rms_weight"));
  for (const Isa isa : runnable_isas()) {
    const auto got = normed(isa, golden("rms_in"), &norm.weight, 1e-6f, 256);
    ASSERT_EQ(got.size(), want.size());
    for (std::size_t i = 0; i < want.size(); ++i) {
      ASSERT_NEAR(got[i], want[i], 1e-6 * std::abs(want[i])) << i;
    }
  }
}

TEST(norms, give_the_same_bits_on_every_instruction_set_and_in_place) {
  for (const std::size_t width : kWidths) {
    const auto x = random_floats(static_cast<std::uint32_t>(width), width);
    for (const Type type : {Type::f32, Type::f16, Type::bf16}) {
      const TestWeight norm(type, random_floats(3, width));
      const auto want = normed(Isa::portable, x, &norm.weight, 1e-5f, width);
      for (const Isa isa : runnable_isas()) {
        expect_same_bits(normed(isa, x, &norm.weight, 1e-5f, width), want);
        auto in_place = x;
        rms_norm_row(isa, in_place.data(), &norm.weight, 1e-5f, width, in_place.data());
        expect_same_bits(in_place, want);
      }
    }
  }
}

// The order itself, spelled out.
TEST(norms, sum_in_sixteen_lanes) {
  const std::size_t width = 100;
  const auto x = random_floats(11, width);
  float lanes[16] = {};
  for (std::size_t i = 0; i < width; ++i) lanes[i % 16] = std::fma(x[i], x[i], lanes[i % 16]);
  for (int half = 8; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) lanes[i] = lanes[i] + lanes[i + half];
  }
  const float want = 1.0f / std::sqrt(lanes[0] / 100.0f + 1e-6f);
  for (const Isa isa : runnable_isas()) EXPECT_EQ(rms_scale(isa, x.data(), width, 1e-6f), want);
}

TEST(norms, of_many_rows_do_not_depend_on_the_team) {
  const std::uint32_t rows = 13, width = 200;
  const auto x = random_floats(5, rows * width);
  const TestWeight norm(Type::f32, random_floats(6, width));
  const auto want = normed(Isa::portable, x, &norm.weight, 1e-6f, width);
  for (const int threads : {1, 2, 3, 8}) {
    Team team(threads);
    for (const Isa isa : runnable_isas()) {
      std::vector<float> out(x.size());
      rms_norm(isa, team, x.data(), &norm.weight, 1e-6f, rows, width, out.data());
      expect_same_bits(out, want);
    }
  }
}

TEST(rotation, matches_the_golden_tables) {
  const auto positions = golden<std::int32_t>("freq_pos");
  for (const std::string table : {"main", "compress", "compress_A", "compress_C", "rot32"}) {
    const auto frequencies = golden("freq_" + table);
    const auto cosines = golden("cos_" + table), sines = golden("sin_" + table);
    const auto pairs = static_cast<std::uint32_t>(frequencies.size());
    for (std::size_t p = 0; p < positions.size(); ++p) {
      std::vector<float> unit(2 * pairs);
      for (std::size_t i = 0; i < pairs; ++i) unit[2 * i] = 1;
      rotate(best_isa(), unit.data(), {frequencies.data(), pairs},
             static_cast<std::uint64_t>(positions[p]));
      for (std::size_t i = 0; i < pairs; ++i) {
        ASSERT_NEAR(unit[2 * i], cosines[p * pairs + i], 2e-7) << table << " at " << positions[p];
        ASSERT_NEAR(unit[2 * i + 1], sines[p * pairs + i], 2e-7) << table << " at " << positions[p];
      }
    }
  }
}

TEST(rotation, matches_the_golden_rows) {
  const auto positions = golden<std::int32_t>("freq_pos");
  const auto frequencies = golden("freq_compress");
  const auto want = golden("rope_out");
  for (const Isa isa : runnable_isas()) {
    auto rows = golden("rope_in");  // [11, 2, 96]
    for (std::size_t row = 0; row < 22; ++row) {
      rotate(isa, rows.data() + row * 96 + 32, {frequencies.data(), 32},
             static_cast<std::uint64_t>(positions[row / 2]));
    }
    for (std::size_t i = 0; i < want.size(); ++i) ASSERT_NEAR(rows[i], want[i], 1e-6) << i;
  }
}

TEST(rotation, comes_back_by_its_inverse_and_has_the_same_bits_everywhere) {
  for (const std::uint32_t pairs : {1u, 3u, 7u, 8u, 9u, 16u, 31u, 32u, 50u}) {
    std::vector<float> frequencies(pairs);
    for (std::uint32_t i = 0; i < pairs; ++i) {
      frequencies[i] = std::pow(10000.0f, -static_cast<float>(i) / static_cast<float>(pairs));
    }
    const auto x = random_floats(pairs, 2 * pairs);
    auto want = x;
    rotate(Isa::portable, want.data(), {frequencies.data(), pairs}, 123456);
    for (const Isa isa : runnable_isas()) {
      auto turned = x;
      rotate(isa, turned.data(), {frequencies.data(), pairs}, 123456);
      expect_same_bits(turned, want);
      rotate(isa, turned.data(), {frequencies.data(), pairs}, 123456, /*inverse=*/true);
      for (std::size_t i = 0; i < x.size(); ++i) ASSERT_NEAR(turned[i], x[i], 1e-6);
    }
  }
}

TEST(queries, are_normed_and_rotated_head_by_head) {
  const std::uint32_t rows = 3, heads = 20, width = 96;
  const auto frequencies = golden("freq_main");
  const Rope rope{frequencies.data(), 32};
  const std::uint64_t positions[] = {0, 77, 1000000};
  Batch batch;
  batch.rows = rows;
  batch.positions = positions;
  const auto x = random_floats(21, rows * heads * width);
  auto want = x;
  for (std::size_t i = 0; i < rows * heads; ++i) {
    float* head = want.data() + i * width;
    rms_norm_row(Isa::portable, head, nullptr, 1e-6f, width, head);
    rotate(Isa::portable, head + width - 64, rope, positions[i / heads]);
  }
  for (const int threads : {1, 2, 3, 8}) {
    Team team(threads);
    for (const Isa isa : runnable_isas()) {
      auto queries = x;
      finish_queries(isa, team, batch, heads, width, 1e-6f, rope, queries.data());
      expect_same_bits(queries, want);
    }
  }
}

}  // namespace
}  // namespace ds4::device
