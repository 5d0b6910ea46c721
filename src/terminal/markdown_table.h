// Tables of Markdown, drawn in aligned columns.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "terminal/styled_text.h"

namespace ds4::terminal {

struct Look;

// "| a | b |" as its cells.
std::vector<std::string> split_table_row(std::string_view line);
// "|---|:-:|": what follows the first line of a table.
bool is_table_rule(std::string_view line);

// `lines` are the head, the rule, and any number of rows. Cells that do not fit are wrapped; empty
// if even that is impossible.
std::vector<Row> draw_table(std::span<const std::string> lines, const Look& look);

}  // namespace ds4::terminal
