// Markdown as it streams in, as rows of a terminal. A line of the text that is complete becomes
// rows for good; what may still change (the last line, a table that has not ended) can be looked at
// and comes out differently later.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "terminal/markdown_table.h"
#include "terminal/styled_text.h"

namespace ds4::terminal {

// How rows are made; it may change between calls.
struct Look {
  int columns = 80;
  bool colour = true;    // without, marks that only a style could replace stay in the text
  bool unicode = true;   // else bullets and lines are ASCII
  Styles base = kPlain;  // of all text
};

// The text may be cut anywhere, even inside a character; it may hold any bytes.
class MarkdownStream {
 public:
  // Rows that are settled now.
  std::vector<Row> push(std::string_view text, const Look& look);
  // The end of the text: the rest of the rows. Ready for another text after.
  std::vector<Row> finish(const Look& look);
  // The rows of what is not settled.
  std::vector<Row> live(const Look& look) const;

 private:
  struct Fence {
    char mark = '`';
    std::size_t count = 3;
    std::size_t indent = 0;
    std::size_t quotes = 0;
  };

  void take_line(std::string line, const Look& look, std::vector<Row>& rows);
  void take_plain_line(const std::string& line, const Look& look, std::vector<Row>& rows);
  void settle_table(const Look& look, std::vector<Row>& rows);
  void add(std::vector<Row> made, std::vector<Row>& rows);

  std::string pending_;             // the last line
  std::vector<std::string> table_;  // lines that are a table or, if only one, could become one
  bool is_table_ = false;
  std::optional<Fence> fence_;
  bool has_rows_ = false;    // of this text
  bool owes_blank_ = false;  // empty lines are shown, as one, before what follows
};

}  // namespace ds4::terminal
