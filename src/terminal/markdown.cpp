#include "terminal/markdown.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "terminal/display_width.h"
#include "terminal/inline_markdown.h"

namespace ds4::terminal {
namespace {

constexpr std::size_t kTableLinesMax = 1000;
constexpr std::size_t kQuotesMax = 8;
constexpr int kRuleColumnsMax = 40;
// A line that is longer is text without marks: the last one is read again with every piece.
constexpr std::size_t kMarkedBytesMax = 1 << 16;

std::size_t indent_of(std::string_view line) {
  return std::min(line.find_first_not_of(' '), line.size());
}
std::string_view trim_right(std::string_view text) {
  return text.substr(0, text.find_last_not_of(' ') + 1);
}
std::string spaces(std::size_t count) {
  return std::string(count, ' ');
}

// Takes at most `limit` quote marks from the front of the line.
std::size_t strip_quotes(std::string_view& line, std::size_t limit) {
  std::size_t count = 0;
  while (count < limit) {
    const std::size_t indent = indent_of(line);
    if (indent > 3 || indent == line.size() || line[indent] != '>') break;
    line.remove_prefix(indent + 1);
    if (!line.empty() && line.front() == ' ') line.remove_prefix(1);
    ++count;
  }
  return count;
}

std::size_t leading(std::string_view text, char c) {
  return std::min(text.find_first_not_of(c), text.size());
}

bool is_rule(std::string_view text) {
  const char mark = text.empty() ? '\0' : text.front();
  if (mark != '-' && mark != '*' && mark != '_') return false;
  std::size_t count = 0;
  for (char c : text) {
    if (c != mark && c != ' ') return false;
    count += c == mark ? 1U : 0U;
  }
  return count >= 3;
}

// The mark of a list item with the space behind it, or nothing.
std::size_t item_mark(std::string_view text) {
  if (text.size() < 2) return 0;
  if ((text[0] == '-' || text[0] == '*' || text[0] == '+') && text[1] == ' ') return 2;
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const bool is_numbered = digits > 0 && digits <= 9 && digits + 1 < text.size() &&
                           (text[digits] == '.' || text[digits] == ')') && text[digits + 1] == ' ';
  return is_numbered ? digits + 2 : 0;
}

// One line without its end, drawn with a prefix that continues on the rows it is wrapped to.
class LineWriter {
 public:
  LineWriter(const Look& look, std::size_t quotes, bool is_growing)
      : look_(look), is_growing_(is_growing) {
    quotes = std::min<std::size_t>(quotes, static_cast<std::size_t>(std::max(look.columns / 4, 0)));
    for (std::size_t i = 0; i < quotes; ++i) {
      append_span(prefix_, look.unicode ? "│ " : "> ", look.base | kDim);
    }
  }

  std::vector<Row> text_line(std::string_view line) {
    const std::size_t indent = indent_of(line);
    std::string_view text = trim_right(line.substr(indent));
    if (is_rule(text) && indent < 4) return rule(kRuleColumnsMax);
    const std::size_t level = leading(text, '#');
    if (level >= 1 && level <= 6 && indent < 4 && (text.size() == level || text[level] == ' ')) {
      return heading(text, level);
    }
    const std::size_t mark = item_mark(text);
    if (mark > 0) return item(text, indent, mark);
    return wrapped(text, spaces(shown_indent(indent)), shown_indent(indent), look_.base);
  }

  std::vector<Row> code_line(std::string_view line, std::size_t indent) {
    std::vector<Row> rows;
    const std::string code = expand_tabs(line);
    const std::size_t kept = shown_indent(indent);
    const int room = look_.columns - display_width(prefix_) - static_cast<int>(kept);
    for (const Spans& part : wrap_exactly({{code, look_.base}}, room)) {
      draw(rows, spaces(kept), part);
    }
    return rows;
  }

  std::vector<Row> fence_line(std::string_view line, std::size_t indent, std::string_view language,
                              bool is_end) {
    const std::size_t kept = shown_indent(indent);
    if (!look_.colour) {
      return drawn(spaces(kept), {{std::string(fitting(line, room_after(kept))), kPlain}});
    }
    std::string text = bar(language.empty() || is_end ? 0 : 3);
    if (!language.empty() && !is_end) {
      text += " " + std::string(fitting(language, std::max(room_after(kept) - 8, 0))) + " ";
    }
    const int width = std::min(kRuleColumnsMax, room_after(kept));
    text += bar(std::max(width - display_width(text), 0));
    return drawn(spaces(kept), {{text, static_cast<Styles>(look_.base | kDim)}});
  }

