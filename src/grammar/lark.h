// A small EBNF: the part of the Lark language that custom tools send. docs/grammar.md lists it.
#pragma once

#include <string_view>

#include "grammar/builder.h"

namespace ds4::grammar {

inline constexpr std::size_t kLarkBytesMax = 64 * 1024;

// Adds the grammar's rules to the builder and gives its `start`. Terminals are plain regular
// languages: there is no separate lexer and no longest match. The error names line and construct.
Result<Rule> add_lark(GrammarBuilder& builder, std::string_view text);

Result<Grammar> lark_grammar(std::string_view text);

}  // namespace ds4::grammar
