#include "grammar/json_schema.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/json.h"
#include "grammar/json_rules.h"
#include "grammar/matcher.h"
#include "grammar/test_vocabulary.h"

namespace ds4::grammar {
namespace {

namespace fs = std::filesystem;

const TestVocabulary& small() {
  static const TestVocabulary vocabulary = make_test_vocabulary(2500);
  return vocabulary;
}

bool is_full() {
  return std::getenv("DS4_TEST_FULL") != nullptr;
}

std::string read_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

const Json::Array& schemas() {
  static const Json all = *parse_json(read_text(DS4_SOURCE_DIR "/tests/grammar/schemas.json"));
  return all.as_array();
}

std::unique_ptr<MaskCache> cache_of(std::string_view schema, bool is_strict = true) {
  auto compiled = json_schema_grammar(schema, {.is_strict = is_strict});
  EXPECT_TRUE(compiled.ok()) << schema << "\n" << (compiled.ok() ? "" : compiled.error().message);
  if (!compiled.ok()) return nullptr;
  return std::make_unique<MaskCache>(std::make_shared<const Grammar>(std::move(compiled->grammar)),
                                     small().vocabulary);
}

bool accepts(MaskCache& cache, std::string_view text) {
  Matcher matcher(cache);
  return matcher.accept_bytes(text) && matcher.can_end();
}

std::string refusal(std::string_view schema, bool is_strict = true) {
  const auto compiled = json_schema_grammar(schema, {.is_strict = is_strict});
  return compiled.ok() ? "accepted" : compiled.error().message;
}

// A document found by following the masks: random tokens for a while, then the shortest way out.
std::string random_document(MaskCache& cache, std::mt19937& random) {
  const Vocabulary& v = cache.vocabulary();
  Matcher matcher(cache);
  TokenMask mask(v.size());
  std::string text;
  const unsigned tokens = 2 + random() % 40;
  std::vector<Token> allowed, structural;
  for (unsigned i = 0; i < tokens && !matcher.ended(); ++i) {
    matcher.mask(mask);
    allowed.clear();
    structural.clear();
    for (Token t = 0; t < mask.size(); ++t) {
      if (!mask.allows(t)) continue;
      allowed.push_back(t);
      const std::string_view bytes = v.spelling(t);
      if (bytes.find_first_of("\"{}[],:") != bytes.npos || v.is_end(t)) structural.push_back(t);
    }
    EXPECT_FALSE(allowed.empty()) << "stuck after " << text;
    if (allowed.empty()) return text;
    // Tokens of structure are few among all that a string takes: choose among them half the time.
    const auto& from = !structural.empty() && random() % 2 ? structural : allowed;
    const Token token = from[random() % from.size()];
    EXPECT_TRUE(matcher.accept_token(token)) << text;
    text += v.spelling(token);
  }
  if (!matcher.ended()) {
    const std::string rest = matcher.shortest_completion();
    EXPECT_TRUE(matcher.accept_bytes(rest)) << text << " + " << rest;
    EXPECT_TRUE(matcher.can_end()) << text << " + " << rest;
    text += rest;
  }
  return text;
}

TEST(json_schema, there_are_two_hundred_schemas) {
  EXPECT_GE(schemas().size(), 200u);
}

TEST(json_schema, listed_documents_are_reachable_or_not) {
  for (const Json& one : schemas()) {
    SCOPED_TRACE(one.find("name")->as_string());
    auto cache = cache_of(to_text(*one.find("schema")));
    if (!cache) continue;
    for (const Json& text : one.find("valid")->as_array()) {
      EXPECT_TRUE(accepts(*cache, text.as_string())) << "not reachable: " << text.as_string();
    }
    for (const Json& text : one.find("invalid")->as_array()) {
      EXPECT_FALSE(accepts(*cache, text.as_string())) << "reachable: " << text.as_string();
    }
  }
}

// Runs npm once; later runs find what it left.
bool have_validator(const fs::path& folder) {
  if (fs::exists(folder / "node_modules/ajv") && fs::exists(folder / "node_modules/ajv-formats")) {
    return true;
  }
  fs::create_directories(folder);
  const std::string quiet = " > " + (folder / "npm.log").string() + " 2>&1";
  return std::system(("cd " + folder.string() +
                      " && npm install --no-package-lock --no-audit --no-fund" + quiet)
                         .c_str()) == 0;
}

TEST(json_schema, an_independent_validator_agrees) {
  const fs::path folder = fs::path(DS4_BUILD_DIR) / "grammar_validator";
  fs::create_directories(folder);
  for (const char* file : {"package.json", "validate.mjs"}) {
    fs::copy_file(fs::path(DS4_SOURCE_DIR "/tests/grammar") / file, folder / file,
                  fs::copy_options::overwrite_existing);
  }
  if (!have_validator(folder)) {
    GTEST_SKIP() << "ajv could not be installed with npm; the walks were not validated. See "
                 << (folder / "npm.log").string();
  }
  const int walks = is_full() ? 1000 : 6;
  const fs::path lines = folder / "walks.jsonl";
  std::ofstream out(lines, std::ios::binary);
  std::mt19937 random(20240501);
  auto write = [&](std::size_t index, std::string_view text, bool is_valid) {
    Json line = Json::object();
    line.set("schema", static_cast<std::int64_t>(index));
    line.set("text", text);
    line.set("valid", is_valid);
    out << to_text(line) << '\n';
  };
  for (std::size_t i = 0; i < schemas().size(); ++i) {
    const Json& one = schemas()[i];
    SCOPED_TRACE(one.find("name")->as_string());
    for (const Json& text : one.find("valid")->as_array()) write(i, text.as_string(), true);
    for (const Json& text : one.find("invalid")->as_array()) {
      // What only our spelling rules refuse is no business of the validator.
      write(i, text.as_string(), false);
    }
    auto cache = cache_of(to_text(*one.find("schema")));
    if (!cache) continue;
    for (int w = 0; w < walks; ++w) write(i, random_document(*cache, random), true);
  }
  out.close();
  const std::string command = "cd " + folder.string() + " && node validate.mjs " +
                              DS4_SOURCE_DIR "/tests/grammar/schemas.json walks.jsonl";
  EXPECT_EQ(std::system(command.c_str()), 0);
}

TEST(json_schema, masks_equal_brute_force) {
  std::mt19937 random(77);
  TokenMask mask(small().vocabulary->size());
  const std::size_t stride = is_full() ? 1 : 9;
  for (std::size_t i = 0; i < schemas().size(); i += stride) {
    SCOPED_TRACE(schemas()[i].find("name")->as_string());
    auto cache = cache_of(to_text(*schemas()[i].find("schema")));
    if (!cache) continue;
    Matcher matcher(*cache);
    for (int step = 0; step < 12 && !matcher.ended(); ++step) {
      matcher.mask(mask);
      std::vector<Token> allowed;
      for (Token t = 0; t < mask.size(); ++t) {
        if (mask.allows(t)) allowed.push_back(t);
        ASSERT_EQ(mask.allows(t), matcher.allows(t)) << small().texts[t];
      }
      ASSERT_FALSE(allowed.empty());
      ASSERT_TRUE(matcher.accept_token(allowed[random() % allowed.size()]));
    }
  }
}

TEST(json_schema, refuses_by_name_and_place) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"properties":{"a":{"not":{}}}})", "#/properties/a/not"},
      {R"({"if":{},"then":{}})", "`if`"},
      {R"({"type":"array","uniqueItems":true})", "`uniqueItems`"},
      {R"({"type":"array","contains":{}})", "`contains`"},
      {R"({"propertyNames":{}})", "`propertyNames`"},
      {R"({"dependentRequired":{}})", "`dependentRequired`"},
      {R"({"unevaluatedProperties":false})", "`unevaluatedProperties`"},
      {R"({"minProperties":1})", "`minProperties`"},
      {R"({"frobnicate":1})", "`frobnicate`"},
      {R"({"patternProperties":{"a":{}}})", "`patternProperties`"},
      {R"({"$ref":"https://example.com/x"})", "remote `$ref`"},
      {R"({"$ref":"#anchor"})", "anchor"},
      {R"({"$ref":"#/$defs/none"})", "names nothing"},
      {R"({"type":"string","format":"iri"})", "`iri`"},
      {R"({"type":"string","pattern":"(?=a)b"})", "look-ahead"},
      {R"({"type":"string","pattern":"(a)\\1"})", "back-reference"},
      {R"({"type":"string","pattern":"\\p{L}"})", "property class"},
      {R"({"type":"integer","multipleOf":2})", "multipleOf"},
      {R"({"type":"number","multipleOf":0.5})", "multipleOf"},
      {R"({"type":"text"})", "`text` is not a JSON type"},
      {R"({"type":"string","minLength":-1})", "#/minLength"},
      {R"({"type":"string","maxLength":"3"})", "#/maxLength"},
      {R"({"type":"array","items":[{}]})", "prefixItems"},
      {R"({"type":"array","maxItems":5000})", "1024"},
      {R"({"required":"a"})", "#/required"},
      {R"({"a/b":1})", "#/a~1b"},
      {R"(false)", "no finite text"},
      {R"({"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]})", "no finite text"},
      {R"({"type":"object","required":["a"],"additionalProperties":false})", "no finite text"},
      {R"({"type":"integer","minimum":5,"maximum":4})", "no finite text"},
      {R"([1])", "object or a boolean"},
      {R"({"type":)", ""}};
  for (const auto& [schema, part] : cases) {
    const std::string message = refusal(schema);
    EXPECT_NE(message, "accepted") << schema;
    EXPECT_NE(message.find(part), std::string::npos) << schema << ": " << message;
  }
}

