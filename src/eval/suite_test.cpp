#include "eval/suite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace ds4::eval {
namespace {

using testing::HasSubstr;

std::string refusal(const std::string& text) {
  const auto suite = read_suite(text, "t");
  return suite.ok() ? "it was read" : suite.error().message;
}

// A line that is right but for `members`.
std::string refused_line(const std::string& members) {
  return refusal(R"({"skill":"s",)" + members + "}");
}

TEST(suite, reads_a_head_and_questions) {
  const auto suite = read_suite(
      "{\"suite\":\"mine\",\"about\":\"x\",\"max_tokens\":100,\"tools\":[{\"type\":\"function\","
      "\"function\":{\"name\":\"go\",\"description\":\"d\"}}]}\n"
      "\n"
      "{\"skill\":\"a\",\"chance\":0.25,\"prompt\":\"P\",\"checker\":{\"exact\":\"x\"}}\r\n"
      "{\"id\":\"q\",\"skill\":\"b\",\"max_tokens\":7,\"tools\":[\"go\"],\"messages\":[{\"role\":"
      "\"system\",\"content\":\"S\"},{\"role\":\"user\",\"content\":\"U\"}],\"checker\":"
      "{\"tool_calls\":[{\"name\":\"go\",\"arguments\":{}}]}}",
      "file");
  ASSERT_TRUE(suite.ok()) << suite.error().message;
  EXPECT_EQ(suite->name, "file");
  ASSERT_EQ(suite->questions.size(), 2u);
  const Question& a = suite->questions[0];
  EXPECT_EQ(a.id, "3");
  EXPECT_EQ(a.skill, "a");
  EXPECT_EQ(a.chance, 0.25);
  EXPECT_EQ(a.tokens_max, 100u);
  EXPECT_EQ(a.asked, "P");
  EXPECT_EQ(a.request, R"({"messages":[{"role":"user","content":"P"}]})");
  EXPECT_EQ(a.schema, "");
  EXPECT_EQ(a.called_tools, "");
  const Question& b = suite->questions[1];
  EXPECT_EQ(b.id, "q");
  EXPECT_EQ(b.tokens_max, 7u);
  EXPECT_EQ(b.asked, "U");
  EXPECT_THAT(b.request, HasSubstr(R"("tools":[{"type":"function","function":{"name":"go")"));
  EXPECT_THAT(b.called_tools, HasSubstr(R"("name":"go")"));
  EXPECT_EQ(b.tools.count("go"), 1u);
}

TEST(suite, a_checksum_tells_files_apart) {
  const std::string line = R"({"skill":"s","prompt":"p","checker":{"exact":"x"}})";
  EXPECT_NE(read_suite(line, "t")->checksum, read_suite(line + "\n", "t")->checksum);
}

TEST(suite, complaints_name_the_line_and_the_place) {
  const std::string good = R"({"skill":"s","prompt":"p","checker":{"exact":"x"}})";
  EXPECT_THAT(refusal(good + "\n\n{\n"), HasSubstr("line 3: "));
  EXPECT_EQ(refusal(""), "no questions");
  EXPECT_EQ(refusal(R"({"suite":"s"})"), "no questions");
  EXPECT_EQ(refusal("[]"), "line 1: the line: expected an object, found an array");
  EXPECT_EQ(refusal(good + "\n" + R"({"suite":"late"})"),
            "line 2: suite: only the first line may be a head");
  EXPECT_EQ(refusal(R"({"suite":"s","about":"a","tols":[]})"),
            "line 1: tols: not known; there are suite, about, tools and max_tokens");
}

TEST(suite, bad_questions_are_refused) {
  const std::string checker = R"("checker":{"exact":"x"})";
  const std::string prompt = R"("prompt":"p",)";
  struct Case {
    std::string members;
    const char* complaint;
  };
  for (const Case& c : {
           Case{checker, "has a prompt or messages"},
           {R"("prompt":3,)" + checker, "prompt: expected a string"},
           {prompt + R"("messages":[],)" + checker, "prompt: not beside messages"},
           {R"("messages":[{"role":"king","content":""}],)" + checker,
            "messages[0].role: \"king\""},
           {prompt + R"("promt":1,)" + checker, "promt: not known"},
           {prompt + R"("options":{"effort":1},)" + checker, "options.effort: not known"},
           {prompt + R"("chance":1.5,)" + checker, "chance: expected a number from 0 to 1"},
           {prompt + R"("max_tokens":0,)" + checker, "max_tokens: expected a whole number"},
           {prompt + R"("max_tokens":1.5,)" + checker, "max_tokens: expected a whole number"},
           {prompt + R"("id":"",)" + checker, "id: expected 1 to 80 bytes"},
           {prompt + R"("id":"a\nb",)" + checker, "id: expected 1 to 80 bytes"},
           {prompt + R"("tools":["go"],)" + checker, "tools: \"go\" is no tool of the head"},
           {prompt + R"("tools":[{"type":"x"}],)" + checker, "tools[0].type"},
           {prompt + R"("x":1)", "x: not known"},
           {R"("prompt":"p")", "checker: missing"},
           {prompt + R"("checker":{})", "checker: expected one of"},
           {prompt + R"("checker":[])", "checker: expected an object"},
           {prompt + R"("checker":{"exact":[]})", "checker.exact: no text"},
           {prompt + R"("checker":{"exact":3})", "checker.exact: expected a string"},
           {prompt + R"("checker":{"exact":"x","icase":true})", "checker.icase: not known"},
           {prompt + R"("checker":{"exact":"x","ignore_case":1})", "checker.ignore_case"},
           {prompt + R"("checker":{"regex":"("})", "checker.regex: "},
           {prompt + R"("checker":{"regex":"(?=a)b"})", "checker.regex: "},
           {prompt + R"("checker":{"number":"3"})", "checker.number: expected a number"},
           {prompt + R"("checker":{"number":3,"tolerance":-1})", "checker.tolerance: expected"},
           {prompt + R"("checker":{"json_schema":true})", "response_format, which is missing"},
           {prompt + R"("checker":{"json_schema":3})", "checker.json_schema: expected a schema"},
           {prompt + R"("checker":{"json_schema":{"type":"king"}})", "checker.json_schema: "},
           {prompt + R"("checker":{"json_schema":{"type":"integer"},"value":"x"})",
            "checker.value: not valid by the schema"},
           {prompt + R"("checker":{"tool_calls":{}})", "checker.tool_calls: expected an array"},
           {prompt + R"("checker":{"tool_calls":[],"order":"none"})", "checker.order: expected"},
           {prompt + R"("checker":{"tool_calls":[{"name":"f"}]})",
            "checker.tool_calls[0].arguments: expected an object"},
           {prompt + R"("checker":{"tool_calls":[{"name":"f","arguments":{}}]})",
            "\"f\" is not among the tools on offer"},
       }) {
    EXPECT_THAT(refused_line(c.members),
                testing::AllOf(testing::StartsWith("line 1: "), HasSubstr(c.complaint)))
        << c.members;
  }
}

TEST(suite, a_call_that_the_tool_would_not_take_is_a_mistake_in_the_suite) {
  EXPECT_THAT(
      refused_line(
          R"("prompt":"p","tools":[{"type":"function","function":{"name":"f",)"
          R"("parameters":{"type":"object","properties":{"a":{"type":)"
          R"("integer"}}}}}],"checker":{"tool_calls":[{"name":"f","arguments":{"a":"1"}}]})"),
      HasSubstr("are not what the tool takes"));
}

TEST(suite, ids_are_told_apart) {
  const std::string a = R"({"id":"2","skill":"s","prompt":"p","checker":{"exact":"x"}})";
  const std::string b = R"({"skill":"s","prompt":"p","checker":{"exact":"x"}})";
  EXPECT_EQ(refusal(a + "\n" + b), "line 2: id: \"2\" stands in an earlier line");
}

// Every shipped question can be asked, and its own answer is right where it states one.
TEST(suite, the_shipped_ones_are_sound) {
  std::size_t questions = 0;
  for (const char* set : {"demo", "hard"}) {
    const auto folder = std::filesystem::path(DS4_SOURCE_DIR) / "eval" / set;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      std::ifstream in(entry.path(), std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(in), {}};
      const auto suite = read_suite(bytes, entry.path().stem().string());
      ASSERT_TRUE(suite.ok()) << entry.path() << ": " << suite.error().message;
      questions += suite->questions.size();
      for (const Question& question : suite->questions) {
        Turn right;
        if (const auto* exact = std::get_if<ExactText>(&question.checker)) {
          right.answer = exact->texts.front();
        } else if (const auto* number = std::get_if<NumberNear>(&question.checker)) {
          right.answer = to_text(Json(number->value));
        } else if (const auto* json = std::get_if<JsonBySchema>(&question.checker)) {
          right.answer = to_text(json->value.value_or(Json()));
        } else if (const auto* calls = std::get_if<ToolCalls>(&question.checker)) {
          for (const auto& call : calls->calls) {
            right.calls.push_back({"id", call.name, to_text(call.arguments)});
          }
        } else {
          continue;
        }
        const Verdict verdict = judge(question.checker, right, question.tools);
        EXPECT_TRUE(verdict.is_right) << entry.path() << ", " << question.id << ": " << verdict.why;
      }
    }
  }
  EXPECT_GT(questions, 2000u);
}

}  // namespace
}  // namespace ds4::eval
