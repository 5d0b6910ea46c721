#include "cli/chat.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/human.h"
#include "base/utf8.h"
#include "cli/answer_output.h"
#include "shared/console.h"
#include "terminal/attached_file.h"
#include "terminal/commands.h"
#include "terminal/history.h"
#include "terminal/line_reader.h"
#include "terminal/state_folder.h"
#include "terminal/status_line.h"
#include "terminal/terminal_mode.h"

namespace ds4::cli {

namespace {

using terminal::Command;
using terminal::CommandName;

// The first words of a text, on one line.
std::string beginning(const std::string& text) {
  constexpr std::size_t kShownBytes = 60;
  const std::string line = text.substr(0, text.find('\n'));
  return printable(line, kShownBytes) +
         (line.size() < text.size() && line.size() <= kShownBytes ? "..." : "");
}

std::string name_by_time() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::localtime_r(&now, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d-%H%M%S", &parts)};
}

std::string thinking_text(const std::string& effort) {
  return effort == "off" ? "Answers come at once."
                         : "The model thinks first, with effort " + effort + ".";
}

class ChatSession {
 public:
  ChatSession(const TalkOptions& options, Opened opened)
      : options_(options),
        engine_(std::move(opened.engine)),
        name_(options.save_session.empty() ? options.load_session : options.save_session),
        output_({.hide_thinking = options.hide_thinking}) {
    chats_.push_back(std::move(opened.chat));
    ChatOptions of_chat = chat().options();
    of_chat.on_progress = [this](const Progress& progress) { show(Event(progress)); };
    chat().set_options(of_chat);
  }
  ChatSession(const ChatSession&) = delete;
  ChatSession& operator=(const ChatSession&) = delete;

  int talk() {
    greet();
    open_history();
    terminal::LineReader reader(history_, terminal::command_completer(terminal::session_names));
    while (!is_over_) {
      const std::optional<std::string> line = reader.read(prompt());
      if (!line) break;
      if (line->find_first_not_of(" \t\n") == line->npos) continue;
      remember(*line);
      if (terminal::is_command(*line)) {
        carry_out(*line);
      } else {
        say(terminal::message_of(*line));
      }
    }
    if (options_.save_session.empty() || chat().messages().empty()) return 0;
    const auto saved = save(name_);
    return saved.ok() ? 0 : report(saved.error().message);
  }

 private:
  Chat& chat() { return chats_[current_]; }
  std::string prompt() const {
    return chats_.size() > 1 ? std::to_string(current_ + 1) + "> " : "> ";
  }

  // A terminal that is gone needs no more answers.
  void note(const std::string& text, terminal::Styles style = terminal::kDim) {
    if (!output_.note(text, style)) is_over_ = true;
  }
  void show(const Event& event) {
    if (!output_.show(event)) is_over_ = true;
  }

  void greet() {
    const ModelFacts& facts = engine_->facts();
    note(facts.name + " on " + facts.device + ", context of " + human_count(facts.context_tokens) +
         " tokens" + (facts.draft_tokens > 0 ? ", drafting" : "") + ". /help lists the commands.");
    if (!options_.load_session.empty()) show_end_of_history();
  }

  void open_history() {
    const auto path = terminal::history_path();
    auto opened =
        path.ok() ? terminal::History::open(*path) : Result<terminal::History>(path.error());
    if (opened.ok()) {
      history_ = std::move(*opened);
    } else {
      note(opened.error().message);
    }
  }
  void remember(const std::string& line) {
    const auto added = history_.add(line);
    if (!added.ok() && !std::exchange(told_history_, true)) note(added.error().message);
  }

  void say(const std::string& message) {
    const std::string attached = std::exchange(attached_, {});
    show(chat().ask(attached + message));
    // What could not be asked is not lost.
    if (attached.empty() || !last_ || last_->reason != FinishReason::failed) return;
    attached_ = attached;
    note("The file stays for the next message; /read alone drops it.");
  }

  void show(Answer answer) {
    const terminal::OnInterrupt interrupt([](void* chat) { static_cast<Chat*>(chat)->stop(); },
                                          &chat());
    note("");
    for (const Event& event : answer) {
      show(event);
      if (is_over_) chat().stop();
      if (const auto* finished = std::get_if<Finished>(&event)) last_ = *finished;
    }
    if (!output_.separate()) is_over_ = true;
  }

  void carry_out(const std::string& line) {
    const auto command = terminal::read_command(line);
    const Result<void> done = command.ok() ? carry_out(*command) : Result<void>(command.error());
    if (!done.ok()) note(done.error().message, terminal::kPlain);
  }

  Result<void> carry_out(const Command& command) {
    switch (command.name) {
      case CommandName::help:
        help();
        return {};
      case CommandName::think:
        return set_effort("high");
      case CommandName::nothink:
        return set_effort("off");
      case CommandName::think_max:
        return set_effort("max");
      case CommandName::effort:
        return set_effort(command.argument);
      case CommandName::system:
        return set_system(command.argument);
      case CommandName::read:
        return attach(command.argument);
      case CommandName::save:
        return save(command.argument.empty() ? name_ : command.argument);
      case CommandName::load:
        return load(command.argument);
      case CommandName::fork:
        return command.argument.empty() ? fork() : go_to(command.argument);
      case CommandName::undo:
        return undo();
      case CommandName::retry:
        return retry();
      case CommandName::tokens:
        tokens();
        return {};
      case CommandName::stats:
        stats();
        return {};
      case CommandName::steer:
        return steer(command.argument);
      case CommandName::quit:
        is_over_ = true;
        return {};
    }
    return {};
  }

