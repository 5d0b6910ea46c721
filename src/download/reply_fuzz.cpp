// Headers of a server that may send anything.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "download/reply.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  ds4::download::Reply reply;
  ds4::download::Published published;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    reply.take(line);
    published.take(line);
    if (end == text.npos) break;
    text.remove_prefix(end + 1);
  }
  if (reply.range) {
    CHECK(reply.range->first <= reply.range->last && reply.range->last < reply.range->total);
  }
  CHECK(reply.status >= 0 && reply.status <= 999);
  CHECK(published.sha256.empty() || published.sha256.size() == 64);
  return 0;
}
