// The face's responder.h over a small random model: what it says is noise, but it must be the noise
// that a conversation says, however much of the prompt was there before.
#include "ds4/responder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "ds4/engine.h"
#include "tests/small_model.h"

namespace ds4 {
namespace {

using testing::HasSubstr;

std::unique_ptr<Engine> open(const EngineOptions& options = {.context_tokens = 2048}) {
  auto engine = Engine::open(tests::small_model(), options);
  EXPECT_TRUE(engine.ok()) << engine.error().message;
  return *std::move(engine);
}

Json said(const char* role, const std::string& content) {
  Json out = Json::object();
  out.set("role", role);
  out.set("content", content);
  return out;
}

Prompt render(const Engine& engine, Json::Array messages, const char* mode = "chat",
              bool is_raw = false) {
  Json options = Json::object();
  options.set("thinking_mode", mode);
  if (is_raw) options.set("raw", true);
  Json request = Json::object();
  request.set("messages", std::move(messages));
  request.set("options", std::move(options));
  auto prompt = engine.text().render(to_text(request));
  EXPECT_TRUE(prompt.ok()) << prompt.error().message;
  return *std::move(prompt);
}

ResponderOptions briefly(std::uint64_t tokens = 24) {
  ResponderOptions out;
  out.sampling.temperature = 0;
  out.answer_tokens_max = tokens;
  return out;
}

Finished finish(Answer answer) {
  Finished out;
  for (const Event& event : answer) {
    if (const auto* end = std::get_if<Finished>(&event)) out = *end;
  }
  return out;
}

TEST(responder, says_what_a_conversation_says) {
  const auto engine = open();
  ChatOptions options;
  options.thinking = "off";
  options.sampling.temperature = 0;
  options.answer_tokens_max = 24;
  auto chat = engine->start(options);
  ASSERT_TRUE(chat.ok());
  const Finished expected = finish(chat->ask("What is a stone?"));
  Responder responder = engine->responder();
  const Prompt prompt = render(*engine, {said("user", "What is a stone?")});
  const Finished got = finish(responder.answer(prompt, briefly()));
  ASSERT_NE(expected.turn.answer, "");
  EXPECT_EQ(got.turn.answer, expected.turn.answer);
  EXPECT_EQ(got.reason, expected.reason);
  EXPECT_EQ(got.stats.prompt_tokens, prompt.tokens().size());
  EXPECT_EQ(got.stats.answer_tokens, expected.stats.answer_tokens);
}

TEST(responder, what_prompts_share_is_evaluated_once_and_changes_nothing) {
  const auto engine = open();
  Responder kept = engine->responder();
  std::string system(600, 'x');
  for (std::size_t i = 0; i < system.size(); i += 5) system[i] = ' ';
  const Json head = said("system", system);
  std::vector<Prompt> prompts;
  prompts.push_back(render(*engine, {head, said("user", "One?")}));
  prompts.push_back(render(*engine, {head, said("user", "Two, and more of it?")}));
  prompts.push_back(render(*engine, {head, said("user", "Two, and more of it?"),
                                     said("assistant", "No."), said("user", "Why?")}));
  prompts.push_back(render(*engine, {said("user", "Something else.")}));
  prompts.push_back(render(*engine, {head, said("user", "One?")}));
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    Responder fresh = engine->responder();
    const Finished expected = finish(fresh.answer(prompts[i], briefly()));
    const Finished got = finish(kept.answer(prompts[i], briefly()));
    EXPECT_EQ(expected.stats.reused_tokens, 0u);
    EXPECT_EQ(got.turn.answer, expected.turn.answer) << i;
    if (i == 2) {
      EXPECT_GE(got.stats.reused_tokens, prompts[1].tokens().size() - 1);
    }
  }
  // The same once more: only the last token's logits are wanted.
  const Finished again = finish(kept.answer(prompts[4], briefly()));
  EXPECT_GE(again.stats.reused_tokens, prompts[4].tokens().size() - 1);
}

// A drafter has seen one token more than the model when an answer ends, and must forget it with the
// others wherever the next prompt parts from this one.
TEST(responder, a_drafter_follows_prompts_that_part_anywhere) {
  const auto engine = open();
  Responder kept = engine->responder();
  for (int size = 1; size <= 24; ++size) {
    for (const char* end : {"a", "b"}) {
      const Prompt prompt = render(
          *engine,
          {said("user", "Count: " + std::string(static_cast<std::size_t>(size), '.') + end)});
      Responder fresh = engine->responder();
      EXPECT_EQ(finish(kept.answer(prompt, briefly(1))).turn.answer,
                finish(fresh.answer(prompt, briefly(1))).turn.answer);
      const std::string tail = std::string(static_cast<std::size_t>(25 - size), end[0]);
      const Prompt other = render(*engine, {said("user", "Count: " + tail)});
      EXPECT_EQ(finish(kept.answer(other, briefly(2))).turn.answer,
                finish(engine->responder().answer(other, briefly(2))).turn.answer);
    }
  }
}

TEST(responder, drafts_leave_no_trace) {
  const auto drafting = open({.context_tokens = 2048, .draft_tokens = 4});
  const auto plain = open({.context_tokens = 2048, .draft_tokens = 0});
  for (const char* mode : {"chat", "thinking"}) {
    std::vector<Finished> heard;
    for (const auto* engine : {&drafting, &plain}) {
      Responder responder = (*engine)->responder();
      heard.push_back(finish(
          responder.answer(render(**engine, {said("user", "Tell me.")}, mode), briefly(60))));
    }
    EXPECT_EQ(heard[0].turn.reasoning, heard[1].turn.reasoning);
    EXPECT_EQ(heard[0].turn.answer, heard[1].turn.answer);
    EXPECT_GT(heard[0].stats.drafted_tokens, 0u);
    EXPECT_EQ(heard[1].stats.drafted_tokens, 0u);
  }
}

TEST(responder, a_seed_repeats_and_a_temperature_draws) {
  const auto engine = open();
  Responder responder = engine->responder();
  const Prompt prompt = render(*engine, {said("user", "Tell me.")});
  ResponderOptions how = briefly();
  how.sampling.temperature = 1;
  how.sampling.seed = 1;
  const Finished first = finish(responder.answer(prompt, how));
  EXPECT_EQ(finish(responder.answer(prompt, how)).turn.answer, first.turn.answer);
  EXPECT_EQ(first.stats.seed, 1u);
  how.sampling.seed = 2;
  EXPECT_NE(finish(responder.answer(prompt, how)).turn.answer, first.turn.answer);
}

TEST(responder, an_answer_follows_its_constraint) {
  const auto engine = open();
  const auto constraint = Constraint::json_schema(
      engine->text(), R"({"type":"object","properties":{"a":{"enum":["x","y"]},"b":{"type":
      "boolean"}},"required":["a","b"],"additionalProperties":false})");
  ASSERT_TRUE(constraint.ok()) << constraint.error().message;
  Responder responder = engine->responder();
  ResponderOptions how = briefly(300);
  how.sampling.temperature = 1;
  how.constraint = &*constraint;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    how.sampling.seed = seed;
    const Finished got =
        finish(responder.answer(render(*engine, {said("user", "JSON, please.")}), how));
    EXPECT_EQ(got.reason, FinishReason::stop);
    const auto json = parse_json(got.turn.answer);
    ASSERT_TRUE(json.ok()) << got.turn.answer;
    EXPECT_NE(json->find("b"), nullptr);
  }
}

