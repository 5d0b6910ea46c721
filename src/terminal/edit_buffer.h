// The text being typed and the place in it: every change that a key can make.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ds4::terminal {

// All moves and changes are by whole clusters (display_width.h), so the cursor never stands inside
// one. Text that goes in is as clean_input() makes it.
class EditBuffer {
 public:
  const std::string& text() const { return text_; }
  std::size_t cursor() const { return cursor_; }
  bool is_empty() const { return text_.empty(); }
  std::string_view before_cursor() const { return std::string_view(text_).substr(0, cursor_); }

  // Replaces everything; the cursor goes to the end.
  void set(std::string text);
  void insert(std::string_view text);
  // Replaces [from, cursor).
  void replace_before(std::size_t from, std::string_view text);

  void move_left();
  void move_right();
  void move_word_left();
  void move_word_right();
  void move_to(std::size_t position) { cursor_ = position; }
  void move_line_start();
  void move_line_end();
  void move_text_end() { cursor_ = text_.size(); }

  void erase_left();
  void erase_right();
  // What is killed can be yanked; kills that follow one another come back together.
  void kill_line_start();
  void kill_line_end();
  void kill_blank_word_left();  // back to a space, as Ctrl-W has it
  void kill_word_left();
  void kill_word_right();
  void yank();
  void transpose();
  // Any key that does not kill.
  void end_kill() { kills_ = false; }

  // States to come back to. A typed word is one step.
  void remember(bool is_typing);
  void undo();

 private:
  struct Past {
    std::string text;
    std::size_t cursor;
  };
  std::size_t word_left() const;
  std::size_t word_right() const;
  void kill(std::size_t begin, std::size_t end);

  std::string text_;
  std::size_t cursor_ = 0;
  std::string killed_;
  bool kills_ = false;
  std::vector<Past> past_;
  bool was_typing_ = false;
};

}  // namespace ds4::terminal
