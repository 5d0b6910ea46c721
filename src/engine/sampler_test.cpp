#include "engine/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <set>

#include "engine/philox.h"

namespace ds4::engine {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

struct Case {
  std::string name;
  SamplingOptions options = {};
  std::vector<Token> prompt = {}, answer = {};
  std::vector<std::uint64_t> allowed = {};
};

std::vector<float> random_logits(std::size_t size, std::uint32_t seed, float spread = 2) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, spread);
  std::vector<float> logits(size);
  for (float& x : logits) x = normal(random);
  return logits;
}

// ---- A plain reference in double: sorts everything, and forgets nothing. ----

std::vector<double> reference_logits(const std::vector<float>& logits, const Case& c) {
  const SamplingOptions& o = c.options;
  std::vector<double> x(logits.begin(), logits.end());
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!c.allowed.empty() && (c.allowed[i / 64] >> (i % 64) & 1) == 0) x[i] = -INFINITY;
  }
  for (const auto& [token, bias] : o.logit_bias) {
    x[static_cast<std::size_t>(token)] += bias <= -100 ? -INFINITY : static_cast<double>(bias);
  }
  std::vector<Token> all = c.prompt;
  all.insert(all.end(), c.answer.begin(), c.answer.end());
  if (all.size() > o.penalty_window) all.erase(all.begin(), all.end() - o.penalty_window);
  for (const Token token : std::set<Token>(all.begin(), all.end())) {
    double& at = x[static_cast<std::size_t>(token)];
    at = at > 0 ? at / static_cast<double>(o.repetition_penalty)
                : at * static_cast<double>(o.repetition_penalty);
  }
  for (const Token token : std::set<Token>(c.answer.begin(), c.answer.end())) {
    const auto count = std::count(c.answer.begin(), c.answer.end(), token);
    x[static_cast<std::size_t>(token)] -=
        static_cast<double>(o.presence_penalty) +
        static_cast<double>(o.frequency_penalty) * static_cast<double>(count);
  }
  return x;
}

// Zeroes what lies behind the first tokens, by ascending `key`, that sum up to the share `p`.
void cut_tail(std::vector<double>& weights, const std::vector<double>& key, double p) {
  std::vector<std::size_t> order(weights.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(),
                   [&key](std::size_t a, std::size_t b) { return key[a] < key[b]; });
  const double need = p * std::accumulate(weights.begin(), weights.end(), 0.0);
  double sum = 0;
  bool any = false;
  for (const std::size_t i : order) {
    if (weights[i] == 0) continue;
    if (any && sum >= need) {
      weights[i] = 0;
    } else {
      sum += weights[i];
      any = true;
    }
  }
}

std::vector<double> reference(const std::vector<float>& logits, const Case& c) {
  const SamplingOptions& o = c.options;
  const auto x = reference_logits(logits, c);
  const double best = *std::max_element(x.begin(), x.end());
  std::vector<double> weights, worse;
  for (const double logit : x) {
    worse.push_back((best - logit) / static_cast<double>(o.temperature));
    weights.push_back(std::exp(-worse.back()));
  }
  if (o.top_k > 0) {
    auto sorted = worse;
    std::sort(sorted.begin(), sorted.end());
    const double last = sorted[std::min<std::size_t>(o.top_k, sorted.size()) - 1];
    for (std::size_t i = 0; i < worse.size(); ++i) weights[i] = worse[i] > last ? 0 : weights[i];
  }
  if (o.top_p < 1) cut_tail(weights, worse, static_cast<double>(o.top_p));
  for (double& weight : weights) weight = weight < static_cast<double>(o.min_p) ? 0 : weight;
  if (o.typical < 1) {
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    double entropy = 0;
    for (const double w : weights) entropy -= w > 0 ? w / sum * std::log(w / sum) : 0;
    std::vector<double> surprise;
    for (const double w : weights) surprise.push_back(std::fabs(-std::log(w / sum) - entropy));
    cut_tail(weights, surprise, static_cast<double>(o.typical));
  }
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (double& weight : weights) weight /= sum;
  return weights;
}

// ---- Distributions ----

