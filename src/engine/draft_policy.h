// How many tokens to draft at a time: as many as have been measured to make tokens come fastest,
// none where drafting does not pay. What is drafted changes the time of an answer, never its words.
#pragma once

#include <cstdint>

namespace ds4::engine {

// Climbs from no drafts upwards while that gets faster, then stays, and tries a neighbour again
// after a while, which doubles each time that nothing is gained.
class DraftPolicy {
 public:
  explicit DraftPolicy(std::uint32_t most) : most_(most) {}

  // For the next step.
  std::uint32_t drafts() const { return is_trying_ ? tried_ : best_; }
  // A step with so many drafts gave `tokens` tokens. Steps that drafted another number than asked
  // for tell nothing.
  void report(std::uint32_t drafts, double seconds, std::uint32_t tokens);
  // Seconds that a token takes without drafting, by the latest such steps; 0 before there were any.
  double plain_seconds() const { return plain_.steps == 0 ? 0 : plain_.rate(); }

 private:
  struct Measure {
    double seconds = 0, tokens = 0;
    std::uint32_t steps = 0;

    double rate() const { return seconds / tokens; }
    void fade_in(double more_seconds, double more_tokens);
  };

  void end_trial();
  void begin_trial();

  std::uint32_t most_;
  std::uint32_t best_ = 0;
  Measure of_best_, plain_;  // fade, so that they speak of the latest steps
  bool is_trying_ = false;
  std::uint32_t tried_ = 0;
  Measure of_tried_;
  bool upwards_ = true;  // where the next trial leads
  double tokens_until_trial_ = 0;
  double patience_tokens_ = 0;
};

}  // namespace ds4::engine