  std::vector<Row> empty_line() { return drawn("", {}); }

 private:
  int room_after(std::size_t indent) const {
    return std::max(look_.columns - display_width(prefix_) - static_cast<int>(indent), 2);
  }
  // Deep lists on a narrow screen keep room for words.
  std::size_t shown_indent(std::size_t indent) const {
    return std::min<std::size_t>(indent, static_cast<std::size_t>(std::max(look_.columns / 3, 0)));
  }
  std::string bar(int columns) const {
    std::string text;
    for (int i = 0; i < columns; ++i) text += look_.unicode ? "─" : "-";
    return text;
  }
  // Where marks and indentation leave no room for the words, they wrap together.
  void draw(std::vector<Row>& rows, std::string_view indent, const Spans& content) const {
    Spans row = prefix_;
    append_span(row, indent, look_.base);
    for (const Span& span : content) append_span(row, span.text, span.style);
    for (const Spans& part : wrap_exactly(row, look_.columns)) {
      rows.push_back(draw_row(part, look_.colour));
    }
  }
  std::vector<Row> drawn(std::string_view indent, const Spans& content) const {
    std::vector<Row> rows;
    draw(rows, indent, content);
    return rows;
  }

  Spans inline_spans(std::string_view text, Styles style) const {
    if (!look_.colour || text.size() > kMarkedBytesMax) return {{expand_tabs(text), style}};
    return parse_inline(expand_tabs(text), style, is_growing_);
  }
  std::vector<Row> wrapped(std::string_view text, const std::string& first, std::size_t hanging,
                           Styles style) const {
    std::vector<Row> rows;
    const int room = room_after(hanging);
    for (const Spans& part : wrap_words(inline_spans(text, style), room, room)) {
      draw(rows, rows.empty() ? first : spaces(hanging), part);
    }
    return rows;
  }

  std::vector<Row> heading(std::string_view text, std::size_t level) const {
    if (!look_.colour) return wrapped(text, "", 0, look_.base);
    text.remove_prefix(level);
    text.remove_prefix(indent_of(text));
    // Closing marks, as in "# Title #".
    const std::string_view open = trim_right(text.substr(0, text.find_last_not_of('#') + 1));
    if (open.size() < text.size() && (open.empty() || text[open.size()] == ' ')) text = open;
    return wrapped(text, "", 0, look_.base | kHeading | (level == 1 ? kUnderline : kPlain));
  }

  std::vector<Row> rule(int columns) const {
    const int width = std::min(columns, room_after(0));
    return drawn("", {{bar(width), static_cast<Styles>(look_.base | kDim)}});
  }

  std::vector<Row> item(std::string_view text, std::size_t indent, std::size_t mark) const {
    std::string bullet(text.substr(0, mark - 1));
    if (bullet.size() == 1 && look_.unicode) bullet = indent >= 2 ? "◦" : "•";
    text.remove_prefix(mark);
    text.remove_prefix(indent_of(text));
    if (text.substr(0, 3) == "[ ]" || text.substr(0, 3) == "[x]" || text.substr(0, 3) == "[X]") {
      if (look_.unicode) bullet = text[1] == ' ' ? "☐" : "☑";
      if (look_.unicode) text.remove_prefix(std::min<std::size_t>(4, text.size()));
    }
    const std::string first = spaces(shown_indent(indent)) + bullet + " ";
    return wrapped(text, first, static_cast<std::size_t>(display_width(first)), look_.base);
  }

