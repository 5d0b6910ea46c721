// Writes a message list as the prompt text that the model was trained on, byte for byte, with the
// trust of every byte. Pure: the same messages and options always give the same bytes.
#pragma once

#include <string>
#include <vector>

#include "ds4/result.h"
#include "text/message.h"
#include "text/span.h"
#include "text/thinking.h"

namespace ds4::text {

enum class ToolsPosition {
  last,   // after the system text, as trained
  first,  // before it, so that clients with volatile last lines keep a cached prefix
};

struct RenderOptions {
  Thinking thinking;
  TemplateRevision revision = TemplateRevision::r0731;
  bool drop_thinking = true;  // hide past reasoning when there are no tools
  bool add_bos = true;
  ToolsPosition tools_position = ToolsPosition::last;
  // A history that shows tool calls or results keeps its reasoning even if the request lists no
  // tools, so that a client that drops its tool list does not change every earlier turn.
  bool sticky_tools = true;
};

// Where the model continues.
enum class PromptEnd {
  content,    // behind `</think>`, or inside the text of an answer
  reasoning,  // behind `<think>`
  task,       // behind a task token
  nowhere,    // no assistant turn is open; not a prompt to generate from
};

struct Prompt {
  std::vector<Span> spans;
  PromptEnd end = PromptEnd::nowhere;
  // Reasoning was kept because of sticky_tools, where the official template drops it.
  bool kept_by_sticky_tools = false;

  // All bytes, as people and comparisons want them.
  std::string text() const;
};

// Renders `messages` as they are (clients' habits are settled before, in conversation.h).
// `context` holds messages that precede them and are already in the cache: they take part in every
// decision, are not rendered, and no begin-of-sentence mark is written.
Result<Prompt> render(const std::vector<Message>& messages, const RenderOptions& options = {},
                      const std::vector<Message>& context = {});

}  // namespace ds4::text
