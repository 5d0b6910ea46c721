#include "text/incremental_encoder.h"

#include <gtest/gtest.h>

#include "text/random_text.h"
#include "text/small_vocabulary.h"
#include "text/v4_test_vocabulary.h"

namespace ds4::text {
namespace {

// Appends span after span and compares with encoding all of them at once, after each.
void expect_equal_to_whole(const Tokenizer& tokenizer, const std::vector<Span>& spans,
                           const EncodeOptions& options = {}) {
  IncrementalEncoder encoder(tokenizer, options);
  std::vector<Token> tokens;
  std::vector<Span> so_far;
  for (const Span& span : spans) {
    const IncrementalEncoder::Change change = encoder.append(span.bytes, span.trusted);
    ASSERT_LE(change.keep, tokens.size());
    tokens.resize(change.keep);
    tokens.insert(tokens.end(), change.tokens.begin(), change.tokens.end());
    so_far.push_back(span);
    ASSERT_EQ(tokens, tokenizer.encode_spans(so_far, options));
    ASSERT_EQ(encoder.token_count(), tokens.size());
  }
}

std::vector<Span> random_spans(RandomText& random, const std::vector<std::string>& literals) {
  std::string text;
  for (std::size_t parts = 1 + random.below(4); parts > 0; --parts) {
    text += random.below(8) == 0 ? random.broken(8) : random.text(8);
    if (random.below(2) == 0) text += literals[random.below(literals.size())];
  }
  std::vector<Span> spans;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = 1 + random.below(random.below(3) == 0 ? 20 : 4);
    spans.push_back({text.substr(at, size), random.below(3) != 0});
    at += size;
  }
  return spans;
}

TEST(incremental_encoder, equals_whole_encoding_with_awkward_added_tokens) {
  // Literals that are prefixes of others, begin with space, letters, digits or end in the middle of
  // what the scanner would take as one piece.
  const std::vector<std::string> literals = {"<a>", "<a> b", "<a><c>", " <",
                                             "1",   "x.",    "｜x",    "\n\n"};
  const auto vocabulary =
      small_vocabulary({{"a", "b"}, {" ", " "}, {".", "\n"}, {"<", "a"}},
                       {"<a>", "<a> b", "<a><c>", " <", "1", "x.", "｜x", "\n\n"})
          .build();
  ASSERT_TRUE(vocabulary.ok()) << vocabulary.error().message;
  const Tokenizer tokenizer(*vocabulary);
  RandomText random(5);
  for (int i = 0; i < 20000; ++i) {
    const std::vector<Span> spans = random_spans(random, literals);
    ASSERT_NO_FATAL_FAILURE(expect_equal_to_whole(tokenizer, spans, {.trust_specials = i % 4 == 0}))
        << i;
  }
}

TEST(incremental_encoder_v4, equals_whole_encoding_on_random_text) {
  DS4_NEED_V4_VOCABULARY();
  RandomText random(6);
  for (int i = 0; i < 20000; ++i) {
    const std::vector<Span> spans =
        random_spans(random, {"<｜User｜>", "<｜Assistant｜>", "<think>", "</think>", "｜DSML｜",
                              "<", "\n\n", " ", "  word", "12"});
    ASSERT_NO_FATAL_FAILURE(expect_equal_to_whole(v4_tokenizer(), spans)) << i;
  }
}

TEST(incremental_encoder_v4, keeps_all_tokens_before_an_added_one) {
  DS4_NEED_V4_VOCABULARY();
  IncrementalEncoder encoder(v4_tokenizer());
  const auto first = encoder.append("Hello world. This is  <｜User｜>", true);
  EXPECT_EQ(first.keep, 0u);
  const auto second = encoder.append(" and more", false);
  EXPECT_EQ(second.keep, first.tokens.size());
  EXPECT_EQ(second.tokens, v4_tokenizer().encode(" and more"));
  // The last piece may grow: "more" becomes "moreover".
  const auto third = encoder.append("over", false);
  EXPECT_EQ(third.keep, first.tokens.size() + 1);
}

}  // namespace
}  // namespace ds4::text
