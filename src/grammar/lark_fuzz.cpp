// Arbitrary bytes as an EBNF grammar.
#include "grammar/lark.h"

#include "grammar/fuzz_walk.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto grammar = ds4::grammar::lark_grammar(text);
  if (grammar.ok()) ds4::grammar::fuzz_walk(*std::move(grammar), static_cast<unsigned>(size));
  return 0;
}
