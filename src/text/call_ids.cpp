#include "text/call_ids.h"

#include <unistd.h>
#if defined(__APPLE__)
#include <sys/random.h>
#endif

#include "base/check.h"

namespace ds4::text {

std::string new_call_id(std::string_view prefix) {
  static constexpr std::string_view kDigits =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  constexpr std::size_t kCharacters = 24;
  constexpr unsigned kFair = 256 / 62 * 62;  // larger bytes would favour the first digits

  std::string id(prefix);
  while (id.size() < prefix.size() + kCharacters) {
    unsigned char random[32];
    CHECK(getentropy(random, sizeof random) == 0);
    for (const unsigned char byte : random) {
      if (byte < kFair && id.size() < prefix.size() + kCharacters) id += kDigits[byte % 62];
    }
  }
  return id;
}

}  // namespace ds4::text
