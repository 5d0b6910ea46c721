#include "engine/generator.h"

#include <algorithm>
#include <chrono>

#include "base/check.h"

namespace ds4::engine {

namespace {

constexpr std::uint64_t kReservedTokens = 512;  // ahead, at a time

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

Generator::Generator(Session& session, const AllowedTokens& allowed,
                     const GeneratorOptions& options)
    : session_(session),
      allowed_(allowed),
      options_(options),
      sampler_(options.sampling, options.seed, session.logits().size(), options.choice) {
  CHECK(!session.logits().empty() && options.draft_tokens <= kDraftTokensMax);
  if (options.constraint != nullptr) constraint_.emplace(*options.constraint);
  is_waiting_ = options.constraint_after >= 0;
  sampler_.see_prompt(session.tokens());
}

std::span<const std::uint64_t> Generator::mask() {
  if (!constraint_) return allowed_.any;
  return is_waiting_ ? allowed_.no_end : constraint_->allowed();
}

void Generator::advance_constraint(Token token) {
  if (!constraint_) return;
  if (!is_waiting_) {
    CHECK(constraint_->accept(token));
  } else if (token == options_.constraint_after) {
    is_waiting_ = false;
  }
}

std::optional<Token> Generator::next() {
  if (handed_out_ == ready_count_) {
    if (tokens_ == 0) {
      choose_first();
    } else {
      if (session_.room() == 0) return std::nullopt;
      step(ready_[ready_count_ - 1]);
    }
  }
  ++tokens_;
  return ready_[handed_out_++];
}

void Generator::choose_first() {
  const Token token = sampler_.choose(session_.logits(), {}, mask()).token;
  sampler_.accept(token);
  advance_constraint(token);
  ready_[0] = token;
  ready_count_ = 1;
}

std::uint32_t Generator::drafts_wanted() const {
  std::uint64_t most =
      options_.policy != nullptr ? options_.policy->drafts() : options_.draft_tokens;
  most = std::min<std::uint64_t>(most, session_.room() - 1);
  // The token behind the last draft comes for nothing.
  if (options_.tokens_max != 0) most = std::min(most, options_.tokens_max - tokens_ - 1);
  return static_cast<std::uint32_t>(most);
}

std::uint32_t Generator::draft(std::uint32_t most) {
  if (most == 0) return 0;
  std::uint32_t count = 0;
  std::size_t in_constraint = 0;
  const bool was_waiting = is_waiting_;
  std::span<const float> logits = session_.draft(batch_[0]);
  while (!logits.empty()) {
    const std::span<const Token> before(batch_.data() + 1, count);
    const Token guess = sampler_.choose(logits, before, mask()).token;
    if (allowed_.is_end(guess)) break;  // nothing would be evaluated behind it
    batch_[++count] = guess;
    if (count == most) break;
    in_constraint += constraint_ && !is_waiting_ ? 1 : 0;
    advance_constraint(guess);
    logits = session_.draft_more(guess);
  }
  is_waiting_ = was_waiting;
  if (in_constraint > 0) CHECK(constraint_->rollback(in_constraint));
  return count;
}

void Generator::step(Token last) {
  if (session_.tokens().size() + batch_.size() > reserved_) {
    reserved_ = session_.tokens().size() + batch_.size() + kReservedTokens;
    session_.reserve(reserved_);
    sampler_.reserve(batch_.size() + kReservedTokens);
  }
  const double start = now_seconds();
  batch_[0] = last;
  const std::uint32_t drafted = draft(drafts_wanted());
  const std::span<const Token> batch(batch_.data(), drafted + 1);
  const std::span<const float> logits = session_.step(batch);
  const std::size_t vocabulary = logits.size() / batch.size();
  ready_count_ = handed_out_ = 0;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const Token token =
        sampler_.choose(logits.subspan(i * vocabulary, vocabulary), {}, mask()).token;
    sampler_.accept(token);
    advance_constraint(token);
    ready_[ready_count_++] = token;
    if (i + 1 < batch.size() && batch[i + 1] != token) break;
  }
  session_.keep(ready_count_);
  ++counts_.steps;
  counts_.drafted += drafted;
  counts_.accepted += ready_count_ - 1;
  const double seconds = now_seconds() - start;
  if (drafted > 0) {
    counts_.drafted_seconds += seconds;
    counts_.drafted_tokens += ready_count_;
  }
  if (options_.policy != nullptr) {
    options_.policy->report(drafted, seconds, static_cast<std::uint32_t>(ready_count_));
  }
}

void Generator::finish() {
  // Behind the last step stand its tokens but the last; those handed out may stay.
  if (handed_out_ < ready_count_) {
    session_.truncate(session_.tokens().size() - (ready_count_ - 1 - handed_out_));
  }
}

}  // namespace ds4::engine
