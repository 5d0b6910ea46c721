// A conversation behind the face: its transcript, the session that evaluates it, and the settings
// of the next answer. Answers run over it (answer_run.h).
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "ds4/chat.h"
#include "engine/parts.h"
#include "engine/session.h"
#include "engine/transcript.h"

namespace ds4::engine {

// Used by the engine thread, `stop` excepted.
struct Conversation {
  Conversation(Parts& shared, ChatOptions chat_options);

  Parts& parts;
  ChatOptions options;
  Transcript transcript;
  Session session;
  const Constraint* constraint = nullptr;
  float steering_scale;
  std::atomic<bool> stop = false;  // the running answer is to end

  // A second one with the same history and settings.
  std::unique_ptr<Conversation> fork() const;
};

// The revision of the template that the model was trained with, as the text layer names it.
text::TemplateRevision revision_of(const model::Shape& shape);

// What is wrong with options, if anything.
Result<void> check_options(const ChatOptions& options, const Parts& parts);

}  // namespace ds4::engine
