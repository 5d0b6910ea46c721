// Regular expressions as JSON Schema and tool grammars write them (ECMA 262 with the u flag, less
// look-around and back-references), over Unicode scalar values.
//
// Not supported, and refused by name: look-around, back-references, word boundaries, \p classes,
// atomic groups and possessive repetition, inline flags.
#pragma once

#include <string_view>

#include "grammar/builder.h"
#include "grammar/code_set.h"

namespace ds4::grammar {

struct RegexOptions {
  Spelling spelling = Spelling::raw;
  bool is_search = false;     // may match anywhere in the text, as JSON Schema's `pattern` does
  bool ignores_case = false;  // ASCII letters
  bool dot_is_all = false;    // `.` takes line ends too
};

inline constexpr std::size_t kRegexBytesMax = 16 * 1024;

// The automaton of all texts that the pattern matches. The error says what is wrong, and at which
// byte of the pattern.
Result<Dfa> compile_regex(GrammarBuilder& builder, std::string_view pattern,
                          const RegexOptions& options = {});

// A grammar of its own for one pattern, matched as a whole text.
Result<Grammar> regex_grammar(std::string_view pattern);

// `text` with every sign escaped that means something in a pattern.
std::string regex_escape(std::string_view text);

}  // namespace ds4::grammar
