#include "grammar/dsml_call.h"

#include <gtest/gtest.h>

#include "grammar/json_schema.h"
#include "grammar/matcher.h"
#include "grammar/test_vocabulary.h"

namespace ds4::grammar {
namespace {

const TestVocabulary& small() {
  static const TestVocabulary vocabulary = make_test_vocabulary(1500);
  return vocabulary;
}

// `@` stands for the mark.
std::string with_marks(std::string_view text, bool mark_is_token = true) {
  std::string out;
  for (char c : text) {
    if (c != '@') {
      out += c;
      continue;
    }
    if (mark_is_token) out += kMarkByte;
    out += small().texts[2];
  }
  return out;
}

DsmlTool weather(bool is_strict) {
  DsmlTool tool{.name = "get_weather", .is_strict = is_strict};
  tool.parameters = *parse_json(
      R"({"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer","minimum":1,"maximum":7},)"
      R"("unit":{"enum":["C","F"]}},"required":["city"],"additionalProperties":false})");
  return tool;
}

struct Checker {
  explicit Checker(const std::vector<DsmlTool>& tools, DsmlOptions options = {})
      : marks(options.mark_is_token) {
    auto built = dsml_call_grammar(tools, options);
    EXPECT_TRUE(built.ok()) << (built.ok() ? "" : built.error().message);
    cache = std::make_unique<MaskCache>(std::make_shared<const Grammar>(std::move(built->grammar)),
                                        small().vocabulary);
  }
  bool accepts(std::string_view text) {
    Matcher matcher(*cache);
    return matcher.accept_bytes(with_marks(text, marks)) && matcher.can_end();
  }
  bool marks;
  std::unique_ptr<MaskCache> cache;
};

std::string invoke(std::string_view name, std::string_view body) {
  return "<@invoke name=\"" + std::string(name) + "\">\n" + std::string(body) + "</@invoke>";
}
std::string block(std::string_view invokes) {
  return "\n\n<@tool_calls>\n" + std::string(invokes) + "\n</@tool_calls>";
}
std::string text(std::string_view key, std::string_view value) {
  return "<@parameter name=\"" + std::string(key) + "\" string=\"true\">" + std::string(value) +
         "</@parameter>\n";
}
std::string value(std::string_view key, std::string_view json) {
  return "<@parameter name=\"" + std::string(key) + "\" string=\"false\">" + std::string(json) +
         "</@parameter>\n";
}

TEST(dsml_call, strict_arguments_follow_the_schema) {
  for (bool marks : {true, false}) {
    Checker c({weather(true)}, {.mark_is_token = marks});
    const std::string name = "get_weather";
    EXPECT_TRUE(c.accepts(block(invoke(name, text("city", "Paris, \"é\" </b> <x>\n")))));
    EXPECT_TRUE(c.accepts(block(invoke(name, text("city", "")))));
    EXPECT_TRUE(c.accepts(block(invoke(name, text("city", "P") + value("days", "7")))));
    EXPECT_TRUE(
        c.accepts(block(invoke(name, value("days", "1") + text("unit", "C") + text("city", "P")))));
    EXPECT_FALSE(c.accepts(block(invoke(name, ""))));  // required
    EXPECT_FALSE(c.accepts(block(invoke(name, text("city", "P") + value("days", "8")))));  // range
    EXPECT_FALSE(c.accepts(block(invoke(name, text("city", "P") + text("unit", "K")))));   // enum
    EXPECT_FALSE(c.accepts(block(invoke(name, text("city", "P") + text("city", "Q")))));   // twice
    EXPECT_FALSE(c.accepts(block(invoke(name, text("city", "P") + text("days", "1")))));   // type
    EXPECT_FALSE(c.accepts(block(invoke(name, value("city", "\"P\"")))));              // raw text
    EXPECT_FALSE(c.accepts(block(invoke(name, text("city", "P") + text("x", "1")))));  // unknown
    EXPECT_FALSE(c.accepts(block(invoke("other", text("city", "P")))));
    EXPECT_FALSE(c.accepts(invoke(name, text("city", "P"))));
  }
}

TEST(dsml_call, not_strict_holds_types_only) {
  Checker c({weather(false)});
  const std::string name = "get_weather";
  EXPECT_TRUE(c.accepts(block(invoke(name, ""))));
  EXPECT_TRUE(c.accepts(block(invoke(name, "\n"))));
  EXPECT_TRUE(c.accepts(block(invoke(name, value("days", "80")))));
  EXPECT_TRUE(c.accepts(block(invoke(name, text("extra", "x") + value("more", "{\"a\": [1]}")))));
  EXPECT_TRUE(c.accepts(block(invoke(name, text("unit", "K")))));
  EXPECT_FALSE(c.accepts(block(invoke(name, text("days", "8")))));
  EXPECT_FALSE(c.accepts(block(invoke(name, value("days", "\"8\"")))));
  EXPECT_FALSE(c.accepts(block(invoke(name, value("more", "{a")))));
}

TEST(dsml_call, several_tools_and_calls) {
  DsmlTool ping{.name = "ping"};
  ping.is_strict = true;
  ping.parameters =
      *parse_json(R"({"type":"object","properties":{},"additionalProperties":false})");
  const std::string a = invoke("ping", "\n"), w = invoke("get_weather", text("city", "P"));
  Checker many({weather(true), ping});
  EXPECT_TRUE(many.accepts(block(a)));
  EXPECT_TRUE(many.accepts(block(a + "\n" + w + "\n" + a)));
  EXPECT_FALSE(many.accepts(block("")));
  Checker one({weather(true), ping}, {.one_call_only = true});
  EXPECT_TRUE(one.accepts(block(w)));
  EXPECT_FALSE(one.accepts(block(a + "\n" + w)));
  Checker forced({weather(true), ping}, {.first_name = "ping"});
  EXPECT_TRUE(forced.accepts(block(a + "\n" + w)));
  EXPECT_FALSE(forced.accepts(block(w)));
  Matcher matcher(*forced.cache);
  EXPECT_EQ(matcher.forced_bytes(), with_marks("\n\n<@tool_calls>\n<@invoke name=\"ping\">\n"));
  Checker inside({ping}, {.start = DsmlStart::inside});
  EXPECT_TRUE(inside.accepts("\n" + a + "\n</@tool_calls>"));
  const auto unknown = dsml_call_grammar({ping}, {.first_name = "pong"});
  ASSERT_FALSE(unknown.ok());
  EXPECT_NE(unknown.error().message.find("`pong`"), std::string::npos);
  EXPECT_FALSE(dsml_call_grammar({}).ok());
}

TEST(dsml_call, many_parameters_come_in_declared_order) {
  DsmlTool tool{.name = "t", .is_strict = true};
  std::string properties;
  for (int i = 0; i < 12; ++i) {
    properties += (i ? ",\"p" : "\"p") + std::to_string(i) + R"(":{"type":["integer","null"]})";
  }
  tool.parameters = *parse_json("{\"type\":\"object\",\"properties\":{" + properties +
                                "},\"required\":[\"p3\"],\"additionalProperties\":false}");
  Checker c({tool});
  EXPECT_TRUE(c.accepts(block(invoke("t", value("p3", "1")))));
  EXPECT_TRUE(
      c.accepts(block(invoke("t", value("p0", "null") + value("p3", "1") + value("p11", "2")))));
  EXPECT_FALSE(c.accepts(block(invoke("t", value("p3", "1") + value("p0", "1")))));
  EXPECT_FALSE(c.accepts(block(invoke("t", value("p0", "1")))));
}

TEST(dsml_call, custom_tools_follow_their_language) {
  DsmlTool regex{.name = "dial"}, lark{.name = "calc"}, free{.name = "note"};
  regex.custom = DsmlCustom{.syntax = DsmlCustom::Syntax::regex, .definition = "[0-9]{3,5}"};
  lark.custom = DsmlCustom{.syntax = DsmlCustom::Syntax::lark,
                           .definition = "start: /[0-9]+/ (\"+\" /[0-9]+/)*\n"};
  free.custom = DsmlCustom{};
  Checker c({regex, lark, free});
  EXPECT_TRUE(c.accepts(block(invoke("dial", text("input", "123")))));
  EXPECT_FALSE(c.accepts(block(invoke("dial", text("input", "12")))));
  EXPECT_TRUE(c.accepts(block(invoke("calc", text("input", "1+23+4")))));
  EXPECT_FALSE(c.accepts(block(invoke("calc", text("input", "1+")))));
  EXPECT_TRUE(c.accepts(block(invoke("note", text("input", "anything </x> at\nall")))));
  EXPECT_FALSE(c.accepts(block(invoke("note", value("input", "1")))));
  regex.custom->definition = "(a)\\1";
  const auto bad = dsml_call_grammar({regex});
  ASSERT_FALSE(bad.ok());
  EXPECT_NE(bad.error().message.find("tool `dial`"), std::string::npos);
}

// With tools and a schema both are live: a block of calls or the document, nothing else.
TEST(dsml_call, stands_beside_a_schema) {
  GrammarBuilder b;
  std::vector<std::string> warnings;
  const auto calls = add_dsml_calls(b, {weather(true)}, {}, warnings);
  const auto document = add_json_schema(b, R"({"enum":["yes","no"]})", {}, warnings);
  ASSERT_TRUE(calls.ok() && document.ok());
  auto grammar = b.build(b.add_rule("either", b.choice({b.call(*calls), b.call(*document)})));
  ASSERT_TRUE(grammar.ok()) << grammar.error().message;
  MaskCache cache(std::make_shared<const Grammar>(*std::move(grammar)), small().vocabulary);
  auto accepts = [&](std::string_view text_of_answer) {
    Matcher matcher(cache);
    return matcher.accept_bytes(with_marks(text_of_answer)) && matcher.can_end();
  };
  EXPECT_TRUE(accepts("\"yes\""));
  EXPECT_TRUE(accepts(block(invoke("get_weather", text("city", "P")))));
  EXPECT_FALSE(accepts("\"yes\"" + block(invoke("get_weather", text("city", "P")))));
  EXPECT_FALSE(accepts("\"maybe\""));
}

TEST(dsml_call, masks_equal_brute_force) {
  Checker c({weather(true), weather(false)});
  std::mt19937 random(5);
  TokenMask mask(small().vocabulary->size());
  for (const char* start : {"", "\n\n<@tool_calls>\n<@invoke name=\"get_weather\">\n",
                            "\n\n<@tool_calls>\n<@invoke name=\"get_weather\">\n<@parameter "
                            "name=\"city\" string=\"true\">a<"}) {
    Matcher matcher(*c.cache);
    ASSERT_TRUE(matcher.accept_bytes(with_marks(start)));
    for (int i = 0; i < 25 && !matcher.ended(); ++i) {
      matcher.mask(mask);
      std::vector<Token> allowed;
      for (Token t = 0; t < mask.size(); ++t) {
        ASSERT_EQ(mask.allows(t), matcher.allows(t)) << small().texts[t];
        if (mask.allows(t)) allowed.push_back(t);
      }
      ASSERT_FALSE(allowed.empty());
      ASSERT_TRUE(matcher.accept_token(allowed[random() % allowed.size()]));
    }
  }
}

}  // namespace
}  // namespace ds4::grammar
