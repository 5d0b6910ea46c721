#include <mach-o/dyld.h>

#include <cstdint>
#include <filesystem>
#include <system_error>

#include "base/program_path.h"

namespace ds4 {

Result<std::string> program_path() {
  std::uint32_t size = 0;
  _NSGetExecutablePath(nullptr, &size);
  std::string path(size, '\0');
  if (_NSGetExecutablePath(path.data(), &size) != 0) {
    return fail(Code::io, "the system does not say where this program is");
  }
  path.resize(path.find('\0'));
  std::error_code error;
  const auto whole = std::filesystem::canonical(path, error);
  if (error) return fail(Code::io, path, ": ", error.message());
  return whole.string();
}

}  // namespace ds4
