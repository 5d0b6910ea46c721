#include "base/system_memory.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string_view>

#include "base/system_files.h"

#if defined(__APPLE__)
#include <sys/sysctl.h>
#endif

namespace ds4 {

namespace {

constexpr std::uint64_t kUnknown = std::numeric_limits<std::uint64_t>::max();

// Of a line "KEY   123 kB".
std::optional<std::uint64_t> field_of(const std::string& text, const std::string& key) {
  const std::size_t at = ("\n" + text).find("\n" + key);
  if (at == std::string::npos) return std::nullopt;
  return leading_number(std::string_view(text).substr(at + key.size()));
}

// Of a file that holds one.
std::optional<std::uint64_t> number_in(const std::string& path) {
  return leading_number(read_system_file(path).value_or(""));
}

std::optional<std::uint64_t> limit_of(const GroupFolder& group) {
  return number_in(group.path + (group.version == 2 ? "memory.max" : "memory.limit_in_bytes"));
}

// What a group's limit leaves: pages of files that nobody uses count as free there too.
std::uint64_t left_in_group(const GroupFolder& group) {
  const bool is_new = group.version == 2;
  const auto limit = limit_of(group);
  const auto usage = number_in(group.path + (is_new ? "memory.current" : "memory.usage_in_bytes"));
  if (!limit || !usage) return kUnknown;
  const std::string details = read_system_file(group.path + "memory.stat").value_or("");
  const std::uint64_t droppable = field_of(details, "inactive_file ").value_or(0) +
                                  field_of(details, "active_file ").value_or(0);
  const std::uint64_t held = *usage - std::min(*usage, droppable);
  return *limit - std::min(*limit, held);
}

}  // namespace

std::uint64_t available_memory_under(const std::string& root) {
  std::uint64_t available = kUnknown;
  if (const auto kib =
          field_of(read_system_file(root + "proc/meminfo").value_or(""), "MemAvailable:")) {
    available = *kib * 1024;
  }
  for (const GroupFolder& group : group_folders(root, "memory")) {
    available = std::min(available, left_in_group(group));
  }
  return available;
}

std::uint64_t total_memory_under(const std::string& root) {
  const auto kib = field_of(read_system_file(root + "proc/meminfo").value_or(""), "MemTotal:");
  if (!kib) return 0;
  std::uint64_t total = *kib * 1024;
  for (const GroupFolder& group : group_folders(root, "memory")) {
    total = std::min(total, limit_of(group).value_or(kUnknown));
  }
  return total;
}

#if defined(__APPLE__)
std::uint64_t total_memory() {
  std::uint64_t bytes = 0;
  std::size_t size = sizeof bytes;
  return sysctlbyname("hw.memsize", &bytes, &size, nullptr, 0) == 0 ? bytes : 0;
}

std::uint64_t available_memory() {
  const std::uint64_t total = total_memory();
  return total > 0 ? total : kUnknown;
}
#else
std::uint64_t total_memory() {
  return total_memory_under("/");
}

std::uint64_t available_memory() {
  return available_memory_under("/");
}
#endif

}  // namespace ds4
