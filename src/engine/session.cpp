#include "engine/session.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"

namespace ds4::engine {

namespace {

constexpr std::size_t kStepRows = kDraftTokensMax + 1;
constexpr std::array<std::uint32_t, kStepRows> kRows = {0, 1, 2,  3,  4,  5,  6,  7,
                                                        8, 9, 10, 11, 12, 13, 14, 15};

std::uint64_t common_prefix(std::span<const Token> a, std::span<const Token> b) {
  const auto [end, other] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return static_cast<std::uint64_t>(end - a.begin());
}

}  // namespace

Session::Session(SharedForward& shared)
    : Session(shared, model::SessionState(shared.forward.layout())) {}

Session::Session(SharedForward& shared, model::SessionState state)
    : shared_(&shared), state_(std::move(state)) {
  next_tokens_.reserve(shared.forward.rows_max());
}

std::uint64_t Session::start_rewrite(std::span<const Token> tokens) {
  CHECK(!tokens.empty() && tokens.size() <= shared_->context_tokens);
  const std::uint64_t common = common_prefix(tokens_, tokens);
  // The last token's logits are wanted, so it is evaluated unless they are known.
  const bool is_known = common == tokens.size() && common == tokens_.size() && !logits_.empty();
  const std::uint64_t kept = is_known ? common : std::min<std::uint64_t>(common, tokens.size() - 1);
  if (kept == tokens_.size() && kept > 0 && !is_known) take_snapshot();
  step_back(kept);
  // A token whose row the drafter missed is evaluated once more where that is cheap.
  if (shared_->has_drafter && !tokens_.empty() && tokens_.size() < tokens.size() &&
      !holds_last_row()) {
    const std::uint64_t size = tokens_.size();
    const bool has_seen = drafter_tokens_ == size && drafter_next_ == tokens[size];
    if (!has_seen) static_cast<void>(rewind(std::min(drafter_tokens_, size - 1)));
  }
  std::erase_if(snapshots_, [common](const auto& s) { return s->tokens > common; });
  rest_.assign(tokens.begin() + static_cast<std::ptrdiff_t>(tokens_.size()), tokens.end());
  rest_done_ = 0;
  return tokens_.size();
}

bool Session::rewrite_more(model::Pace* pace) {
  if (left_to_rewrite() == 0) return false;
  const std::size_t count = std::min<std::size_t>(left_to_rewrite(), shared_->forward.rows_max());
  if (!append(std::span(rest_).subspan(rest_done_, count), pace)) return true;
  rest_done_ += count;
  if (left_to_rewrite() > 0) return true;
  const auto last = static_cast<std::uint32_t>(count - 1);
  const std::span<const float> logits = shared_->forward.logits({&last, 1});
  logits_.assign(logits.begin(), logits.end());
  feed_drafter(std::nullopt);
  take_snapshot();
  return false;
}

std::span<const float> Session::step(std::span<const Token> tokens) {
  CHECK(!tokens.empty() && tokens.size() <= kStepRows && tokens.size() <= room());
  append(tokens);
  step_rows_ = tokens.size();
  step_logits_ = shared_->forward.logits(std::span(kRows).first(tokens.size()));
  return step_logits_;
}

void Session::keep(std::size_t count) {
  CHECK(count >= 1 && count <= step_rows_);
  const std::size_t vocabulary = step_logits_.size() / step_rows_;
  const auto row = step_logits_.subspan((count - 1) * vocabulary, vocabulary);
  const std::uint64_t left = tokens_.size() - (step_rows_ - count);
  if (left != tokens_.size()) CHECK(rewind(left));
  logits_.assign(row.begin(), row.end());
  step_rows_ = 0;
}

void Session::truncate(std::uint64_t count) {
  if (count != tokens_.size()) CHECK(rewind(count));
}

void Session::reserve(std::uint64_t tokens) {
  const std::uint64_t most = std::min(tokens, shared_->context_tokens);
  state_.reserve(std::max<std::uint64_t>(most, tokens_.size()));
  tokens_.reserve(most + kStepRows);
  logits_.reserve(shared_->forward.shape().vocabulary);
}

bool Session::append(std::span<const Token> tokens, model::Pace* pace) {
  drop_chained_rows();
  if (!tokens_.empty()) feed_drafter(tokens.front());
  // A pass that ends early leaves a spoilt state; what the fork shares with it was not written.
  std::optional<model::SessionState> before;
  if (pace != nullptr) before = state_.fork();
  const model::Chunk chunk{&state_, tokens};
  if (shared_->steering != nullptr) shared_->steering->scale = steering_scale_;
  const bool is_whole = shared_->forward.evaluate({&chunk, 1}, shared_->steering, pace);
  evaluation_ = ++shared_->evaluations;
  first_position_ = tokens_.size();
  logits_.clear();
  if (is_whole) {
    tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
  } else {
    state_ = *std::move(before);
  }
  return is_whole;
}

bool Session::holds_last_row() const {
  return evaluation_ != 0 && evaluation_ == shared_->evaluations &&
         tokens_.size() > first_position_;
}

void Session::feed_drafter(std::optional<Token> next) {
  if (!shared_->has_drafter) return;
  const std::uint64_t count = tokens_.size();
  if (next && drafter_tokens_ == count && drafter_next_ != *next && drafter_floor_ < count) {
    if (state_.rewind_drafter(state_.drafter_rows() - 1)) {
      --drafter_tokens_;
    } else {
      drafter_floor_ = count;  // it keeps a row of another follower; only the drafts may suffer
    }
  }
  const std::uint64_t end = next ? count : count - 1;
  if (drafter_tokens_ >= end) return;
  if (holds_last_row() && drafter_tokens_ >= first_position_) {
    next_tokens_.assign(tokens_.begin() + static_cast<std::ptrdiff_t>(drafter_tokens_) + 1,
                        tokens_.end());
    if (next) next_tokens_.push_back(*next);
    shared_->forward.draft(state_, static_cast<std::uint32_t>(drafter_tokens_ - first_position_),
                           next_tokens_);
    draft_row_ = static_cast<std::uint32_t>(next_tokens_.size() - 1);
  } else {
    drafter_floor_ = end;  // its ring goes on behind the rows it missed; only the drafts may suffer
  }
  drafter_tokens_ = end;
  drafter_next_ = next ? *next : tokens_.back();
}

std::span<const float> Session::draft(Token next) {
  if (!shared_->has_drafter || !holds_last_row() || drafter_tokens_ < first_position_) return {};
  if (drafter_tokens_ == tokens_.size()) return {};
  feed_drafter(next);
  return shared_->forward.draft_logits({&draft_row_, 1});
}

std::span<const float> Session::draft_more(Token drafted) {
  shared_->forward.draft(state_, draft_row_, {&drafted, 1}, /*chained=*/true);
  ++chained_rows_;
  draft_row_ = 0;
  return shared_->forward.draft_logits({&draft_row_, 1});
}

void Session::settle(Token next) {
  drop_chained_rows();
  if (!tokens_.empty() && holds_last_row()) feed_drafter(next);
}

void Session::drop_chained_rows() {
  if (chained_rows_ > 0) CHECK(state_.rewind_drafter(state_.drafter_rows() - chained_rows_));
  chained_rows_ = 0;
}

bool Session::rewind(std::uint64_t count) {
  if (!state_.rewind(count)) return false;
  drop_chained_rows();
  if (drafter_tokens_ > count) {
    const std::uint64_t dropped = drafter_tokens_ - count;
    if (count < drafter_floor_ || !state_.rewind_drafter(state_.drafter_rows() - dropped)) {
      drafter_floor_ = count;  // it keeps some rows of what is no more; only the drafts may suffer
    }
    drafter_tokens_ = count;
    drafter_next_ = tokens_[count];
  }
  tokens_.resize(count);
  logits_.clear();
  return true;
}

// Behind the longest prefix of at most `count` tokens that can be had without evaluating any.
void Session::step_back(std::uint64_t count) {
  if (count == tokens_.size() || rewind(count)) return;
  while (!snapshots_.empty()) {
    // The one nearest to `count`, those a rewind can bring there first.
    const auto behind =
        std::find_if(snapshots_.rbegin(), snapshots_.rend(),
                     [count](const auto& s) { return s->tokens <= count + model::kRewindTokens; });
    if (behind == snapshots_.rend()) break;
    go_to(**behind);
    if (tokens_.size() <= count || rewind(count)) return;
    snapshots_.erase(std::next(behind).base());
  }
  Session empty(*shared_);
  empty.steering_scale_ = steering_scale_;
  *this = std::move(empty);
}

void Session::take_snapshot() {
  const std::uint64_t count = tokens_.size();
  std::erase_if(snapshots_, [count](const auto& s) { return s->tokens == count; });
  if (snapshots_.size() == kSnapshotsMax) snapshots_.pop_front();
  snapshots_.push_back(std::make_shared<const Snapshot>(
      Snapshot{state_.fork(), count, logits_, drafter_tokens_, drafter_floor_, drafter_next_}));
}

void Session::go_to(const Snapshot& snapshot) {
  state_ = snapshot.state.fork();
  tokens_.resize(snapshot.tokens);
  logits_ = snapshot.logits;
  drafter_tokens_ = snapshot.drafter_tokens;
  drafter_floor_ = snapshot.drafter_floor;
  drafter_next_ = snapshot.drafter_next;
  chained_rows_ = 0;
  evaluation_ = 0;
}

Session Session::fork() const {
  Session copy(*shared_, state_.fork());
  copy.tokens_ = tokens_;
  copy.logits_ = logits_;
  copy.steering_scale_ = steering_scale_;
  copy.drafter_tokens_ = drafter_tokens_;
  copy.drafter_floor_ = drafter_floor_;
  copy.drafter_next_ = drafter_next_;
  copy.chained_rows_ = chained_rows_;
  copy.snapshots_ = snapshots_;
  return copy;
}

Result<void> Session::restore(Saved saved, std::span<const std::byte> bytes) {
  const model::Shape& shape = shared_->forward.shape();
  const auto differs = [] {
    return fail(Code::bad_file, "the saved tokens do not go with the saved state");
  };
  ByteReader in(bytes);
  TRY(model::SessionState state, model::SessionState::deserialize(shared_->forward.layout(), in));
  if (in.remaining() > 0 || state.tokens() != saved.tokens.size()) return differs();
  if (!saved.logits.empty() && saved.logits.size() != shape.vocabulary) return differs();
  if (saved.drafter_tokens > saved.tokens.size()) return differs();
  if (saved.tokens.size() > shared_->context_tokens) {
    return fail(Code::too_large, "the saved conversation has ", saved.tokens.size(),
                " tokens, the context ", shared_->context_tokens,
                "; open the model with a larger "
                "--ctx");
  }
  for (const Token token : saved.tokens) {
    if (token < 0 || static_cast<std::uint32_t>(token) >= shape.vocabulary) return differs();
  }
  Session session(*shared_, std::move(state));
  session.tokens_ = std::move(saved.tokens);
  session.logits_ = std::move(saved.logits);
  session.steering_scale_ = steering_scale_;
  // What a drafter did not see before the file was written, it will not see any more.
  session.drafter_floor_ =
      session.state_.drafter_rows() == 0 ? session.tokens_.size() : saved.drafter_tokens;
  session.drafter_tokens_ = session.drafter_floor_;
  session.drafter_next_ = saved.drafter_next;
  *this = std::move(session);
  return {};
}

}  // namespace ds4::engine
