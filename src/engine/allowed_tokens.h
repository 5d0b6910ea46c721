// Which tokens an assistant turn may hold at all, as masks that a sampler takes.
#pragma once

#include <cstdint>
#include <vector>

#include "text/vocabulary.h"

namespace ds4::engine {

// Token t is bit t % 64 of word t / 64.
struct AllowedTokens {
  explicit AllowedTokens(const text::Vocabulary& vocabulary);

  std::vector<std::uint64_t> any;     // all but those that no turn contains
  std::vector<std::uint64_t> no_end;  // of them, those that do not end the turn
  std::vector<text::Token> ends;

  bool is_end(text::Token token) const;
};

}  // namespace ds4::engine
