#include "text/render.h"

#include "text/calls_block.h"
#include "text/dsml.h"
#include "text/span_writer.h"
#include "text/tools_block.h"
#include "text/user_turn.h"

namespace ds4::text {

namespace {

std::string_view token_of(Task task) {
  switch (task) {
    case Task::none:
      break;
    case Task::action:
      return "<｜action｜>";
    case Task::query:
      return "<｜query｜>";
    case Task::authority:
      return "<｜authority｜>";
    case Task::domain:
      return "<｜domain｜>";
    case Task::title:
      return "<｜title｜>";
    case Task::read_url:
      return "<｜read_url｜>";
  }
  return {};
}

bool has_tools(const std::vector<Turn>& turns) {
  for (const Turn& turn : turns) {
    if (!turn.message->tools.empty()) return true;
  }
  return false;
}

bool shows_tool_use(const std::vector<Turn>& turns) {
  for (const Turn& turn : turns) {
    if (!turn.message->tool_calls.empty()) return true;
    for (const Block& block : turn.blocks) {
      if (block.is_tool_result) return true;
    }
  }
  return false;
}

class Renderer {
 public:
  explicit Renderer(const RenderOptions& options) : options_(options) {}

  Result<Prompt> run(std::vector<Turn> turns, bool has_context) {
    turns_ = std::move(turns);
    const bool tools = has_tools(turns_);
    const bool sticky = !tools && options_.sticky_tools && shows_tool_use(turns_);
    keeps_reasoning_ = !options_.drop_thinking || tools || sticky;
    if (options_.thinking.on && !keeps_reasoning_) drop_old_developer_turns(turns_);
    last_user_ = last_user_turn(turns_);

    if (options_.add_bos && !has_context) out_.markup(kBeginOfSentence);
    if (!has_context) out_.markup(effort_text(options_.thinking, options_.revision));
    for (std::size_t i = 0; i < turns_.size(); ++i) {
      if (turns_[i].in_context) continue;
      TRY_DO(body(i));
      transition(i);
    }
    Prompt prompt;
    prompt.end = end_;
    prompt.kept_by_sticky_tools = sticky && options_.drop_thinking && options_.thinking.on;
    prompt.spans = out_.take();
    return prompt;
  }

 private:
  Result<void> body(std::size_t i) {
    const Turn& turn = turns_[i];
    const Message& message = *turn.message;
    end_ = PromptEnd::nowhere;
    switch (turn.role) {
      case Role::system:
        system_text(message);
        break;
      case Role::developer:
        if (message.content.empty()) {
          return fail(Code::bad_argument, "a developer message must not be empty");
        }
        out_.markup(kUser);
        system_text(message);
        break;
      case Role::latest_reminder:
        out_.markup(kLatestReminder);
        out_.content(message.content);
        break;
      case Role::assistant:
        return assistant(i);
      case Role::user:
      case Role::tool:
        user(turn);
        break;
    }
    return {};
  }

  void system_text(const Message& message) {
    const bool tools_first = options_.tools_position == ToolsPosition::first;
    if (!message.tools.empty() && tools_first) {
      write_tools_block(out_, message.tools);
      out_.markup("\n\n");
    }
    out_.content(message.content);
    if (!message.tools.empty() && !tools_first) {
      out_.markup("\n\n");
      write_tools_block(out_, message.tools);
    }
    if (message.response_format) {
      out_.markup("\n\n");
      write_response_format(out_, *message.response_format);
    }
  }

  void user(const Turn& turn) {
    out_.markup(kUser);
    bool first = true;
    for (const Block& block : turn.blocks) {
      if (!first) out_.markup("\n\n");
      first = false;
      if (block.is_tool_result) {
        out_.markup(kToolResultOpen);
        // A file that a tool read must not be able to end its own result.
        out_.content(with_replaced(block.text, kToolResultClose, kToolResultCloseEscaped));
        out_.markup(kToolResultClose);
      } else {
        out_.content(block.text);
      }
    }
  }

  bool is_recent(std::size_t i) const { return static_cast<int>(i) > last_user_; }

  Result<void> assistant(std::size_t i) {
    const Message& message = *turns_[i].message;
    const bool answers_task = i > 0 && turns_[i - 1].task != Task::none;
    if (options_.thinking.on && !answers_task && (keeps_reasoning_ || is_recent(i))) {
      out_.content(message.reasoning.value_or(""));
      out_.markup(kThinkClose);
    }
    out_.content(message.content);
    if (!message.sampled_block.empty()) {
      for (const Span& span : message.sampled_block) out_.add(span.bytes, span.trusted);
    } else if (!message.tool_calls.empty()) {
      out_.markup("\n\n");
      TRY_DO(write_tool_calls(out_, message.tool_calls));
    }
    if (message.continues) {
      end_ = PromptEnd::content;
    } else {
      out_.markup(kEndOfSentence);
    }
    return {};
  }

  // What opens the next turn belongs to the end of this one.
  void transition(std::size_t i) {
    if (i + 1 < turns_.size()) {
      const Role next = turns_[i + 1].role;
      if (next != Role::assistant && next != Role::latest_reminder) return;
    }
    const Turn& turn = turns_[i];
    if (turn.task == Task::action) {
      out_.markup(kAssistant);
      out_.markup(options_.thinking.on ? kThinkOpen : kThinkClose);
    }
    if (turn.task != Task::none) {
      out_.markup(token_of(turn.task));
      end_ = PromptEnd::task;
      return;
    }
    if (turn.role != Role::user && turn.role != Role::developer) return;
    const bool thinks =
        options_.thinking.on && (keeps_reasoning_ || static_cast<int>(i) >= last_user_);
    out_.markup(kAssistant);
    out_.markup(thinks ? kThinkOpen : kThinkClose);
    end_ = thinks ? PromptEnd::reasoning : PromptEnd::content;
  }

  const RenderOptions& options_;
  std::vector<Turn> turns_;
  int last_user_ = -1;
  bool keeps_reasoning_ = false;
  PromptEnd end_ = PromptEnd::nowhere;
  SpanWriter out_;
};

}  // namespace

std::string Prompt::text() const {
  std::string out;
  for (const Span& span : spans) out += span.bytes;
  return out;
}

Result<Prompt> render(const std::vector<Message>& messages, const RenderOptions& options,
                      const std::vector<Message>& context) {
  std::vector<Turn> turns;
  TRY_DO(append_turns(turns, context, true, "context"));
  TRY_DO(append_turns(turns, messages, false, "messages"));
  sort_tool_results(turns);
  return Renderer(options).run(std::move(turns), !context.empty());
}

}  // namespace ds4::text
