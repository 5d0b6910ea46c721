#include "eval/tally.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace ds4::eval {

Interval wilson_interval(std::uint64_t right, std::uint64_t count) {
  if (count == 0) return {};
  constexpr double z = 1.959963984540054;  // of the normal distribution, 2.5 % on each side
  const auto n = static_cast<double>(count);
  const double share = static_cast<double>(right) / n;
  const double middle = share + z * z / (2 * n);
  const double reach = z * std::sqrt(share * (1 - share) / n + z * z / (4 * n * n));
  const double scale = 1 + z * z / n;
  // Rounding must not say that nothing or everything is certain, nor go beyond it.
  return {right == 0 ? 0 : std::max(0.0, (middle - reach) / scale),
          right == count ? 1 : std::min(1.0, (middle + reach) / scale)};
}

void Tally::expect(const Expectation& question) {
  ++questions;
  has_form |= question.has_form;
  thinks |= question.thinks;
  if (!question.chance) return;
  chance_sum += *question.chance;
  ++chances;
}

void Tally::add(const Outcome& outcome) {
  ++asked;
  right += outcome.is_right ? 1 : 0;
  formable += outcome.is_well_formed ? 1 : 0;
  formed += outcome.is_well_formed.value_or(false) ? 1 : 0;
  cut_off += outcome.is_cut_off ? 1 : 0;
  prompt_tokens += outcome.prompt_tokens;
  answer_tokens += outcome.answer_tokens;
  reasoning_tokens += outcome.reasoning_tokens;
  prompt_seconds += outcome.prompt_seconds;
  answer_seconds += outcome.answer_seconds;
}

std::optional<double> Tally::chance() const {
  if (chances == 0 || chances != questions) return std::nullopt;
  return chance_sum / static_cast<double>(chances);
}

void Tallies::expect(std::string_view skill, const Expectation& question) {
  const auto known = std::find_if(skills_.begin(), skills_.end(),
                                  [skill](const Tally& tally) { return tally.skill == skill; });
  Tally& tally = known == skills_.end() ? skills_.emplace_back() : *known;
  tally.skill = skill;
  tally.expect(question);
  total_.expect(question);
}

void Tallies::add(std::string_view skill, const Outcome& outcome) {
  skills_[index_of(skill)].add(outcome);
  total_.add(outcome);
}

std::size_t Tallies::index_of(std::string_view skill) const {
  const auto known = std::find_if(skills_.begin(), skills_.end(),
                                  [skill](const Tally& tally) { return tally.skill == skill; });
  CHECK(known != skills_.end());
  return static_cast<std::size_t>(known - skills_.begin());
}

std::optional<double> Tallies::seconds_left() const {
  if (total_.asked == 0) return std::nullopt;
  double out = 0;
  for (const Tally& tally : skills_) {
    const double each =
        tally.asked > 0 ? tally.per_answer(tally.seconds()) : total_.per_answer(total_.seconds());
    out += each * static_cast<double>(tally.questions - tally.asked);
  }
  return out;
}

}  // namespace ds4::eval
