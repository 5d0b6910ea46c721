// Arbitrary bytes as a regular expression, in every spelling.
#include "grammar/regex.h"

#include "grammar/fuzz_walk.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ds4::grammar;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  GrammarBuilder builder(Budget(5'000'000, 50'000));
  const auto search = compile_regex(builder, text, {.spelling = Spelling::json, .is_search = true});
  static_cast<void>(search.ok());
  auto whole = regex_grammar(text);
  if (whole.ok()) fuzz_walk(*std::move(whole), static_cast<unsigned>(size));
  return 0;
}
