#include "terminal/styled_text.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "terminal/display_width.h"

namespace ds4::terminal {
namespace {

constexpr int kColumnsMin = 2;

// A cluster of a text that is being wrapped.
struct Cell {
  std::string_view text;
  int columns = 0;
  Styles style = kPlain;
  bool is_space() const { return text == " "; }
};

std::vector<Cell> cells_of(const Spans& spans) {
  std::vector<Cell> cells;
  for (const Span& span : spans) {
    for (std::string_view rest = span.text; !rest.empty();) {
      const Cluster cluster = next_cluster(rest);
      cells.push_back({rest.substr(0, cluster.bytes), cluster.columns, span.style});
      rest.remove_prefix(cluster.bytes);
    }
  }
  return cells;
}

Spans spans_of(const std::vector<Cell>& cells, std::size_t begin, std::size_t end) {
  Spans spans;
  for (std::size_t i = begin; i < end; ++i) append_span(spans, cells[i].text, cells[i].style);
  return spans;
}

// Marks that may not begin a row of Chinese or Japanese text.
bool hangs_on(std::string_view text) {
  std::size_t length = 0;
  switch (decode_valid(text.data(), length)) {
    case U'、':
    case U'。':
    case U'，':
    case U'．':
    case U'！':
    case U'？':
    case U'：':
    case U'；':
    case U'）':
    case U'」':
    case U'』':
    case U'】':
    case U'》':
    case U'ー':
      return true;
    default:
      return false;
  }
}

bool may_break_between(const Cell& before, const Cell& after) {
  if (after.is_space()) return false;
  if (before.is_space()) return true;
  return (before.columns == 2 || after.columns == 2) && !hangs_on(after.text);
}

void append_sgr(std::string& out, Styles style) {
  struct Code {
    Styles bit;
    const char* text;
  };
  constexpr Code kCodes[] = {{kBold, ";1"},       {kDim, ";2"},      {kItalic, ";3"},
                             {kUnderline, ";4"},  {kStrike, ";9"},   {kCode, ";36"},
                             {kHeading, ";1;35"}, {kPrompt, ";1;32"}};
  out += "\x1b[0";
  for (const Code& code : kCodes) {
    if ((style & code.bit) != 0) out += code.text;
  }
  out += 'm';
}

}  // namespace

void append_span(Spans& spans, std::string_view text, Styles style) {
  if (text.empty()) return;
  if (!spans.empty() && spans.back().style == style) {
    spans.back().text += text;
  } else {
    spans.push_back({std::string(text), style});
  }
}

int display_width(const Spans& spans) {
  int columns = 0;
  for (const Span& span : spans) columns += display_width(span.text);
  return columns;
}

Row draw_row(const Spans& spans, bool colour) {
  Row row;
  Styles style = kPlain;
  for (const Span& span : spans) {
    if (colour && span.style != style) {
      append_sgr(row.text, span.style);
      style = span.style;
    }
    row.text += span.text;
    row.columns += display_width(span.text);
  }
  if (style != kPlain) row.text += "\x1b[0m";
  return row;
}

std::vector<Spans> wrap_words(const Spans& spans, int first_columns, int columns) {
  const std::vector<Cell> cells = cells_of(spans);
  std::vector<Spans> rows;
  std::size_t begin = 0;      // of the row
  std::size_t breakable = 0;  // the row may end before it, if it is past `begin`
  int used = 0;
  int room = std::max(first_columns, kColumnsMin);
  const auto end_row = [&](std::size_t end, std::size_t next) {
    while (end > begin && cells[end - 1].is_space()) --end;
    rows.push_back(spans_of(cells, begin, end));
    begin = next;
    room = std::max(columns, kColumnsMin);
  };
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > begin && may_break_between(cells[i - 1], cells[i])) breakable = i;
    // Spaces hang over the edge and are dropped.
    if (used + cells[i].columns > room && !cells[i].is_space() && i > begin) {
      const std::size_t next = breakable > begin ? breakable : i;
      end_row(next, next);
      used = 0;
      for (std::size_t k = begin; k < i; ++k) used += cells[k].columns;
    }
    used += cells[i].columns;
  }
  end_row(cells.size(), cells.size());
  return rows;
}

std::vector<Spans> wrap_exactly(const Spans& spans, int columns) {
  const std::vector<Cell> cells = cells_of(spans);
  const int room = std::max(columns, kColumnsMin);
  std::vector<Spans> rows(1);
  int used = 0;
  for (const Cell& cell : cells) {
    if (used + cell.columns > room) {
      rows.emplace_back();
      used = 0;
    }
    append_span(rows.back(), cell.text, cell.style);
    used += cell.columns;
  }
  return rows;
}

std::string expand_tabs(std::string_view text, int step) {
  std::string out;
  int column = 0;
  while (!text.empty()) {
    const Cluster cluster = next_cluster(text);
    if (text.front() == '\t') {
      const int spaces = step - column % step;
      out.append(static_cast<std::size_t>(spaces), ' ');
      column += spaces;
    } else {
      out += text.substr(0, cluster.bytes);
      column += cluster.columns;
    }
    text.remove_prefix(cluster.bytes);
  }
  return out;
}

}  // namespace ds4::terminal
