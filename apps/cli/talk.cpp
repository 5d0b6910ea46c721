#include "cli/talk.h"

#include <unistd.h>

#include <utility>

#include "base/terminal.h"
#include "base/utf8.h"
#include "cli/chat.h"
#include "cli/run.h"
#include "shared/console.h"
#include "terminal/state_folder.h"

namespace ds4::cli {

namespace {

// A status line on standard error while a model is opened.
class Waiting {
 public:
  explicit Waiting(const std::string& path)
      : is_shown_(terminal_style(Console::standard().descriptor()).redraw) {
    const std::string name = printable(path.substr(path.rfind('/') + 1), 60);
    if (is_shown_) Console::standard().status("opening " + name);
  }
  ~Waiting() {
    if (is_shown_) Console::standard().status("");
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  bool is_shown_;
};

// The model to use: the one given, or something that stands in.
Result<std::string> choose_model(const TalkOptions& options) {
  if (!options.model.empty()) return options.model;
  return fail(Code::bad_argument, "no model is given; say which with -m FILE");
}

}  // namespace

Result<Opened> open_chat(const TalkOptions& options) {
  const Waiting waiting(options.model);
  TRY(std::unique_ptr<Engine> engine, Engine::open(options.model, options.engine));
  if (options.load_session.empty()) {
    TRY(Chat chat, engine->start(options.chat));
    return Opened{std::move(engine), std::move(chat)};
  }
  TRY(const std::string session, terminal::session_path(options.load_session));
  TRY(Chat chat, engine->load(session, options.chat));
  return Opened{std::move(engine), std::move(chat)};
}

int talk(TalkOptions options) {
  auto model = choose_model(options);
  if (!model.ok()) return report(model.error().message);
  options.model = std::move(*model);
  const bool has_prompt = options.prompt.has_value() || !options.prompt_file.empty();
  if (has_prompt || ::isatty(STDIN_FILENO) != 1) return run(options);
  for (const auto& [given, name] : {std::pair{options.raw, "--raw"}, {options.json, "--json"}}) {
    if (given)
      return report(std::string(name) +
                    " needs a prompt: -p TEXT, --prompt-file, or standard input");
  }
  return chat(options);
}

}  // namespace ds4::cli
