// Any bytes in any portions: what streams out is valid UTF-8 at every moment and in the end equals
// decoding all at once.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "base/utf8.h"
#include "text/detokenizer.h"

using namespace ds4;
using namespace ds4::text;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  Utf8Stream stream;
  std::string out;
  std::size_t step = 1 + data[0] % 7;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    step = 1 + (step * 5 + data[0]) % 7;
    const std::size_t before = out.size();
    stream.push(bytes.substr(at, step), out);
    CHECK(is_valid_utf8(std::string_view(out).substr(before)));
    CHECK(stream.pending().size() <= 3);
  }
  stream.finish(out);
  CHECK(out == to_valid_utf8(bytes));
  return 0;
}
