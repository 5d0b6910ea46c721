#include "cli/run.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <span>
#include <string>
#include <variant>

#include "base/json.h"
#include "base/utf8.h"
#include "cli/event_json.h"
#include "shared/console.h"
#include "shared/input.h"
#include "terminal/answer_view.h"
#include "terminal/display_width.h"
#include "terminal/line_reader.h"
#include "terminal/state_folder.h"
#include "terminal/status_line.h"
#include "terminal/terminal_mode.h"

namespace ds4::cli {

namespace {

constexpr int kContextFull = 2;
constexpr int kInterrupted = 128 + SIGINT;

Result<std::string> read_prompt(const TalkOptions& options) {
  std::string text, name;
  if (options.prompt) {
    text = *options.prompt;
  } else {
    const bool is_file = !options.prompt_file.empty() && options.prompt_file != "-";
    name = is_file ? options.prompt_file : "standard input";
    TRY(text, read_input(is_file ? options.prompt_file : "-"));
  }
  const std::size_t valid = valid_utf8_prefix(text);
  if (valid < text.size()) {
    return fail(Code::bad_argument, name, name.empty() ? "the prompt is" : ":",
                " not UTF-8 text: byte ", valid, " is wrong");
  }
  // The line break that ends a file is no part of what was asked.
  if (!options.raw && !text.empty() && text.back() == '\n') text.pop_back();
  if (text.find_first_not_of(" \t\r\n") == text.npos) {
    return fail(Code::bad_argument, name, name.empty() ? "" : ": ", "the prompt is empty");
  }
  return text;
}

// Writes the events of one answer where they go.
class Output {
 public:
  explicit Output(const TalkOptions& options) : options_(options) {
    view_.hide_figures();
    if (options.hide_thinking) view_.hide_thinking();
  }

  void show(const Event& event) {
    if (options_.json) return print(to_text(event_json(event)) + "\n");
    const terminal::Screen screen = terminal::standard_screen();
    if (::isatty(STDOUT_FILENO) == 1) return print(view_.show(event, screen));
    if (const auto* e = std::get_if<ReasoningText>(&event)) think(e->text);
    if (const auto* e = std::get_if<AnswerText>(&event)) {
      end_thinking();
      print(e->text);
    }
    if (const auto* e = std::get_if<ToolCallFailed>(&event))
      report("a call cannot be read: " + e->reason);
    if (std::holds_alternative<Finished>(event)) end_thinking();
  }

 private:
  void think(const std::string& text) {
    if (options_.hide_thinking || text.empty()) return;
    const TerminalStyle style = terminal_style(STDERR_FILENO);
    const bool is_terminal = ::isatty(STDERR_FILENO) == 1;
    std::string out = is_terminal ? terminal::safe_text(text) : text;
    ends_line_ = out.back() == '\n';
    is_thinking_ = true;
    if (style.colour) out = "\x1b[2m" + out + "\x1b[0m";
    write_aside(out);
  }
  void end_thinking() {
    if (is_thinking_ && !ends_line_) write_aside("\n");
    is_thinking_ = false;
  }
  static void write_aside(const std::string& text) {
    // What cannot be written to standard error has nowhere to go.
    [[maybe_unused]] const auto count = ::write(STDERR_FILENO, text.data(), text.size());
  }

  const TalkOptions& options_;
  terminal::AnswerView view_;
  bool is_thinking_ = false, ends_line_ = true;
};

// To standard error: the prompt and the answer as tokens, and what they took.
void trace(const Engine& engine, const Chat& chat, const AnswerStats& stats) {
  const std::span<const Token> all = chat.tokens();
  const std::size_t prompt = std::min<std::size_t>(stats.prompt_tokens, all.size());
  const auto describe = [&](const char* name, std::span<const Token> tokens) {
    const auto text = engine.text().decode(tokens);
    report(std::string(name) + ": " +
           (text.ok() ? printable(*text, text->size()) : text.error().message));
    std::string ids = std::string(name) + " tokens:";
    for (const Token token : tokens) ids += " " + std::to_string(token);
    report(ids);
  };
  describe("prompt", all.subspan(0, prompt));
  describe("answer", all.subspan(prompt));
  for (const std::string& line : terminal::all_figures(stats)) report(line);
}

int exit_code(const Finished& finished) {
  switch (finished.reason) {
    case FinishReason::stop:
    case FinishReason::length:
    case FinishReason::tool_calls:
      return 0;
    case FinishReason::context_full:
      report("the context is full before the answer ended; --ctx makes it larger");
      return kContextFull;
    case FinishReason::stopped:
      return kInterrupted;
    case FinishReason::failed:
      return report(finished.failure);
  }
  return 1;
}

Result<int> carry_out(const TalkOptions& options) {
  TRY(const std::string prompt, read_prompt(options));
  TRY(Opened opened, open_chat(options));
  Output output(options);
  Finished finished;
  {
    const terminal::OnInterrupt interrupt([](void* chat) { static_cast<Chat*>(chat)->stop(); },
                                          &opened.chat);
    for (const Event& event :
         options.raw ? opened.chat.complete(prompt) : opened.chat.ask(prompt)) {
      output.show(event);
      if (const auto* end = std::get_if<Finished>(&event)) finished = *end;
    }
  }
  if (options.trace) trace(*opened.engine, opened.chat, finished.stats);
  if (!options.save_session.empty() && finished.reason != FinishReason::failed) {
    TRY(const std::string path, terminal::session_path(options.save_session));
    TRY_DO(opened.chat.save(path));
  }
  return exit_code(finished);
}

}  // namespace

int run(const TalkOptions& options) {
  const auto code = carry_out(options);
  return code.ok() ? *code : report(code.error().message);
}

}  // namespace ds4::cli
