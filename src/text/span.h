// A stretch of prompt text and whether the engine itself wrote it: only trusted bytes may become
// added tokens (control tokens), so nothing a user or a tool says can.
#pragma once

#include <string>

namespace ds4::text {

struct Span {
  std::string bytes;
  bool trusted;
};

}  // namespace ds4::text
