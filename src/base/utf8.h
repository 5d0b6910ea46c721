// Whether bytes are well-formed UTF-8, and a printable form of bytes that may not be: names from
// files end in messages on a terminal.
#pragma once

#include <string>
#include <string_view>

namespace ds4 {

bool is_valid_utf8(std::string_view text);

// `text` with control characters and malformed bytes written as \xNN, cut after `limit` bytes.
std::string printable(std::string_view text, std::size_t limit = 200);

}  // namespace ds4
