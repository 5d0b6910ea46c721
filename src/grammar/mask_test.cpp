#include "grammar/mask.h"

#include <gtest/gtest.h>

#include "grammar/matcher.h"
#include "grammar/regex.h"
#include "grammar/test_vocabulary.h"

namespace ds4::grammar {
namespace {

const TestVocabulary& small() {
  static const TestVocabulary vocabulary = make_test_vocabulary(3000);
  return vocabulary;
}

std::shared_ptr<const Grammar> share(Result<Grammar> grammar) {
  EXPECT_TRUE(grammar.ok()) << (grammar.ok() ? "" : grammar.error().message);
  return std::make_shared<const Grammar>(*std::move(grammar));
}

// Arrays in arrays of words and numbers, and a right-recursive list: calls that return, tail calls,
// and rules that may be empty.
Result<Grammar> nested_grammar(std::uint32_t depth_max) {
  GrammarBuilder b;
  const Rule value = b.declare("value");
  const Rule space = b.add_rule("space", b.repeat(b.literal(" "), 0, 3));
  const Rule word = b.add_rule(
      "word",
      b.sequence({b.literal("\""), b.repeat(b.choice({b.bytes('a', 'z'), b.bytes(' ', ' ')}), 0),
                  b.literal("\"")}));
  const Rule number = b.add_rule("number", b.repeat(b.bytes('0', '9'), 1));
  const Rule rest = b.declare("rest");
  b.define(rest, b.choice({b.empty(), b.sequence({b.literal(","), b.call(space), b.call(value),
                                                  b.call(rest)})}));
  const Rule list = b.add_rule(
      "list", b.sequence({b.literal("["), b.call(space),
                          b.optional(b.sequence({b.call(value), b.call(rest)})), b.literal("]")}));
  b.define(value, b.choice({b.call(word), b.call(number), b.call(list)}));
  return b.build(value, depth_max);
}

// Walks at random and compares every mask with what accept_token() says of every token.
void compare_with_brute_force(std::shared_ptr<const Grammar> grammar, int steps, unsigned seed) {
  const Vocabulary& v = *small().vocabulary;
  MaskCache cache(grammar, small().vocabulary, {.bytes = 1 << 20});
  std::mt19937 random(seed);
  Matcher matcher(cache);
  TokenMask mask(v.size());
  for (int i = 0; i < steps; ++i) {
    matcher.mask(mask);
    std::vector<Token> allowed;
    for (Token token = 0; token < v.size(); ++token) {
      ASSERT_EQ(mask.allows(token), matcher.allows(token))
          << "step " << i << " token " << token << " '" << small().texts[token] << "'";
      if (mask.allows(token)) allowed.push_back(token);
    }
    if (matcher.ended()) {
      ASSERT_TRUE(allowed.empty());
      matcher = Matcher(cache);
      continue;
    }
    ASSERT_FALSE(allowed.empty()) << "stuck at step " << i;
    ASSERT_TRUE(matcher.accept_token(allowed[random() % allowed.size()]));
  }
}

TEST(mask, equals_brute_force_on_recursive_grammar) {
  compare_with_brute_force(share(nested_grammar(kDepthMax)), 150, 1);
}

TEST(mask, equals_brute_force_near_the_depth_limit) {
  for (unsigned limit : {1u, 2u, 3u, 9u, 70u}) {
    compare_with_brute_force(share(nested_grammar(limit)), 60, limit);
  }
}

TEST(mask, equals_brute_force_on_regular_expressions) {
  for (const char* pattern :
       {"(abc|ab|a)*\"?", "[^\"]*", ".{0,5}", "(\\d{1,3}, )*\\d{1,3}", "\\s*[a-z ]+(, [a-z ]+)*",
        "(?:[^\\u0000-\\u007f]|[aeiou])*", "-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?"}) {
    SCOPED_TRACE(pattern);
    compare_with_brute_force(share(regex_grammar(pattern)), 40, 7);
  }
}

TEST(mask, cache_stays_within_its_limit) {
  auto grammar = share(nested_grammar(kDepthMax));
  MaskCache cache(grammar, small().vocabulary, {.bytes = 4096});
  Matcher matcher(cache);
  TokenMask mask(small().vocabulary->size());
  std::mt19937 random(3);
  for (int i = 0; i < 500; ++i) {
    matcher.mask(mask);
    EXPECT_LE(cache.statistics().bytes, 4096u);
    std::vector<Token> allowed;
    for (Token t = 0; t < mask.size(); ++t) {
      if (mask.allows(t)) allowed.push_back(t);
    }
    if (matcher.ended() || !matcher.accept_token(allowed[random() % allowed.size()])) {
      matcher = Matcher(cache);
    }
  }
}

TEST(matcher, rollback_equals_replay) {
  auto grammar = share(nested_grammar(kDepthMax));
  MaskCache cache(grammar, small().vocabulary);
  std::mt19937 random(5);
  TokenMask mask(small().vocabulary->size()), expected = mask;
  Matcher matcher(cache, 16);
  std::vector<Token> taken;
  for (int i = 0; i < 400; ++i) {
    if (random() % 4 == 0 && matcher.rollback_limit() > 0) {
      const std::size_t back = 1 + random() % matcher.rollback_limit();
      ASSERT_TRUE(matcher.rollback(back));
      taken.resize(taken.size() - back);
      Matcher fresh(cache);
      for (Token t : taken) ASSERT_TRUE(fresh.accept_token(t));
      matcher.mask(mask);
      fresh.mask(expected);
      ASSERT_EQ(mask, expected);
      ASSERT_EQ(matcher.can_end(), fresh.can_end());
      continue;
    }
    matcher.mask(mask);
    std::vector<Token> allowed;
    for (Token t = 0; t < mask.size(); ++t) {
      if (mask.allows(t)) allowed.push_back(t);
    }
    if (allowed.empty()) continue;  // ended: only a rollback helps
    taken.push_back(allowed[random() % allowed.size()]);
    ASSERT_TRUE(matcher.accept_token(taken.back()));
  }
  EXPECT_FALSE(matcher.rollback(17));
}

TEST(matcher, refuses_without_changing) {
  auto grammar = share(regex_grammar("abc|abd"));
  MaskCache cache(grammar, small().vocabulary);
  Matcher matcher(cache);
  EXPECT_FALSE(matcher.accept_bytes("abx"));
  EXPECT_FALSE(matcher.accept_token(1));  // the end, too early
  EXPECT_FALSE(matcher.accept_token(0));
  EXPECT_FALSE(matcher.accept_token(1u << 30));
  EXPECT_EQ(matcher.forced_bytes(), "ab");
  EXPECT_TRUE(matcher.accept_bytes("ab"));
  EXPECT_EQ(matcher.forced_bytes(), "");
  EXPECT_FALSE(matcher.can_end());
  EXPECT_EQ(matcher.shortest_completion_bytes(), 1u);
  EXPECT_TRUE(matcher.accept_bytes("d"));
  EXPECT_TRUE(matcher.can_end());
  EXPECT_TRUE(matcher.accept_token(1));
  EXPECT_TRUE(matcher.ended());
  EXPECT_FALSE(matcher.accept_bytes(""));
  EXPECT_TRUE(matcher.rollback(2));
  EXPECT_TRUE(matcher.accept_bytes("c"));
}

TEST(matcher, frames_are_dropped_when_no_longer_used) {
  auto grammar = share(nested_grammar(kDepthMax));
  MaskCache cache(grammar, small().vocabulary);
  Matcher matcher(cache, 4);
  std::mt19937 random(9);
  ASSERT_TRUE(matcher.accept_bytes("["));
  int open = 1;
  for (int i = 0; i < 60000; ++i) {
    if (open < 200 && random() % 2) {
      ASSERT_TRUE(matcher.accept_bytes("["));
      ++open;
    } else if (open > 1) {
      ASSERT_TRUE(matcher.accept_bytes("1]")) << i;
      ASSERT_TRUE(matcher.accept_bytes(","));
      --open;
    }
  }
  ASSERT_TRUE(matcher.accept_bytes(matcher.shortest_completion()));
  EXPECT_TRUE(matcher.can_end());
}

TEST(grammar, left_recursion_is_refused_by_name) {
  GrammarBuilder b;
  const Rule sum = b.declare("sum");
  b.define(sum, b.choice({b.sequence({b.call(sum), b.literal("+1")}), b.literal("1")}));
  const auto grammar = b.build(sum);
  ASSERT_FALSE(grammar.ok());
  EXPECT_NE(grammar.error().message.find("`sum`"), std::string::npos);
}

TEST(grammar, endless_recursion_is_refused) {
  GrammarBuilder b;
  const Rule r = b.declare("r");
  b.define(r, b.sequence({b.literal("("), b.call(r), b.literal(")")}));
  EXPECT_FALSE(b.build(r).ok());
}

TEST(vocabulary, refuses_ids_out_of_range) {
  const std::string_view texts[] = {"a", "b"};
  const Token bad[] = {2};
  EXPECT_FALSE(Vocabulary::build(texts, {.ends = bad}).ok());
}

TEST(vocabulary, marks_cannot_be_forged_by_bytes) {
  GrammarBuilder b;
  std::string mark(1, kMarkByte);
  mark += small().texts[2];
  auto grammar = share(b.build(b.add_rule("mark", b.literal(mark))));
  MaskCache cache(grammar, small().vocabulary);
  Matcher matcher(cache);
  TokenMask mask(small().vocabulary->size());
  matcher.mask(mask);
  EXPECT_EQ(mask.count(), 1u);
  EXPECT_TRUE(mask.allows(2));
}

}  // namespace
}  // namespace ds4::grammar
