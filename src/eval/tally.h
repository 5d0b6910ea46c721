// What many answers come to: a row for each skill, and one for all.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ds4::eval {

// Bounds of a share.
struct Interval {
  double low = 0, high = 1;
};

// Of the share behind `right` out of `count` answers, with 95 % confidence: Wilson's score
// interval, which stays inside 0 to 1 and is honest for few answers. Everything for none.
Interval wilson_interval(std::uint64_t right, std::uint64_t count);

// What is known of a question before it is asked.
struct Expectation {
  std::optional<double> chance = {};
  bool has_form = false, thinks = false;
};

// One answer, as far as it is counted.
struct Outcome {
  bool is_right = false;
  std::optional<bool> is_well_formed = {};  // of JSON and calls
  bool is_cut_off = false;
  std::uint64_t prompt_tokens = 0;  // evaluated, without what was kept
  std::uint64_t answer_tokens = 0, reasoning_tokens = 0;
  double prompt_seconds = 0, answer_seconds = 0;
};

struct Tally {
  std::string skill = {};
  std::uint64_t questions = 0;  // to be asked in all
  std::uint64_t asked = 0, right = 0;
  std::uint64_t formable = 0, formed = 0;  // of JSON and calls: asked, of right form
  std::uint64_t cut_off = 0;
  std::uint64_t prompt_tokens = 0, answer_tokens = 0, reasoning_tokens = 0;
  double prompt_seconds = 0, answer_seconds = 0;
  bool has_form = false, thinks = false;  // some questions
  double chance_sum = 0;                  // over the questions that say theirs
  std::uint64_t chances = 0;

  void expect(const Expectation& question);
  void add(const Outcome& outcome);

  double share() const { return per_answer(static_cast<double>(right)); }
  Interval interval() const { return wilson_interval(right, asked); }
  // Of guessing, on average; nothing unless every question says.
  std::optional<double> chance() const;
  double per_answer(double sum) const { return asked == 0 ? 0 : sum / static_cast<double>(asked); }
  double answer_rate() const {  // tokens a second; 0: not known
    return answer_seconds > 0 ? static_cast<double>(answer_tokens) / answer_seconds : 0;
  }
  double prompt_rate() const {
    return prompt_seconds > 0 ? static_cast<double>(prompt_tokens) / prompt_seconds : 0;
  }
  double seconds() const { return prompt_seconds + answer_seconds; }
};

// The tallies of a run, in the order in which skills were first met.
class Tallies {
 public:
  void expect(std::string_view skill, const Expectation& question);
  void add(std::string_view skill, const Outcome& outcome);  // expected before

  const std::vector<Tally>& skills() const { return skills_; }
  const Tally& total() const { return total_; }
  std::size_t index_of(std::string_view skill) const;  // expected before
  // What the questions still to be asked will take: each as long as those of its skill took, or as
  // all did. Nothing before the first answer.
  std::optional<double> seconds_left() const;

 private:
  std::vector<Tally> skills_;
  Tally total_;
};

}  // namespace ds4::eval
