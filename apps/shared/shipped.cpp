#include "shared/shipped.h"

#include <filesystem>
#include <system_error>

#include "base/program_path.h"
#include "base/utf8.h"

namespace ds4 {

Result<std::string> shipped_path(const std::string& name) {
  namespace fs = std::filesystem;
  TRY(const std::string program, program_path());
  const fs::path folder = fs::path(program).parent_path();
  std::string tried;
  for (const char* place : {"../share/ds4", "..", "../.."}) {
    const std::string path = (folder / place / name).lexically_normal().string();
    std::error_code error;
    if (fs::exists(path, error)) return path;
    tried += (tried.empty() ? "" : ", ") + path;
  }
  return fail(Code::not_found, printable(name, 60), " is not here; looked for ", tried);
}

}  // namespace ds4
