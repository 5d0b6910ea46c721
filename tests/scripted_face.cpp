// The face of the engine over a script instead of a model, for tests of what people see. A message
// decides its answer:
//
//   count N    "1 2 3 ... N", a piece for each number
//   read N     the progress of a prompt of N tokens, then "done"
//   markdown   a sample of it
//   controls   escape sequences
//   fail       ends with a failure
//
// and any other is repeated, after a thought where thinking is on. DS4_SCRIPT_PAUSE_US is the pause
// before each event.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "ds4/chat.h"
#include "ds4/engine.h"

namespace ds4 {

namespace {

constexpr std::uint64_t kContextTokens = 4096;

constexpr char kMarkdown[] =
    "# A sample\n\nSome **bold**, *italic* and `inline code` words, ~~none~~ gone, and a "
    "[link](https://example.org).\n\n"
    "1. First, a list\n   - with another inside, whose text is long enough to be wrapped on a "
    "narrow terminal\n2. 日本語のテキストも折り返します。長い行でも大丈夫です。 "
    "🙂\n\n"
    "> A quote.\n> > Deeper.\n\n```cpp\nint main() {\n\treturn 0;  // *not italic*\n}\n```\n\n"
    "| Name | Price |\n|:-----|------:|\n| Apple | 1.50 |\n| 日本酒 | 12.00 |\n\n---\nThe end.\n";

void pause_between_events() {
  const char* pause = std::getenv("DS4_SCRIPT_PAUSE_US");
  if (pause != nullptr) ::usleep(static_cast<useconds_t>(std::atoi(pause)));
}

// In pieces that cut words, marks and characters.
void add_pieces(std::vector<Event>& events, const std::string& text) {
  for (std::size_t at = 0, size = 1; at < text.size(); at += size) {
    size = 1 + (size * 5 + 3) % 7;
    // The face gives whole characters.
    while (at + size < text.size() && (static_cast<unsigned char>(text[at + size]) & 0xC0) == 0x80)
      ++size;
    events.push_back(AnswerText{text.substr(at, size)});
  }
}

}  // namespace

struct TextModel::State {};
TextModel::TextModel(std::unique_ptr<State> state) : state_(std::move(state)) {}
TextModel::TextModel(TextModel&&) noexcept = default;
TextModel::~TextModel() = default;
Result<TextModel> TextModel::open(const std::string&) {
  return TextModel(std::make_unique<State>());
}
Result<std::string> TextModel::decode(std::span<const Token> tokens) const {
  std::string text;
  for (const Token token : tokens) text += static_cast<char>(token);
  return text;
}

struct Engine::State {
  explicit State(TextModel model) : text(std::move(model)) {}
  ModelFacts facts;
  TextModel text;
};

// What an answer needs of its chat.
struct Conversation {
  ChatOptions options;
  std::vector<Chat::Message> messages;
  std::vector<Token> tokens;
  float scale = 1;
  std::atomic<bool> stops = false;

