// Draws speed against context from CSV files of one or several machines, as an SVG for people.
#pragma once

#include <string>
#include <vector>

#include "ds4/result.h"

namespace ds4::bench {

// Writes `out`; a line for each file and kind of figure that has several contexts.
Result<void> plot(const std::vector<std::string>& csv_files, const std::string& out);

}  // namespace ds4::bench
