#include <filesystem>
#include <system_error>

#include "base/program_path.h"

namespace ds4 {

Result<std::string> program_path() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return fail(Code::io, "/proc/self/exe: ", error.message());
  return path.string();
}

}  // namespace ds4
