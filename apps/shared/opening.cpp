#include "shared/opening.h"

#include "base/log.h"
#include "base/terminal.h"
#include "base/utf8.h"

namespace ds4 {

Opening::Opening(const std::string& path)
    : is_shown_(terminal_style(Console::standard().descriptor()).redraw) {
  const std::string name = printable(path.substr(path.rfind('/') + 1), 60);
  if (is_shown_) Console::standard().status("opening " + name);
}

Opening::~Opening() {
  if (is_shown_) Console::standard().status("");
}

}  // namespace ds4
