#include "base/user_folder.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>

#include "base/system_error.h"

namespace ds4 {

Result<std::string> user_folder(UserFolder folder) {
  const bool is_state = folder == UserFolder::state;
  const char* variable = is_state ? "XDG_STATE_HOME" : "XDG_DATA_HOME";
  // The standard asks for an absolute path, and that others are ignored.
  const char* given = std::getenv(variable);
  if (given != nullptr && *given == '/') return std::string(given) + "/ds4";
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home != '/') {
    return fail(Code::not_found, "there is no place to keep things in: neither ", variable,
                " nor HOME is set");
  }
  return std::string(home) + (is_state ? "/.local/state/ds4" : "/.local/share/ds4");
}

Result<void> make_folder(const std::string& path, unsigned mode) {
  for (std::size_t slash = 0; slash != path.npos;) {
    slash = path.find('/', slash + 1);
    const std::string part = path.substr(0, slash);
    if (::mkdir(part.c_str(), static_cast<mode_t>(mode)) == 0 || errno == EEXIST) continue;
    // A folder above may be one that only exists for us to pass.
    if (slash != path.npos && (errno == EACCES || errno == EROFS)) continue;
    return fail(Code::io, part, ": cannot make this folder: ", system_reason(errno));
  }
  return {};
}

}  // namespace ds4
