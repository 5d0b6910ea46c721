#include "ds4/text.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "engine/small_model_file.h"

namespace ds4 {
namespace {

class text_face : public testing::Test {
 protected:
  TextModel open() const { return file.open(); }

  // The example of the header, line by line; what is sampled and shown is the test's.
  Result<Turn> example() {
    // clang-format off
  TRY(const TextModel model, TextModel::open(path));
  TRY(const Prompt prompt, model.render(R"({"messages": [{"role": "user", "content": "Hi"}]})"));
  TurnStream turn(model, prompt);
  for (const Token token : sample(prompt.tokens())) {
    TRY(const auto events, turn.push(token));
    for (const TurnEvent& event : events) show(event);
  }
  return turn.finish();
    // clang-format on
  }

  std::vector<Token> sample(const std::vector<Token>& prompt) {
    EXPECT_EQ(prompt, *open().encode("<｜begin▁of▁sentence｜><｜User｜>Hi<｜Assistant｜><think>",
                                     SpecialTokens::recognised));
    return *open().encode("Hm.</think>Hello!<｜end▁of▁sentence｜>ignored",
                          SpecialTokens::recognised);
  }
  void show(const TurnEvent& event) {
    if (const auto* reasoning = std::get_if<ReasoningText>(&event)) shown += reasoning->text;
    if (std::holds_alternative<ReasoningEnded>(event)) shown += '|';
    if (const auto* answer = std::get_if<AnswerText>(&event)) shown += answer->text;
  }

  const SmallModelFile file;
  const std::string& path = file.path;
  std::string shown;
};

TEST_F(text_face, example_of_the_header_works) {
  const auto turn = example();
  ASSERT_TRUE(turn.ok()) << turn.error().message;
  EXPECT_EQ(shown, "Hm.|Hello!");
  EXPECT_EQ(turn->reasoning, "Hm.");
  EXPECT_EQ(turn->answer, "Hello!");
  EXPECT_EQ(turn->finish, TurnFinish::stop);
}

TEST(text_face_header, shows_the_example_that_is_tested) {
  const auto read = [](const char* path) {
    std::ifstream in(path);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  const std::string test = read(DS4_SOURCE_DIR "/src/engine/text_face_test.cpp");
  std::ifstream header(DS4_SOURCE_DIR "/include/ds4/text.h");
  std::string example;
  for (std::string line; std::getline(header, line);) {
    if (line.rfind("//   ", 0) == 0) example += line.substr(3) + "\n";
  }
  ASSERT_NE(example, "");
  EXPECT_NE(test.find(example), std::string::npos) << example;
}

TEST_F(text_face, tokens_and_text) {
  const TextModel model = open();
  EXPECT_EQ(model.token_count(), 264u);
  EXPECT_EQ(*model.encode("Hi"), std::vector<Token>{256});
  EXPECT_EQ(model.encode("<think>")->size(), 7u);
  EXPECT_EQ(model.encode("<think>", SpecialTokens::recognised)->size(), 1u);
  const std::string text = "Hi, 世界";
  EXPECT_EQ(*model.decode(*model.encode(text)), text);
  EXPECT_EQ(model.decode(std::vector<Token>{5, 264}).error().message,
            "there is no token 264, only 0 to 263");
  EXPECT_FALSE(model.decode(std::vector<Token>{-1}).ok());
}

TEST_F(text_face, tool_calls_arrive_in_pieces_and_whole) {
  const TextModel model = open();
  const auto prompt = model.render(R"({"messages": [{"role": "user", "content": "Weather?"}],
      "tools": [{"type": "function", "function": {"name": "weather", "parameters":
        {"type": "object", "properties": {"city": {"type": "string"}}}}}],
      "options": {"thinking_mode": "chat"}})");
  ASSERT_TRUE(prompt.ok()) << prompt.error().message;
  EXPECT_FALSE(prompt->is_thinking());
  EXPECT_NE(prompt->text().find("weather"), std::string::npos);

  TurnStream turn(model, *prompt);
  std::string name, id, arguments;
  int ended = -1;
  const auto take = [&](const std::vector<TurnEvent>& events) {
    for (const TurnEvent& event : events) {
      if (const auto* started = std::get_if<ToolCallStarted>(&event)) {
        name = started->name;
        id = started->id;
      }
      if (const auto* piece = std::get_if<ToolCallArguments>(&event)) arguments += piece->json;
      if (const auto* call = std::get_if<ToolCallEnded>(&event)) ended = call->index;
    }
  };
  const auto sampled = model.encode(
      "\n\n<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"weather\">\n"
      "<｜DSML｜parameter name=\"city\" string=\"true\">Köln</｜DSML｜parameter>\n"
      "</｜DSML｜invoke>\n</｜DSML｜tool_calls>",
      SpecialTokens::recognised);
  ASSERT_TRUE(sampled.ok());
  for (const Token token : *sampled) {
    const auto events = turn.push(token);
    ASSERT_TRUE(events.ok());
    take(*events);
  }
  EXPECT_TRUE(turn.is_over());
  EXPECT_EQ(turn.push(264).error().message, "there is no token 264, only 0 to 263");
  std::vector<TurnEvent> last;
  const Turn whole = turn.finish(&last);
  take(last);
  EXPECT_EQ(whole.finish, TurnFinish::tool_calls);
  ASSERT_EQ(whole.calls.size(), 1u);
  EXPECT_EQ(whole.calls[0].name, "weather");
  EXPECT_EQ(whole.calls[0].arguments, arguments);
  EXPECT_EQ(whole.calls[0].id, id);
  EXPECT_EQ(name, "weather");
  EXPECT_EQ(ended, 0);
  EXPECT_NE(arguments.find("Köln"), std::string::npos);
  EXPECT_EQ(whole.answer, "");
}

TEST_F(text_face, errors_name_the_place) {
  EXPECT_EQ(open().render(R"({"messages": [{"role": "x"}]})").error().message.substr(0, 16),
            "messages[0].role");
  EXPECT_NE(TextModel::open("nowhere.gguf").error().message.find("nowhere.gguf"),
            std::string::npos);
}

}  // namespace
}  // namespace ds4
