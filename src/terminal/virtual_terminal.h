// For tests: a terminal that carries out what we send and can be looked at. It understands the few
// sequences that we use, and remembers any other as a mistake.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/utf8.h"
#include "terminal/display_width.h"

namespace ds4::terminal {

class VirtualTerminal {
 public:
  VirtualTerminal(int columns, int rows) : columns_(columns), rows_(rows) { lines_.emplace_back(); }

  void write(std::string_view text) {
    while (!text.empty()) text.remove_prefix(step(text));
  }

  // All lines since the beginning, those that scrolled away too, without spaces at their ends.
  std::string text() const {
    std::string out;
    for (std::size_t i = 0; i < lines_.size(); ++i) out += (i > 0 ? "\n" : "") + line(i);
    while (!out.empty() && out.back() == '\n') out.pop_back();
    return out;
  }
  std::string line(std::size_t index) const {
    std::string out;
    for (const Cell& cell : lines_[index]) out += cell.text;
    while (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
  }
  // The graphic rendition of the first cell that shows `text`, such as "1;35"; "?" if none does.
  std::string style_of(std::string_view text) const {
    for (const Line& cells : lines_) {
      std::string joined;
      std::vector<std::size_t> owner;
      for (std::size_t i = 0; i < cells.size(); ++i) {
        joined += cells[i].text;
        owner.resize(joined.size(), i);
      }
      const std::size_t at = joined.find(text);
      if (at != std::string::npos) return cells[owner[at]].style;
    }
    return "?";
  }
  std::size_t line_count() const { return lines_.size(); }
  int cursor_row() const { return static_cast<int>(row_ - top()); }  // of the screen
  std::size_t cursor_line() const { return row_; }
  int cursor_column() const { return std::min(column_, columns_ - 1); }
  const std::string& mistakes() const { return mistakes_; }

  // As terminals do that break lines anew: a line that is too long becomes two, the cursor stays
  // with its character.
  void resize(int columns, int rows) {
    std::vector<Line> lines;
    std::size_t row = 0;
    int column = column_;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      Line rest = lines_[i];
      while (!rest.empty() && rest.back().text == " ") rest.pop_back();
      if (i == row_) row = lines.size() + static_cast<std::size_t>(column_ / columns);
      if (i == row_) column = column_ % columns;
      while (static_cast<int>(rest.size()) > columns) {
        lines.emplace_back(rest.begin(), rest.begin() + columns);
        rest.erase(rest.begin(), rest.begin() + columns);
      }
      lines.push_back(rest);
    }
    lines_ = lines;
    row_ = row;
    column_ = column;
    columns_ = columns;
    rows_ = rows;
    while (lines_.size() <= row_) lines_.emplace_back();
  }

 private:
  struct Cell {
    std::string text = " ";  // empty for the right half of a wide character
    std::string style = {};
  };
  using Line = std::vector<Cell>;

  std::size_t top() const {
    return lines_.size() > static_cast<std::size_t>(rows_)
               ? lines_.size() - static_cast<std::size_t>(rows_)
               : 0;
  }
  void line_feed() {
    ++row_;
    if (row_ == lines_.size()) lines_.emplace_back();
  }
  void put(std::string_view text, int width) {
    if (column_ + width > columns_) {
      column_ = 0;
      line_feed();
    }
    Line& line = lines_[row_];
    const auto at = static_cast<std::size_t>(column_);
    if (line.size() < at + static_cast<std::size_t>(width))
      line.resize(at + static_cast<std::size_t>(width));
    line[at] = {std::string(text), style_};
    if (width == 2) line[at + 1] = {"", style_};
    column_ += width;
  }
  std::size_t step(std::string_view text) {
    const char c = text.front();
    if (c == '\r') {
      column_ = 0;
      return 1;
    }
    if (c == '\n') {
      line_feed();
      return 1;
    }
    if (c == '\x1b') return escape(text);
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      mistakes_ += "control " + printable(text.substr(0, 1)) + "; ";
      return 1;
    }
    const Cluster cluster = next_cluster(text);
    if (cluster.columns > 0) put(text.substr(0, cluster.bytes), cluster.columns);
    return cluster.bytes;
  }
  std::size_t escape(std::string_view text) {
    std::size_t end = 2;
    while (end < text.size() && (text[end] < 0x40 || text[end] > 0x7e)) ++end;
    if (text.size() < 2 || text[1] != '[' || end >= text.size()) {
      mistakes_ += "sequence " + printable(text.substr(0, 8)) + "; ";
      return 1;
    }
    const std::string arguments(text.substr(2, end - 2));
    const int number = arguments.empty() || arguments[0] == '?' ? 1 : std::stoi(arguments);
    switch (text[end]) {
      case 'A':
        // Past the top would be a mistake of ours: the row is out of reach.
        if (row_ < top() + static_cast<std::size_t>(number)) mistakes_ += "up past the top; ";
        row_ = std::max(top() + static_cast<std::size_t>(number), row_) -
               static_cast<std::size_t>(number);
        break;
      case 'B':
        row_ += static_cast<std::size_t>(number);
        if (row_ >= lines_.size()) {
          mistakes_ += "down past the bottom; ";
          row_ = lines_.size() - 1;
        }
        break;
      case 'C':
        column_ = std::min(column_ + number, columns_ - 1);
        break;
      case 'D':
        column_ = std::max(std::min(column_, columns_ - 1) - number, 0);
        break;
      case 'H':
        row_ = top();
        column_ = 0;
        break;
      case 'J':
        if (arguments == "2") {
          for (std::size_t i = top(); i < lines_.size(); ++i) lines_[i].clear();
        } else {
          erase_right();
          for (std::size_t i = row_ + 1; i < lines_.size(); ++i) lines_[i].clear();
        }
        break;
      case 'K':
        erase_right();
        break;
      case 'm':
        style_ = arguments == "0" ? "" : arguments.substr(arguments.rfind("0;", 0) == 0 ? 2 : 0);
        break;
      case 'h':
      case 'l':
        if (arguments != "?25" && arguments != "?2004") mistakes_ += "mode " + arguments + "; ";
        break;
      default:
        mistakes_ += "sequence " + printable(text.substr(0, end + 1)) + "; ";
    }
    return end + 1;
  }
  void erase_right() {
    Line& line = lines_[row_];
    // A terminal at the right edge erases the last column.
    const auto at = static_cast<std::size_t>(std::min(column_, columns_ - 1));
    if (line.size() > at) line.resize(at);
  }

  int columns_, rows_;
  std::vector<Line> lines_;
  std::size_t row_ = 0;
  int column_ = 0;  // columns_ while the next character is going to wrap
  std::string style_;
  std::string mistakes_;
};

}  // namespace ds4::terminal
