#include "text/conversation.h"

#include <algorithm>

namespace ds4::text {

namespace {

bool is_user_side(const Message& message) {
  return message.role == Role::user || message.role == Role::tool;
}

bool says_nothing(const Message& message) {
  return (message.role == Role::user || message.role == Role::system) && message.content.empty() &&
         message.tools.empty() && !message.response_format && message.task == Task::none;
}

// The leading system messages as one; `messages` keeps the rest.
Message take_system(std::vector<Message>& messages) {
  Message system;
  system.role = Role::system;
  std::size_t count = 0;
  while (count < messages.size() && messages[count].role == Role::system) {
    Message& next = messages[count];
    if (!system.content.empty() && !next.content.empty()) system.content += "\n\n";
    system.content += next.content;
    for (Json& tool : next.tools) system.tools.push_back(std::move(tool));
    if (next.response_format) system.response_format = std::move(next.response_format);
    ++count;
  }
  messages.erase(messages.begin(), messages.begin() + static_cast<std::ptrdiff_t>(count));
  return system;
}

// Moves every system message before a user turn, as a reminder. `reminders[i]` stand before
// message i of the others.
Result<std::vector<Message>> with_reminders(std::vector<Message> messages) {
  std::vector<Message> others;
  std::vector<std::pair<std::size_t, Message>> late;  // before which of the others it was written
  for (Message& message : messages) {
    if (message.role != Role::system) {
      others.push_back(std::move(message));
      continue;
    }
    if (!message.tools.empty() || message.response_format) {
      return fail(Code::bad_argument, "tools must be offered at the start of a conversation");
    }
    late.emplace_back(others.size(), std::move(message));
  }

  const auto turn_start = [&](std::size_t i) {
    while (i > 0 && is_user_side(others[i - 1])) --i;
    return i;
  };
  std::vector<std::vector<Message>> reminders(others.size() + 1);
  for (auto& [written, message] : late) {
    std::size_t at = written;
    if (at > 0 && is_user_side(others[at - 1])) {
      // Behind words of the user: it goes before them, now and when more turns follow.
      at = turn_start(at - 1);
    } else {
      while (at < others.size() && !is_user_side(others[at])) ++at;
      if (at == others.size()) {
        while (at > 0 && !is_user_side(others[at - 1])) --at;
        if (at > 0) at = turn_start(at - 1);
      }
    }
    message.role = Role::latest_reminder;
    reminders[at].push_back(std::move(message));
  }

  std::vector<Message> out;
  for (std::size_t i = 0; i < others.size(); ++i) {
    for (Message& reminder : reminders[i]) out.push_back(std::move(reminder));
    out.push_back(std::move(others[i]));
  }
  return out;
}

}  // namespace

Result<std::vector<Message>> arrange(std::vector<Message> messages, Offer offer) {
  for (Message& message : messages) {
    if (message.role == Role::developer) message.role = Role::system;
  }
  if (!std::all_of(messages.begin(), messages.end(), says_nothing)) {
    messages.erase(std::remove_if(messages.begin(), messages.end(), says_nothing), messages.end());
  }

  Message system = take_system(messages);
  for (Json& tool : offer.tools) system.tools.push_back(std::move(tool));
  if (offer.response_format) system.response_format = std::move(offer.response_format);

  TRY(std::vector<Message> out, with_reminders(std::move(messages)));
  if (out.empty()) {
    return fail(Code::bad_argument, "messages: nothing to answer; the last must be from the user");
  }
  const Message& last = out.back();
  if (last.role == Role::assistant && !last.continues) {
    return fail(Code::bad_argument,
                "messages: the last is a finished assistant message; end with a user or tool "
                "message, or set \"prefix\": true to continue it");
  }
  if (last.role == Role::latest_reminder) {
    return fail(Code::bad_argument,
                "messages: the last is a reminder; end with a user or tool message");
  }
  for (std::size_t i = 0; i + 1 < out.size(); ++i) {
    if (out[i].continues) {
      return fail(Code::bad_argument, "messages: only the last message can be continued");
    }
  }
  if (!says_nothing(system)) out.insert(out.begin(), std::move(system));
  return out;
}

Message invalid_call_result(std::string_view reason) {
  Message message;
  message.role = Role::tool;
  message.content = "Error: invalid tool call: " + std::string(reason);
  return message;
}

}  // namespace ds4::text
