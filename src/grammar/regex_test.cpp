#include "grammar/regex.h"

#include <gtest/gtest.h>

#include <random>
#include <regex>

namespace ds4::grammar {
namespace {

Result<Dfa> compile(std::string_view pattern, RegexOptions options = {}) {
  GrammarBuilder builder;
  return compile_regex(builder, pattern, options);
}

TEST(regex, matches_whole_texts) {
  struct Case {
    const char* pattern;
    const char* valid;
    const char* invalid;
  };
  const Case cases[] = {{"", "", "a"},
                        {"a{2,3}b{0}c{1,}", "aacc", "ac"},
                        {"a{,2}", "a{,2}", "aa"},
                        {"[^\\W\\d]", "z", "5"},
                        {"[\\-a-c\\]]+", "-b]", "d"},
                        {"[a-]", "-", "b"},
                        {"\\ca\\x41\\u0042\\u{43}\\0",
                         "\x01"
                         "ABC",
                         "ABC"},
                        {"\\ud83d\\ude00.", "\xF0\x9F\x98\x80\xC3\xA9", "\xF0\x9F\x98\x80\n"},
                        {"(?:a|b)(?<n>c)??", "ac", "c"},
                        {"^a$", "a", "aa"},
                        {"(^|x)a", "a", "ya"},
                        {"a(^b)?", "a", "ab"},
                        {"\\s\\S", "\xC2\xA0x", "xx"}};
  for (const Case& one : cases) {
    SCOPED_TRACE(one.pattern);
    const auto dfa = compile(one.pattern);
    ASSERT_TRUE(dfa.ok()) << dfa.error().message;
    std::string valid = one.valid;
    if (std::string_view(one.pattern).ends_with("\\0")) valid += '\0';
    EXPECT_TRUE(dfa->accepts(valid));
    EXPECT_FALSE(dfa->accepts(one.invalid));
  }
}

// Random patterns and texts over a small alphabet against the standard library's ECMAScript engine.
TEST(regex, agrees_with_the_standard_library) {
  std::mt19937 random(11);
  auto pick = [&](unsigned n) { return random() % n; };
  auto make = [&](auto&& self, int depth) -> std::string {
    if (depth == 0 || pick(4) == 0) {
      static const char* const kAtoms[] = {"a",    "b",   "c", ".",     "[ab]",
                                           "[^a]", "\\d", "1", "[a-c1]"};
      return kAtoms[pick(9)];
    }
    switch (pick(5)) {
      case 0:
        return self(self, depth - 1) + self(self, depth - 1);
      case 1:
        return "(" + self(self, depth - 1) + "|" + self(self, depth - 1) + ")";
      case 2: {
        static const char* const kRepeats[] = {"*", "+", "?", "{2}", "{1,3}", "{0,2}"};
        return "(?:" + self(self, depth - 1) + ")" + kRepeats[pick(6)];
      }
      case 3:
        return self(self, depth - 1) + self(self, depth - 1) + self(self, depth - 1);
      default: {
        std::string out = self(self, depth - 1);
        if (pick(3) == 0) out.insert(0, 1, '^');
        if (pick(3) == 0) out += '$';
        return out;
      }
    }
  };
  int compared = 0;
  for (int i = 0; i < 600; ++i) {
    const std::string pattern = make(make, 4);
    const auto whole = compile(pattern);
    const auto search = compile(pattern, {.is_search = true});
    ASSERT_TRUE(whole.ok() && search.ok()) << pattern;
    const std::regex reference(pattern, std::regex::ECMAScript);
    for (int j = 0; j < 30; ++j) {
      std::string text;
      for (unsigned n = pick(7); n > 0; --n) text += "abc1"[pick(4)];
      ASSERT_EQ(whole->accepts(text), std::regex_match(text, reference))
          << pattern << " on " << text;
      ASSERT_EQ(search->accepts(text), std::regex_search(text, reference))
          << pattern << " in " << text;
      ++compared;
    }
  }
  EXPECT_EQ(compared, 18000);
}

TEST(regex, json_spelling_is_the_escaped_text) {
  const auto dfa = compile("[\\s\\S]*", {.spelling = Spelling::json});
  ASSERT_TRUE(dfa.ok());
  for (const char* text : {"a\"b", "\\", "\n\t\b\f\r", "\x01\x1f", "\xC3\xA9", "/"}) {
    EXPECT_TRUE(dfa->accepts(spell(text, Spelling::json))) << text;
  }
  EXPECT_FALSE(dfa->accepts("\""));
  EXPECT_FALSE(dfa->accepts("\n"));
  EXPECT_FALSE(dfa->accepts("\\u0041"));
}

TEST(regex, refuses_by_name_and_byte) {
  const std::pair<const char*, const char*> cases[] = {{"a(?=b)", "look-ahead at byte 3"},
                                                       {"(?<!b)", "look-behind"},
                                                       {"(a)\\1", "back-reference"},
                                                       {"\\bx", "word boundary at byte 0"},
                                                       {"\\p{L}", "property"},
                                                       {"(?>a)", "atomic"},
                                                       {"a++", "possessive"},
                                                       {"(?i)a", "inline flag"},
                                                       {"(a", "`(` without `)`"},
                                                       {"a)", "without `(`"},
                                                       {"[a", "`[` without `]`"},
                                                       {"*a", "nothing to repeat"},
                                                       {"a**", "repetition of a repetition"},
                                                       {"[b-a]", "out of order"},
                                                       {"a{3,2}", "out of order"},
                                                       {"\\", "at the end"},
                                                       {"\\q", "letter"},
                                                       {"\\ud800", "surrogate"},
                                                       {"\xFF", "UTF-8"},
                                                       {"a{1000000}", "goes beyond"},
                                                       {"[[:alpha:]]", "POSIX"}};
  for (const auto& [pattern, part] : cases) {
    const auto dfa = compile(pattern);
    ASSERT_FALSE(dfa.ok()) << pattern;
    EXPECT_NE(dfa.error().message.find(part), std::string::npos) << dfa.error().message;
  }
}

TEST(code_set, complement_and_difference) {
  const CodeSet letters{{'a', 'z'}};
  EXPECT_EQ(letters.complement().complement(), letters);
  EXPECT_FALSE(letters.complement().contains('m'));
  EXPECT_TRUE(letters.complement().contains(0x10FFFF));
  EXPECT_FALSE(letters.complement().contains(0xD900));
  EXPECT_EQ(letters.without({{'b', 'z'}}), (CodeSet{{'a', 'a'}}));
  EXPECT_TRUE(letters.without(CodeSet::all()).empty());
}

// Every character, raw and escaped, against the set it was made from.
TEST(code_set, characters_are_spelled_exactly) {
  const CodeSet set{{0x1F, 0x22},     {0x7E, 0x81},      {0x7FE, 0x802},
                    {0xD7FE, 0xE001}, {0xFFFE, 0x10401}, {0x10FFF0, 0x10FFFF}};
  GrammarBuilder b;
  const auto raw = b.dfa_of(character(b, set, Spelling::raw));
  const auto escaped = b.dfa_of(character(b, set, Spelling::json_escaped));
  ASSERT_TRUE(raw.ok() && escaped.ok());
  for (std::uint32_t code = 0; code <= 0x10FFFF; ++code) {
    if (code >= 0xD800 && code <= 0xDFFF) continue;
    std::string text;
    append_utf8(text, code);
    ASSERT_EQ(raw->accepts(text), set.contains(code)) << code;
    char buffer[16];
    if (code < 0x10000) {
      std::snprintf(buffer, sizeof buffer, "\\u%04x", code);
    } else {
      std::snprintf(buffer, sizeof buffer, "\\u%04X\\u%04x", 0xD800 + ((code - 0x10000) >> 10),
                    0xDC00 + ((code - 0x10000) & 0x3FF));
    }
    ASSERT_EQ(escaped->accepts(buffer), set.contains(code)) << buffer;
  }
}

}  // namespace
}  // namespace ds4::grammar
