#include "text/replay_memory.h"

#include <gtest/gtest.h>

#include "text/render.h"

namespace ds4::text {
namespace {

SampledTurn turn_of(std::string id, std::string arguments) {
  SampledTurn turn;
  turn.calls = {{id + "a", "f", arguments, false}, {id + "b", "g", "{}", false}};
  turn.block = {{"\n<BLOCK ", true}, {id, false}};
  turn.reasoning = "why " + id;
  turn.content = "Look.\n";
  return turn;
}

Message message_of(const SampledTurn& turn) {
  Message message;
  message.role = Role::assistant;
  message.tool_calls = turn.calls;
  message.content = "Look.";
  return message;
}

TEST(replay_memory, puts_back_what_was_sampled) {
  ReplayMemory memory;
  memory.store(turn_of("1", R"({"x": 1.50, "y": [true]})"));
  Message message = message_of(turn_of("1", R"({"y":[true],"x":1.5})"));
  ASSERT_TRUE(memory.recall(message));
  auto prompt = render({message}, {.thinking = {.on = true}});
  EXPECT_EQ(prompt->text(),
            "<｜begin▁of▁sentence｜>why 1</think>Look.\n\n<BLOCK 1<｜end▁of▁sentence｜>");

  message = message_of(turn_of("1", R"({"x":1.5,"y":[true]})"));
  message.reasoning = "theirs";
  message.content = "Other.";
  ASSERT_TRUE(memory.recall(message));
  EXPECT_EQ(*message.reasoning, "theirs");
  EXPECT_EQ(message.content, "Other.");
}

TEST(replay_memory, leaves_alone_what_the_client_edited) {
  ReplayMemory memory;
  const SampledTurn stored = turn_of("1", R"({"x":1})");
  memory.store(stored);
  const auto recalled = [&](auto edit) {
    Message message = message_of(stored);
    edit(message.tool_calls);
    return memory.recall(message);
  };
  EXPECT_TRUE(recalled([](auto&) {}));
  EXPECT_FALSE(recalled([](auto& calls) { calls[0].arguments = R"({"x":2})"; }));
  EXPECT_FALSE(recalled([](auto& calls) { calls[0].arguments = "not json"; }));
  EXPECT_FALSE(recalled([](auto& calls) { calls[1].name = "h"; }));
  EXPECT_FALSE(recalled([](auto& calls) { calls[1].id = "other"; }));
  EXPECT_FALSE(recalled([](auto& calls) { calls.pop_back(); }));
  EXPECT_FALSE(recalled([](auto& calls) { std::swap(calls[0], calls[1]); }));
  EXPECT_FALSE(recalled([](auto& calls) { calls.clear(); }));
}

TEST(replay_memory, forgets_what_was_used_longest_ago) {
  ReplayMemory memory({.ids = 6, .bytes = 1 << 20});
  for (const char* id : {"1", "2", "3"}) memory.store(turn_of(id, "{}"));
  Message first = message_of(turn_of("1", "{}"));
  EXPECT_TRUE(memory.recall(first));
  memory.store(turn_of("4", "{}"));
  EXPECT_EQ(memory.ids(), 6u);
  for (const auto& [id, known] : {std::pair("1", true), {"2", false}, {"3", true}, {"4", true}}) {
    Message message = message_of(turn_of(id, "{}"));
    EXPECT_EQ(memory.recall(message), known) << id;
  }

  ReplayMemory small({.ids = 100, .bytes = 4096});
  for (int i = 0; i < 50; ++i) {
    SampledTurn turn = turn_of(std::to_string(i), "{}");
    turn.content = std::string(500, 'x');
    small.store(std::move(turn));
    EXPECT_LE(small.bytes(), 4096u);
  }
  EXPECT_GT(small.ids(), 2u);
  SampledTurn huge = turn_of("huge", "{}");
  huge.content = std::string(5000, 'x');
  small.store(std::move(huge));
  EXPECT_GT(small.ids(), 2u);  // one that cannot fit does not push out the others
  // The same ids again replace the turn, and the count of bytes stays true.
  ReplayMemory twice;
  twice.store(turn_of("1", "{}"));
  const std::size_t bytes = twice.bytes();
  twice.store(turn_of("1", "{}"));
  EXPECT_EQ(twice.bytes(), bytes);
  EXPECT_EQ(twice.ids(), 2u);
}

TEST(replay_memory, same_json_ignores_order_and_spelling) {
  const auto same = [](std::string_view a, std::string_view b) {
    return same_json(*parse_json(a), *parse_json(b));
  };
  EXPECT_TRUE(same(R"({"a":1,"b":[2.50,"x"]})", R"({"b":[2.5,"x"],"a":1.0})"));
  EXPECT_FALSE(same(R"({"a":1})", R"({"a":1,"b":2})"));
  EXPECT_FALSE(same("[1,2]", "[2,1]"));
  EXPECT_FALSE(same("12345678901234567890", "12345678901234567891"));
  EXPECT_FALSE(same("1", "\"1\""));
  EXPECT_FALSE(same("null", "false"));
}

}  // namespace
}  // namespace ds4::text
