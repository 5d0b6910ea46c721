#include "grammar/lark.h"

#include <gtest/gtest.h>

#include "grammar/matcher.h"
#include "grammar/test_vocabulary.h"

namespace ds4::grammar {
namespace {

const TestVocabulary& small() {
  static const TestVocabulary vocabulary = make_test_vocabulary(1500);
  return vocabulary;
}

struct Case {
  const char* grammar;
  std::vector<const char*> valid, invalid;
};

TEST(lark, accepts_what_the_grammar_says) {
  const Case cases[] = {
      {"start: \"a\" \"b\"?\n", {"a", "ab"}, {"", "b", "abb"}},
      {"start: (\"x\" | \"y\")+\n", {"x", "yx"}, {"", "z"}},
      {"start: item ~ 2..3\nitem: /[0-9]/\n", {"12", "123"}, {"1", "1234"}},
      {"start: \"a\"~3\n", {"aaa"}, {"aa", "aaaa"}},
      {"start: [\"-\"] INT\n%import common.INT\n", {"-12", "3"}, {"-", "1.5"}},
      {"// sums\nstart: sum\n?sum: product | sum \"+\" product -> add\n"
       "?product: atom | product \"*\" atom\n?atom: NUMBER | \"(\" sum \")\"\n"
       "%import common.NUMBER\n%import common.WS\n%ignore WS\n",
       {"1+2*3", " 1 + ( 2*3 ) ", "1.5e3"},
       {"1+", "(1", "1 2", ""}},
      {"start: A B\nA: \"a\"..\"c\"\nB.2: /x+/i\n", {"ax", "cXx"}, {"dx", "a"}},
      {"start: \"select\"i \" \" NAME\nNAME: /[a-z_]+/\n", {"SELECT a", "Select b_c"}, {"selec a"}},
      {"start: line\n     | line \";\" start\nline: \"é\" \"\\u4f60\"\n",
       {"é你", "é你;é你"},
       {"é"}},
      {"start: /a\\/b/ \"\\n\" /[/]/\n", {"a/b\n/"}, {"a\\/b\n/"}},
      {"start: \"begin\" body \"end\"\nbody: (stmt \"\\n\")*\nstmt: \"(\" start \")\" | \"x\"\n",
       {"beginend", "beginx\nend", "begin(beginx\nend)\nend"},
       {"begin", "beginxend"}},
      {"start: e\n_WORD: /[a-z]+/\ne: _WORD \",\" e |\n", {"", "a,", "a,b,"}, {"a"}},
      {"%import common.CNAME -> NAME\nstart: NAME (\".\" NAME)*\n", {"a", "a.b_1"}, {"1a", "a."}},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.grammar);
    auto grammar = lark_grammar(one.grammar);
    ASSERT_TRUE(grammar.ok()) << grammar.error().message;
    MaskCache cache(std::make_shared<const Grammar>(*std::move(grammar)), small().vocabulary);
    auto accepts = [&](const char* text) {
      Matcher matcher(cache);
      return matcher.accept_bytes(text) && matcher.can_end();
    };
    for (const char* text : one.valid) EXPECT_TRUE(accepts(text)) << text;
    for (const char* text : one.invalid) EXPECT_FALSE(accepts(text)) << text;
    // A walk through the masks never gets stuck, and ends in a text of the language.
    std::mt19937 random(3);
    Matcher matcher(cache);
    TokenMask mask(small().vocabulary->size());
    for (int i = 0; i < 30 && !matcher.ended(); ++i) {
      matcher.mask(mask);
      std::vector<Token> allowed;
      for (Token t = 0; t < mask.size(); ++t) {
        ASSERT_EQ(mask.allows(t), matcher.allows(t));
        if (mask.allows(t)) allowed.push_back(t);
      }
      ASSERT_FALSE(allowed.empty());
      ASSERT_TRUE(matcher.accept_token(allowed[random() % allowed.size()]));
    }
    if (!matcher.ended()) {
      ASSERT_TRUE(matcher.accept_bytes(matcher.shortest_completion()));
      EXPECT_TRUE(matcher.can_end());
    }
  }
}

TEST(lark, refuses_by_name_and_line) {
  const std::pair<const char*, const char*> cases[] = {
      {"start: a\n", "`a` is not defined"},
      {"x: \"a\"\n", "no rule named `start`"},
      {"start: \"a\n", "line 1: a string is not closed"},
      {"start: (\"a\"\n", "not closed"},
      {"start: \"a\"\nstart: \"b\"\n", "defined twice"},
      {"start: x\nx{y}: y\n", "a template"},
      {"%declare X\nstart: X\n", "%declare"},
      {"%import python.X\nstart: X\n", "%import"},
      {"%import common.NOPE\nstart: NOPE\n", "NOPE"},
      {"start: /(?=a)b/\n", "look-ahead"},
      {"start: /a/m\n", "flag `m`"},
      {"start: A\nA: B\nB: A \"x\"\n", "refers to itself"},
      {"start: A\nA: start\n", "cannot use the rule"},
      {"start: a\na: b \"x\"\nb: a\n", "left recursion"},
      {"start: \"x\" start\n", "no finite text"},
      {"start: \"a\"~5..2\n", "out of order"},
      {"start: \"a\"~1000000\n", "repetition"},
      {"start: (\"a\"~1000)~1000\n", "too complex"},
      {"start: \"b\"..\"a\"\n", "out of order"},
      {"\n\nstart: \"a\" )\n", "line 3"},
      {"start: <special>\n", "special token"}};
  for (const auto& [text, part] : cases) {
    const auto grammar = lark_grammar(text);
    ASSERT_FALSE(grammar.ok()) << text;
    EXPECT_NE(grammar.error().message.find(part), std::string::npos)
        << text << ": " << grammar.error().message;
  }
}

}  // namespace
}  // namespace ds4::grammar
