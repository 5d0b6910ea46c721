#include "engine/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "base/check.h"
#include "device/cpu/functions.h"
#include "engine/logit_passes.h"
#include "engine/philox.h"

namespace ds4::engine {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

bool is_ban(float bias) {
  return bias <= -100;
}

bool is_allowed(std::span<const std::uint64_t> allowed, std::size_t token) {
  if (allowed.empty()) return true;
  return token / 64 < allowed.size() && (allowed[token / 64] >> (token % 64) & 1) != 0;
}

std::uint32_t low(std::uint64_t x) {
  return static_cast<std::uint32_t>(x);
}
std::uint32_t high(std::uint64_t x) {
  return static_cast<std::uint32_t>(x >> 32);
}

// The natural logarithm of the sum that `total` is in units of Candidates::kOne, at least one.
float log_of_sum(std::uint64_t total) {
  const double beyond_one =
      static_cast<double>(total - Candidates::kOne) / static_cast<double>(Candidates::kOne);
  return device::canonical_log1p(static_cast<float>(beyond_one));
}

}  // namespace

std::uint64_t seed_of(const SamplingOptions& options) {
  if (options.seed) return *options.seed;
  std::random_device system;
  return std::uint64_t{system()} << 32 | system();
}

double counter_draw(std::uint64_t seed, std::uint32_t choice, std::uint64_t counter) {
  const PhiloxWords drawn =
      philox({low(counter), high(counter), choice, 0}, {low(seed), high(seed)});
  const std::uint64_t bits = std::uint64_t{drawn[1]} << 32 | drawn[0];
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

Sampler::Sampler(const SamplingOptions& options, std::uint64_t seed, std::size_t token_count,
                 std::uint32_t choice)
    : options_(options),
      seed_(seed),
      choice_(choice),
      token_count_(token_count),
      counts_(token_count),
      marks_(token_count),
      logits_(token_count),
      candidates_(token_count) {
  said_.reserve(token_count);
}

void Sampler::see_prompt(std::span<const Token> prompt) {
  CHECK(history_.empty());
  const auto seen = prompt.last(std::min<std::size_t>(prompt.size(), options_.penalty_window));
  history_.assign(seen.begin(), seen.end());
  prompt_tokens_ = history_.size();
}

void Sampler::accept(Token token) {
  CHECK(token >= 0 && static_cast<std::size_t>(token) < token_count_);
  history_.push_back(token);
  count_token(token);
}

void Sampler::rollback(std::size_t count) {
  CHECK(count <= accepted());
  for (; count > 0; --count) {
    uncount_token(history_.back());
    history_.pop_back();
  }
}

void Sampler::count_token(Token token) {
  if (counts_[static_cast<std::size_t>(token)]++ == 0) said_.push_back(token);
}

// Of the tokens counted, the last.
void Sampler::uncount_token(Token token) {
  if (--counts_[static_cast<std::size_t>(token)] == 0) said_.pop_back();
}

bool Sampler::has_penalties() const {
  return options_.repetition_penalty != 1 || options_.presence_penalty != 0 ||
         options_.frequency_penalty != 0;
}

Choice Sampler::choose(std::span<const float> logits, std::span<const Token> pending,
                       std::span<const std::uint64_t> allowed) {
  CHECK(logits.size() == token_count_);
  Choice choice;
  choice.token = draw(adjust(logits, pending, allowed), accepted() + pending.size(), allowed);
  if (options_.logprobs) report(logits, choice);
  return choice;
}

// The logits after mask, bans, bias and penalties; the given ones if none applies.
std::span<const float> Sampler::adjust(std::span<const float> logits,
                                       std::span<const Token> pending,
                                       std::span<const std::uint64_t> allowed) {
  if (allowed.empty() && options_.logit_bias.empty() && !has_penalties()) return logits;
  if (allowed.empty()) {
    std::copy(logits.begin(), logits.end(), logits_.begin());
  } else {
    copy_where(logits, allowed, logits_.data());
  }
  for (const auto& [token, bias] : options_.logit_bias) {
    float& logit = logits_[static_cast<std::size_t>(token)];
    logit = is_ban(bias) ? kNever : logit + bias;
  }
  if (has_penalties()) penalise(pending);
  return logits_;
}

void Sampler::penalise(std::span<const Token> pending) {
  if (options_.repetition_penalty != 1) {
    if (++round_ == 0) {  // after 2^32 rounds old marks would look new
      std::fill(marks_.begin(), marks_.end(), 0);
      round_ = 1;
    }
    const std::size_t window = options_.penalty_window;
    const std::size_t drafted = std::min(pending.size(), window);
    const std::span<const Token> history(history_);
    penalise_repetition(pending.last(drafted));
    penalise_repetition(history.last(std::min(history.size(), window - drafted)));
  }
  if (options_.presence_penalty == 0 && options_.frequency_penalty == 0) return;
  for (const Token token : pending) count_token(token);
  for (const Token token : said_) {
    const auto count = static_cast<float>(counts_[static_cast<std::size_t>(token)]);
    logits_[static_cast<std::size_t>(token)] -=
        options_.presence_penalty + options_.frequency_penalty * count;
  }
  for (std::size_t i = pending.size(); i > 0; --i) uncount_token(pending[i - 1]);
}

// Of every token not yet marked in this round.
void Sampler::penalise_repetition(std::span<const Token> tokens) {
  for (const Token token : tokens) {
    const auto at = static_cast<std::size_t>(token);
    if (marks_[at] == round_) continue;
    marks_[at] = round_;
    logits_[at] = logits_[at] > 0 ? logits_[at] / options_.repetition_penalty
                                  : logits_[at] * options_.repetition_penalty;
  }
}

Token Sampler::draw(std::span<const float> logits, std::uint64_t place,
                    std::span<const std::uint64_t> allowed) {
  const auto best = find_largest(logits);
  if (!best) return least_bad(allowed);
  if (options_.temperature == 0) return static_cast<Token>(*best);

  const std::size_t top_k = options_.top_k > 0 ? options_.top_k : logits.size();
  candidates_.gather(logits, logits[*best], options_.temperature, top_k);
  candidates_.weigh();
  if (options_.top_p < 1) candidates_.keep_top_p(options_.top_p);
  if (options_.min_p > 0) candidates_.keep_min_p(options_.min_p);
  if (options_.typical < 1) candidates_.keep_typical(options_.typical);
  return candidates_.draw(counter_draw(seed_, choice_, place));
}

Token Sampler::least_bad(std::span<const std::uint64_t> allowed) const {
  std::optional<Token> banned;
  for (std::size_t i = 0; i < token_count_; ++i) {
    if (!is_allowed(allowed, i)) continue;
    const auto token = static_cast<Token>(i);
    const auto bans = [token](const auto& bias) {
      return bias.first == token && is_ban(bias.second);
    };
    if (std::none_of(options_.logit_bias.begin(), options_.logit_bias.end(), bans)) return token;
    if (!banned) banned = token;
  }
  CHECK(banned.has_value());  // the mask allows something
  return *banned;
}

// The logprobs of the model's own distribution.
void Sampler::report(std::span<const float> logits, Choice& choice) {
  const auto best = find_largest(logits);
  const float largest = best ? logits[*best] : 0;
  float log_sum = 0;
  if (best) {
    candidates_.gather(logits, largest, 1, logits.size());
    candidates_.weigh();
    log_sum = log_of_sum(candidates_.total());
  }
  const auto logprob_of = [&](float logit) {
    if (!(logit > kNever)) return kNever;
    return (logit == largest ? 0.0f : logit - largest) - log_sum;
  };
  choice.logprob = logprob_of(logits[static_cast<std::size_t>(choice.token)]);

  const std::size_t wanted = *options_.logprobs;
  auto& found = choice.alternatives;  // with their logits, until all are found
  found.reserve(wanted);
  float worst = kNever;  // what the next one has to beat; NaN does not
  for (std::size_t i = 0; i < logits.size() && wanted > 0; ++i) {
    if (!(logits[i] > worst)) continue;
    const auto behind = std::upper_bound(
        found.begin(), found.end(), logits[i],
        [](float logit, const TokenLogprob& other) { return logit > other.logprob; });
    const auto place = behind - found.begin();
    if (found.size() == wanted) found.pop_back();
    found.insert(found.begin() + place, {static_cast<Token>(i), logits[i]});
    if (found.size() == wanted) worst = found.back().logprob;
  }
  for (TokenLogprob& alternative : found) alternative.logprob = logprob_of(alternative.logprob);
}

}  // namespace ds4::engine
