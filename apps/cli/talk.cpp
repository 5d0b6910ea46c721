#include "cli/talk.h"

#include <unistd.h>

#include <utility>

#include "cli/chat.h"
#include "cli/run.h"
#include "shared/choose_model.h"
#include "shared/console.h"
#include "shared/opening.h"
#include "terminal/state_folder.h"

namespace ds4::cli {

namespace {

ChatOptions with_what_was_said(ChatOptions out, const TalkOptions& options) {
  if (options.system) out.system = *options.system;
  if (options.thinking) out.thinking = *options.thinking;
  return out;
}

Result<Chat> start_or_load(Engine& engine, const TalkOptions& options) {
  const ChatOptions wanted = with_what_was_said(options.chat, options);
  if (options.load_session.empty()) return engine.start(wanted);
  TRY(const std::string session, terminal::session_path(options.load_session));
  TRY(Chat chat, engine.load(session, wanted));
  chat.set_options(with_what_was_said(chat.options(), options));
  return chat;
}

}  // namespace

Result<Opened> open_chat(const TalkOptions& options) {
  const Opening opening(options.model);
  TRY(std::unique_ptr<Engine> engine, Engine::open(options.model, options.engine));
  TRY(Chat chat, start_or_load(*engine, options));
  if (options.steering_scale) TRY_DO(chat.steer(*options.steering_scale));
  return Opened{std::move(engine), std::move(chat)};
}

int talk(TalkOptions options) {
  auto model = choose_model(options.model);
  if (!model.ok()) return report(model.error().message);
  mention_demo(*model);
  options.model = std::move(model->path);
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
