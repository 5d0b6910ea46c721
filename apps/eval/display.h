// What a run shows while it goes on and at its end: a table redrawn in place, rows as they are
// complete, or lines of JSON.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "eval/results.h"
#include "eval/tally.h"

namespace ds4::eval {

enum class Output { live, plain, json };

// Where the run is.
struct Place {
  std::string skill;
  std::uint64_t tokens = 0;                                 // of the answer so far
  std::uint64_t prompt_tokens_done = 0, prompt_tokens = 0;  // while the prompt is read
};

class Display {
 public:
  virtual ~Display() = default;
  // Before the first question; `about` says what is run.
  virtual void begin(const Tallies& tallies, const std::string& about) = 0;
  // Several times a second is enough.
  virtual void go_on(const Tallies& tallies, const Place& place) = 0;
  virtual void answered(const Tallies& tallies, const Answered& answer) = 0;
  virtual void finish(const Tallies& tallies, const RunHead& head, bool was_stopped) = 0;
};

std::unique_ptr<Display> make_display(Output output);

}  // namespace ds4::eval
