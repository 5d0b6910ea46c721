// Lists of numbers, of processors above all, as Linux and its users write them: "0-7,16-23".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ds4/result.h"

namespace ds4 {

// Above the most processors that Linux can be built for.
constexpr int kListedNumberEnd = 16384;

// In the order written; none twice, all below kListedNumberEnd. Not empty. `noun` is what they
// number, for the complaint.
Result<std::vector<int>> parse_number_list(std::string_view text, std::string_view noun);

// The other way: neighbours are joined. "none" of an empty list.
std::string format_number_list(const std::vector<int>& numbers);

}  // namespace ds4
