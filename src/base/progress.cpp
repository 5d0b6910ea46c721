#include "base/progress.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/human.h"
#include "base/utf8.h"

namespace ds4 {
namespace {

constexpr double kDrawEverySeconds = 0.1;
// The rate forgets what is older than about this: long enough to be calm, short enough to notice.
constexpr double kRateMemorySeconds = 8;
constexpr int kBarColumnsMin = 8;
constexpr int kBarColumnsMax = 40;

// Columns that UTF-8 text takes, a character counted as one.
int columns(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

std::string cut(std::string_view text, int width) {
  std::size_t end = 0;
  for (int used = 0; end < text.size(); ++end) {
    const bool starts = (static_cast<unsigned char>(text[end]) & 0xc0) != 0x80;
    if (starts && used++ == width) break;
  }
  return std::string(text.substr(0, end));
}

std::string amount(std::uint64_t count, ProgressUnit unit) {
  return unit == ProgressUnit::bytes ? human_bytes(count) : human_count(count);
}

std::string speed(double rate, ProgressUnit unit, const std::string& items = {}) {
  const std::string per_second = items.empty() ? "/s" : " " + items + "/s";
  if (unit == ProgressUnit::items && rate < 10) {
    const auto tenths = static_cast<std::uint64_t>(std::llround(rate * 10));
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + per_second;
  }
  return amount(static_cast<std::uint64_t>(std::llround(rate)), unit) + per_second;
}

std::string draw_bar(double share, int width, const TerminalStyle& style) {
  const int filled = static_cast<int>(share * width);
  std::string bar;
  if (style.colour) bar += "\x1b[36m";
  for (int i = 0; i < filled; ++i) bar += style.unicode ? "━" : "#";
  if (style.colour) bar += "\x1b[90m";
  for (int i = filled; i < width; ++i) bar += style.unicode ? (style.colour ? "━" : "─") : "-";
  if (style.colour) bar += "\x1b[0m";
  return bar;
}

// "" when nobody can know.
std::string time_left(const ProgressState& state) {
  if (state.rate <= 0 || state.done >= state.total) return "";
  return human_duration(
             std::max(1.0, std::ceil(static_cast<double>(state.total - state.done) / state.rate))) +
         " left";
}

int percent_of(const ProgressState& state) {
  const std::uint64_t done = std::min(state.done, state.total);
  return static_cast<int>(static_cast<double>(done) / static_cast<double>(state.total) * 100);
}

}  // namespace

std::string say_progress(const ProgressState& state) {
  std::string line = printable(state.label) + ": ";
  if (state.total == 0) {
    line += amount(state.done, state.unit);
  } else {
    line += std::to_string(percent_of(state)) + "%, " + amount(state.done, state.unit) + " of " +
            amount(state.total, state.unit);
  }
  if (state.rate > 0) line += ", " + speed(state.rate, state.unit, state.items);
  if (const std::string left = time_left(state); !left.empty()) line += ", " + left;
  return line;
}

std::string draw_progress(const ProgressState& state, const TerminalStyle& style) {
  // The last column stays free: some terminals break the line when it is written.
  const int room = std::max(style.columns, 1) - 1;
  std::string line = cut(printable(state.label), room);
  int used = columns(line);
  const auto append = [&](const std::string& text) {
    if (text.empty() || used + 2 + columns(text) > room) return;
    line += "  " + text;
    used += 2 + columns(text);
  };

  if (state.total == 0) {
    append(amount(state.done, state.unit));
    if (state.rate > 0) append(speed(state.rate, state.unit, state.items));
    return line;
  }

  const std::uint64_t done = std::min(state.done, state.total);
  const double share = static_cast<double>(done) / static_cast<double>(state.total);
  std::string percent = std::to_string(percent_of(state)) + "%";
  percent.insert(0, 4 - std::min<std::size_t>(4, percent.size()), ' ');
  const std::string left = time_left(state);
  std::string amounts = amount(done, state.unit) + " of " + amount(state.total, state.unit);
  std::string rate = state.rate > 0 ? speed(state.rate, state.unit, state.items) : "";

  // In order of importance: percent, time left, bar, amounts, rate.
  const auto width = [](const std::string& text) { return text.empty() ? 0 : 2 + columns(text); };
  const int fixed = used + width(percent) + width(left);
  if (fixed + 2 + kBarColumnsMin + width(amounts) > room) amounts.clear();
  if (fixed + 2 + kBarColumnsMin + width(amounts) + width(rate) > room) rate.clear();
  const int bar = std::min(room - fixed - width(amounts) - width(rate) - 2, kBarColumnsMax);
  if (bar >= kBarColumnsMin) {
    line += "  " + draw_bar(share, bar, style);
    used += 2 + bar;
  }
  append(percent);
  append(amounts);
  append(rate);
  append(left);
  return line;
}

namespace {

TerminalStyle style_for(const ProgressOptions& options, const Console& console) {
  TerminalStyle style = terminal_style(console.descriptor());
  style.redraw = style.redraw && !options.plain;
  return style;
}

}  // namespace

ProgressBar::ProgressBar(ProgressOptions options)
    : options_(std::move(options)),
      console_(options_.console != nullptr ? *options_.console : Console::standard()),
      style_(style_for(options_, console_)),
      start_(Clock::now()),
      done_(options_.start),
      next_draw_(style_.redraw ? 0 : options_.line_seconds),
      drawn_done_(options_.start) {
  if (style_.redraw && !options_.quiet) draw(0);
}

ProgressBar::~ProgressBar() {
  if (!finished_ && style_.redraw && !options_.quiet) console_.status("");
}

double ProgressBar::seconds_since_start() const {
  return std::chrono::duration<double>(Clock::now() - start_).count();
}

void ProgressBar::add(std::uint64_t amount) {
  done_.fetch_add(amount, std::memory_order_relaxed);
  draw_if_due();
}

void ProgressBar::set(std::uint64_t done) {
  done_.store(done, std::memory_order_relaxed);
  draw_if_due();
}

void ProgressBar::draw_if_due() {
  const double every = style_.redraw ? kDrawEverySeconds : options_.line_seconds;
  if (every <= 0 || options_.quiet) return;
  const double now = seconds_since_start();
  double due = next_draw_.load(std::memory_order_relaxed);
  // Of the threads that find a drawing due, one draws.
  if (now < due || !next_draw_.compare_exchange_strong(due, now + every)) return;
  draw(now);
}

void ProgressBar::draw(double now) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t done = done_.load(std::memory_order_relaxed);
  const double passed = now - drawn_at_;
  if (passed > 0) {
    // Less than before is no speed.
    const double rate =
        done < drawn_done_ ? rate_ : static_cast<double>(done - drawn_done_) / passed;
    // Young jobs have only their average.
    const double weight = 1 - std::exp(-passed / std::min(kRateMemorySeconds, now));
    rate_ = drawn_at_ == 0 ? rate : rate_ + (rate - rate_) * weight;
    drawn_at_ = now;
    drawn_done_ = done;
  }
  const ProgressState state{.label = options_.label,
                            .unit = options_.unit,
                            .done = done,
                            .total = options_.total,
                            .rate = rate_};
  if (style_.redraw) {
    TerminalStyle style = terminal_style(console_.descriptor());
    // Room for the "^C" that terminals write: a line that breaks cannot be erased.
    style.columns -= 2;
    console_.status(draw_progress(state, style));
  } else {
    console_.line(say_progress(state));
  }
}

void ProgressBar::finish() {
  if (finished_) return;
  finished_ = true;
  if (options_.quiet) return;
  const double seconds = seconds_since_start();
  const std::uint64_t done = done_.load() - std::min(done_.load(), options_.start);
  std::string line = printable(options_.label) + ": " + amount(done, options_.unit);
  if (options_.unit == ProgressUnit::items) line += " " + options_.items;
  line += " in " + human_duration(seconds);
  if (seconds > 0.01 && done > 0) {
    line += " (" + speed(static_cast<double>(done) / seconds, options_.unit) + ")";
  }
  console_.finish_status(line);
}

}  // namespace ds4
