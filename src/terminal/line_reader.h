// Reads lines from the person at the terminal: edited where the terminal can redraw, as they come
// otherwise.
#pragma once

#include <optional>
#include <string>

#include "terminal/answer_view.h"
#include "terminal/history.h"
#include "terminal/key_reader.h"
#include "terminal/line_editor.h"

namespace ds4::terminal {

// Standard output at this moment.
Screen standard_screen();
// Both ends are a terminal that can redraw.
bool can_edit_lines();

// Writes all bytes to standard output; false if nobody reads any more.
bool write_out(std::string_view text);

class LineReader {
 public:
  // `history` must outlive it; it is not added to.
  LineReader(const History& history, Completer completer);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  // The next line, or nothing if there will be none. Afterwards the terminal is in the mode for
  // answering; what was typed too early is there for the next line.
  std::optional<std::string> read(const std::string& prompt);

 private:
  std::optional<std::string> read_edited(const std::string& prompt);
  std::optional<std::string> read_plain(const std::string& prompt);
  // Waits for bytes or news of the screen; false at the end of the input.
  bool wait(ScreenRegion& region);
  void draw(ScreenRegion& region);

  LineEditor editor_;
  KeyReader keys_;
  std::string plain_;  // bytes of the next lines
  bool is_over_ = false;
};

}  // namespace ds4::terminal
