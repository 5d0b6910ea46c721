// What the fuzz targets do with a grammar that compiled: walk through its masks for a while, and
// finish. A mask must never lead into a dead end.
#pragma once

#include <cstdint>
#include <memory>

#include "base/check.h"
#include "grammar/matcher.h"
#include "grammar/test_vocabulary.h"

namespace ds4::grammar {

inline void fuzz_walk(Grammar&& grammar, unsigned seed) {
  static const TestVocabulary words = make_test_vocabulary(800);
  MaskCache cache(std::make_shared<const Grammar>(std::move(grammar)), words.vocabulary,
                  {.bytes = 1 << 20});
  std::mt19937 random(seed);
  TokenMask mask(words.vocabulary->size());
  Matcher matcher(cache, 4);
  for (int i = 0; i < 8 && !matcher.ended(); ++i) {
    matcher.mask(mask);
    std::vector<Token> allowed;
    for (Token t = 0; t < mask.size(); ++t) {
      if (mask.allows(t)) allowed.push_back(t);
    }
    // Every state can go on; a vocabulary with all single bytes then has a token for it, unless a
    // mark is the only way.
    if (allowed.empty()) return;
    CHECK(matcher.accept_token(allowed[random() % allowed.size()]));
    if (i == 3) {
      CHECK(matcher.rollback(1));
    }
  }
  if (!matcher.ended()) matcher.accept_bytes(matcher.shortest_completion(4096));
}

}  // namespace ds4::grammar
