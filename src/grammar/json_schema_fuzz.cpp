// Arbitrary bytes as a schema: it compiles or is refused, in bounded time, and then can be walked.
#include "grammar/json_schema.h"

#include "grammar/fuzz_walk.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (bool is_strict : {true, false}) {
    auto compiled = ds4::grammar::json_schema_grammar(text, {.is_strict = is_strict});
    if (compiled.ok()) {
      ds4::grammar::fuzz_walk(std::move(compiled->grammar), static_cast<unsigned>(size));
      break;
    }
  }
  return 0;
}
