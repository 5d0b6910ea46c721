// Tool calls in the shapes of the APIs, and their ids.
#include <gtest/gtest.h>

#include <set>

#include "text/anthropic_calls.h"
#include "text/call_ids.h"
#include "text/conversation.h"
#include "text/message_json.h"
#include "text/openai_calls.h"
#include "text/render.h"

namespace ds4::text {
namespace {

Json json(std::string_view text) {
  auto value = parse_json(text);
  EXPECT_TRUE(value.ok()) << text;
  return value.ok() ? *value : Json();
}

const std::vector<ToolCall> kCalls = {{"call_1", "f", R"({"a": 1})", false},
                                      {"call_2", "g", "{}", false}};

TEST(openai_calls, go_there_and_back) {
  const Json list = to_openai_calls(kCalls);
  EXPECT_EQ(
      to_text(list),
      R"([{"id":"call_1","type":"function","function":{"name":"f","arguments":"{\"a\": 1}"}},)"
      R"({"id":"call_2","type":"function","function":{"name":"g","arguments":"{}"}}])");
  EXPECT_EQ(*read_openai_calls(list, "c"), kCalls);
}

TEST(openai_calls, accept_objects_and_missing_ids) {
  const auto calls = read_openai_calls(json(R"([{"function":{"name":"f","arguments":{"a":[1]}}},
                                 {"function":{"name":"g"}}])"),
                                       "c");
  ASSERT_TRUE(calls.ok());
  EXPECT_EQ((*calls)[0].arguments, R"({"a": [1]})");
  EXPECT_EQ((*calls)[1].arguments, "");
  EXPECT_EQ(read_openai_calls(json(R"([{"type":"custom"}])"), "c").error().message,
            "c[0].type: \"custom\" is not supported");
  EXPECT_EQ(read_openai_calls(json(R"([{}])"), "c").error().message, "c[0].function: missing");
}

TEST(openai_calls, message_of_an_answer) {
  ParsedTurn turn;
  EXPECT_EQ(to_text(to_openai_message(turn)), R"({"role":"assistant","content":""})");
  turn.reasoning = "r";
  turn.calls = {kCalls[1]};
  EXPECT_EQ(to_text(to_openai_message(turn)),
            R"({"role":"assistant","content":null,"reasoning_content":"r","tool_calls":[)"
            R"({"id":"call_2","type":"function","function":{"name":"g","arguments":"{}"}}]})");
}

TEST(openai_calls, response_items) {
  const Json items = to_response_items(kCalls);
  EXPECT_EQ(to_text(items.as_array()[0]),
            R"({"type":"function_call","call_id":"call_1","name":"f","arguments":"{\"a\": 1}"})");
  EXPECT_EQ(*read_response_item(items.as_array()[0], "i"), kCalls[0]);
  EXPECT_FALSE(read_response_item(json(R"({"name":"f"})"), "i").ok());
}

TEST(anthropic_calls, content_of_an_answer) {
  ParsedTurn turn;
  EXPECT_EQ(to_text(to_anthropic_content(turn, "s")), "[]");
  turn.reasoning = "r";
  turn.content = "Look.\n\n<broken>";
  turn.prose_bytes = 5;
  turn.calls = kCalls;
  EXPECT_EQ(to_text(to_anthropic_content(turn, "s")),
            R"([{"type":"thinking","thinking":"r","signature":"s"},{"type":"text","text":"Look."},)"
            R"({"type":"tool_use","id":"call_1","name":"f","input":{"a":1}},)"
            R"({"type":"tool_use","id":"call_2","name":"g","input":{}}])");
}

