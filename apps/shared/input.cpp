#include "shared/input.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/system_error.h"
#include "shared/console.h"

namespace ds4 {

namespace {

Result<std::string> read_all(int descriptor, const std::string& name) {
  std::string out;
  for (;;) {
    constexpr std::size_t kStep = 1 << 16;
    const std::size_t size = out.size();
    out.resize(size + kStep);
    const ssize_t got = ::read(descriptor, out.data() + size, kStep);
    out.resize(size + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got == 0) return out;
    if (got < 0 && errno != EINTR) {
      return fail(Code::io, name, ": cannot read: ", system_reason(errno));
    }
    if (out.size() > kInputBytesMax) {
      return fail(Code::too_large, name, ": more than ", kInputBytesMax, " bytes");
    }
  }
}

}  // namespace

Result<std::string> read_input(const std::string& path) {
  if (path == "-") {
    if (::isatty(STDIN_FILENO) == 1) report("Reading from the terminal; Ctrl-D ends it.");
    return read_all(STDIN_FILENO, "standard input");
  }
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return fail(errno == ENOENT ? Code::not_found : Code::io, path,
                ": cannot open file: ", system_reason(errno));
  }
  auto out = read_all(descriptor, path);
  ::close(descriptor);
  return out;
}

}  // namespace ds4
