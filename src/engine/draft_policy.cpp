#include "engine/draft_policy.h"

#include <algorithm>

namespace ds4::engine {

namespace {

constexpr std::uint32_t kSteps = 8;    // that a measure needs
constexpr double kFading = 15.0 / 16;  // of the running measure, a step
constexpr double kGain = 0.97;         // of the time, to change for: below this it is noise
constexpr double kPatienceMin = 64, kPatienceMax = 2048;  // tokens between trials

}  // namespace

void DraftPolicy::Measure::fade_in(double more_seconds, double more_tokens) {
  seconds = seconds * kFading + more_seconds;
  tokens = tokens * kFading + more_tokens;
  ++steps;
}

void DraftPolicy::report(std::uint32_t drafts, double seconds, std::uint32_t tokens) {
  if (drafts == 0) plain_.fade_in(seconds, tokens);
  if (most_ == 0 || drafts != this->drafts()) return;
  if (is_trying_) {
    of_tried_.seconds += seconds;
    of_tried_.tokens += tokens;
    if (++of_tried_.steps == kSteps) end_trial();
    return;
  }
  of_best_.fade_in(seconds, tokens);
  tokens_until_trial_ -= tokens;
  if (of_best_.steps >= kSteps && tokens_until_trial_ <= 0) begin_trial();
}

void DraftPolicy::begin_trial() {
  if (best_ == most_) upwards_ = false;
  if (best_ == 0) upwards_ = true;
  tried_ = upwards_ ? best_ + 1 : best_ - 1;
  of_tried_ = {};
  is_trying_ = true;
}

void DraftPolicy::end_trial() {
  is_trying_ = false;
  if (of_tried_.rate() < of_best_.rate() * kGain) {
    best_ = tried_;
    of_best_ = of_tried_;
    patience_tokens_ = kPatienceMin;
    tokens_until_trial_ = 0;  // perhaps the next is better still
    return;
  }
  upwards_ = !upwards_;
  patience_tokens_ = std::clamp(2 * patience_tokens_, kPatienceMin, kPatienceMax);
  tokens_until_trial_ = patience_tokens_;
}

}  // namespace ds4::engine
