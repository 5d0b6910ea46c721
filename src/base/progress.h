// How far a long job is: a bar with rate and remaining time on a terminal, lines now and then
// elsewhere if wanted, and one final line anywhere.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

#include "base/terminal.h"

namespace ds4 {

enum class ProgressUnit { bytes, items };

struct ProgressOptions {
  std::string label;  // "converting", "downloading flash.gguf"
  std::uint64_t total = 0;
  std::uint64_t start = 0;  // done by an earlier run: no part of the rate
  ProgressUnit unit = ProgressUnit::bytes;
  std::string items = "items";  // what is counted, for ProgressUnit::items
  bool quiet = false;           // prints nothing at all
  bool plain = false;           // no bar, even where there could be one
  double line_seconds = 0;      // where no bar can be: a line each time so much passed; 0: none
  Console* console = nullptr;   // null: standard error
};

// From the constructor to finish(). One that goes away without it (an error) leaves no line.
class ProgressBar {
 public:
  explicit ProgressBar(ProgressOptions options);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // Counts `amount` as done; redraws at most ten times a second. Any thread.
  void add(std::uint64_t amount);
  // The same, for who knows how much is done altogether, `start` included. It may become less.
  void set(std::uint64_t done);
  // Replaces the bar by "converting: 80.76 GiB in 2 min 05 s (660.40 MiB/s)". Once, after the last
  // add().
  void finish();

 private:
  using Clock = std::chrono::steady_clock;
  double seconds_since_start() const;
  void draw_if_due();
  void draw(double now);

  const ProgressOptions options_;
  Console& console_;
  const TerminalStyle style_;
  const Clock::time_point start_;
  std::atomic<std::uint64_t> done_ = 0;
  std::atomic<double> next_draw_ = 0;
  bool finished_ = false;

  std::mutex mutex_;  // guards:
  double rate_ = 0;   // a second, smoothed
  double drawn_at_ = 0;
  std::uint64_t drawn_done_ = 0;
};

// One instant of a job; what the bar is drawn from.
struct ProgressState {
  std::string label;
  ProgressUnit unit = ProgressUnit::bytes;
  std::uint64_t done = 0;
  std::uint64_t total = 0;  // 0: unknown
  double rate = 0;          // a second; 0: unknown
  std::string items = {};   // named with the rate, if given: "812 tokens/s"
};

// The line for a terminal, always shorter than its width. What does not fit is left out, the least
// important first: rate, amounts, the bar itself.
std::string draw_progress(const ProgressState& state, const TerminalStyle& style);

// The line for a log: "flash.gguf: 12%, 9.70 GiB of 80.76 GiB, 61.20 MiB/s, 19 min 48 s left".
std::string say_progress(const ProgressState& state);

}  // namespace ds4
