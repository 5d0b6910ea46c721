// Editing a message: what each key does to the text, and how the whole is laid out on the screen.
// It neither reads nor writes: keys go in, rows come out.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "terminal/edit_buffer.h"
#include "terminal/history.h"
#include "terminal/key_reader.h"
#include "terminal/screen_region.h"

namespace ds4::terminal {

// What could stand in place of [from, end) of the text before the cursor.
struct Completions {
  std::size_t from = 0;
  std::vector<std::string> words;
};
using Completer = std::function<Completions(std::string_view before_cursor)>;

enum class EditOutcome {
  more,
  done,          // text() is what was typed
  leave,         // Ctrl-D, or Ctrl-C again
  suspend,       // Ctrl-Z
  clear_screen,  // Ctrl-L
};

class LineEditor {
 public:
  // `history` must outlive it; the caller adds to it.
  explicit LineEditor(const History& history, Completer completer = {});

  // An empty line, after this prompt.
  void begin(std::string prompt);
  EditOutcome press(const Key& key);
  const std::string& text() const { return buffer_.text(); }

  struct View {
    std::vector<Row> rows;
    int cursor_row = 0, cursor_column = 0;
  };
  // Fewer rows than the screen has.
  View view(ScreenSize size, bool colour) const;
  // The line as it stays on the screen once it is done: a long one is shown in part.
  std::vector<Row> final_rows(ScreenSize size, bool colour) const;

 private:
  struct Layout {
    std::vector<Spans> rows;
    int cursor_row = 0, cursor_column = 0;
  };
  struct Search {
    std::string words;
    std::size_t found;  // entry of the history that is shown, or its count
    std::string old_text;
    bool failed = false;
  };

  EditOutcome press_text(const Key& key);
  EditOutcome press_control(char letter);
  EditOutcome press_alt(char letter);
  EditOutcome press_enter(const Key& key);
  EditOutcome interrupt();
  bool press_in_search(const Key& key, EditOutcome& outcome);
  void search(bool further);
  void move_vertically(int rows);
  void go_in_history(int steps);
  void complete();
  Layout lay_out(int columns) const;
  std::vector<Spans> hint_rows(int columns) const;

  const History& history_;
  Completer completer_;
  std::string prompt_;
  EditBuffer buffer_;
  std::size_t history_at_ = 0;  // the entry being edited, or the count of entries
  std::string draft_;           // what was typed before the history was gone through
  std::optional<Search> search_;
  std::vector<std::string> choices_;  // shown below the text until the next key
  bool interrupted_ = false;          // the last key was Ctrl-C
  mutable int columns_ = 80;          // of the last view, to move between rows
};

}  // namespace ds4::terminal
