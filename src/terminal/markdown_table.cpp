#include "terminal/markdown_table.h"

#include <algorithm>
#include <utility>

#include "terminal/display_width.h"
#include "terminal/inline_markdown.h"
#include "terminal/markdown.h"

namespace ds4::terminal {
namespace {

constexpr int kColumnMin = 3;
constexpr int kBetween = 3;  // columns between two columns of the table

enum class Align { left, centre, right };

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

Align align_of(std::string_view rule) {
  const bool left = rule.front() == ':', right = rule.back() == ':';
  return right ? (left ? Align::centre : Align::right) : Align::left;
}

// Widths that fit: the widest columns give way, all to the same width.
std::vector<int> fit(const std::vector<int>& natural, int room) {
  std::vector<int> widths = natural;
  const auto total = [&] {
    int sum = 0;
    for (int width : widths) sum += width;
    return sum;
  };
  int limit = *std::max_element(natural.begin(), natural.end());
  while (total() > room && limit > kColumnMin) {
    --limit;
    for (int& width : widths) width = std::min(width, limit);
  }
  if (total() > room) return {};
  for (std::size_t i = 0; i < widths.size() && total() < room; ++i) {
    if (widths[i] < natural[i]) ++widths[i];
  }
  return widths;
}

void append_cell(Spans& row, const Spans& cell, int width, Align align, Styles base) {
  const int spaces = std::max(width - display_width(cell), 0);
  const int before = align == Align::left ? 0 : (align == Align::right ? spaces : spaces / 2);
  append_span(row, std::string(static_cast<std::size_t>(before), ' '), base);
  for (const Span& span : cell) append_span(row, span.text, span.style);
  append_span(row, std::string(static_cast<std::size_t>(spaces - before), ' '), base);
}

Spans trimmed(Spans row) {
  while (!row.empty()) {
    std::string& text = row.back().text;
    text.erase(text.find_last_not_of(' ') + 1);
    if (!text.empty()) break;
    row.pop_back();
  }
  return row;
}

}  // namespace

std::vector<std::string> split_table_row(std::string_view line) {
  line = trim(line);
  if (!line.empty() && line.front() == '|') line.remove_prefix(1);
  std::vector<std::string> cells(1);
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\' && i + 1 < line.size() && line[i + 1] == '|') {
      cells.back() += '|';
      ++i;
    } else if (line[i] == '|') {
      if (trim(line.substr(i + 1)).empty()) break;
      cells.emplace_back();
    } else {
      cells.back() += line[i];
    }
  }
  for (std::string& cell : cells) cell = std::string(trim(cell));
  return cells;
}

bool is_table_rule(std::string_view line) {
  if (line.find('-') == line.npos || line.find('|') == line.npos) return false;
  for (std::string_view cell : split_table_row(line)) {
    if (!cell.empty() && cell.front() == ':') cell.remove_prefix(1);
    if (!cell.empty() && cell.back() == ':') cell.remove_suffix(1);
    if (cell.empty() || cell.find_first_not_of('-') != cell.npos) return false;
  }
  return true;
}

std::vector<Row> draw_table(std::span<const std::string> lines, const Look& look) {
  const std::vector<std::string> rules = split_table_row(lines[1]);
  const std::size_t count = rules.size();
  std::vector<std::vector<Spans>> table;
  std::vector<int> natural(count, 1);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i == 1) continue;
    std::vector<std::string> texts = split_table_row(lines[i]);
    texts.resize(count);
    const Styles style = look.base | (i == 0 ? kBold : kPlain);
    std::vector<Spans>& cells = table.emplace_back();
    for (std::size_t k = 0; k < count; ++k) {
      cells.push_back(look.colour ? parse_inline(texts[k], style, false)
                                  : Spans{{texts[k], style}});
      natural[k] = std::max(natural[k], display_width(cells.back()));
    }
  }
  const int room = look.columns - kBetween * (static_cast<int>(count) - 1);
  const std::vector<int> widths = fit(natural, room);
  if (widths.empty()) return {};

  std::vector<Row> rows;
  for (std::size_t i = 0; i < table.size(); ++i) {
    std::vector<std::vector<Spans>> wrapped;
    std::size_t height = 1;
    for (std::size_t k = 0; k < count; ++k) {
      wrapped.push_back(wrap_words(table[i][k], widths[k], widths[k]));
      height = std::max(height, wrapped.back().size());
    }
    for (std::size_t line = 0; line < height; ++line) {
      Spans row;
      for (std::size_t k = 0; k < count; ++k) {
        if (k > 0) append_span(row, look.unicode ? " │ " : " | ", look.base | kDim);
        const Spans none;
        append_cell(row, line < wrapped[k].size() ? wrapped[k][line] : none, widths[k],
                    align_of(rules[k]), look.base);
      }
      rows.push_back(draw_row(trimmed(std::move(row)), look.colour));
    }
    if (i == 0) {
      std::string rule;
      for (std::size_t k = 0; k < count; ++k) {
        if (k > 0) rule += look.unicode ? "─┼─" : "-+-";
        for (int n = 0; n < widths[k]; ++n) rule += look.unicode ? "─" : "-";
      }
      rows.push_back(draw_row({{rule, static_cast<Styles>(look.base | kDim)}}, look.colour));
    }
  }
  return rows;
}

}  // namespace ds4::terminal
