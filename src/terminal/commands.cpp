#include "terminal/commands.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "base/utf8.h"
#include "terminal/display_width.h"

namespace ds4::terminal {
namespace {

constexpr CommandAbout kCommands[] = {
    {CommandName::help, "/help", "", "this list"},
    {CommandName::think, "/think", "", "think before answering (effort high)"},
    {CommandName::nothink, "/nothink", "", "answer at once"},
    {CommandName::think_max, "/think-max", "", "think as long as it takes"},
    {CommandName::effort, "/effort", "WORD",
     "think with this effort: off, low, high, max or another word"},
    {CommandName::system, "/system", "[TEXT]",
     "set the instructions from the next message on; without TEXT, show them"},
    {CommandName::read, "/read", "[FILE]",
     "put a file's text in front of the next message; without FILE, none"},
    {CommandName::save, "/save", "[NAME]", "keep this conversation; a NAME with a slash is a path"},
    {CommandName::load, "/load", "NAME", "go on with a conversation that was kept"},
    {CommandName::fork, "/fork", "[N]",
     "go on in a copy of this conversation; with N, go to conversation N"},
    {CommandName::undo, "/undo", "", "take back the last message and its answer"},
    {CommandName::retry, "/retry", "", "answer the last message once more"},
    {CommandName::tokens, "/tokens", "", "how much of the context is used"},
    {CommandName::stats, "/stats", "", "figures of the last answer and of the model"},
    {CommandName::steer, "/steer", "SCALE",
     "strength of the direction given by --steer; 0 is none"},
    {CommandName::quit, "/quit", "", "leave"},
};

bool is_optional(std::string_view argument) {
  return argument.empty() || argument.front() == '[';
}

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t k = 0; k <= b.size(); ++k) row[k] = k;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t k = 1; k <= b.size(); ++k) {
      const std::size_t change = diagonal + (a[i - 1] == b[k - 1] ? 0 : 1);
      diagonal = row[k];
      row[k] = std::min({change, row[k] + 1, row[k - 1] + 1});
    }
  }
  return row[b.size()];
}

// The name that was most likely meant: one that goes on as typed, or one with few other letters.
std::string_view nearest(std::string_view word) {
  std::string_view best;
  std::size_t best_distance = std::min<std::size_t>(3, word.size() / 2 + 1);
  for (const CommandAbout& command : kCommands) {
    const bool goes_on = word.size() > 1 && command.text.substr(0, word.size()) == word;
    const std::size_t now = goes_on ? 0 : distance(word, command.text);
    if (now < best_distance) {
      best_distance = now;
      best = command.text;
    }
  }
  return best;
}

std::string_view first_word(std::string_view line) {
  return line.substr(0, line.find_first_of(" \t\n"));
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\n";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

}  // namespace

std::span<const CommandAbout> commands() {
  return kCommands;
}

bool is_command(std::string_view line) {
  const std::string_view word = first_word(line);
  return word.size() > 1 && word.front() == '/' && word.find('/', 1) == word.npos;
}

std::string message_of(std::string_view line) {
  if (starts_with(line, "//")) line.remove_prefix(1);
  return std::string(line);
}

Result<Command> read_command(std::string_view line) {
  const std::string_view word = first_word(line);
  const std::string argument(trim(line.substr(word.size())));
  for (const CommandAbout& command : kCommands) {
    if (command.text != word) continue;
    if (argument.empty() && !is_optional(command.argument)) {
      return fail(Code::bad_argument, word, " needs ", command.argument, ": ", command.about);
    }
    if (!argument.empty() && command.argument.empty()) {
      return fail(Code::bad_argument, word, " takes nothing after it");
    }
    return Command{command.name, argument};
  }
  const std::string shown = printable(word, 40);
  const std::string_view meant = nearest(word);
  if (meant.empty()) {
    return fail(Code::not_found, "there is no command ", shown, "; /help lists them");
  }
  return fail(Code::not_found, "there is no command ", shown, "; did you mean ", meant, "?");
}

std::vector<std::string> help_lines(int columns) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const CommandAbout& command : kCommands) {
    std::string left(command.text);
    if (!command.argument.empty()) left += " " + std::string(command.argument);
    rows.emplace_back(left, std::string(command.about));
  }
  rows.emplace_back("", "");
  rows.emplace_back("Alt+Enter", "begin a new line; so does a backslash at the end");
  rows.emplace_back("Tab", "complete a command or a file");
  rows.emplace_back("Up, Ctrl+R", "earlier messages; search them");
  rows.emplace_back("Ctrl+C", "stop the answer; clear the line; twice: leave");
  rows.emplace_back("//text", "a message that begins with a slash");
  std::size_t widest = 0;
  for (const auto& [left, right] : rows) widest = std::max(widest, left.size());
  std::vector<std::string> lines;
  const int room = columns - static_cast<int>(widest) - 2;
  for (const auto& [left, right] : rows) {
    bool is_first = true;
    for (const Spans& part : wrap_words({{right, kPlain}}, room, room)) {
      std::string line = is_first ? left : "";
      line.resize(widest + 2, ' ');
      for (const Span& span : part) line += span.text;
      lines.push_back(line.substr(0, line.find_last_not_of(' ') + 1));
      is_first = false;
    }
  }
  return lines;
}

std::string expand_home(std::string_view path) {
  const char* home = std::getenv("HOME");
  const bool is_home = path == "~" || starts_with(path, "~/");
  if (!is_home || home == nullptr) return std::string(path);
  return home + std::string(path.substr(1));
}

Completions complete_path(std::string_view typed, std::size_t from) {
  namespace fs = std::filesystem;
  const std::size_t slash = typed.rfind('/');
  const std::string_view folder = slash == typed.npos ? "" : typed.substr(0, slash + 1);
  const std::string_view start = typed.substr(folder.size());
  Completions found{from + folder.size(), {}};
  std::error_code error;
  const std::string place = folder.empty() ? "." : expand_home(folder);
  for (fs::directory_iterator it(place, error), end; !error && it != end; it.increment(error)) {
    std::string name = it->path().filename().string();
    const bool is_hidden = name.front() == '.' && (start.empty() || start.front() != '.');
    // A name that cannot be typed cannot be completed.
    if (is_hidden || !starts_with(name, start) || safe_text(name) != name) continue;
    std::error_code ignored;
    if (it->is_directory(ignored)) name += '/';
    found.words.push_back(std::move(name));
  }
  std::sort(found.words.begin(), found.words.end());
  return found;
}

Completer command_completer(std::function<std::vector<std::string>()> session_names) {
  return [names = std::move(session_names)](std::string_view before) -> Completions {
    const std::string_view word = first_word(before);
    Completions found;
    if (word.size() == before.size()) {
      if (before.empty() || before.front() != '/') return found;
      for (const CommandAbout& command : kCommands) {
        if (!starts_with(command.text, word)) continue;
        found.words.push_back(std::string(command.text) + (command.argument.empty() ? "" : " "));
      }
      return found;
    }
    const std::size_t from = before.find_first_not_of(' ', word.size());
    const std::size_t begin = from == before.npos ? before.size() : from;
    const std::string_view typed = before.substr(begin);
    if (word == "/read") return complete_path(typed, begin);
    if (word != "/load" && word != "/save") return found;
    if (typed.find('/') != typed.npos || starts_with(typed, "~"))
      return complete_path(typed, begin);
    found.from = begin;
    for (const std::string& name : names()) {
      if (starts_with(name, typed)) found.words.push_back(name);
    }
    return found;
  };
}

}  // namespace ds4::terminal
