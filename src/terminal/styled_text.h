// Text with styles, broken into rows of a terminal: everything that is drawn passes through here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ds4::terminal {

// What a text is; draw_row() decides how that looks.
enum Style : std::uint16_t {
  kPlain = 0,
  kBold = 1,
  kDim = 2,
  kItalic = 4,
  kUnderline = 8,
  kStrike = 16,
  kCode = 32,
  kHeading = 64,
  kPrompt = 128,
};
using Styles = std::uint16_t;  // bits of Style

struct Span {
  std::string text;  // as safe_text() makes it, without line breaks
  Styles style = kPlain;
  bool operator==(const Span&) const = default;
};
using Spans = std::vector<Span>;

// A row as it is written to the terminal, and the columns it takes.
struct Row {
  std::string text;
  int columns = 0;
  bool operator==(const Row&) const = default;
};

void append_span(Spans& spans, std::string_view text, Styles style);
int display_width(const Spans& spans);

// With `colour`, styles become escape sequences; the row ends in the plain style.
Row draw_row(const Spans& spans, bool colour);

// Breaks at spaces and beside wide characters, and inside a word that has no row of its own long
// enough. The first row is `first_columns` wide, the others `columns`; none is less than 2.
std::vector<Spans> wrap_words(const Spans& spans, int first_columns, int columns);
// Breaks where the row is full, and keeps every space.
std::vector<Spans> wrap_exactly(const Spans& spans, int columns);

// Tabs become spaces up to the next multiple of `step` columns.
std::string expand_tabs(std::string_view text, int step = 4);

}  // namespace ds4::terminal
