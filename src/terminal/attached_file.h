// A text file as part of a message.
#pragma once

#include <cstddef>
#include <string>

#include "ds4/result.h"

namespace ds4::terminal {

inline constexpr std::size_t kAttachedBytesMax = std::size_t{1} << 20;

// What the message says of the file: its name, and its text between fences. Fails for what is no
// regular file, too large, or no text.
Result<std::string> attach_file(const std::string& path);

}  // namespace ds4::terminal
