#include "terminal/state_folder.h"

#include <algorithm>
#include <filesystem>

#include "base/user_folder.h"
#include "base/utf8.h"
#include "terminal/commands.h"
#include "terminal/display_width.h"

namespace ds4::terminal {
namespace {

constexpr std::string_view kEnding = ".ds4s";
constexpr std::size_t kNameBytesMax = 100;

Result<std::string> state_path() {
  return user_folder(UserFolder::state);
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
