// Pooling against the golden vectors; row_operations_test.cpp holds it to the canonical order.
#include <gtest/gtest.h>

#include <cmath>

#include "device/cpu/row_operations.h"
#include "device/cpu/scratch_needs.h"
#include "device/cpu/test_rows.h"

namespace ds4::device {
namespace {

// The vectors end before the norm, so theirs is done here, in double.
TEST(compressor, pools_like_the_golden_vectors) {
  constexpr std::size_t kWidth = 8, kTokens = 20;
  const auto values = golden("pool_kv"), want = golden("pool_out");
  const TestWeight ape(quant::Type::f32, golden("pool_ape"), 4);
  const TestWeight norm(quant::Type::f32, std::vector<float>(kWidth, 1.0f));
  for (const Isa isa : runnable_isas()) {
    for (const std::uint32_t chunk : {1u, 3u, 20u}) {
      Team team(1);
      Scratch scratch(1);
      Capacity capacity;
      capacity.format = {kWidth, 0, 32, false};
      scratch.reserve_worker(compress_needs(capacity).worker_bytes);
      std::vector<float> rows(kPageRows * kWidth), open(24 * 2 * 2 * kWidth);
      auto* page = reinterpret_cast<std::byte*>(rows.data());
      LayerRows state;
      state.pages = &page;
      state.open_window = open.data();
      state.open_slots = 24;
      auto scores = golden("pool_score");
      for (std::uint32_t first = 0; first < kTokens; first += chunk) {
        const Segment segment{0, std::min<std::uint32_t>(chunk, kTokens - first), first};
        std::vector<std::uint64_t> positions;
        for (std::uint32_t i = 0; i < segment.rows; ++i) positions.push_back(first + i);
        CompressArgs args;
        args.ratio = 4;
        args.values = &values[first * 2 * kWidth];
        args.scores = &scores[first * 2 * kWidth];
        args.ape = &ape.weight;
        args.norm = &norm.weight;
        args.format = capacity.format;
        args.states = {&state, 1};
        compress({isa, team, scratch}, {segment.rows, {&segment, 1}, nullptr, positions.data()},
                 args);
      }
      for (std::size_t row = 0; row < kTokens / 4; ++row) {
        double squares = 0;
        for (std::size_t k = 0; k < kWidth; ++k) {
          squares += double{want[row * kWidth + k]} * want[row * kWidth + k];
        }
        const double scale = 1 / std::sqrt(squares / kWidth);
        for (std::size_t k = 0; k < kWidth; ++k) {
          ASSERT_NEAR(rows[row * kWidth + k], want[row * kWidth + k] * scale, 2e-6) << row;
        }
      }
    }
  }
}

}  // namespace
}  // namespace ds4::device