  void add(bool is_user, const std::string& text) {
    messages.push_back({is_user, text, {}});
    for (const char c : text) tokens.push_back(static_cast<unsigned char>(c));
  }
};

struct Chat::State : Conversation {};

struct Answer::State {
  Conversation* chat = nullptr;
  std::vector<Event> events;
  std::size_t next = 0;
  Finished finished;
};

Engine::Engine(std::unique_ptr<State> state) : state_(std::move(state)) {}
Engine::~Engine() = default;
const ModelFacts& Engine::facts() const {
  return state_->facts;
}
const TextModel& Engine::text() const {
  return state_->text;
}

Result<std::unique_ptr<Engine>> Engine::open(const std::string& path,
                                             const EngineOptions& options) {
  if (path != "scripted") return fail(Code::not_found, path, ": no such model");
  TRY(TextModel text, TextModel::open(path));
  auto state = std::make_unique<State>(std::move(text));
  state->facts.path = path;
  state->facts.name = "Scripted model";
  state->facts.device = "paper";
  state->facts.context_tokens =
      options.context_tokens > 0 ? options.context_tokens : kContextTokens;
  state->facts.layers = 3;
  return std::unique_ptr<Engine>(new Engine(std::move(state)));
}

Result<Chat> Engine::start(const ChatOptions& options) {
  Chat chat(std::make_unique<Chat::State>());
  chat.state_->options = options;
  return chat;
}

Result<Chat> Engine::load(const std::string& path, const ChatOptions& options) {
  std::ifstream in(path);
  if (!in) return fail(Code::not_found, path, ": no such conversation");
  TRY(Chat chat, start(options));
  for (std::string line; std::getline(in, line);) chat.state_->add(line[0] == 'u', line.substr(1));
  return chat;
}

Chat::Chat(std::unique_ptr<State> state) : state_(std::move(state)) {}
Chat::Chat(Chat&&) noexcept = default;
Chat& Chat::operator=(Chat&&) noexcept = default;
Chat::~Chat() = default;

Answer::Answer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Answer::Answer(Answer&&) noexcept = default;
Answer::~Answer() = default;

std::optional<Event> Answer::next() {
  if (state_ == nullptr) return std::nullopt;
  pause_between_events();
  const bool stops = state_->chat->stops.exchange(false);
  if (!stops && state_->next < state_->events.size()) {
    const Event& event = state_->events[state_->next++];
    if (const auto* text = std::get_if<AnswerText>(&event))
      state_->finished.turn.answer += text->text;
    if (const auto* text = std::get_if<ReasoningText>(&event)) {
      state_->finished.turn.reasoning += text->text;
    }
    ++state_->finished.stats.answer_tokens;
    return event;
  }
  Finished finished = std::move(state_->finished);
  if (stops) finished.reason = FinishReason::stopped;
  state_->chat->add(false, finished.turn.answer);
  finished.stats.context_used = state_->chat->tokens.size();
  finished.stats.context_tokens = kContextTokens;
  finished.stats.answer_seconds = 1;
  state_.reset();
  return finished;
}

Answer Chat::ask(std::string_view message) {
  const std::string text(message);
  std::istringstream words(text);
  std::string word;
  int count = 0;
  words >> word >> count;
  auto state = std::make_unique<Answer::State>();
  std::vector<Event>& events = state->events;
  state->chat = state_.get();
  state_->stops = false;
  state_->add(true, text);
  state->finished.stats.prompt_tokens = state_->tokens.size();
  if (word == "count") {
    for (int i = 1; i <= count; ++i) events.push_back(AnswerText{std::to_string(i) + " "});
  } else if (word == "read") {
    for (int i = 0; i <= 20; ++i) {
      events.push_back(Progress{static_cast<std::uint64_t>(count) * i / 20,
                                static_cast<std::uint64_t>(count), 0.2 * i});
    }
    events.push_back(AnswerText{"done"});
  } else if (word == "markdown") {
    add_pieces(events, kMarkdown);
  } else if (word == "controls") {
    add_pieces(events,
               "red \x1b[31m bell \x07 title \x1b]0;x\x07 clear \xc2\x9b"
               "2J\n");
  } else if (word == "fail") {
    state->finished.reason = FinishReason::failed;
    state->finished.failure = "the script says so";
  } else {
    if (state_->options.thinking != "off") {
      events.push_back(ReasoningText{"Let me "});
      events.push_back(ReasoningText{"repeat it."});
      events.push_back(ReasoningEnded{});
    }
    add_pieces(events, "You said: " + text);
  }
  return Answer(std::move(state));
}

Answer Chat::retry() {
  std::string text;
  if (undo()) text = "again";
  return ask(text);
}

Answer Chat::complete(std::string_view text) {
  return ask(text);
}
void Chat::stop() noexcept {
  state_->stops = true;
}

bool Chat::undo() {
  auto& messages = state_->messages;
  while (!messages.empty() && !messages.back().is_user) messages.pop_back();
  if (messages.empty()) return false;
  messages.pop_back();
  return true;
}

Result<Chat> Chat::fork() const {
  Chat copy(std::make_unique<State>());
  copy.state_->options = state_->options;
  copy.state_->messages = state_->messages;
  copy.state_->tokens = state_->tokens;
  return copy;
}

Result<void> Chat::save(const std::string& path) const {
  std::ofstream out(path);
  for (const Message& message : state_->messages) {
    out << (message.is_user ? 'u' : 'a') << message.text.substr(0, message.text.find('\n')) << '\n';
  }
  if (!out) return fail(Code::io, path, ": cannot be written");
  return {};
}

void Chat::set_options(const ChatOptions& options) {
  state_->options = options;
}
const ChatOptions& Chat::options() const {
  return state_->options;
}
Result<void> Chat::steer(float scale) {
  state_->scale = scale;
  return fail(Code::bad_argument, "there is no direction; --steer FILE gives one");
}
float Chat::steering_scale() const {
  return state_->scale;
}
void Chat::set_constraint(const Constraint*) {}
std::vector<Chat::Message> Chat::messages() const {
  return state_->messages;
}
const std::vector<Token>& Chat::tokens() const {
  return state_->tokens;
}
std::uint64_t Chat::state_bytes() const {
  return state_->tokens.size() * 3584;
}

}  // namespace ds4
