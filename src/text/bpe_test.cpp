#include "text/bpe.h"

#include <gtest/gtest.h>

#include <random>

#include "text/small_vocabulary.h"

namespace ds4::text {
namespace {

// The definition, word for word.
std::vector<Token> merge_slowly(const Vocabulary& vocabulary, std::string_view piece) {
  std::vector<Token> tokens;
  for (const char byte : piece) {
    tokens.push_back(vocabulary.byte_token(static_cast<unsigned char>(byte)));
  }
  for (;;) {
    std::int32_t lowest = MergeTable::kNone;
    std::size_t at = 0;
    for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
      const std::int32_t rank = vocabulary.merges().rank(tokens[i], tokens[i + 1]);
      if (rank < lowest) {
        lowest = rank;
        at = i;
      }
    }
    if (lowest == MergeTable::kNone) return tokens;
    tokens[at] = vocabulary.merges().result(lowest);
    tokens.erase(tokens.begin() + static_cast<std::ptrdiff_t>(at) + 1);
  }
}

TEST(bpe, equals_its_definition_at_any_length) {
  // Merges that compete, in an order in which a late one makes pairs of earlier ranks.
  const TokenizerFile files[] = {small_vocabulary(),
                                 small_vocabulary({{"a", "a"}, {"aa", "aa"}, {"aaaa", "a"}}),
                                 small_vocabulary({{"ab", "c"},
                                                   {"b", "c"},
                                                   {"a", "b"},
                                                   {"a", "bc"},
                                                   {"c", "a"},
                                                   {"ca", "ca"},
                                                   {"abc", "abc"},
                                                   {"c", "c"}})};
  std::mt19937 random(4);
  for (TokenizerFile file : files) {
    // "abc" comes of two merges; both name the one token.
    file.tokens.erase(std::unique(file.tokens.begin(), file.tokens.end()), file.tokens.end());
    std::vector<std::string> tokens;
    std::vector<std::int32_t> types;
    for (std::size_t i = 0; i < file.tokens.size(); ++i) {
      if (std::find(tokens.begin(), tokens.end(), file.tokens[i]) != tokens.end()) continue;
      tokens.push_back(file.tokens[i]);
      types.push_back(file.types[i]);
    }
    file.tokens = tokens;
    file.types = types;
    const auto vocabulary = file.build();
    ASSERT_TRUE(vocabulary.ok()) << vocabulary.error().message;
    BpeScratch scratch;
    for (int i = 0; i < 3000; ++i) {
      std::string piece(1 + random() % (i % 10 == 0 ? 300 : 70), 'a');
      const auto letters = 1 + random() % 3;
      for (char& byte : piece) byte = static_cast<char>('a' + random() % letters);
      std::vector<Token> found;
      append_bpe(*vocabulary, piece, scratch, found);
      ASSERT_EQ(found, merge_slowly(*vocabulary, piece)) << piece;
    }
  }
}

TEST(bpe, takes_the_leftmost_of_equal_pairs) {
  const auto vocabulary = small_vocabulary({{"a", "a"}}).build();
  ASSERT_TRUE(vocabulary.ok());
  BpeScratch scratch;
  for (const std::size_t size : {3u, 65u, 1001u}) {
    std::vector<Token> tokens;
    append_bpe(*vocabulary, std::string(size, 'a'), scratch, tokens);
    ASSERT_EQ(tokens.size(), size / 2 + 1);
    EXPECT_EQ(tokens.front(), 256);
    EXPECT_EQ(tokens.back(), 'a');
  }
}

}  // namespace
}  // namespace ds4::text
