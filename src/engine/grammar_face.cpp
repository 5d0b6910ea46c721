// The face's grammar.h over the grammar layer.
#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include "base/json.h"
#include "ds4/grammar.h"
#include "engine/text_state.h"
#include "grammar/dsml_call.h"
#include "grammar/json_schema.h"
#include "grammar/lark.h"
#include "grammar/matcher.h"
#include "grammar/regex.h"
#include "text/message_json.h"

namespace ds4 {

namespace {

// Control tokens are never text. The one that opens a tag of tool calls is a mark, which a grammar
// may ask for; those that end a turn when sampled end the text.
Result<std::shared_ptr<const grammar::Vocabulary>> build_vocabulary(const text::Vocabulary& from) {
  std::vector<std::string_view> tokens;
  tokens.reserve(from.size());
  for (std::size_t i = 0; i < from.size(); ++i) tokens.push_back(from.bytes(static_cast<Token>(i)));
  const std::vector<grammar::Token> never(from.added_tokens().begin(), from.added_tokens().end());
  const grammar::Token marks[] = {static_cast<grammar::Token>(from.special().dsml)};
  std::vector<grammar::Token> ends;
  for (const Token token : from.stops()) {
    const auto& out = from.never_sampled();
    if (std::find(out.begin(), out.end(), token) == out.end()) {
      ends.push_back(static_cast<grammar::Token>(token));
    }
  }
  TRY(grammar::Vocabulary built,
      grammar::Vocabulary::build(tokens, {.never = never, .marks = marks, .ends = ends}));
  return std::make_shared<const grammar::Vocabulary>(std::move(built));
}

grammar::DsmlStart start_of(ToolCallsFrom from) {
  switch (from) {
    case ToolCallsFrom::separator:
      return grammar::DsmlStart::separator;
    case ToolCallsFrom::block:
      return grammar::DsmlStart::block;
    case ToolCallsFrom::inside:
      return grammar::DsmlStart::inside;
  }
  return grammar::DsmlStart::separator;
}

Result<grammar::DsmlTool> tool_of(const Json& function, std::size_t index) {
  grammar::DsmlTool tool;
  tool.name = function.find("name")->as_string();  // read_tools() made sure of it
  const Json* parameters = function.find("parameters");
  if (parameters != nullptr && !parameters->is_null()) tool.parameters = *parameters;
  if (const Json* strict = function.find("strict"); strict != nullptr && !strict->is_null()) {
    if (!strict->is_bool()) {
      return fail(Code::bad_argument, "tools[", index, "].function.strict: expected true or false");
    }
    tool.is_strict = strict->as_bool();
  }
  return tool;
}

// The part of `text` before its first character that is cut off or broken.
std::string_view whole_characters(std::string_view text) {
  std::size_t at = 0;
  for (std::size_t length; (length = grammar::utf8_length(text.substr(at))) != 0;) at += length;
  return text.substr(0, at);
}

}  // namespace

Result<std::shared_ptr<const grammar::Vocabulary>> TextModel::State::grammar_vocabulary() {
  const std::lock_guard lock(mutex_);
  if (grammar_vocabulary_ == nullptr) {
    TRY(grammar_vocabulary_, build_vocabulary(tokenizer->vocabulary()));
  }
  return grammar_vocabulary_;
}

struct Constraint::State {
  std::shared_ptr<const text::Tokenizer> tokenizer;
  std::shared_ptr<const grammar::Vocabulary> vocabulary;
  std::shared_ptr<const grammar::Grammar> grammar;
  std::vector<std::string> warnings;

  // A cache of masks serves one thread, so each running state has one to itself. A state that ends
  // leaves its cache, with what is known by then, to the next.
  std::mutex mutex = {};
  std::vector<std::unique_ptr<grammar::MaskCache>> idle = {};

  std::unique_ptr<grammar::MaskCache> borrow() {
    {
      const std::lock_guard lock(mutex);
      if (!idle.empty()) {
        auto cache = std::move(idle.back());
        idle.pop_back();
        return cache;
      }
    }
    return std::make_unique<grammar::MaskCache>(grammar, vocabulary);
  }
  void give_back(std::unique_ptr<grammar::MaskCache> cache) {
    const std::lock_guard lock(mutex);
    idle.push_back(std::move(cache));
  }

