#include "terminal/state_folder.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "base/system_error.h"
#include "base/utf8.h"
#include "terminal/commands.h"
#include "terminal/display_width.h"

namespace ds4::terminal {
namespace {

constexpr std::string_view kEnding = ".ds4s";
constexpr std::size_t kNameBytesMax = 100;

// With the folders above it; those that are made can be entered by their owner only.
Result<void> make_folder(const std::string& path) {
  for (std::size_t slash = 1; slash != path.npos;) {
    slash = path.find('/', slash + 1);
    const std::string part = path.substr(0, slash);
    if (::mkdir(part.c_str(), 0700) == 0 || errno == EEXIST) continue;
    // A folder above may be one that only exists for us to pass.
    if (slash != path.npos && (errno == EACCES || errno == EROFS)) continue;
    return fail(Code::io, part, ": cannot make this folder: ", system_reason(errno));
  }
  return {};
}

Result<std::string> state_path() {
  // The standard asks for an absolute path, and that others are ignored.
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && *state == '/') return std::string(state) + "/ds4";
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home != '/') {
    return fail(Code::not_found,
                "there is no place to keep things in: neither XDG_STATE_HOME nor HOME is set");
  }
  return std::string(home) + "/.local/state/ds4";
}

}  // namespace

Result<std::string> state_folder() {
  TRY(const std::string path, state_path());
  TRY_DO(make_folder(path));
  return path;
}

Result<std::string> history_path() {
  TRY(const std::string folder, state_folder());
  return folder + "/history";
}

Result<std::string> session_path(std::string_view name) {
  if (name.find('/') != name.npos) return expand_home(name);
  if (name.empty() || name.front() == '.' || name.size() > kNameBytesMax ||
      safe_text(name) != name || name.find_first_of("\n\t") != name.npos) {
    return fail(Code::bad_argument, "'", printable(name, 60),
                "' cannot be the name of a conversation: give up to ", kNameBytesMax,
                " bytes of text that do not begin with a dot");
  }
  TRY(const std::string folder, state_path());
  TRY_DO(make_folder(folder + "/sessions"));
  std::string path = folder + "/sessions/" + std::string(name);
  if (path.size() < kEnding.size() || path.substr(path.size() - kEnding.size()) != kEnding) {
    path += kEnding;
  }
  return path;
}

std::vector<std::string> session_names() {
  std::vector<std::string> names;
  const auto folder = state_path();
  if (!folder.ok()) return names;
  namespace fs = std::filesystem;
  std::error_code error;
  for (fs::directory_iterator it(*folder + "/sessions", error), end; !error && it != end;
       it.increment(error)) {
    if (it->path().extension() == kEnding) names.push_back(it->path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace ds4::terminal
