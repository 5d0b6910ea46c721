// A vocabulary for tests: some thousand tokens with everything that makes masks hard: all single
// bytes, parts of characters, words, white space runs, tokens that straddle JSON's structure, and
// marks. Deterministic.
#pragma once

#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "grammar/vocabulary.h"

namespace ds4::grammar {

struct TestVocabulary {
  std::vector<std::string> texts;
  std::vector<Token> never, marks, ends;
  std::shared_ptr<const Vocabulary> vocabulary;
};

// `count` tokens at least; the same for the same arguments.
inline TestVocabulary make_test_vocabulary(std::size_t count, unsigned seed = 1) {
  TestVocabulary out;
  auto& t = out.texts;
  t = {"<begin>", "<end>",
       "\xEF\xBD\x9C"
       "DSML\xEF\xBD\x9C",
       ""};
  out.never = {0};
  out.ends = {1};
  out.marks = {2};
  for (int b = 0; b < 256; ++b) t.push_back(std::string(1, static_cast<char>(b)));
  for (const char* s : {"\":",
                        "\": ",
                        "\",",
                        "\", ",
                        "\", \"",
                        "\",\"",
                        "\":\"",
                        "\": \"",
                        "\"}",
                        "\"]",
                        "\"},",
                        "\"},{",
                        "{\"",
                        "[\"",
                        "[{\"",
                        "}}",
                        "]}",
                        "]]",
                        "}]",
                        "},",
                        "],",
                        "}\n",
                        ",\n",
                        "\n  ",
                        "\n    ",
                        ": ",
                        ", ",
                        " \"",
                        "[]",
                        "{}",
                        "\"\"",
                        "\": {",
                        "\": [",
                        "\":[",
                        "\":{",
                        "\\\"",
                        "\\n",
                        "\\u",
                        "\\u0",
                        "\\u00",
                        "\\\\",
                        "\n\n",
                        "true",
                        "false",
                        "null",
                        "tr",
                        "ue",
                        "fal",
                        "nul",
                        "-1",
                        "0.",
                        ".5",
                        "e+",
                        "e-",
                        "E1",
                        "00",
                        "123",
                        "2024-",
                        "-01-",
                        "T00:",
                        "00Z",
                        "://",
                        "http",
                        ".com",
                        "@",
                        "</",
                        "</\xFF",
                        "parameter",
                        "tool_calls",
                        "invoke name=\"",
                        "\" string=\"",
                        "true\">",
                        "false\">",
                        ">\n",
                        "\">\n",
                        "parameter name=\"",
                        ">\n<",
                        "[[[[[[[[",
                        "]]]]]]]]",
                        "{\"a\":{\"a\":{\"a\":",
                        "}}}}}}",
                        "((((((",
                        "))))))",
                        "\xF0\x9F",
                        "\x98\x80",
                        "\xE4\xBD",
                        "\xA0\xE5\xA5\xBD",
                        "\xE4\xBD\xA0\xE5\xA5\xBD",
                        "\xC3\xA9",
                        "\xC3",
                        "\xA9t",
                        "\xF0\x9F\x98\x80",
                        "\xED\xA0",
                        "\xED\xA0\x80",
                        "a\"",
                        "ab\",\"",
                        "\xC3\xA9\"",
                        "\xC0\x80"}) {
    t.push_back(s);
  }
  for (int n = 2; n <= 40; ++n) t.push_back(std::string(static_cast<std::size_t>(n), ' '));
  for (int n = 1; n <= 12; ++n) {
    std::string indent(static_cast<std::size_t>(2 * n) + 2, ' ');
    indent.front() = '\n';
    indent.back() = '"';
    t.push_back(indent);
  }
  std::mt19937 random(seed);
  const std::string_view alphabets[] = {
      "abcdefghijklmnopqrstuvwxyz", "0123456789",     "etaoin shrdlu",
      "{}[]\",: \\\n0123abc",       "ABCXYZ_-abc.@/", "\"\\/bfnrtu0aF"};
  while (t.size() < count) {
    const std::string_view alphabet = alphabets[random() % std::size(alphabets)];
    std::string word;
    if (random() % 3 == 0) word += ' ';
    const std::size_t length = 2 + random() % 7;
    for (std::size_t i = 0; i < length; ++i) {
      if (random() % 40 == 0) {
        word += "\xC3\xBC";
      } else {
        word += alphabet[random() % alphabet.size()];
      }
    }
    t.push_back(word);
  }
  std::vector<std::string_view> views(t.begin(), t.end());
  out.vocabulary = std::make_shared<const Vocabulary>(
      *Vocabulary::build(views, {.never = out.never, .marks = out.marks, .ends = out.ends}));
  return out;
}

}  // namespace ds4::grammar
