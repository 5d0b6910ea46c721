#include "base/system_memory.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>

#if defined(__APPLE__)
#include <sys/sysctl.h>
#endif

namespace ds4 {

namespace {

constexpr std::uint64_t kUnknown = std::numeric_limits<std::uint64_t>::max();

std::optional<std::string> read_whole(const std::string& path) {
  std::ifstream in(path);
  if (!in) return std::nullopt;
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// The number that a text begins with; nothing for "max" and the like.
std::optional<std::uint64_t> number_in(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  char* end = nullptr;
  errno = 0;
  const unsigned long long value = std::strtoull(text->c_str(), &end, 10);
  if (end == text->c_str() || errno != 0) return std::nullopt;
  return value;
}

// Of a line "KEY   123 kB".
std::optional<std::uint64_t> field_of(const std::string& text, const std::string& key) {
  const std::size_t at = ("\n" + text).find("\n" + key);
  if (at == std::string::npos) return std::nullopt;
  return number_in(text.substr(at + key.size()));
}

// What a group's limit leaves: pages of files that nobody uses count as free there too.
std::uint64_t left_in_group(const std::string& folder, const char* limit_name,
                            const char* usage_name) {
  const auto limit = number_in(read_whole(folder + limit_name));
  const auto usage = number_in(read_whole(folder + usage_name));
  if (!limit || !usage) return kUnknown;
  const std::string details = read_whole(folder + "/memory.stat").value_or("");
  const std::uint64_t droppable = field_of(details, "inactive_file ").value_or(0) +
                                  field_of(details, "active_file ").value_or(0);
  const std::uint64_t held = *usage - std::min(*usage, droppable);
  return *limit - std::min(*limit, held);
}

// A group is bound by the limits of all groups above it.
std::uint64_t left_in_groups(const std::string& mount, std::string group, const char* limit_name,
                             const char* usage_name) {
  std::uint64_t left = kUnknown;
  while (true) {
    left = std::min(left, left_in_group(mount + group, limit_name, usage_name));
    const std::size_t slash = group.rfind('/');
    if (slash == std::string::npos) return left;
    group.erase(slash);
  }
}

}  // namespace

std::uint64_t available_memory_under(const std::string& root) {
  std::uint64_t available = kUnknown;
  if (const auto kib = field_of(read_whole(root + "proc/meminfo").value_or(""), "MemAvailable:")) {
    available = *kib * 1024;
  }
  // Lines read "0::/group" in version 2, "5:memory:/group" in version 1.
  std::istringstream groups(read_whole(root + "proc/self/cgroup").value_or(""));
  const std::string mount = root + "sys/fs/cgroup";
  for (std::string line; std::getline(groups, line);) {
    const std::size_t name = line.find(':');
    const std::size_t path = name == std::string::npos ? name : line.find(':', name + 1);
    if (path == std::string::npos) continue;
    const std::string controllers = line.substr(name + 1, path - name - 1);
    const std::string group = line.substr(path + 1);
    if (controllers.empty()) {
      available =
          std::min(available, left_in_groups(mount, group, "/memory.max", "/memory.current"));
    } else if (("," + controllers + ",").find(",memory,") != std::string::npos) {
      available =
          std::min(available, left_in_groups(mount + "/memory", group, "/memory.limit_in_bytes",
                                             "/memory.usage_in_bytes"));
    }
  }
  return available;
}

std::uint64_t available_memory() {
#if defined(__APPLE__)
  std::uint64_t bytes = 0;
  std::size_t size = sizeof bytes;
  return sysctlbyname("hw.memsize", &bytes, &size, nullptr, 0) == 0 ? bytes : kUnknown;
#else
  return available_memory_under("/");
#endif
}

}  // namespace ds4
