#include "cli/answer_output.h"

#include <unistd.h>

#include <variant>

#include "base/terminal.h"
#include "shared/console.h"
#include "terminal/display_width.h"
#include "terminal/line_reader.h"

namespace ds4::cli {

namespace {

void write_aside(const std::string& text) {
  // What cannot be written to standard error has nowhere to go.
  [[maybe_unused]] const auto count = ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

AnswerOutput::AnswerOutput(const OutputOptions& options)
    : options_(options), to_terminal_(::isatty(STDOUT_FILENO) == 1) {
  if (options.hide_thinking) view_.hide_thinking();
  if (options.hide_figures) view_.hide_figures();
}

bool AnswerOutput::show(const Event& event) {
  if (!to_terminal_) return show_exactly(event);
  return terminal::write_out(view_.show(event, terminal::standard_screen()));
}

bool AnswerOutput::note(std::string_view text, terminal::Styles style) {
  if (to_terminal_) {
    return terminal::write_out(view_.note(text, style, terminal::standard_screen()));
  }
  if (!text.empty()) report(text);
  return true;
}

bool AnswerOutput::separate() {
  return to_terminal_ ? note("", terminal::kPlain) : terminal::write_out("\n");
}

bool AnswerOutput::show_exactly(const Event& event) {
  if (const auto* e = std::get_if<ReasoningText>(&event)) think(e->text);
  if (const auto* e = std::get_if<AnswerText>(&event)) {
    end_thinking();
    return terminal::write_out(e->text);
  }
  if (const auto* e = std::get_if<ToolCallFailed>(&event)) {
    report("a call cannot be read: " + e->reason);
  }
  if (std::holds_alternative<Finished>(event)) end_thinking();
  return true;
}

void AnswerOutput::think(const std::string& text) {
  if (options_.hide_thinking || text.empty()) return;
  const bool is_terminal = ::isatty(STDERR_FILENO) == 1;
  std::string out = is_terminal ? terminal::safe_text(text) : text;
  ends_line_ = out.back() == '\n';
  is_thinking_ = true;
  if (terminal_style(STDERR_FILENO).colour) out = "\x1b[2m" + out + "\x1b[0m";
  write_aside(out);
}

void AnswerOutput::end_thinking() {
  if (is_thinking_ && !ends_line_) write_aside("\n");
  is_thinking_ = false;
}

}  // namespace ds4::cli
