#include "cli/run.h"

#include <signal.h>

#include <algorithm>
#include <span>
#include <string>
#include <variant>

#include "base/json.h"
#include "base/utf8.h"
#include "cli/answer_output.h"
#include "cli/event_json.h"
#include "shared/console.h"
#include "shared/input.h"
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

// To standard error: the prompt and the answer as tokens, and what they took.
void trace(const Engine& engine, const Chat& chat, const AnswerStats& stats) {
  const std::span<const Token> all = chat.tokens();
  const std::size_t prompt = std::min<std::size_t>(stats.prompt_tokens, all.size());
  const auto describe = [&](const char* name, std::span<const Token> tokens) {
    const auto text = engine.text().decode(tokens);
    report(std::string(name) + ": " +
           (text.ok() ? printable(*text, text->size() * 4) : text.error().message));
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

Result<int> carry_out(TalkOptions options) {
  TRY(const std::string prompt, read_prompt(options));
  AnswerOutput output({.hide_thinking = options.hide_thinking, .hide_figures = true});
  // A reader of lines gets progress with the other events, a chunk of the prompt at a time.
  if (!options.json) {
    // A terminal that is gone is noticed with the next event.
    options.chat.on_progress = [&output](const Progress& progress) { (void)output.show(progress); };
  }
  TRY(Opened opened, open_chat(options));
  Finished finished;
  {
    const terminal::OnInterrupt interrupt([](void* chat) { static_cast<Chat*>(chat)->stop(); },
                                          &opened.chat);
    for (const Event& event :
         options.raw ? opened.chat.complete(prompt) : opened.chat.ask(prompt)) {
      if (options.json) {
        print(to_text(event_json(event)) + "\n");
      } else if (!output.show(event)) {
        opened.chat.stop();
      }
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
