#include "engine/candidates.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

namespace ds4::engine {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// Many equals, a few NaN and minus infinity.
std::vector<float> random_logits(std::size_t size, std::uint32_t seed) {
  std::mt19937 random(seed);
  const float spread = seed % 3 == 0 ? 0.02f : seed % 3 == 1 ? 2.0f : 8.0f;
  std::normal_distribution<float> bell(0, spread);
  std::vector<float> logits(size);
  for (float& x : logits) {
    x = std::round(bell(random) * 64) / 64;
    if (random() % 50 == 0) x = kNan;
    if (random() % 50 == 0) x = -std::numeric_limits<float>::infinity();
  }
  logits[random() % size] = 4 * spread;
  return logits;
}

float best_of(const std::vector<float>& logits) {
  float best = -std::numeric_limits<float>::infinity();
  for (const float x : logits) best = x > best ? x : best;
  return best;
}

struct Expected {
  Token token;
  double distance, weight;
};

// In the order of ids.
std::vector<Expected> expected(const std::vector<float>& logits, double best, double temperature) {
  std::vector<Expected> all;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const double distance = (best - static_cast<double>(logits[i])) / temperature;
    if (distance <= 32) {
      all.push_back({static_cast<Token>(i), distance, std::exp(-distance)});
    }
  }
  return all;
}

double sum_of(const std::vector<Expected>& all) {
  return std::accumulate(all.begin(), all.end(), 0.0,
                         [](double sum, const Expected& one) { return sum + one.weight; });
}

template <class Key>
std::vector<Expected> first_by(std::vector<Expected> all, Key key, double need) {
  std::stable_sort(all.begin(), all.end(),
                   [&key](const Expected& a, const Expected& b) { return key(a) < key(b); });
  double sum = 0;
  std::size_t kept = 0;
  while (kept < all.size() && (kept == 0 || sum < need)) sum += all[kept++].weight;
  all.resize(kept);
  std::sort(all.begin(), all.end(),
            [](const Expected& a, const Expected& b) { return a.token < b.token; });
  return all;
}

std::vector<Token> tokens_of(const std::vector<Expected>& all) {
  std::vector<Token> tokens;
  for (const Expected& one : all) tokens.push_back(one.token);
  return tokens;
}

std::vector<Token> tokens_of(const Candidates& candidates) {
  return {candidates.tokens().begin(), candidates.tokens().end()};
}

double distance_of(const Expected& one) {
  return one.distance;
}

// Every filter keeps exactly the tokens that sorting would. Temperatures are powers of two, so that
// equals are the same ones in both.
TEST(candidates, filters_keep_what_sorting_keeps) {
  std::mt19937 random(1);
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    const std::size_t size = seed % 10 == 0 ? 20000 : 1 + random() % 500;
    const auto logits = random_logits(size, seed);
    const float best = best_of(logits);
    const float temperature = seed % 2 == 0 ? 1.0f : 0.5f;
    const auto all = expected(logits, static_cast<double>(best), static_cast<double>(temperature));
    const std::size_t top_k = 1 + random() % (2 * size);
    const float p = static_cast<float>(1 + random() % 999) / 1000;

    Candidates candidates(size);
    candidates.gather(logits, best, temperature, size);
    EXPECT_EQ(tokens_of(candidates), tokens_of(all));
    candidates.weigh();
    EXPECT_NEAR(static_cast<double>(candidates.total()) / 0x1p44, sum_of(all), sum_of(all) * 1e-6);
    candidates.keep_top_p(p);
    EXPECT_EQ(tokens_of(candidates), tokens_of(first_by(all, distance_of, sum_of(all) * p)));

    candidates.gather(logits, best, temperature, size);
    candidates.weigh();
    candidates.keep_min_p(p);
    std::vector<Expected> heavy;
    std::copy_if(all.begin(), all.end(), std::back_inserter(heavy),
                 [p](const Expected& one) { return one.weight >= p; });
    EXPECT_EQ(tokens_of(candidates), tokens_of(heavy));

    candidates.gather(logits, best, temperature, top_k);
    auto best_of_all = all;
    for (Expected& one : best_of_all) one.weight = 1;
    EXPECT_EQ(tokens_of(candidates),
              tokens_of(first_by(best_of_all, distance_of, static_cast<double>(top_k))));
  }
}

TEST(candidates, typical_keeps_what_sorting_by_surprise_keeps) {
  std::mt19937 random(2);
  for (std::uint32_t seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE(seed);
    const std::size_t size = seed % 10 == 0 ? 20000 : 1 + random() % 500;
    const auto logits = random_logits(size, seed);
    const float best = best_of(logits);
    const auto all = expected(logits, static_cast<double>(best), 1);
    const double sum = sum_of(all), log_sum = std::log(sum);
    double entropy = 0;
    for (const Expected& one : all) entropy -= one.weight / sum * std::log(one.weight / sum);
    const float p = static_cast<float>(1 + random() % 999) / 1000;
    Candidates candidates(size);
    candidates.gather(logits, best, 1, size);
    candidates.weigh();
    candidates.keep_typical(p);
    const auto deviation = [&](const Expected& one) {
      // To 2^-30, so that equal logits stay equals.
      return std::round(std::fabs(one.distance + log_sum - entropy) * 0x1p30);
    };
    EXPECT_EQ(tokens_of(candidates), tokens_of(first_by(all, deviation, sum * p)));
  }
}

TEST(candidates, draws_go_to_the_token_that_holds_the_share) {
  Candidates candidates(4);
  const std::vector<float> logits = {0, -std::log(4.0f), -100, -std::log(2.0f)};
  candidates.gather(logits, 0, 1, 4);
  candidates.weigh();
  // Weights 1, 1/4 and 1/2, of 7/4.
  EXPECT_EQ(candidates.draw(0), 0);
  EXPECT_EQ(candidates.draw(3.99 / 7), 0);
  EXPECT_EQ(candidates.draw(4.01 / 7), 1);
  EXPECT_EQ(candidates.draw(4.99 / 7), 1);
  EXPECT_EQ(candidates.draw(5.01 / 7), 3);
  EXPECT_EQ(candidates.draw(std::nextafter(1.0, 0.0)), 3);
}

TEST(candidates, the_largest_vocabulary_does_not_overflow) {
  const std::vector<float> logits(Candidates::kTokensMax, 1);
  Candidates candidates(logits.size());
  candidates.gather(logits, 1, 1, logits.size());
  candidates.weigh();
  EXPECT_EQ(candidates.total(), Candidates::kOne * Candidates::kTokensMax);
  candidates.keep_top_p(0.25f);
  EXPECT_EQ(candidates.tokens().size(), Candidates::kTokensMax / 4);
  EXPECT_EQ(candidates.draw(std::nextafter(1.0, 0.0)),
            static_cast<Token>(Candidates::kTokensMax / 4 - 1));
}

}  // namespace
}  // namespace ds4::engine
