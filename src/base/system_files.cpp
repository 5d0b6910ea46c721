#include "base/system_files.h"

#include <charconv>
#include <fstream>
#include <sstream>

namespace ds4 {

namespace {

constexpr std::size_t kBytesMax = std::size_t{1} << 20;

bool names(std::string_view list, std::string_view word) {
  return ("," + std::string(list) + ",").find("," + std::string(word) + ",") != std::string::npos;
}

// A group outside of what this process sees is written with "..": only the top is left of it.
std::string inside(std::string group) {
  return group.find("..") == std::string::npos ? group : std::string();
}

}  // namespace

std::optional<std::string> read_system_file(const std::string& path) {
  std::ifstream in(path);
  if (!in) return std::nullopt;
  std::string text(kBytesMax, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return std::nullopt;
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

std::optional<std::uint64_t> leading_number(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return std::nullopt;
  std::uint64_t value = 0;
  const auto end = std::from_chars(text.data() + begin, text.data() + text.size(), value);
  if (end.ec != std::errc()) return std::nullopt;
  return value;
}

std::vector<GroupFolder> group_folders(const std::string& root, std::string_view controller) {
  std::vector<GroupFolder> folders;
  const std::string mount = root + "sys/fs/cgroup";
  // Lines read "0::/group" in version 2, "5:cpu,cpuacct:/group" in version 1.
  std::istringstream lines(read_system_file(root + "proc/self/cgroup").value_or(""));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t name = line.find(':');
    const std::size_t path = name == std::string::npos ? name : line.find(':', name + 1);
    if (path == std::string::npos) continue;
    const std::string controllers = line.substr(name + 1, path - name - 1);
    if (!controllers.empty() && !names(controllers, controller)) continue;
    const int version = controllers.empty() ? 2 : 1;
    const std::string top = version == 2 ? mount : mount + "/" + std::string(controller);
    std::string group = inside(line.substr(path + 1));
    while (true) {
      folders.push_back({top + group + "/", version});
      const std::size_t slash = group.rfind('/');
      if (slash == std::string::npos) break;
      group.erase(slash);
    }
  }
  return folders;
}

}  // namespace ds4
