#include "terminal/status_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/human.h"
#include "base/progress.h"

namespace ds4::terminal {
namespace {

constexpr double kShownAfterSeconds = 0.3;
constexpr double kWorthSeconds = 1;

std::string tenths(double value) {
  const auto rounded = static_cast<std::uint64_t>(std::llround(value * 10));
  return std::to_string(rounded / 10) + "." + std::to_string(rounded % 10);
}

std::string rate(std::uint64_t tokens, double seconds) {
  if (tokens == 0 || !(seconds > 0)) return "";
  const double value = static_cast<double>(tokens) / seconds;
  const std::string text =
      value < 100 ? tenths(value) : human_count(static_cast<std::uint64_t>(std::llround(value)));
  return text + " tokens/s";
}

std::string percent(std::uint64_t part, std::uint64_t whole) {
  return std::to_string((part * 200 + whole) / (whole * 2)) + "%";
}

std::string tokens(std::uint64_t count) {
  return human_count(count) + (count == 1 ? " token" : " tokens");
}

// Why an answer ended, where that needs a word.
std::string reason_text(const Finished& finished) {
  switch (finished.reason) {
    case FinishReason::stop:
    case FinishReason::tool_calls:
      return "";
    case FinishReason::length:
      return "cut off at the limit of the answer";
    case FinishReason::context_full:
      return "cut off: the context is full";
    case FinishReason::stopped:
      return "stopped";
    case FinishReason::failed:
      return "failed: " + finished.failure;
  }
  return "";
}

// Tokens of the prompt that were evaluated for this answer.
std::uint64_t evaluated(const AnswerStats& stats) {
  return stats.prompt_tokens - std::min(stats.prompt_tokens, stats.reused_tokens);
}

}  // namespace

namespace {

// What drafting gained, between two words; empty where it is not known.
std::string speedup(const AnswerStats& stats, const char* before, const char* behind) {
  if (stats.draft_speedup <= 0) return "";
  return fmt::format("{}{:.2f}{}", before, stats.draft_speedup, behind);
}

}  // namespace

std::string status_line(const Finished& finished) {
  const AnswerStats& stats = finished.stats;
  std::string line = reason_text(finished);
  const auto append = [&line](const std::string& name, const std::string& value) {
    if (value.empty()) return;
    if (!line.empty()) line += ", ";
    line += name + value;
  };
  if (stats.context_tokens > 0) {
    append("", human_count(stats.context_used) + " of " + tokens(stats.context_tokens));
  }
  // An answer that was stopped before its first token did not need the whole prompt.
  if (stats.answer_tokens > 0) append("prompt ", rate(evaluated(stats), stats.prompt_seconds));
  append("answer ", rate(stats.answer_tokens, stats.answer_seconds));
  if (stats.drafted_tokens > 0) {
    append("drafts ",
           percent(stats.accepted_tokens, stats.drafted_tokens) + speedup(stats, " and ", "x"));
  }
  return line;
}

std::vector<std::string> all_figures(const AnswerStats& stats) {
  std::vector<std::string> lines;
  const auto with_rate = [](std::uint64_t count, double seconds) {
    const std::string speed = rate(count, seconds);
    return " in " + human_duration(seconds) + (speed.empty() ? "" : " (" + speed + ")");
  };
  lines.push_back("prompt   " + tokens(stats.prompt_tokens) + ", " +
                  human_count(stats.reused_tokens) + " of them known before, the others" +
                  with_rate(evaluated(stats), stats.prompt_seconds));
  lines.push_back("answer   " + tokens(stats.answer_tokens) +
                  with_rate(stats.answer_tokens, stats.answer_seconds) + ", " +
                  human_count(stats.model_steps) + (stats.model_steps == 1 ? " step" : " steps") +
                  " of the model");
  if (stats.drafted_tokens > 0) {
    lines.push_back("drafts   " + human_count(stats.accepted_tokens) + " of " +
                    human_count(stats.drafted_tokens) + " accepted (" +
                    percent(stats.accepted_tokens, stats.drafted_tokens) + ")" +
                    speedup(stats, ", ", " times the speed without"));
  }
  if (stats.context_tokens > 0) {
    lines.push_back("context  " + human_count(stats.context_used) + " of " +
                    tokens(stats.context_tokens) + " (" +
                    percent(stats.context_used, stats.context_tokens) + ")");
  }
  lines.push_back("seed     " + std::to_string(stats.seed));
  return lines;
}

std::string prompt_progress(const ds4::Progress& progress, const TerminalStyle& style) {
  if (progress.seconds < kShownAfterSeconds || progress.tokens_done == 0) return "";
  const double per_second = static_cast<double>(progress.tokens_done) / progress.seconds;
  if (static_cast<double>(progress.tokens_total) / per_second < kWorthSeconds) return "";
  return draw_progress({.label = "reading",
                        .unit = ProgressUnit::items,
                        .done = progress.tokens_done,
                        .total = progress.tokens_total,
                        .rate = per_second,
                        .items = "tokens"},
                       style);
}

}  // namespace ds4::terminal