std::vector<int> draw_many(const std::vector<float>& logits, const Case& c, int draws) {
  std::vector<int> found(logits.size());
  for (int seed = 0; seed < draws; ++seed) {
    Sampler sampler(c.options, static_cast<std::uint64_t>(seed), logits.size());
    sampler.see_prompt(c.prompt);
    const Token token = sampler.choose(logits, c.answer, c.allowed).token;
    ++found[static_cast<std::size_t>(token)];
  }
  return found;
}

void expect_distribution(const std::vector<float>& logits, const Case& c) {
  SCOPED_TRACE(c.name);
  constexpr int kDraws = 20000;
  const auto want = reference(logits, c);
  const auto found = draw_many(logits, c, kDraws);
  double statistic = 0, rare_want = 0;
  int freedom = -1, rare_found = 0;
  for (std::size_t i = 0; i < want.size(); ++i) {
    const double expected = want[i] * kDraws;
    if (expected == 0) {
      EXPECT_EQ(found[i], 0) << "token " << i;
    } else if (expected < 8) {
      rare_want += expected;
      rare_found += found[i];
    } else {
      statistic += (found[i] - expected) * (found[i] - expected) / expected;
      ++freedom;
    }
  }
  if (rare_want >= 8) {
    statistic += (rare_found - rare_want) * (rare_found - rare_want) / rare_want;
    ++freedom;
  } else {
    EXPECT_LE(rare_found, 30);
  }
  // Four standard deviations of chi-square.
  EXPECT_LE(statistic, freedom + 4 * std::sqrt(2.0 * freedom)) << freedom << " degrees of freedom";
}

TEST(sampler, draws_follow_the_distribution) {
  const std::vector<Token> prompt = {3, 3, 9, 17, 40, 41, 3};
  const std::vector<Token> answer = {5, 5, 9, 5, 60, 17};
  const std::vector<std::uint64_t> allowed = {0xF0F0F00FF0F0F3FF, 0x00000000000FF0F3};
  for (const std::uint32_t seed : {11u, 12u}) {
    SCOPED_TRACE(testing::Message() << "logits of seed " << seed);
    const auto logits = random_logits(90, seed);
    const auto filtered = [&](const char* name, const SamplingOptions& options) {
      expect_distribution(logits, {name, options});
    };
    filtered("plain", {});
    filtered("hot", {.temperature = 1.9f});
    filtered("cold", {.temperature = 0.4f});
    filtered("top_k", {.top_k = 7});
    filtered("top_k of one", {.top_k = 1});
    filtered("top_k over the vocabulary", {.top_k = 4000000000});
    filtered("top_p", {.top_p = 0.8f});
    filtered("top_p that keeps one", {.top_p = 1e-30f});
    filtered("top_p of nearly all", {.top_p = 0.999f});
    filtered("min_p", {.min_p = 0.1f});
    filtered("min_p of one", {.min_p = 1});
    filtered("typical", {.typical = 0.6f});
    filtered("typical that keeps one", {.typical = 0});
    filtered("top_k, top_p", {.top_k = 20, .top_p = 0.7f});
    filtered("top_p, min_p", {.temperature = 1.5f, .top_p = 0.9f, .min_p = 0.05f});
    filtered("top_k, typical", {.top_k = 12, .typical = 0.5f});
    filtered("min_p, typical", {.min_p = 0.02f, .typical = 0.7f});
    filtered("all filters",
             {.temperature = 1.4f, .top_k = 40, .top_p = 0.95f, .min_p = 0.03f, .typical = 0.8f});
    filtered("bias", {.logit_bias = {{2, 3.0f}, {60, -1.5f}, {7, -100.0f}, {8, -2.0f}, {2, 0.5f}}});

    const auto penalised = [&](const char* name, const SamplingOptions& options) {
      expect_distribution(logits, {name, options, prompt, answer});
    };
    penalised("repetition", {.repetition_penalty = 1.7f});
    penalised("repetition, reward", {.repetition_penalty = 0.6f});
    penalised("repetition, short window", {.repetition_penalty = 2, .penalty_window = 4});
    penalised("repetition, window into the prompt", {.repetition_penalty = 2, .penalty_window = 9});
    penalised("repetition, no window", {.repetition_penalty = 2, .penalty_window = 0});
    penalised("presence", {.presence_penalty = 1.5f});
    penalised("frequency", {.frequency_penalty = 0.8f});
    penalised("frequency, reward", {.frequency_penalty = -0.5f});

    Case masked{"mask"};
    masked.allowed = allowed;
    expect_distribution(logits, masked);
    const SamplingOptions everything = {
        .temperature = 1.2f,
        .top_k = 25,
        .top_p = 0.97f,
        .min_p = 0.01f,
        .typical = 0.9f,
        .repetition_penalty = 1.3f,
        .presence_penalty = 0.3f,
        .frequency_penalty = 0.2f,
        .logit_bias = {{4, 2.0f}, {5, 3.0f}, {70, 1.0f}, {11, 50.0f}, {0, -100.0f}}};
    expect_distribution(logits, {"mask and all", everything, prompt, answer, allowed});
  }
}

