#include "shared/console.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/utf8.h"

namespace ds4 {

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (std::fflush(stdout) == 0) return;
  if (errno == EPIPE) std::_Exit(0);
  std::fprintf(stderr, "cannot write to standard output: %s\n", std::strerror(errno));
  std::_Exit(1);
}

void print_exactly(std::string text) {
  if (::isatty(STDOUT_FILENO) == 1) {
    text = to_valid_utf8(text);
    if (!text.empty() && text.back() != '\n') text += '\n';
  }
  print(text);
}

int report(std::string_view message) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(message.size()), message.data());
  return 1;
}

bool stdout_is_styled() {
  const char* no_color = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return ::isatty(STDOUT_FILENO) == 1 && (no_color == nullptr || *no_color == '\0') &&
         terminal != nullptr && std::string_view(terminal) != "dumb";
}

}  // namespace ds4
