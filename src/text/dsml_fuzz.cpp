// Arbitrary bytes, arbitrarily cut, under arbitrary options: both parsers must agree, and what they
// call JSON must be JSON.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "text/dsml_tracker.h"
#include "text/stream_agreement.h"

// The first five bytes choose options, end and cuts; the rest is the text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ds4::text;
  constexpr std::size_t kHead = 5;
  if (size < kHead) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + kHead, size - kHead);

  ParseOptions options;
  options.thinking = (data[0] & 1) != 0;
  options.history_has_tools = (data[0] & 2) != 0;
  options.coerce_arguments = (data[0] & 4) != 0;
  options.knows_marks = (data[0] & 8) != 0;
  if ((data[0] & 16) == 0) {
    options.tools.add(
        "f",
        {{"a", ParameterType::string}, {"n", ParameterType::integer}, {"o", ParameterType::other}});
    options.tools.add("g", {});
  }
  const TurnEnd end = static_cast<TurnEnd>(data[1] % 3);

  // A small generator, so that two bytes name many ways to cut.
  std::vector<std::size_t> cuts;
  std::uint32_t state = data[2] * 256u + data[3];
  const std::uint32_t widest = 1u + data[4];
  for (std::size_t at = 0;;) {
    state = state * 1664525u + 1013904223u;
    at += 1 + (state >> 16) % widest;
    if (at >= text.size()) break;
    cuts.push_back(at);
  }

  const std::string why = disagreement(text, options, end, cuts);
  if (!why.empty()) {
    std::fprintf(stderr, "%s\n", why.c_str());
    std::abort();
  }
  DsmlTracker tracker({options, false});
  tracker.feed(text);
  (void)tracker.next_token_class();
  return 0;
}