TEST(sampler, draws_from_equal_logits_are_uniform) {
  expect_distribution(std::vector<float>(100, 0.25f), {"uniform"});
}

// The token whose share of the line from 0 to 1 the draw hits, ids in ascending order.
TEST(sampler, a_large_vocabulary_is_walked_in_the_order_of_ids) {
  constexpr std::size_t kTokens = 129280;
  const auto logits = random_logits(kTokens, 5, 3);
  int hits = 0, draws = 0;
  const auto expect_hits = [&](const SamplingOptions& options) {
    const auto want = reference(logits, {"", options});
    std::vector<double> ends(kTokens);
    std::partial_sum(want.begin(), want.end(), ends.begin());
    Sampler sampler(options, 99, kTokens);
    for (std::uint64_t i = 0; i < 50; ++i) {
      const Token token = sampler.choose(logits).token;
      const double u = counter_draw(99, 0, i);
      const auto at = static_cast<std::size_t>(token);
      EXPECT_GT(ends[at], u - 1e-4);
      EXPECT_LT(ends[at] - want[at], u + 1e-4);
      hits += ends[at] > u && ends[at] - want[at] <= u;
      ++draws;
      sampler.accept(token);
    }
  };
  expect_hits({});
  expect_hits({.temperature = 0.8f, .top_p = 0.9f});
  expect_hits({.top_k = 1000, .min_p = 1e-6f});
  expect_hits({.typical = 0.4f});
  EXPECT_GE(hits, draws - 2);  // but for draws on the border of two tokens
}

// ---- The order of things ----

std::set<Token> drawn(const std::vector<float>& logits, const SamplingOptions& options) {
  std::set<Token> tokens;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    tokens.insert(Sampler(options, seed, logits.size()).choose(logits).token);
  }
  return tokens;
}

std::vector<float> logs(std::vector<double> shares) {
  std::vector<float> logits;
  for (const double share : shares) logits.push_back(static_cast<float>(std::log(share)));
  return logits;
}

TEST(sampler, filters_come_in_order) {
  const auto logits = logs({0.4, 0.3, 0.2, 0.1});
  using Tokens = std::set<Token>;
  // Of the best two, 0.4 is more than half; of all four it is not.
  EXPECT_EQ(drawn(logits, {.top_k = 2, .top_p = 0.5f}), (Tokens{0}));
  EXPECT_EQ(drawn(logits, {.top_p = 0.5f}), (Tokens{0, 1}));
  // Of those above 0.15, the best two are over 0.75; of all four they are not.
  EXPECT_EQ(drawn(logits, {.top_p = 0.75f, .min_p = 0.4f}), (Tokens{0, 1, 2}));
  // At temperature 2 the shares are 0.33, 0.28, 0.23, 0.16.
  EXPECT_EQ(drawn(logits, {.temperature = 2, .top_p = 0.35f}), (Tokens{0, 1}));
  EXPECT_EQ(drawn(logits, {.temperature = 2, .min_p = 0.45f}), (Tokens{0, 1, 2, 3}));
  // Surprise 0.92, 1.20, 1.61, 2.30; the mean 1.28. Of the best two it is 0.56 and 0.85; 0.68.
  EXPECT_EQ(drawn(logits, {.typical = 0.25f}), (Tokens{1}));
  EXPECT_EQ(drawn(logits, {.min_p = 0.7f, .typical = 0.25f}), (Tokens{0}));
}

