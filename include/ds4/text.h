// The text in front of a model and behind it: tokens, prompts, and what an assistant turn says. It
// takes a file with a tokenizer, but no weights and no device.
//
//   TRY(const TextModel model, TextModel::open(path));
//   TRY(const Prompt prompt, model.render(R"({"messages": [{"role": "user", "content": "Hi"}]})"));
//   TurnStream turn(model, prompt);
//   for (const Token token : sample(prompt.tokens())) {
//     TRY(const auto events, turn.push(token));
//     for (const TurnEvent& event : events) show(event);
//   }
//   return turn.finish();
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ds4/result.h"

namespace ds4 {

using Token = std::int32_t;

// What `<｜User｜>` in a text means.
enum class SpecialTokens {
  as_text,     // just these characters: for whatever a user, a client or a tool says
  recognised,  // the control token: for text that the program itself wrote
};

// The prompt that a request became, and what is needed of the request to read the answer.
class Prompt {
 public:
  Prompt(Prompt&&) noexcept;
  Prompt& operator=(Prompt&&) noexcept;
  ~Prompt();

  const std::string& text() const;
  const std::vector<Token>& tokens() const;
  // The model goes on behind `<think>`.
  bool is_thinking() const;

 private:
  friend class Responder;
  friend class TextModel;
  friend class TurnStream;
  struct State;
  explicit Prompt(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Immutable; any number of threads may call.
class TextModel {
 public:
  // A model file or a vocabulary-only file. It is not needed afterwards.
  static Result<TextModel> open(const std::string& path);

  TextModel(TextModel&&) noexcept;
  TextModel& operator=(TextModel&&) noexcept;
  ~TextModel();

  // Tokens are 0 to this, exclusive.
  std::size_t token_count() const;

  // Adds nothing that the text does not say. Text that is no UTF-8 is repaired with U+FFFD. A text
  // has under 2^32 bytes.
  Result<std::vector<Token>> encode(std::string_view text,
                                    SpecialTokens special = SpecialTokens::as_text) const;
  // The exact bytes, which may end inside a character. Fails for a token that does not exist.
  Result<std::string> decode(std::span<const Token> tokens) const;

  // `request` is JSON: "messages" as in a chat request and, as wanted, "tools", "response_format",
  // "revision" and "options", as `ds4 render --help` says. Errors name the place in it.
  Result<Prompt> render(std::string_view request) const;

 private:
  friend class Constraint;
  friend class Engine;
  friend class TurnStream;
  struct State;
  explicit TextModel(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// An assistant turn as it is sampled. All text is valid UTF-8. Pieces of one kind follow one
// another and make the whole when joined.
struct ReasoningText {
  std::string text;
};
struct ReasoningEnded {};
struct AnswerText {
  std::string text;
};
struct ToolCallStarted {
  int index;  // of the call in this turn, from 0
  std::string id, name;
};
struct ToolCallArguments {
  int index;
  std::string json;  // the next piece
};
struct ToolCallEnded {
  int index;
};
// The calls cannot be read. `index` is the call that was started and will not end, or -1.
struct ToolCallFailed {
  int index;
  std::string reason;
};
using TurnEvent = std::variant<ReasoningText, ReasoningEnded, AnswerText, ToolCallStarted,
                               ToolCallArguments, ToolCallEnded, ToolCallFailed>;

enum class TurnFinish { stop, length, tool_calls };

// A finished turn.
struct Turn {
  struct Call {
    std::string id, name, arguments;  // JSON text
  };
  std::string reasoning, answer;
  std::vector<Call> calls;
  TurnFinish finish = TurnFinish::stop;
  std::string failure;  // why tool calls could not be read; else empty
};

// Reads one turn. Used by one thread at a time; must not outlive the TextModel.
class TurnStream {
 public:
  TurnStream(const TextModel& model, const Prompt& prompt);
  TurnStream(TurnStream&&) noexcept;
  TurnStream& operator=(TurnStream&&) noexcept;
  ~TurnStream();

  // The next sampled token. A token that ends the turn gives no event. Fails, and changes nothing,
  // for a token that does not exist.
  Result<std::vector<TurnEvent>> push(Token token);
  // The model ended its turn, or its calls are complete: what follows is ignored.
  bool is_over() const;

  // What was still held back goes into `last`, if given. Call once, and nothing afterwards. A turn
  // that is not over was cut off.
  Turn finish(std::vector<TurnEvent>* last = nullptr);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ds4
