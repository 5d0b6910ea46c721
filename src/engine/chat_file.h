// A conversation as a file: what was said, in words and tokens, and the model's state of it, so
// that it goes on as if it had never ended. docs/formats/chat.md describes the bytes.
#pragma once

#include <string>

#include "ds4/result.h"
#include "engine/conversation.h"

namespace ds4::engine {

// On failure an old file of that name still stands.
Result<void> save_conversation(const std::string& path, const Conversation& conversation);

// Into a new conversation, of which system text, thinking and steering become those of the file.
// Refused, with a sentence, unless every byte is right and the model is the one it was saved with;
// the conversation is then of no use. A state that this engine would keep in another form is left
// out, and its tokens evaluated again with the next message.
Result<void> load_conversation(const std::string& path, Conversation& conversation);

}  // namespace ds4::engine
