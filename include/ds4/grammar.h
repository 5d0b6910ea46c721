// Constrained decoding: which tokens may come next, so that an answer is right by construction. It
// takes a TextModel, but no weights and no device. docs/grammar.md says what is understood.
//
//   TRY(const auto constraint, Constraint::json_schema(model, R"({"type": "object",
//       "properties": {"city": {"type": "string"}}, "required": ["city"]})"));
//   ConstraintState state(constraint);
//   while (!state.has_ended()) {
//     const Token token = choose(state.allowed());
//     if (!state.accept(token)) return refused(token);
//     answer.push_back(token);
//   }
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ds4/result.h"
#include "ds4/text.h"

namespace ds4 {

// What is generated of a block of tool calls.
enum class ToolCallsFrom {
  separator,  // all of it, with the empty line before it
  block,      // from <｜DSML｜tool_calls>
  inside,     // what follows <｜DSML｜tool_calls>: the model opened the block by itself
};

struct ToolCallOptions {
  ToolCallsFrom from = ToolCallsFrom::separator;
  bool one_call_only = false;
  std::string first_name = {};  // the first call's tool, if it is forced
};

// What a text may be, over the tokens of one model. Immutable; any number of threads may use it.
// The TextModel is not needed afterwards. The first constraint of a model takes longer: it sorts
// the vocabulary.
class Constraint {
 public:
  // A JSON document that the schema holds valid. Keywords that are not supported are refused or,
  // if not strict, left out with a warning.
  static Result<Constraint> json_schema(const TextModel& model, std::string_view schema,
                                        bool is_strict = true);
  // The pattern matches the whole text.
  static Result<Constraint> regex(const TextModel& model, std::string_view pattern);
  // A grammar in the part of the Lark language that custom tools send.
  static Result<Constraint> lark(const TextModel& model, std::string_view grammar);
  // Calls of these tools, in the model's own markup. `tools` is JSON as "tools" in a chat request;
  // functions with "strict": true have their arguments follow the whole schema.
  static Result<Constraint> tool_calls(const TextModel& model, std::string_view tools,
                                       const ToolCallOptions& options = {});

  Constraint(Constraint&&) noexcept;
  Constraint& operator=(Constraint&&) noexcept;
  ~Constraint();

  // What was left out of schemas that are not strict.
  const std::vector<std::string>& warnings() const;

 private:
  friend class ConstraintState;
  struct State;
  explicit Constraint(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

// Where one text stands. Used by one thread at a time; may outlive its Constraint. What one state
// finds out about masks, later ones of the same Constraint use.
class ConstraintState {
 public:
  // The last `rollback_limit` accepted tokens can be taken back.
  explicit ConstraintState(const Constraint& constraint, std::size_t rollback_limit = 64);
  ConstraintState(ConstraintState&&) noexcept;
  ConstraintState& operator=(ConstraintState&&) noexcept;
  ~ConstraintState();

  // Exactly the tokens that accept() would take: token t is bit t % 64 of word t / 64. Valid until
  // the next call. Never empty before the end.
  std::span<const std::uint64_t> allowed();
  // False: the token may not come here or does not exist, and nothing has changed. A token that
  // ends the turn may come where can_end(); afterwards nothing may.
  [[nodiscard]] bool accept(Token token);
  // Takes back the last `count` accepted tokens. False, and nothing happens, if that is more than
  // are remembered.
  [[nodiscard]] bool rollback(std::size_t count);

  // The text so far is complete. It may still be possible to go on.
  bool can_end() const;
  // A token that ends the turn was accepted.
  bool has_ended() const;
  // Tokens that spell what must come next whatever is chosen; often none. They are not accepted
  // yet. Sampled one by one, the same text may come in other tokens.
  std::vector<Token> forced() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ds4
