// Standard error as people see it: whole lines from any thread, and at most one status line below
// them that is redrawn in place.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

namespace ds4 {

// What may be done with the terminal behind a descriptor.
struct TerminalStyle {
  bool redraw = false;   // it is a terminal that can redraw a line; not with TERM=dumb
  bool colour = false;   // not with NO_COLOR
  bool unicode = false;  // the locale's text is UTF-8
  int columns = 80;
};
TerminalStyle terminal_style(int descriptor);

// The descriptor that the process writes its messages to. All of it may be called by any thread.
class Console {
 public:
  // Standard error. Tests make consoles of their own.
  static Console& standard();
  explicit Console(int descriptor) : descriptor_(descriptor) {}

  int descriptor() const { return descriptor_; }
  // Writes `text` and a line break, above the status line if there is one.
  void line(std::string_view text);
  // Shows `text` as the status line instead of what was there; empty removes it.
  void status(std::string_view text);
  // Removes the status line and writes `text` and a line break in its place, in one step.
  void finish_status(std::string_view text);

 private:
  const int descriptor_;
  std::mutex mutex_;  // guards:
  std::string status_;
};

}  // namespace ds4
