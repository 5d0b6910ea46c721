// What `ds4` does without a command: talk with a model, in a chat or once. The options both share.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "ds4/chat.h"
#include "ds4/engine.h"
#include "ds4/result.h"

namespace ds4::cli {

struct TalkOptions {
  std::string model;
  EngineOptions engine;
  ChatOptions chat;
  std::string load_session, save_session;  // names or paths; empty: none
  // Said on the command line, so they also hold for a conversation that was kept with others.
  std::optional<std::string> system, thinking;
  std::optional<float> steering_scale;

  // For one answer.
  std::optional<std::string> prompt;
  std::string prompt_file;  // "-" is standard input
  bool raw = false;         // the prompt is all the model sees: no template
  bool json = false;
  bool trace = false;
  bool hide_thinking = false;
};

// Chats where a person sits at the terminal and gave no prompt, else answers once. Returns the exit
// code.
int talk(TalkOptions options);

// What talking needs, opened; says that it takes a while to a person who waits.
struct Opened {
  std::unique_ptr<Engine> engine;
  Chat chat;
};
Result<Opened> open_chat(const TalkOptions& options);

}  // namespace ds4::cli