TEST(responder, thinking_is_counted_apart) {
  const auto engine = open();
  Responder responder = engine->responder();
  const Prompt prompt = render(*engine, {said("user", "Tell me.")}, "thinking");
  ASSERT_TRUE(prompt.is_thinking());
  const Finished got = finish(responder.answer(prompt, briefly(30)));
  if (got.turn.answer.empty()) {
    EXPECT_EQ(got.stats.reasoning_tokens, got.stats.answer_tokens);
  } else {
    EXPECT_LT(got.stats.reasoning_tokens, got.stats.answer_tokens);
  }
  EXPECT_GT(got.stats.reasoning_tokens, 0u);
  EXPECT_EQ(finish(responder.answer(render(*engine, {said("user", "Tell me.")}), briefly()))
                .stats.reasoning_tokens,
            0u);
}

TEST(responder, refuses_what_cannot_be_answered) {
  const auto engine = open({.context_tokens = 256});
  Responder responder = engine->responder();
  const Prompt good = render(*engine, {said("user", "Hi")});
  const auto refusal = [&](const Prompt& prompt, const ResponderOptions& how) {
    const Finished got = finish(responder.answer(prompt, how));
    EXPECT_EQ(got.reason, FinishReason::failed);
    return got.failure;
  };
  std::string text(3000, 'a');
  for (std::size_t i = 0; i < text.size(); i += 3) text[i] = ' ';
  EXPECT_THAT(refusal(render(*engine, {said("user", text)}), {}),
              HasSubstr("but the context holds 256"));
  ResponderOptions hot;
  hot.sampling.temperature = 9;
  EXPECT_THAT(refusal(good, hot), HasSubstr("temperature is 9"));
  EXPECT_THAT(
      refusal(render(*engine, {said("user", "a"), said("assistant", "b")}, "chat", true), {}),
      HasSubstr("does not end where the model would answer"));
  EXPECT_NE(finish(responder.answer(good, briefly())).reason, FinishReason::failed);
}

TEST(responder, stops_and_goes_on) {
  const auto engine = open();
  Responder responder = engine->responder();
  const Prompt prompt = render(*engine, {said("user", "Tell me.")}, "thinking");
  const Finished whole = finish(responder.answer(prompt, briefly(40)));
  {
    Answer answer = responder.answer(prompt, briefly(40));
    Finished stopped;
    int texts = 0;
    while (const auto event = answer.next()) {
      if (std::holds_alternative<ReasoningText>(*event) && ++texts == 3) responder.stop();
      if (const auto* end = std::get_if<Finished>(&*event)) stopped = *end;
    }
    EXPECT_EQ(stopped.reason, FinishReason::stopped);
    EXPECT_LT(stopped.stats.answer_tokens, whole.stats.answer_tokens);
  }
  // Abandoned in the middle.
  { responder.answer(prompt, briefly(40)).next(); }
  const Finished again = finish(responder.answer(prompt, briefly(40)));
  EXPECT_EQ(again.turn.reasoning, whole.turn.reasoning);
  EXPECT_EQ(again.turn.answer, whole.turn.answer);
}

}  // namespace
}  // namespace ds4
