// Byte-pair merging within one piece: of all adjacent pairs the one with the lowest rank merges,
// the leftmost of equals, until none does.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "text/vocabulary.h"

namespace ds4::text {

// Scratch for long pieces, kept between calls.
struct BpeScratch {
  std::vector<Token> tokens;        // [byte of the piece] the token that starts there
  std::vector<std::int32_t> ranks;  // [byte] of the pair that starts there
  std::vector<std::uint32_t> next;  // [byte] where the next token starts
  std::vector<std::uint32_t> previous;
  std::vector<std::uint64_t> heap;  // rank, then position
};

// Appends the tokens of a piece. O(n log n) in its bytes, of which there are under 2^32 (CHECKed).
void append_bpe(const Vocabulary& vocabulary, std::string_view piece, BpeScratch& scratch,
                std::vector<Token>& out);

}  // namespace ds4::text
