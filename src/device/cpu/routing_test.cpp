#include "device/cpu/routing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "device/cpu/scratch_needs.h"
#include "device/cpu/test_rows.h"
#include "quant/test_vectors.h"

namespace ds4::device {
namespace {

using quant::expect_same_bits;
using quant::Type;

struct Routed {
  std::vector<std::uint32_t> ids;
  std::vector<float> weights;
};

Routed run(Isa isa, int threads, const std::vector<float>& logits, RouteArgs args,
           const std::vector<std::int32_t>& tokens = {}) {
  Team team(threads);
  Scratch scratch(team.size());
  Capacity capacity;
  capacity.experts = args.experts;
  scratch.reserve_worker(routing_needs(capacity).worker_bytes);
  Batch batch;
  batch.rows = static_cast<std::uint32_t>(logits.size()) / args.experts;
  batch.tokens = tokens.data();
  Routed routed;
  routed.ids.resize(batch.rows * args.used);
  routed.weights.resize(batch.rows * args.used);
  args.logits = logits.data();
  args.ids = routed.ids.data();
  args.weights = routed.weights.data();
  route(isa, team, scratch, batch, args);
  return routed;
}

double score_of(double logit) {
  return std::sqrt(logit > 20 ? logit : std::log1p(std::exp(logit)));
}

TEST(routing, matches_the_golden_vectors) {
  const auto logits = golden("gate_logits");
  const auto want_ids = golden<std::int32_t>("gate_ids");
  const auto want_weights = golden("gate_weights");
  const TestWeight bias(Type::f32, golden("gate_bias"));
  RouteArgs args;
  args.bias = &bias.weight;
  args.experts = 24;
  args.used = 6;
  args.scale = 1.5f;
  for (const Isa isa : runnable_isas()) {
    const Routed got = run(isa, 1, logits, args);
    for (std::size_t i = 0; i < want_ids.size(); ++i) {
      ASSERT_EQ(got.ids[i], static_cast<std::uint32_t>(want_ids[i])) << i;
      ASSERT_NEAR(got.weights[i], want_weights[i], 1e-6 * want_weights[i]) << i;
    }
  }
}

TEST(routing, matches_a_double_reference) {
  for (const std::uint32_t experts : {1u, 7u, 16u, 33u, 256u}) {
    for (const Type type : {Type::f32, Type::f16, Type::bf16}) {
      const std::uint32_t used = std::min(experts, 6u), rows = 9;
      const auto logits = random_floats(experts, rows * experts, 8);
      const TestWeight bias(type, random_floats(3, experts, 0.5f));
      RouteArgs args;
      args.bias = &bias.weight;
      args.experts = experts;
      args.used = used;
      args.scale = 2.5f;
      args.normalize = experts != 33;
      const Routed got = run(best_isa(), 2, logits, args);
      for (std::uint32_t row = 0; row < rows; ++row) {
        std::vector<double> scores(experts);
        for (std::uint32_t e = 0; e < experts; ++e) scores[e] = score_of(logits[row * experts + e]);
        std::vector<std::uint32_t> order(experts);
        std::iota(order.begin(), order.end(), 0);
        std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
          return scores[a] + bias.values[a] > scores[b] + bias.values[b];
        });
        double total = 0;
        for (std::uint32_t k = 0; k < used; ++k) total += scores[order[k]];
        for (std::uint32_t k = 0; k < used; ++k) {
          ASSERT_EQ(got.ids[row * used + k], order[k]);
          const double want = scores[order[k]] / (args.normalize ? total : 1) * 2.5;
          ASSERT_NEAR(got.weights[row * used + k], want, 2e-6 * want);
        }
      }
    }
  }
}

TEST(routing, gives_equal_scores_to_the_lower_id) {
  std::vector<float> logits(40, 1.0f);
  logits[30] = 2;
  logits[7] = 2;
  RouteArgs args;
  args.experts = 40;
  args.used = 5;
  for (const Isa isa : runnable_isas()) {
    EXPECT_EQ(run(isa, 1, logits, args).ids, (std::vector<std::uint32_t>{7, 30, 0, 1, 2}));
  }
}

TEST(routing, keeps_ids_valid_where_scores_are_not_numbers) {
  std::vector<float> logits(20, std::numeric_limits<float>::quiet_NaN());
  logits[11] = 3;
  RouteArgs args;
  args.experts = 20;
  args.used = 6;
  auto ids = run(best_isa(), 1, logits, args).ids;
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(std::unique(ids.begin(), ids.end()), ids.end());
  EXPECT_LT(ids.back(), 20u);
}

TEST(routing, by_token_takes_the_experts_of_the_table_and_weighs_them) {
  const std::uint32_t experts = 12, used = 3;
  const std::vector<std::int32_t> table = {0, 1, 2, 11, 5, 3, 7, 8, 6};
  Weight weight{reinterpret_cast<const std::byte*>(table.data()), Type::i32, used, 3, 1, 12};
  const auto logits = random_floats(9, 2 * experts);
  RouteArgs args;
  args.token_table = &weight;
  args.experts = experts;
  args.used = used;
  args.scale = 1.5f;
  const Routed got = run(best_isa(), 1, logits, args, {2, 1});
  EXPECT_EQ(got.ids, (std::vector<std::uint32_t>{7, 8, 6, 11, 5, 3}));
  for (std::uint32_t row = 0; row < 2; ++row) {
    double total = 0;
    for (std::uint32_t k = 0; k < used; ++k) {
      total += score_of(logits[row * experts + got.ids[row * used + k]]);
    }
    for (std::uint32_t k = 0; k < used; ++k) {
      const double score = score_of(logits[row * experts + got.ids[row * used + k]]);
      EXPECT_NEAR(got.weights[row * used + k], score / total * 1.5, 1e-6);
    }
  }
}

TEST(routing, has_the_same_bits_everywhere) {
  const auto logits = random_floats(17, 21 * 100, 5);
  const TestWeight bias(Type::f32, random_floats(18, 100, 0.1f));
  RouteArgs args;
  args.bias = &bias.weight;
  args.experts = 100;
  args.used = 8;
  const Routed want = run(Isa::portable, 1, logits, args);
  for (const Isa isa : runnable_isas()) {
    for (const int threads : {1, 2, 3, 8}) {
      const Routed got = run(isa, threads, logits, args);
      EXPECT_EQ(got.ids, want.ids);
      expect_same_bits(got.weights, want.weights);
    }
  }
}

}  // namespace
}  // namespace ds4::device