TEST(sampler, bias_comes_before_penalties_and_both_before_greedy) {
  const SamplingOptions options = {
      .temperature = 0, .repetition_penalty = 2, .logit_bias = {{0, 2.0f}}};
  Sampler sampler(options, 1, 2);
  sampler.see_prompt(std::vector<Token>{0});
  // (-1 + 2) / 2 = 0.5; the other way round it would be -1 * 2 + 2 = 0.
  EXPECT_EQ(sampler.choose(std::vector<float>{-1, 0.4f}).token, 0);
  EXPECT_EQ(sampler.choose(std::vector<float>{-1, 0.6f}).token, 1);
}

TEST(sampler, greedy_takes_the_lowest_id_of_equals) {
  const SamplingOptions greedy = {.temperature = 0, .top_k = 1, .top_p = 0.1f};
  EXPECT_EQ(Sampler(greedy, 1, 5).choose(std::vector<float>{1, 3, kNan, 3, 2}).token, 1);
  EXPECT_EQ(Sampler(greedy, 1, 3).choose(std::vector<float>{-0.0f, 0.0f, 0.0f}).token, 0);
  std::vector<float> many(129280, -4);
  many[100000] = many[100001] = 7;
  EXPECT_EQ(Sampler(greedy, 1, many.size()).choose(many).token, 100000);
}

TEST(sampler, of_equals_filters_keep_the_lowest_ids) {
  const std::vector<float> logits = {1, 2, 2, 2, 2, 1};
  EXPECT_EQ(drawn(logits, {.top_k = 2}), (std::set<Token>{1, 2}));
  EXPECT_EQ(drawn(logits, {.top_k = 5}), (std::set<Token>{0, 1, 2, 3, 4}));
  EXPECT_EQ(drawn(std::vector<float>(4, 0), {.top_p = 0.5f}), (std::set<Token>{0, 1}));
  EXPECT_EQ(drawn(std::vector<float>(4, 0), {.typical = 0.7f}), (std::set<Token>{0, 1, 2}));
}

// ---- Draws and places ----

