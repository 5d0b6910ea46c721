// The small files by which Linux tells its state. None is trusted: they may be missing, changed by
// whoever runs a container, or hold anything.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ds4 {

// At most the first megabyte; nothing if it cannot be read.
std::optional<std::string> read_system_file(const std::string& path);

// The number that a text begins with, behind blanks; nothing for "max", "-1" and the like.
std::optional<std::uint64_t> leading_number(std::string_view text);

// A control group's folder. The two versions of groups name their files differently.
struct GroupFolder {
  std::string path;
  int version = 2;
};

// Those that bind this process in the use of `controller` ("memory"): its own group, then every one
// above. `root` holds proc and sys, as "/" does.
std::vector<GroupFolder> group_folders(const std::string& root, std::string_view controller);

}  // namespace ds4
