// How much memory this process may take: what the system has and has left, and what the limits of
// its control groups (containers, services) leave of that.
#pragma once

#include <cstdint>
#include <string>

namespace ds4 {

// In bytes; pages of files that the system can drop count as free. The largest number where the
// system does not say.
std::uint64_t available_memory();

// What this process may have at most when nothing else runs, in bytes; 0 where the system does not
// say.
std::uint64_t total_memory();

// The same of a system whose files of state lie under `root`, as /proc and /sys do under "/".
std::uint64_t available_memory_under(const std::string& root);
std::uint64_t total_memory_under(const std::string& root);

}  // namespace ds4