TEST(philox, gives_the_published_numbers) {
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}),
            (PhiloxWords{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}),
            (PhiloxWords{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (PhiloxWords{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(sampler, counter_draws_are_uniform_and_distinct) {
  EXPECT_EQ(counter_draw(0, 0, 0),
            static_cast<double>(0xe169c58d6627e8d5u >> 11) / 9007199254740992.0);
  std::set<double> seen;
  std::vector<int> tenths(10);
  for (std::uint64_t seed : {0ull, 1ull, 1ull << 32, ~0ull}) {
    for (std::uint32_t choice = 0; choice < 5; ++choice) {
      for (std::uint64_t counter = 0; counter < 500; ++counter) {
        const double u = counter_draw(seed, choice, counter);
        ASSERT_TRUE(u >= 0 && u < 1);
        seen.insert(u);
        ++tenths[static_cast<std::size_t>(u * 10)];
      }
    }
  }
  EXPECT_EQ(seen.size(), 10000u);
  for (const int count : tenths) EXPECT_NEAR(count, 1000, 150);
  EXPECT_NE(counter_draw(1, 0, 0), counter_draw(1, 0, std::uint64_t{1} << 32));
}

std::vector<Token> say(const SamplingOptions& options, std::uint64_t seed, std::uint32_t choice,
                       std::size_t length) {
  Sampler sampler(options, seed, 200, choice);
  std::vector<Token> said;
  for (std::size_t i = 0; i < length; ++i) {
    said.push_back(sampler.choose(random_logits(200, static_cast<std::uint32_t>(i))).token);
    sampler.accept(said.back());
  }
  return said;
}

TEST(sampler, seed_and_choice_decide_what_is_said) {
  const SamplingOptions options = {.top_p = 0.95f, .frequency_penalty = 0.5f};
  const auto said = say(options, 1, 0, 60);
  EXPECT_EQ(say(options, 1, 0, 60), said);
  EXPECT_NE(say(options, 2, 0, 60), said);
  EXPECT_NE(say(options, 1 + (std::uint64_t{1} << 32), 0, 60), said);
  EXPECT_NE(say(options, 1, 1, 60), said);
}

SamplingOptions penalties() {
  return {.temperature = 1.3f,
          .top_k = 50,
          .repetition_penalty = 1.5f,
          .presence_penalty = 0.7f,
          .frequency_penalty = 0.4f,
          .penalty_window = 5,
          .logprobs = 2};
}

void expect_same(const Choice& a, const Choice& b) {
  EXPECT_EQ(a.token, b.token);
  EXPECT_EQ(a.logprob, b.logprob);
  ASSERT_EQ(a.alternatives.size(), b.alternatives.size());
  for (std::size_t i = 0; i < a.alternatives.size(); ++i) {
    EXPECT_EQ(a.alternatives[i].token, b.alternatives[i].token);
    EXPECT_EQ(a.alternatives[i].logprob, b.alternatives[i].logprob);
  }
}

TEST(sampler, pending_tokens_count_as_accepted_ones_and_choosing_changes_nothing) {
  constexpr std::size_t kTokens = 40;
  std::mt19937 random(3);
  const auto token = [&random] { return static_cast<Token>(random() % kTokens); };
  const std::vector<Token> prompt = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  Sampler drafting(penalties(), 7, kTokens), plain(penalties(), 7, kTokens);
  drafting.see_prompt(prompt);
  plain.see_prompt(prompt);
  for (std::uint32_t step = 0; step < 200; ++step) {
    SCOPED_TRACE(step);
    const auto logits = random_logits(kTokens, step);
    std::vector<Token> pending(random() % 8);
    for (Token& draft : pending) draft = token();
    const Choice ahead = drafting.choose(logits, pending);
    expect_same(drafting.choose(logits, pending), ahead);
    for (const Token draft : pending) plain.accept(draft);
    EXPECT_EQ(plain.accepted(), drafting.accepted() + pending.size());
    expect_same(plain.choose(logits), ahead);
    plain.rollback(pending.size());
    expect_same(plain.choose(logits), drafting.choose(logits));
    const Token next = token();
    drafting.accept(next);
    plain.accept(next);
  }
}

TEST(sampler, rollback_leads_back_to_the_start) {
  constexpr std::size_t kTokens = 30;
  const auto logits = random_logits(kTokens, 1);
  const std::vector<Token> prompt = {4, 4, 8};
  Sampler fresh(penalties(), 5, kTokens), tried(penalties(), 5, kTokens);
  fresh.see_prompt(prompt);
  tried.see_prompt(prompt);
  for (Token token = 0; token < 29; ++token) tried.accept(token * 7 % 10);
  tried.rollback(20);
  tried.rollback(0);
  tried.rollback(9);
  EXPECT_EQ(tried.accepted(), 0u);
  expect_same(tried.choose(logits), fresh.choose(logits));
}

// ---- Edges ----

TEST(sampler, odd_logits) {
  using Tokens = std::set<Token>;
  EXPECT_EQ(drawn({kNan, 1, -kInfinity, 1, kNan}, {}), (Tokens{1, 3}));
  EXPECT_EQ(drawn({3, kInfinity, kNan, kInfinity}, {}), (Tokens{1, 3}));
  EXPECT_EQ(drawn({3, kInfinity, kNan, kInfinity}, {.temperature = 0}), (Tokens{1}));
  EXPECT_EQ(drawn({3.4e38f, -3.4e38f, 3.4e38f}, {.temperature = 0.5f}), (Tokens{0, 2}));
  EXPECT_EQ(drawn({1, 1.0001f, 1.0001f}, {.temperature = 1e-6f}), (Tokens{1, 2}));
  EXPECT_EQ(drawn({1, 1.0001f, 1}, {.temperature = 1e-45f}), (Tokens{1}));
  EXPECT_EQ(drawn({5}, {.top_k = 1, .top_p = 1e-30f, .min_p = 1, .typical = 0}), (Tokens{0}));
  EXPECT_EQ(drawn({2, 2, 1}, {.min_p = 1}), (Tokens{0, 1}));
}

TEST(sampler, where_nothing_can_be_drawn_the_lowest_id_that_may_come_does) {
  const std::vector<float> none(70, -kInfinity), nans(70, kNan), fine(70, 1);
  const std::vector<std::uint64_t> mask = {0xF0, 0x3};
  for (const float temperature : {0.0f, 1.0f}) {
    const SamplingOptions plain = {.temperature = temperature, .logprobs = 3};
    EXPECT_EQ(Sampler(plain, 1, 70).choose(none).token, 0);
    EXPECT_EQ(Sampler(plain, 1, 70).choose(nans, {}, mask).token, 4);
    EXPECT_EQ(Sampler(plain, 1, 70).choose(nans).logprob, -kInfinity);
    EXPECT_TRUE(Sampler(plain, 1, 70).choose(nans).alternatives.empty());

    SamplingOptions banning = plain;
    for (const Token token : {0, 4, 5}) banning.logit_bias.emplace_back(token, -100.0f);
    EXPECT_EQ(Sampler(banning, 1, 70).choose(none).token, 1);
    EXPECT_EQ(Sampler(banning, 1, 70).choose(none, {}, mask).token, 6);
    const std::vector<std::uint64_t> banned_only = {0x30, 0};
    EXPECT_EQ(Sampler(banning, 1, 70).choose(fine, {}, banned_only).token, 4);
  }
}

TEST(sampler, masks_allow_exactly_their_bits) {
  std::mt19937 random(17);
  for (const std::size_t size : {1u, 63u, 64u, 65u, 300u}) {
    const auto logits = random_logits(size, 2);
    for (int round = 0; round < 50; ++round) {
      std::vector<std::uint64_t> mask((size + 63) / 64);
      for (std::uint64_t& word : mask) word = std::uint64_t{random()} << 32 | random();
      mask[0] |= 1;
      if (round % 2 == 0 && mask.size() > 1) mask.back() = 0;
      std::optional<std::size_t> best;
      for (std::size_t i = 0; i < size; ++i) {
        const bool is_allowed = (mask[i / 64] >> (i % 64) & 1) != 0;
        if (is_allowed && (!best || logits[i] > logits[*best])) best = i;
      }
      const SamplingOptions greedy = {.temperature = 0};
      EXPECT_EQ(Sampler(greedy, 1, size).choose(logits, {}, mask).token, static_cast<Token>(*best));
      const auto token =
          static_cast<std::size_t>(Sampler({}, random(), size).choose(logits, {}, mask).token);
      EXPECT_TRUE(mask[token / 64] >> (token % 64) & 1) << token << " of " << size;
    }
  }
  // Tokens that the mask has no bit for may not come.
  const std::vector<std::uint64_t> short_mask = {2};
  EXPECT_EQ(Sampler({}, 1, 100).choose(std::vector<float>(100, 0), {}, short_mask).token, 1);
}

// ---- Logprobs ----

TEST(sampler, logprobs_are_of_the_models_own_distribution) {
  for (const std::uint32_t seed : {1u, 2u, 3u}) {
    SCOPED_TRACE(seed);
    constexpr std::size_t kTokens = 5000;
    auto logits = random_logits(kTokens, seed, 4);
    logits[17] = kNan;
    double sum = 0;
    for (const float x : logits) sum += std::isnan(x) ? 0 : std::exp(static_cast<double>(x));
    // None of these may show.
    const SamplingOptions options = {.temperature = 0.3f,
                                     .top_k = 3,
                                     .presence_penalty = 2,
                                     .logit_bias = {{5, -100.0f}, {9, 40.0f}},
                                     .logprobs = 20};
    const Choice choice = Sampler(options, 4, kTokens).choose(logits, std::vector<Token>{1, 2});
    const auto want = [&](Token token) {
      return static_cast<double>(logits[static_cast<std::size_t>(token)]) - std::log(sum);
    };
    EXPECT_EQ(choice.token, 9);
    EXPECT_NEAR(choice.logprob, want(9), 2e-6);

    std::vector<Token> order;
    for (Token i = 0; i < static_cast<Token>(kTokens); ++i) {
      if (i != 17) order.push_back(i);
    }
    std::stable_sort(order.begin(), order.end(),
                     [&](Token a, Token b) { return want(a) > want(b); });
    ASSERT_EQ(choice.alternatives.size(), 20u);
    for (std::size_t i = 0; i < 20; ++i) {
      EXPECT_EQ(choice.alternatives[i].token, order[i]);
      EXPECT_NEAR(choice.alternatives[i].logprob, want(order[i]), 2e-6);
    }
  }
}

TEST(sampler, logprobs_at_the_edges) {
  const std::vector<float> logits = {1, 3, 3, -kInfinity, 3, kNan};
  const auto ask = [](const std::vector<float>& row, std::optional<std::uint32_t> logprobs) {
    const SamplingOptions options = {.temperature = 0, .logprobs = logprobs};
    return Sampler(options, 1, row.size()).choose(row);
  };
  EXPECT_EQ(ask(logits, {}).logprob, 0);
  EXPECT_NEAR(ask(logits, 0).logprob, -std::log(3 + std::exp(-2.0)), 1e-6);
  EXPECT_TRUE(ask(logits, 0).alternatives.empty());
  const auto two = ask(logits, 2).alternatives;
  ASSERT_EQ(two.size(), 2u);
  EXPECT_EQ(two[0].token, 1);
  EXPECT_EQ(two[1].token, 2);
  const auto all = ask(logits, 20).alternatives;
  ASSERT_EQ(all.size(), 4u);  // those that may come at all
  EXPECT_EQ(all[2].token, 4);
  EXPECT_EQ(all[3].token, 0);
  // A token that is nearly certain.
  EXPECT_NEAR(ask({0, 16, 0}, 0).logprob, -std::log1p(2 * std::exp(-16.0)), 1e-12);
  EXPECT_NEAR(ask({5, kInfinity, kInfinity}, 0).logprob, -std::log(2.0), 1e-6);
}

// ---- Options ----

std::string complaint(const SamplingOptions& options) {
  const auto checked = check_sampling(options, 100);
  if (checked.ok()) return "";
  EXPECT_EQ(checked.error().code, Code::bad_argument);
  return checked.error().message;
}

TEST(sampler, options_in_range_are_taken) {
  EXPECT_EQ(complaint({}), "");
  EXPECT_EQ(complaint({.temperature = 0,
                       .top_k = ~0u,
                       .top_p = 1e-30f,
                       .min_p = 1,
                       .typical = 0,
                       .repetition_penalty = 0.5f,
                       .presence_penalty = -2,
                       .frequency_penalty = 2,
                       .penalty_window = 0,
                       .logit_bias = {{0, -1000.0f}, {99, 100.0f}},
                       .logprobs = 20}),
            "");
}

TEST(sampler, options_out_of_range_are_named) {
  EXPECT_EQ(complaint({.temperature = 2.5f}), "temperature is 2.5; it goes from 0 to 2");
  EXPECT_EQ(complaint({.top_p = 0}),
            "top_p is 0; it is above 0 and at most 1, which keeps every token");
  EXPECT_EQ(complaint({.repetition_penalty = 0}), "repetition_penalty is 0; it goes from 0.5 to 2");
  EXPECT_EQ(complaint({.logprobs = 21}), "logprobs is 21; at most 20 alternatives are reported");
  EXPECT_EQ(complaint({.logit_bias = {{100, 1.0f}}}),
            "logit_bias names token 100; the model's tokens are 0 to 99");
  EXPECT_EQ(complaint({.logit_bias = {{-1, 1.0f}}}),
            "logit_bias names token -1; the model's tokens are 0 to 99");
  EXPECT_EQ(complaint({.logit_bias = {{3, 101.0f}}}),
            "logit_bias of token 3 is 101; it is a finite number, at most 100, and -100 or less "
            "bans the token");
  EXPECT_EQ(complaint({.logit_bias = std::vector<std::pair<Token, float>>(1025, {1, 1.0f})}),
            "logit_bias has 1025 entries; at most 1024 are taken");
  for (const float bad : {kNan, kInfinity, -kInfinity, -5.0f, 5.0f}) {
    SCOPED_TRACE(bad);
    EXPECT_EQ(complaint({.temperature = bad}).find("temperature is "), 0u);
    EXPECT_EQ(complaint({.top_p = bad}).find("top_p is "), 0u);
    EXPECT_EQ(complaint({.min_p = bad}).find("min_p is "), 0u);
    EXPECT_EQ(complaint({.typical = bad}).find("typical is "), 0u);
    EXPECT_EQ(complaint({.repetition_penalty = bad}).find("repetition_penalty is "), 0u);
    EXPECT_EQ(complaint({.presence_penalty = bad}).find("presence_penalty is "), 0u);
    EXPECT_EQ(complaint({.frequency_penalty = bad}).find("frequency_penalty is "), 0u);
    if (!std::isfinite(bad)) {
      EXPECT_EQ(complaint({.logit_bias = {{1, bad}}}).find("logit_bias of token 1 is "), 0u);
    }
  }
}

}  // namespace
}  // namespace ds4::engine
