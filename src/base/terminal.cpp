#include "base/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace ds4 {
namespace {

constexpr std::string_view kEraseLine = "\r\x1b[K";

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

// The first of the three variables that is set decides, as setlocale() has it.
bool locale_is_utf8() {
  for (const char* variable : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* text = std::getenv(variable);
    if (text == nullptr || *text == '\0') continue;
    const std::string_view value = text;
    for (std::string_view name : {"UTF-8", "utf-8", "UTF8", "utf8"}) {
      if (value.find(name) != std::string_view::npos) return true;
    }
    return false;
  }
  return false;
}

// One write for one piece keeps lines whole when several processes share the terminal. A message
// that cannot be written has nowhere to go.
void write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(descriptor, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace

TerminalStyle terminal_style(int descriptor) {
  TerminalStyle style;
  const char* term = std::getenv("TERM");
  style.redraw = ::isatty(descriptor) == 1 && term != nullptr && std::string_view(term) != "dumb" &&
                 *term != '\0';
  style.colour = style.redraw && !is_set("NO_COLOR");
  style.unicode = style.redraw && locale_is_utf8();
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) style.columns = size.ws_col;
  return style;
}

Console& Console::standard() {
  static Console console(STDERR_FILENO);
  return console;
}

void Console::line(std::string_view text) {
  const std::lock_guard lock(mutex_);
  std::string out;
  if (!status_.empty()) out += kEraseLine;
  out += text;
  out += '\n';
  out += status_;
  write_all(descriptor_, out);
}

void Console::status(std::string_view text) {
  const std::lock_guard lock(mutex_);
  if (text == status_) return;
  std::string out(kEraseLine);
  out += text;
  status_ = text;
  write_all(descriptor_, out);
}

void Console::finish_status(std::string_view text) {
  const std::lock_guard lock(mutex_);
  std::string out;
  if (!status_.empty()) out += kEraseLine;
  out += text;
  out += '\n';
  status_.clear();
  write_all(descriptor_, out);
}

}  // namespace ds4
