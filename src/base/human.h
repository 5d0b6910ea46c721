// Numbers as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace ds4 {

// "512 B", "1.50 KiB", "80.76 GiB".
std::string human_bytes(std::uint64_t bytes);

// "1,234,567".
std::string human_count(std::uint64_t count);

// "35 ms", "4.2 s", "48 s", "3 min 05 s", "2 h 14 min", "3 d 04 h"; "?" for what is not a time.
std::string human_duration(double seconds);

}  // namespace ds4
