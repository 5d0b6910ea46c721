// An answer on the screen as it comes: progress of the prompt, thinking in dim, Markdown, figures.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/terminal.h"
#include "ds4/chat.h"
#include "terminal/markdown.h"
#include "terminal/screen_region.h"

namespace ds4::terminal {

// How a screen is used at this moment; sizes may change between two events.
struct Screen {
  TerminalStyle style;  // without redraw, text goes out as it comes
  int rows = 24;
};

// Makes the bytes for the terminal; somebody else writes them. One object serves one answer after
// the other. The cursor is at the start of a row before the first event and after the last.
class AnswerView {
 public:
  std::string show(const Event& event, const Screen& screen);
  // From the next answer on.
  void hide_thinking() { hides_thinking_ = true; }
  void hide_figures() { hides_figures_ = true; }

  // Text that is not of an answer, on rows of its own.
  std::string note(std::string_view text, Styles style, const Screen& screen);

 private:
  enum class Part { none, thinking, answer };

  std::string text(Part part, std::string_view piece, const Screen& screen);
  std::string end_part(const Screen& screen);
  std::string finished(const Finished& finished, const Screen& screen);
  std::string settle(const std::vector<Row>& rows, const Screen& screen);
  std::string plain(std::string_view piece);
  Look look(const Screen& screen) const;

  Part part_ = Part::none;
  bool hides_thinking_ = false, hides_figures_ = false;
  MarkdownStream stream_;
  ScreenRegion region_;
  std::string held_;          // of plain text: a character or line break that is cut
  bool at_row_start_ = true;  // of plain text
  std::string call_;          // the tool call that is being written
};

}  // namespace ds4::terminal
