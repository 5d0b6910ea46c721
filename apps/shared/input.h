// Text that a program is given: a file, a pipe, or what is typed.
#pragma once

#include <cstddef>
#include <string>

#include "ds4/result.h"

namespace ds4 {

inline constexpr std::size_t kInputBytesMax = std::size_t{1} << 30;

// All bytes of a file of any kind; "-" is standard input, to which a person at a terminal is told
// how to put an end. Messages begin with the path.
Result<std::string> read_input(const std::string& path);

}  // namespace ds4