TEST(anthropic_calls, a_conversation_renders) {
  auto messages = read_anthropic_messages(json(R"([
      {"role":"user","content":"q"},
      {"role":"assistant","content":[{"type":"thinking","thinking":"r","signature":"x"},
        {"type":"redacted_thinking","data":"zz"},{"type":"text","text":"Look."}]},
      {"role":"assistant","content":[{"type":"tool_use","id":"1","name":"f","input":{"a":"b"}},
        {"type":"tool_use","id":"2","name":"g","input":{}}]},
      {"role":"user","content":[{"type":"tool_result","tool_use_id":"2","content":[
          {"type":"text","text":"one"},{"type":"image"}]},
        {"type":"text","text":"and"},
        {"type":"tool_result","tool_use_id":"1","is_error":true}]}])"));
  ASSERT_TRUE(messages.ok()) << messages.error().message;
  auto arranged = arrange(std::move(*messages));
  ASSERT_TRUE(arranged.ok()) << arranged.error().message;
  auto prompt = render(*arranged, {.thinking = {.on = true}});
  ASSERT_TRUE(prompt.ok());
  // The results take the order of their calls; the text between them keeps its place.
  EXPECT_EQ(
      prompt->text(),
      "<｜begin▁of▁sentence｜><｜User｜>q<｜Assistant｜><think>r</think>Look.\n\n"
      "<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"f\">\n"
      "<｜DSML｜parameter name=\"a\" string=\"true\">b</｜DSML｜parameter>\n</｜DSML｜invoke>\n"
      "<｜DSML｜invoke name=\"g\">\n\n</｜DSML｜invoke>\n</｜DSML｜tool_calls>"
      "<｜end▁of▁sentence｜><｜User｜><tool_result>Error: </tool_result>\n\nand\n\n"
      "<tool_result>one\n\n[Unsupported image]</tool_result><｜Assistant｜><think>");
}

TEST(anthropic_calls, systems_tools_and_prefill) {
  auto system = read_anthropic_system(
      json(R"([{"type":"text","text":"x-anthropic-billing-header: a"},{"type":"text","text":"A"},
               {"type":"text","text":"B"}])"));
  ASSERT_TRUE(system.ok());
  ASSERT_EQ(system->size(), 2u);
  auto tools = read_anthropic_tools(json(R"([{"name":"f","cache_control":{},"description":"d",
      "input_schema":{"type":"object"}}])"));
  ASSERT_TRUE(tools.ok());
  EXPECT_EQ(to_text((*tools)[0]),
            R"({"name":"f","description":"d","parameters":{"type":"object"}})");
  auto messages = read_anthropic_messages(
      json(R"([{"role":"user","content":"q"},{"role":"assistant","content":"1, "}])"));
  EXPECT_TRUE(messages->back().continues);
  EXPECT_EQ(read_anthropic_messages(json(R"([{"role":"user","content":[{"type":"image"}]}])"))
                .error()
                .message,
            "messages[0].content[0].type: \"image\" is not supported; this model reads text only");
  EXPECT_EQ(read_anthropic_messages(json(R"([{"role":"user"}])")).error().message,
            "messages[0].content: missing");
}

TEST(conversation, tells_the_model_that_its_call_was_invalid) {
  Message call;
  call.role = Role::assistant;
  call.content = "x";
  auto prompt = render({call, invalid_call_result("no name")}, {.thinking = {.on = true}});
  ASSERT_TRUE(prompt.ok());
  EXPECT_TRUE(prompt->text().ends_with(
      "x<｜end▁of▁sentence｜><｜User｜><tool_result>Error: invalid tool call: no name</tool_result>"
      "<｜Assistant｜><think>"));
}

TEST(call_ids, are_long_and_never_the_same) {
  std::set<std::string> seen;
  std::set<char> letters;
  for (int i = 0; i < 2000; ++i) {
    const std::string id = new_call_id(kOpenAiCallPrefix);
    ASSERT_EQ(id.size(), 5u + 24u);
    EXPECT_TRUE(id.starts_with("call_"));
    letters.insert(id.begin() + 5, id.end());
    EXPECT_TRUE(seen.insert(id).second);
  }
  EXPECT_EQ(letters.size(), 62u);
}

}  // namespace
}  // namespace ds4::text
