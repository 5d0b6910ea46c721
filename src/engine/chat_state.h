// What a Chat of the face holds.
#pragma once

#include <memory>
#include <utility>

#include "ds4/chat.h"
#include "engine/conversation.h"

namespace ds4 {

struct Chat::State {
  explicit State(std::unique_ptr<engine::Conversation> of) : conversation(std::move(of)) {}

  std::unique_ptr<engine::Conversation> conversation;
};

}  // namespace ds4