  void help() {
    for (const std::string& line :
         terminal::help_lines(terminal::standard_screen().style.columns)) {
      note(line);
    }
  }

  Result<void> set_effort(const std::string& word) {
    ChatOptions options = chat().options();
    options.thinking = word;
    chat().set_options(options);
    note(thinking_text(word));
    return {};
  }

  Result<void> set_system(const std::string& text) {
    ChatOptions options = chat().options();
    if (text.empty()) {
      note(options.system.empty() ? "There are no instructions; /system TEXT sets some."
                                  : options.system);
      return {};
    }
    options.system = text;
    chat().set_options(options);
    note("These instructions hold from the next message on.");
    return {};
  }

  Result<void> attach(const std::string& path) {
    if (path.empty()) {
      attached_.clear();
      note("No file goes with the next message.");
      return {};
    }
    TRY(const std::string text, terminal::attach_file(terminal::expand_home(path)));
    attached_ += text;
    note(printable(path) + " (" + human_bytes(text.size()) + ") goes with the next message.");
    return {};
  }

  Result<void> save(const std::string& name) {
    const std::string chosen = name.empty() ? name_by_time() : name;
    TRY(const std::string path, terminal::session_path(chosen));
    TRY_DO(chat().save(path));
    name_ = chosen;
    note("Saved as " + path + ".");
    return {};
  }

  Result<void> load(const std::string& name) {
    TRY(const std::string path, terminal::session_path(name));
    TRY(Chat loaded, engine_->load(path, chat().options()));
    chat() = std::move(loaded);
    name_ = name;
    show_end_of_history();
    return {};
  }

  // The last message and its answer, to know where a conversation stands.
  void show_end_of_history() {
    const std::vector<Chat::Message> messages = chat().messages();
    note("A conversation of " + human_count(messages.size()) +
         (messages.size() == 1 ? " message." : " messages."));
    const std::size_t first = messages.size() - std::min<std::size_t>(messages.size(), 2);
    for (std::size_t i = first; i < messages.size(); ++i) {
      if (messages[i].is_user) {
        note(prompt() + beginning(messages[i].text), terminal::kPrompt);
      } else {
        show(AnswerText{messages[i].text});
        show(Finished{});
      }
    }
  }

  Result<void> fork() {
    TRY(Chat copy, chat().fork());
    chats_.push_back(std::move(copy));
    current_ = chats_.size() - 1;
    note("This is conversation " + std::to_string(current_ + 1) +
         " now, a copy; /fork 1 goes back to the first.");
    return {};
  }

  Result<void> go_to(const std::string& text) {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number < 1 ||
        number > chats_.size()) {
      return fail(Code::bad_argument, "there is no conversation ", printable(text, 20),
                  ", only 1 to ", chats_.size());
    }
    current_ = number - 1;
    show_end_of_history();
    return {};
  }

  Result<void> undo() {
    const std::vector<Chat::Message> messages = chat().messages();
    if (!chat().undo()) return fail(Code::not_found, "there is no message to take back");
    for (std::size_t i = messages.size(); i > 0; --i) {
      if (!messages[i - 1].is_user) continue;
      note("Taken back: " + beginning(messages[i - 1].text));
      break;
    }
    return {};
  }

  Result<void> retry() {
    if (chat().messages().empty())
      return fail(Code::not_found, "there is no message to answer again");
    show(chat().retry());
    return {};
  }

  void tokens() {
    note(human_count(chat().tokens().size()) + " of " +
         human_count(engine_->facts().context_tokens) + " tokens are used, " +
         human_bytes(chat().state_bytes()) + " of memory.");
  }

  void stats() {
    const ModelFacts& facts = engine_->facts();
    note("model    " + facts.name + ", " + std::to_string(facts.layers) + " layers, " +
         human_bytes(facts.file_bytes) + ", " + printable(facts.path));
    note("device   " + facts.device);
    if (!last_) return note("There is no answer yet.");
    for (const std::string& line : terminal::all_figures(last_->stats)) note(line);
  }

  Result<void> steer(const std::string& text) {
    float scale = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), scale);
    if (error != std::errc() || end != text.data() + text.size()) {
      return fail(Code::bad_argument, "'", printable(text, 20),
                  "' is no number; /steer 1.5 for example");
    }
    TRY_DO(chat().steer(scale));
    note("The direction has strength " + text + " from the next token on.");
    return {};
  }

  const TalkOptions& options_;
  std::unique_ptr<Engine> engine_;
  std::vector<Chat> chats_;  // each in the order of its making
  std::size_t current_ = 0;
  std::string name_;      // the session was saved or loaded under
  std::string attached_;  // goes in front of the next message
  std::optional<Finished> last_;
  terminal::History history_;
  bool told_history_ = false;
  AnswerOutput output_;
  bool is_over_ = false;
};

}  // namespace

int chat(const TalkOptions& options) {
  // What is typed while the model is opened waits unseen for the first line.
  if (terminal::can_edit_lines()) terminal::set_input_mode(terminal::InputMode::answering);
  auto opened = open_chat(options);
  if (!opened.ok()) {
    terminal::set_input_mode(terminal::InputMode::as_before);
    return report(opened.error().message);
  }
  return ChatSession(options, std::move(*opened)).talk();
}

}  // namespace ds4::cli