  static Result<Constraint> make(const TextModel& model, grammar::Grammar grammar,
                                 std::vector<std::string> warnings = {}) {
    TRY(auto vocabulary, model.state_->grammar_vocabulary());
    return Constraint(std::shared_ptr<State>(new State{
        model.state_->tokenizer, std::move(vocabulary),
        std::make_shared<const grammar::Grammar>(std::move(grammar)), std::move(warnings)}));
  }
};

Constraint::Constraint(std::shared_ptr<State> state) : state_(std::move(state)) {}
Constraint::Constraint(Constraint&&) noexcept = default;
Constraint& Constraint::operator=(Constraint&&) noexcept = default;
Constraint::~Constraint() = default;

Result<Constraint> Constraint::json_schema(const TextModel& model, std::string_view schema,
                                           bool is_strict) {
  TRY(auto built, grammar::json_schema_grammar(schema, {.is_strict = is_strict}));
  return State::make(model, std::move(built.grammar), std::move(built.warnings));
}

Result<Constraint> Constraint::regex(const TextModel& model, std::string_view pattern) {
  TRY(auto built, grammar::regex_grammar(pattern));
  return State::make(model, std::move(built));
}

Result<Constraint> Constraint::lark(const TextModel& model, std::string_view grammar) {
  TRY(auto built, grammar::lark_grammar(grammar));
  return State::make(model, std::move(built));
}

Result<Constraint> Constraint::tool_calls(const TextModel& model, std::string_view tools,
                                          const ToolCallOptions& options) {
  TRY(const Json list, parse_json(tools));
  TRY(const std::vector<Json> functions, text::read_tools(list));
  std::vector<grammar::DsmlTool> offered;
  for (std::size_t i = 0; i < functions.size(); ++i) {
    TRY(grammar::DsmlTool tool, tool_of(functions[i], i));
    offered.push_back(std::move(tool));
  }
  TRY(auto built, grammar::dsml_call_grammar(offered, {.start = start_of(options.from),
                                                       .one_call_only = options.one_call_only,
                                                       .first_name = options.first_name}));
  return State::make(model, std::move(built.grammar), std::move(built.warnings));
}

const std::vector<std::string>& Constraint::warnings() const {
  return state_->warnings;
}

struct ConstraintState::State {
  State(std::shared_ptr<Constraint::State> of, std::size_t rollback_limit)
      : constraint(std::move(of)),
        cache(constraint->borrow()),
        matcher(*cache, rollback_limit),
        mask(constraint->vocabulary->size()) {}
  ~State() { constraint->give_back(std::move(cache)); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  std::shared_ptr<Constraint::State> constraint;
  std::unique_ptr<grammar::MaskCache> cache;
  grammar::Matcher matcher;
  grammar::TokenMask mask;
  bool is_current = false;  // whether the mask is that of the matcher's place
};

ConstraintState::ConstraintState(const Constraint& constraint, std::size_t rollback_limit)
    : state_(std::make_unique<State>(constraint.state_, rollback_limit)) {}
ConstraintState::ConstraintState(ConstraintState&&) noexcept = default;
ConstraintState& ConstraintState::operator=(ConstraintState&&) noexcept = default;
ConstraintState::~ConstraintState() = default;

std::span<const std::uint64_t> ConstraintState::allowed() {
  if (!state_->is_current) state_->matcher.mask(state_->mask);
  state_->is_current = true;
  return std::as_const(state_->mask).words();
}

bool ConstraintState::accept(Token token) {
  // A negative one becomes larger than any vocabulary.
  if (!state_->matcher.accept_token(static_cast<grammar::Token>(token))) return false;
  state_->is_current = false;
  return true;
}

bool ConstraintState::rollback(std::size_t count) {
  if (!state_->matcher.rollback(count)) return false;
  if (count != 0) state_->is_current = false;
  return true;
}

bool ConstraintState::can_end() const {
  return state_->matcher.can_end();
}

bool ConstraintState::has_ended() const {
  return state_->matcher.ended();
}

std::vector<Token> ConstraintState::forced() const {
  const text::Tokenizer& tokenizer = *state_->constraint->tokenizer;
  const Token mark = tokenizer.vocabulary().special().dsml;
  const std::string_view name = tokenizer.token_bytes(mark);
  const std::string bytes = state_->matcher.forced_bytes();
  std::vector<Token> out;
  std::string_view rest = bytes;
  while (true) {
    const std::string_view run = whole_characters(rest);
    const std::vector<Token> tokens = tokenizer.encode(run);
    out.insert(out.end(), tokens.begin(), tokens.end());
    rest.remove_prefix(run.size());
    // Behind the run: a mark, the beginning of a character that is not decided yet, or the end.
    if (rest.empty() || rest.front() != grammar::kMarkByte || !rest.substr(1).starts_with(name)) {
      return out;
    }
    out.push_back(mark);
    rest.remove_prefix(1 + name.size());
  }
}

}  // namespace ds4