TEST(json_schema, not_strict_drops_with_a_warning) {
  const auto compiled = json_schema_grammar(
      R"({"type":"object","properties":{"a":{"type":"array","uniqueItems":true}},"minProperties":1})",
      {.is_strict = false});
  ASSERT_TRUE(compiled.ok());
  ASSERT_EQ(compiled->warnings.size(), 2u);
  EXPECT_NE(compiled->warnings[0].find("minProperties"), std::string::npos);
  EXPECT_NE(compiled->warnings[1].find("#/properties/a/uniqueItems"), std::string::npos);
  EXPECT_NE(refusal(R"({"$ref":"http://x"})", false), "accepted");
}

TEST(json_schema, half_a_surrogate_pair_is_no_character) {
  auto cache = cache_of(R"({"type":"string"})");
  EXPECT_TRUE(accepts(*cache, R"("\ud83d\uDE00")"));
  EXPECT_FALSE(accepts(*cache, R"("\ud83d")"));
  EXPECT_FALSE(accepts(*cache, R"("\ude00")"));
  EXPECT_FALSE(accepts(*cache, R"("\ud83d\u0041")"));
}

TEST(json_schema, white_space_is_bounded) {
  auto cache = cache_of(R"({"type":"array","items":{"type":"integer"}})");
  EXPECT_TRUE(accepts(*cache, "[\n" + std::string(20, ' ') + "1, 2\n]"));
  EXPECT_FALSE(accepts(*cache, "[" + std::string(21, ' ') + "1]"));
  EXPECT_FALSE(accepts(*cache, "[\n\n1]"));
  EXPECT_FALSE(accepts(*cache, " [1]"));
  EXPECT_FALSE(accepts(*cache, "[1] "));
  EXPECT_FALSE(accepts(*cache, "[1 ,2]"));
}

TEST(json_schema, hostile_schemas_compile_or_are_refused_soon) {
  std::vector<std::pair<std::string, std::string>> hostile;
  hostile.emplace_back("nested repeats", R"({"type":"string","pattern":"(a{1000}){1000}"})");
  hostile.emplace_back("nested repeats, wide",
                       R"({"type":"string","pattern":"((a{1,100}){1,100}){1,100}"})");
  hostile.emplace_back("one huge repeat", R"({"type":"string","pattern":"^x{1,1000000}$"})");
  hostile.emplace_back("large repeat", R"({"type":"string","pattern":"^x{1,100000}$"})");
  hostile.emplace_back("exponential subset", R"({"type":"string","pattern":"^(a|b)*a(a|b){30}$"})");
  hostile.emplace_back("empty loops", R"({"type":"string","pattern":"((((a*)*)*)*)*"})");
  hostile.emplace_back("empty repeats",
                       R"({"type":"string","pattern":"(){100000}(){100000}(){100000}"})");
  hostile.emplace_back("deep groups",
                       R"({"type":"string","pattern":")" + std::string(5000, '(') + R"("})");
  std::string big_enum = R"({"enum":[)";
  for (int i = 0; big_enum.size() < 64000; ++i)
    big_enum += (i ? ",\"v" : "\"v") + std::to_string(i * 7919) + "\"";
  hostile.emplace_back("huge enum", big_enum + "]}");
  std::string deep;
  for (int i = 0; i < 150; ++i) deep += R"({"type":"array","minItems":1,"items":)";
  hostile.emplace_back("deep arrays", deep + "{}" + std::string(150, '}'));
  std::string anys;
  for (int i = 0; i < 60; ++i) anys += R"({"anyOf":[{"type":"null"},)";
  hostile.emplace_back(
      "deep anyOf", anys + "{}" + [] {
        std::string close;
        for (int i = 0; i < 60; ++i) close += "]}";
        return close;
      }());
  std::string product = R"({"allOf":[)";
  for (int i = 0; i < 12; ++i) {
    product += i ? "," : "";
    product += R"({"anyOf":[{"required":["a"]},{"required":["b"]},{"required":["c"]}]})";
  }
  hostile.emplace_back("product of anyOf", product + "]}");
  hostile.emplace_back("self reference", R"({"$ref":"#"})");
  hostile.emplace_back("self anyOf", R"({"anyOf":[{"$ref":"#"},{"$ref":"#"}]})");
  hostile.emplace_back(
      "allOf cycle",
      R"({"$defs":{"a":{"allOf":[{"$ref":"#/$defs/b"}]},"b":{"allOf":[{"$ref":"#/$defs/a"}]}},"$ref":"#/$defs/a"})");
  hostile.emplace_back("long strings",
                       R"({"type":"string","minLength":900000,"maxLength":999999})");
  hostile.emplace_back("longest strings", R"({"type":"string","maxLength":4294967296})");
  hostile.emplace_back("wide tuple", [] {
    std::string s = R"({"type":"array","prefixItems":[{})";
    while (s.size() < 60000) s += ",{}";
    return s + "]}";
  }());
  hostile.emplace_back("many keys", [] {
    std::string s = R"({"type":"object","properties":{"k":{})";
    for (int i = 0; s.size() < 60000; ++i) s += ",\"k" + std::to_string(i) + "\":{}";
    return s + "}}";
  }());
  hostile.emplace_back("too long", "{\"description\":\"" + std::string(70000, 'x') + "\"}");
  hostile.emplace_back("big bounds", R"({"type":"number","minimum":1e400})");
  for (const auto& [name, schema] : hostile) {
    const auto begin = std::chrono::steady_clock::now();
    const std::string message = refusal(schema);
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    // The bound is the budget, which counts; the clock here is generous for sanitizers.
    EXPECT_LT(seconds, 20) << name;
    std::printf("%-22s %7.1f ms  %s\n", name.c_str(), seconds * 1e3,
                message.substr(0, 100).c_str());
  }
}

TEST(json_schema, recursion_stops_at_the_depth_limit) {
  auto cache = cache_of(R"({"type":"array","items":{"$ref":"#"}})");
  Matcher matcher(*cache);
  std::size_t depth = 0;
  while (depth < 10000 && matcher.accept_bytes("[")) ++depth;
  EXPECT_GE(depth, 256u);
  EXPECT_LE(depth, kDepthMax + 1);
  EXPECT_TRUE(matcher.accept_bytes(matcher.shortest_completion()));
  EXPECT_TRUE(matcher.can_end());
}

TEST(json_object, nests_sixty_four_deep) {
  MaskCache cache(std::make_shared<const Grammar>(*json_object_grammar()), small().vocabulary);
  auto nested = [](int depth) {
    std::string open, close;
    for (int i = 1; i < depth; ++i) open += "{\"a\":", close += "}";
    return open + "{}" + close;
  };
  EXPECT_TRUE(accepts(cache, nested(64)));
  EXPECT_FALSE(accepts(cache, nested(65)));
  EXPECT_FALSE(accepts(cache, "[]"));
  EXPECT_TRUE(accepts(cache, R"({"a": [1, 2.5e3, "x", null, true, {"b": {}}]})"));
}

TEST(json_schema, forced_bytes_and_shortest_completion) {
  auto cache = cache_of(
      R"({"type":"object","properties":{"name":{"const":"x"},"n":{"type":"integer"}},"required":["name","n"],"additionalProperties":false})");
  Matcher matcher(*cache);
  EXPECT_EQ(matcher.forced_bytes(), "{");
  ASSERT_TRUE(matcher.accept_bytes("{\""));
  EXPECT_EQ(matcher.forced_bytes(), "name\":");
  EXPECT_EQ(matcher.shortest_completion(), "name\":\"x\",\"n\":0}");
  EXPECT_EQ(matcher.shortest_completion_bytes(), matcher.shortest_completion().size());
}

}  // namespace
}  // namespace ds4::grammar
