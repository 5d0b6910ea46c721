// Attention against plain double arithmetic and the golden vectors; row_operations_test.cpp holds
// it to the canonical order.
#include <gtest/gtest.h>

#include <cmath>

#include "device/cpu/row_codec.h"
#include "device/cpu/row_operations.h"
#include "device/cpu/scratch_needs.h"
#include "device/cpu/test_sessions.h"

namespace ds4::device {
namespace {

// One query at a time over rows that all lie in its window.
std::vector<float> attend_to(Isa isa, const RowFormat& format, std::uint32_t heads,
                             const std::vector<float>& query, const std::vector<float>& rows,
                             const TestWeight& sinks) {
  const std::size_t width = format.head_width, count = rows.size() / width;
  std::vector<std::byte> ring(count * format.key_bytes());
  for (std::size_t i = 0; i < count; ++i) {
    encode_key(format, &rows[i * width], &ring[i * format.key_bytes()]);
  }
  Capacity capacity;
  capacity.heads = heads;
  capacity.format = format;
  Team team(2);
  Scratch scratch(2);
  scratch.reserve_worker(attend_needs(capacity).worker_bytes);
  const Segment segment{0, 1, count - 1};
  const std::uint64_t position = segment.position;
  LayerRows state;
  state.ring = ring.data();
  state.ring_rows = static_cast<std::uint32_t>(count);
  std::vector<float> out(heads * width);
  AttendArgs args;
  args.queries = query.data();
  args.keys = &ring[(count - 1) * format.key_bytes()];
  args.heads = heads;
  args.window = static_cast<std::uint32_t>(count);
  args.sinks = &sinks.weight;
  args.format = format;
  args.states = {&state, 1};
  args.out = out.data();
  attend({isa, team, scratch}, {1, {&segment, 1}, nullptr, &position}, args);
  return out;
}

TEST(attention, matches_the_golden_vectors) {
  const auto queries = golden("att_q"), keys = golden("att_kv"), want = golden("att_out");
  const auto listed = golden<std::int32_t>("att_rows");
  const TestWeight sinks(quant::Type::f32, golden("att_sink"));
  for (const Isa isa : runnable_isas()) {
    for (std::size_t q = 0; q < 5; ++q) {
      std::vector<float> rows;
      for (std::size_t i = 6 * q; i < 6 * q + 6; ++i) {
        if (listed[i] < 0) continue;
        const float* row = &keys[static_cast<std::size_t>(listed[i]) * 64];
        rows.insert(rows.end(), row, row + 64);
      }
      const std::vector<float> query(&queries[q * 192], &queries[q * 192] + 192);
      const auto got = attend_to(isa, {64, 0, 32, false}, 3, query, rows, sinks);
      for (std::size_t h = 0; h < 3; ++h) {
        float largest = 0;
        const float* head = &want[q * 192 + h * 64];
        for (std::size_t k = 0; k < 64; ++k) largest = std::max(largest, std::fabs(head[k]));
        for (std::size_t k = 0; k < 64; ++k) {
          ASSERT_NEAR(got[h * 64 + k], head[k], 1e-6 * largest) << q;
        }
      }
    }
  }
}

TEST(attention, matches_a_double_reference) {
  for (const RowFormat format : {RowFormat{512, 64, 128}, RowFormat{66, 2, 32, false}}) {
    constexpr std::size_t kHeads = 5, kRows = 300;
    const std::size_t width = format.head_width;
    const auto query = random_floats(1, kHeads * width);
    auto rows = random_floats(2, kRows * width);
    const TestWeight sinks(quant::Type::f32, random_floats(3, kHeads));
    const auto got = attend_to(best_isa(), format, kHeads, query, rows, sinks);
    for (std::size_t i = 0; i < kRows; ++i) reference_key_rounding(format, &rows[i * width]);
    for (std::size_t h = 0; h < kHeads; ++h) {
      std::vector<double> sum(width);
      double denominator = std::exp(double{sinks.values[h]});
      for (std::size_t i = 0; i < kRows; ++i) {
        double score = 0;
        for (std::size_t k = 0; k < width; ++k) {
          score += double{query[h * width + k]} * rows[i * width + k];
        }
        const double weight = std::exp(score / std::sqrt(static_cast<double>(width)));
        denominator += weight;
        for (std::size_t k = 0; k < width; ++k) sum[k] += weight * rows[i * width + k];
      }
      for (std::size_t k = 0; k < width; ++k) {
        ASSERT_NEAR(got[h * width + k], sum[k] / denominator, 2e-6);
      }
    }
  }
}

}  // namespace
}  // namespace ds4::device
