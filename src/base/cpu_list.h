// Lists of processors as Linux and its users write them: "0-7,16-23".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ds4/result.h"

namespace ds4 {

// Above the most that Linux can be built for.
constexpr int kCpusMax = 16384;

// In the order written; none twice, all below kCpusMax. Not empty.
Result<std::vector<int>> parse_cpu_list(std::string_view text);

// The other way: neighbours are joined. "none" of an empty list.
std::string format_cpu_list(const std::vector<int>& cpus);

}  // namespace ds4
