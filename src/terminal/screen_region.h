// The last rows of the screen, redrawn in place: what is being typed, the part of an answer that
// may still change. Everything above it is settled and belongs to the terminal's scrollback.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "terminal/styled_text.h"

namespace ds4::terminal {

struct ScreenSize {
  int columns = 80;
  int rows = 24;
};

// Makes the bytes for the terminal; somebody else writes them. The region begins where the cursor
// is when it is empty, which is at the start of a row.
class ScreenRegion {
 public:
  // Replaces what is shown. Rows are at most as wide as the screen and fewer than it has; the
  // cursor is at the end of the last one unless given.
  std::string show(std::vector<Row> rows, ScreenSize size);
  std::string show(std::vector<Row> rows, ScreenSize size, int cursor_row, int cursor_column);

  // Replaces what is shown by rows that stay for good; the region is empty and begins below them.
  // There may be any number of rows.
  std::string settle(std::span<const Row> rows, ScreenSize size);
  std::string clear(ScreenSize size) { return settle({}, size); }

  bool is_empty() const { return rows_.empty(); }
  // The screen was cleared: the region is empty and the cursor at the top.
  void forget();

 private:
  // Rows of the screen from the region's first one to the cursor.
  int rows_above_cursor(ScreenSize size) const;

  std::vector<Row> rows_;
  int columns_ = 0;  // of the screen when they were drawn
  int cursor_row_ = 0, cursor_column_ = 0;
};

// At most `limit` of the rows, those around `focus`; rows that say how many are missing stand in
// for the others.
struct RowWindow {
  std::vector<Row> rows;
  int focus = 0;  // where it is now
};
RowWindow window_around(std::vector<Row> rows, int focus, int limit, bool colour);
// At most `limit` of the rows: the first ones and the last `tail`.
std::vector<Row> head_and_tail(std::vector<Row> rows, int limit, int tail, bool colour);

}  // namespace ds4::terminal