  const Look& look_;
  bool is_growing_;
  Spans prefix_;
};

struct FenceLine {
  char mark;
  std::size_t count, indent;
  std::string_view info;
};
std::optional<FenceLine> read_fence(std::string_view line) {
  const std::size_t indent = indent_of(line);
  std::string_view text = line.substr(indent);
  if (text.empty() || (text.front() != '`' && text.front() != '~')) return std::nullopt;
  const char mark = text.front();
  const std::size_t count = leading(text, mark);
  std::string_view info = text.substr(count);
  info.remove_prefix(indent_of(info));
  info = trim_right(info);
  if (count < 3 || (mark == '`' && info.find('`') != info.npos)) return std::nullopt;
  return FenceLine{mark, count, indent, info};
}

}  // namespace

void MarkdownStream::add(std::vector<Row> made, std::vector<Row>& rows) {
  if (std::exchange(owes_blank_, false)) rows.push_back({});
  has_rows_ = true;
  std::move(made.begin(), made.end(), std::back_inserter(rows));
}

void MarkdownStream::settle_table(const Look& look, std::vector<Row>& rows) {
  const std::vector<std::string> lines = std::exchange(table_, {});
  const bool is_table = std::exchange(is_table_, false);
  std::vector<Row> drawn;
  if (is_table) drawn = draw_table(lines, look);
  if (!drawn.empty()) return add(std::move(drawn), rows);
  for (const std::string& line : lines) take_plain_line(line, look, rows);
}

void MarkdownStream::take_line(std::string line, const Look& look, std::vector<Row>& rows) {
  line = safe_text(line);
  if (!fence_) {
    if (is_table_) {
      if (line.find('|') != line.npos && table_.size() < kTableLinesMax) {
        table_.push_back(std::move(line));
        return;
      }
    } else if (!table_.empty() && is_table_rule(line) &&
               split_table_row(line).size() == split_table_row(table_[0]).size()) {
      table_.push_back(std::move(line));
      is_table_ = true;
      return;
    }
    if (!table_.empty()) settle_table(look, rows);
    if (line.find('|') != line.npos && !read_fence(line)) {
      table_.push_back(std::move(line));
      return;
    }
  }
  take_plain_line(line, look, rows);
}

void MarkdownStream::take_plain_line(const std::string& whole, const Look& look,
                                     std::vector<Row>& rows) {
  std::string_view line = whole;
  const std::size_t quotes = strip_quotes(line, fence_ ? fence_->quotes : kQuotesMax);
  LineWriter writer(look, fence_ ? fence_->quotes : quotes, /*is_growing=*/false);
  const auto fence = read_fence(line);
  if (fence_) {
    const bool closes = fence && fence->mark == fence_->mark && fence->count >= fence_->count &&
                        fence->info.empty();
    if (closes) {
      add(writer.fence_line(line.substr(fence->indent), fence_->indent, "", /*is_end=*/true), rows);
      fence_.reset();
      return;
    }
    const std::size_t cut = std::min(indent_of(line), fence_->indent);
    return add(writer.code_line(line.substr(cut), fence_->indent), rows);
  }
  if (fence) {
    fence_ = Fence{fence->mark, fence->count, fence->indent, quotes};
    return add(writer.fence_line(line.substr(fence->indent), fence->indent, fence->info, false),
               rows);
  }
  if (indent_of(line) == line.size()) {
    if (quotes > 0) {
      add(writer.empty_line(), rows);
    } else {
      owes_blank_ = has_rows_;
    }
    return;
  }
  add(writer.text_line(line), rows);
}

std::vector<Row> MarkdownStream::push(std::string_view text, const Look& look) {
  std::vector<Row> rows;
  for (;;) {
    const std::size_t end = text.find('\n');
    pending_ += text.substr(0, end);
    if (end == text.npos) return rows;
    text.remove_prefix(end + 1);
    // The line ends in CR LF just as well.
    if (!pending_.empty() && pending_.back() == '\r') pending_.pop_back();
    take_line(std::exchange(pending_, {}), look, rows);
  }
}

std::vector<Row> MarkdownStream::finish(const Look& look) {
  std::vector<Row> rows;
  if (!pending_.empty()) take_line(std::exchange(pending_, {}), look, rows);
  if (!table_.empty()) settle_table(look, rows);
  *this = MarkdownStream();
  return rows;
}

std::vector<Row> MarkdownStream::live(const Look& look) const {
  if (pending_.empty() && table_.empty()) return {};
  // A copy goes on as if the text ended here; only the last line is read as one that grows.
  MarkdownStream copy = *this;
  std::vector<Row> rows;
  // The start of a character that is not complete, or of a line break, is not shown yet.
  std::string last = std::exchange(copy.pending_, {});
  last.resize(last.size() - incomplete_utf8_tail(last));
  if (!last.empty() && last.back() == '\r') last.pop_back();
  last = safe_text(last);
  if (copy.is_table_ && last.find('|') != last.npos) copy.table_.push_back(std::exchange(last, {}));
  if (!copy.table_.empty()) copy.settle_table(look, rows);
  std::string_view line = last;
  if (line.empty()) return rows;
  if (copy.fence_ || read_fence(line)) {
    copy.take_plain_line(last, look, rows);
    return rows;
  }
  const std::size_t quotes = strip_quotes(line, kQuotesMax);
  if (indent_of(line) == line.size()) return rows;
  copy.add(LineWriter(look, quotes, /*is_growing=*/true).text_line(line), rows);
  return rows;
}

}  // namespace ds4::terminal
