// What can be typed at the prompt besides messages: the names, what they mean, and how a line is
// read and completed.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ds4/result.h"
#include "terminal/line_editor.h"

namespace ds4::terminal {

enum class CommandName {
  help,
  think,
  nothink,
  think_max,
  effort,
  system,
  read,
  save,
  load,
  fork,
  undo,
  retry,
  tokens,
  stats,
  steer,
  quit,
};

struct CommandAbout {
  CommandName name;
  std::string_view text;      // "/save"
  std::string_view argument;  // "[NAME]", "FILE", or empty
  std::string_view about;
};
std::span<const CommandAbout> commands();

struct Command {
  CommandName name;
  std::string argument;
};

// Whether the line is one: a slash and a word. A path, or a line that starts with two slashes, is a
// message.
bool is_command(std::string_view line);
// The message that a line which is no command means: of two slashes at its start one is left.
std::string message_of(std::string_view line);
// Fails for a name that does not exist, with the nearest that does, and for an argument that is
// missing or too many.
Result<Command> read_command(std::string_view line);

// The text of /help.
std::vector<std::string> help_lines(int columns);

// Tab: names of commands, files behind /read, sessions behind /load and /save.
Completer command_completer(std::function<std::vector<std::string>()> session_names);

// The entries of a folder that a path being typed could become; folders end in a slash.
Completions complete_path(std::string_view typed, std::size_t from);

// "~/x" with the home folder in place of ~.
std::string expand_home(std::string_view path);

}  // namespace ds4::terminal
