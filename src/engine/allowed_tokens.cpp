#include "engine/allowed_tokens.h"

#include <algorithm>

namespace ds4::engine {

namespace {

void clear_bit(std::vector<std::uint64_t>& mask, text::Token token) {
  const auto t = static_cast<std::size_t>(token);
  mask[t / 64] &= ~(std::uint64_t{1} << t % 64);
}

}  // namespace

AllowedTokens::AllowedTokens(const text::Vocabulary& vocabulary)
    : any((vocabulary.size() + 63) / 64, ~std::uint64_t{0}), ends(vocabulary.stops()) {
  if (vocabulary.size() % 64 != 0) any.back() = (std::uint64_t{1} << vocabulary.size() % 64) - 1;
  for (const text::Token token : vocabulary.never_sampled()) clear_bit(any, token);
  no_end = any;
  for (const text::Token token : ends) clear_bit(no_end, token);
}

bool AllowedTokens::is_end(text::Token token) const {
  return std::find(ends.begin(), ends.end(), token) != ends.end();
}

}  // namespace ds4::engine
