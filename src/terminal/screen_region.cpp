#include "terminal/screen_region.h"

#include <algorithm>
#include <utility>

namespace ds4::terminal {
namespace {

std::string up(int rows) {
  return rows > 0 ? "\x1b[" + std::to_string(rows) + "A" : "";
}

std::string down(int rows) {
  return rows > 0 ? "\x1b[" + std::to_string(rows) + "B" : "";
}

std::string to_column(int column) {
  return column > 0 ? "\r\x1b[" + std::to_string(column) + "C" : "\r";
}

void append_row(std::string& out, const Row& row, ScreenSize size) {
  out += row.text;
  // In a full row the cursor still stands on the last column, which must not be erased.
  if (row.columns < size.columns) out += "\x1b[K";
}

Row missing_rows(int count, bool colour) {
  const std::string text =
      "... " + std::to_string(count) + (count == 1 ? " row" : " rows") + " ...";
  return draw_row({{text, kDim}}, colour);
}

}  // namespace

int ScreenRegion::rows_above_cursor(ScreenSize size) const {
  // Terminals break rows that have become too long; they do not join rows that we ended.
  int above = cursor_row_;
  if (size.columns >= columns_) return above;
  for (int i = 0; i < cursor_row_; ++i) {
    above += std::max(0, rows_[static_cast<std::size_t>(i)].columns - 1) / size.columns;
  }
  return above + cursor_column_ / size.columns;
}

void ScreenRegion::forget() {
  rows_.clear();
  cursor_row_ = cursor_column_ = 0;
}

std::string ScreenRegion::show(std::vector<Row> rows, ScreenSize size) {
  const int last = std::max(0, static_cast<int>(rows.size()) - 1);
  const int column = rows.empty() ? 0 : rows.back().columns;
  return show(std::move(rows), size, last, column);
}

std::string ScreenRegion::show(std::vector<Row> rows, ScreenSize size, int cursor_row,
                               int cursor_column) {
  std::string out;
  if (columns_ != size.columns && !rows_.empty()) {
    out = up(rows_above_cursor(size)) + "\r\x1b[J";
    forget();
  }
  columns_ = size.columns;

  const auto [differs, old_differs] =
      std::mismatch(rows.begin(), rows.end(), rows_.begin(), rows_.end());
  const int first = static_cast<int>(differs - rows.begin());
  const int count = static_cast<int>(rows.size()), old_count = static_cast<int>(rows_.size());
  int at = cursor_row_;
  const auto go_to = [&](int row) {
    out += row < at ? up(at - row) : down(row - at);
    at = row;
  };
  if (first < count || first < old_count) {
    // A row that is not there yet is reached by ending the one above it.
    const bool only_grows = first == old_count && first > 0;
    go_to(only_grows ? first - 1 : first);
    out += '\r';
    for (int i = first; i < count; ++i) {
      if (i > first || only_grows) out += "\r\n";
      append_row(out, rows[static_cast<std::size_t>(i)], size);
      at = i;
    }
    if (count < old_count) {
      if (first < count) {
        out += "\r\n";
        at = count;
      }
      out += "\x1b[J";
    }
  }
  go_to(cursor_row);
  out += to_column(std::min(cursor_column, size.columns - 1));
  rows_ = std::move(rows);
  cursor_row_ = cursor_row;
  cursor_column_ = cursor_column;
  return out;
}

std::string ScreenRegion::settle(std::span<const Row> rows, ScreenSize size) {
  std::string out = show({rows.begin(), rows.end()}, size);
  if (!rows.empty()) out += "\r\n";
  forget();
  return out;
}

RowWindow window_around(std::vector<Row> rows, int focus, int limit, bool colour) {
  const int count = static_cast<int>(rows.size());
  if (count <= limit) return {std::move(rows), focus};
  if (limit < 3) return {{rows[static_cast<std::size_t>(focus)]}, 0};
  // A row at an edge tells what is missing beyond it.
  int begin = focus - (limit - 2) / 2, end = begin + limit - 2;
  if (focus < limit - 1) {
    begin = 0;
    end = limit - 1;
  } else if (focus > count - limit) {
    begin = count - limit + 1;
    end = count;
  }
  RowWindow window{{}, focus - begin + (begin > 0 ? 1 : 0)};
  if (begin > 0) window.rows.push_back(missing_rows(begin, colour));
  window.rows.insert(window.rows.end(), rows.begin() + begin, rows.begin() + end);
  if (end < count) window.rows.push_back(missing_rows(count - end, colour));
  return window;
}

std::vector<Row> head_and_tail(std::vector<Row> rows, int limit, int tail, bool colour) {
  const int count = static_cast<int>(rows.size());
  if (count <= limit) return rows;
  const int head = std::max(limit - 1 - tail, 1);
  tail = std::max(limit - 1 - head, 0);
  std::vector<Row> shown(rows.begin(), rows.begin() + head);
  shown.push_back(missing_rows(count - head - tail, colour));
  shown.insert(shown.end(), rows.end() - tail, rows.end());
  return shown;
}

}  // namespace ds4::terminal
