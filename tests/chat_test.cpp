// The face, include/ds4/engine.h and chat.h, over a small random model: what it says is noise, but
// it must be the same noise however one gets there.
#include "ds4/chat.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "ds4/engine.h"
#include "engine/host.h"
#include "engine/steering_build.h"
#include "engine/steering_file.h"
#include "tests/small_model.h"

namespace ds4 {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::unique_ptr<Engine> open(const EngineOptions& options = {.context_tokens = 4096}) {
  auto engine = Engine::open(tests::small_model(), options);
  EXPECT_TRUE(engine.ok()) << engine.error().message;
  return *std::move(engine);
}

ChatOptions talk(std::uint64_t tokens = 24) {
  ChatOptions options;
  options.system = "Be brief.";
  options.thinking = "off";
  options.sampling.seed = 5;
  options.answer_tokens_max = tokens;
  return options;
}

struct Heard {
  std::string reasoning, answer;
  Finished finished;
  int progress = 0, after_end = 0;
};

Heard listen(Answer answer) {
  Heard heard;
  bool has_ended = false;
  for (const Event& event : answer) {
    heard.after_end += has_ended ? 1 : 0;
    if (const auto* text = std::get_if<ReasoningText>(&event)) heard.reasoning += text->text;
    if (const auto* text = std::get_if<AnswerText>(&event)) heard.answer += text->text;
    heard.progress += std::holds_alternative<Progress>(event) ? 1 : 0;
    if (const auto* end = std::get_if<Finished>(&event)) {
      heard.finished = *end;
      has_ended = true;
    }
  }
  EXPECT_TRUE(has_ended);
  EXPECT_EQ(heard.after_end, 0);
  EXPECT_FALSE(answer.next());
  if (heard.finished.reason != FinishReason::failed) {
    EXPECT_EQ(heard.finished.turn.answer, heard.answer);
    EXPECT_EQ(heard.finished.turn.reasoning, heard.reasoning);
  }
  return heard;
}

Chat start(Engine& engine, const ChatOptions& options) {
  auto chat = engine.start(options);
  EXPECT_TRUE(chat.ok()) << chat.error().message;
  return *std::move(chat);
}

TEST(chat, example_of_the_header_works) {
  const auto run = []() -> Result<void> {
    std::string shown;
    const auto show = [&shown](const Event& event) {
      if (const auto* text = std::get_if<AnswerText>(&event)) shown += text->text;
    };
    TRY(const auto engine, Engine::open(tests::small_model(), {.context_tokens = 2048}));
    TRY(Chat chat, engine->start({.system = "Be brief.", .answer_tokens_max = 5}));
    for (const Event& event : chat.ask("Why is the sky blue?")) show(event);
    EXPECT_EQ(engine->facts().context_tokens, 2048u);
    EXPECT_TRUE(engine->facts().has_drafter);
    EXPECT_THAT(engine->facts().device, HasSubstr("CPU"));
    EXPECT_EQ(chat.messages().size(), 2u);
    return {};
  };
  const auto done = run();
  EXPECT_TRUE(done.ok()) << done.error().message;
}

TEST(chat, says_the_same_with_and_without_drafts) {
  for (const float temperature : {0.0f, 1.0f}) {
    std::vector<std::string> said;
    for (const int drafts : {0, 1, 4, 15}) {
      const auto engine = open({.context_tokens = 4096, .draft_tokens = drafts});
      ChatOptions options = talk(60);
      options.sampling.temperature = temperature;
      Chat chat = start(*engine, options);
      std::string all;
      for (const char* message : {"One", "Two, and a little more", "Three"}) {
        const Heard heard = listen(chat.ask(message));
        all += heard.answer + "|";
        EXPECT_EQ(heard.finished.stats.answer_tokens, heard.finished.reason == FinishReason::length
                                                          ? 60u
                                                          : heard.finished.stats.answer_tokens);
      }
      said.push_back(all);
    }
    EXPECT_THAT(said, testing::Each(said.front()));
  }
}

// The state that a conversation has must be what its tokens alone give.
TEST(chat, the_next_turn_goes_on_from_the_same_tokens) {
  const auto engine = open();
  Chat chat = start(*engine, talk());
  listen(chat.ask("One"));
  const std::vector<Token> before = chat.tokens();
  const Heard second = listen(chat.ask("Two"));
  ASSERT_GT(chat.tokens().size(), before.size());
  EXPECT_TRUE(std::equal(before.begin(), before.end(), chat.tokens().begin()));
  EXPECT_GE(second.finished.stats.reused_tokens, before.size() - 1);
  EXPECT_GE(second.progress, 1);
  EXPECT_EQ(second.finished.stats.seed, 5u);

  // Between the turns stand the end of the first and the marks of the second.
  const auto text = *engine->text().decode(chat.tokens());
  EXPECT_THAT(text,
              testing::StartsWith("<｜begin▁of▁sentence｜>Be brief.<｜User｜>One<｜Assistant｜>"
                                  "</think>"));
  EXPECT_THAT(text, HasSubstr("<｜end▁of▁sentence｜><｜User｜>Two<｜Assistant｜></think>"));
}

TEST(chat, retry_draws_anew_and_undo_takes_back) {
  const auto engine = open();
  Chat chat = start(*engine, talk());
  const Heard one = listen(chat.ask("One"));
  const Heard two = listen(chat.ask("Two"));
  const Heard again = listen(chat.retry());
  EXPECT_NE(again.answer, two.answer);
  EXPECT_EQ(chat.messages().size(), 4u);
  EXPECT_EQ(chat.messages()[3].text, again.answer);
  EXPECT_LE(again.finished.stats.prompt_tokens - again.finished.stats.reused_tokens, 1u);

  // A fresh conversation that retries at the same place says the same.
  Chat other = start(*engine, talk());
  EXPECT_EQ(listen(other.ask("One")).answer, one.answer);
  listen(other.ask("Two"));
  EXPECT_EQ(listen(other.retry()).answer, again.answer);

  ASSERT_TRUE(chat.undo());
  EXPECT_EQ(chat.messages().size(), 2u);
  const Heard redone = listen(chat.ask("Two"));
  EXPECT_EQ(redone.answer, two.answer);
  ASSERT_TRUE(chat.undo());
  ASSERT_TRUE(chat.undo());
  EXPECT_FALSE(chat.undo());
  EXPECT_EQ(listen(chat.ask("One")).answer, one.answer);
}

TEST(chat, a_fork_shares_the_past_only) {
  const auto engine = open();
  Chat chat = start(*engine, talk());
  listen(chat.ask("One"));
  auto fork = chat.fork();
  ASSERT_TRUE(fork.ok());
  const Heard left = listen(chat.ask("Left"));
  const Heard right = listen(fork->ask("Right"));
  Chat alone = start(*engine, talk());
  listen(alone.ask("One"));
  EXPECT_EQ(listen(alone.ask("Right")).answer, right.answer);
  ASSERT_TRUE(alone.undo());
  EXPECT_EQ(listen(alone.ask("Left")).answer, left.answer);
  // And on, one after the other over the same engine.
  EXPECT_EQ(listen(chat.ask("More")).answer, listen(alone.ask("More")).answer);
}

TEST(chat, thinks_and_shows_it_apart) {
  const auto engine = open();
  ChatOptions options = talk(40);
  options.thinking = "high";
  // Only a few letters and the mark that ends the reasoning.
  for (const Token letter : {65, 66, 67}) options.sampling.logit_bias.push_back({letter, 50.0f});
  const Token mark = engine->text().encode("</think>", SpecialTokens::recognised)->front();
  options.sampling.logit_bias.push_back({mark, 50.0f});
  Chat chat = start(*engine, options);
  const Heard heard = listen(chat.ask("One"));
  EXPECT_THAT(heard.reasoning, Not(IsEmpty()));
  EXPECT_THAT(heard.answer, Not(IsEmpty()));
  EXPECT_EQ(chat.messages()[1].reasoning, heard.reasoning);

  // Kept, the reasoning is what the next turn goes on from; else it is gone from its prompt.
  Chat fork = *chat.fork();
  listen(chat.ask("Two"));
  EXPECT_THAT(*engine->text().decode(chat.tokens()), HasSubstr(heard.reasoning + "</think>"));
  options.keep_reasoning = false;
  fork.set_options(options);
  listen(fork.ask("Two"));
  const std::string text = *engine->text().decode(fork.tokens());
  EXPECT_THAT(text, HasSubstr("One<｜Assistant｜></think>" + heard.answer.substr(0, 3)));
}

TEST(chat, is_usable_after_it_was_stopped) {
  const auto engine = open();
  Chat chat = start(*engine, talk(50));
  {
    // In the middle of the prompt.
    Answer answer = chat.ask(std::string(1500, 'a'));
    const auto first = answer.next();
    ASSERT_TRUE(first && std::holds_alternative<Progress>(*first));
    chat.stop();
    const auto last = answer.next();
    ASSERT_TRUE(last && std::holds_alternative<Finished>(*last));
    EXPECT_EQ(std::get<Finished>(*last).reason, FinishReason::stopped);
  }
  {
    // In the middle of the answer, and abandoned.
    Answer answer = chat.ask("Two");
    for (int i = 0; i < 8; ++i) ASSERT_TRUE(answer.next());
  }
  EXPECT_EQ(chat.messages().size(), 4u);
  EXPECT_EQ(chat.messages()[1].text, "");
  EXPECT_THAT(chat.messages()[3].text, Not(IsEmpty()));
  ASSERT_TRUE(chat.undo());
  ASSERT_TRUE(chat.undo());
  const Heard heard = listen(chat.ask("One"));
  Chat other = start(*engine, talk(50));
  EXPECT_EQ(listen(other.ask("One")).answer, heard.answer);
}

TEST(chat, ends_with_the_context) {
  const auto engine = open({.context_tokens = 128});
  Chat chat = start(*engine, talk(0));
  ChatOptions options = talk(0);
  options.sampling.logit_bias = {{65, 80.0f}, {66, 80.0f}};
  chat.set_options(options);
  const Heard heard = listen(chat.ask("One"));
  EXPECT_EQ(heard.finished.reason, FinishReason::context_full);
  EXPECT_EQ(heard.finished.stats.context_used, 128u);
  const Heard refused = listen(chat.ask("Two"));
  EXPECT_EQ(refused.finished.reason, FinishReason::failed);
  EXPECT_THAT(refused.finished.failure, HasSubstr("--ctx"));
  EXPECT_EQ(chat.messages().size(), 2u);
  ASSERT_TRUE(chat.undo());
  EXPECT_NE(listen(chat.ask("A")).finished.reason, FinishReason::failed);
}

TEST(chat, refuses_what_makes_no_sense) {
  const auto engine = open({.context_tokens = 512});
  Chat chat = start(*engine, talk());
  EXPECT_THAT(listen(chat.ask("")).finished.failure, HasSubstr("empty"));
  EXPECT_THAT(listen(chat.retry()).finished.failure, HasSubstr("no message"));
  EXPECT_THAT(listen(chat.ask(std::string(9000, 'x'))).finished.failure, HasSubstr("512"));
  EXPECT_EQ(chat.messages().size(), 0u);
  EXPECT_FALSE(chat.steer(1).ok());
  ChatOptions bad = talk();
  bad.thinking = "sometimes";
  EXPECT_FALSE(engine->start(bad).ok());
  bad = talk();
  bad.sampling.top_p = -1;
  EXPECT_FALSE(engine->start(bad).ok());
  for (const EngineOptions& options :
       {EngineOptions{.context_tokens = 1u << 30}, EngineOptions{.threads = -1},
        EngineOptions{.cpus = "all"}, EngineOptions{.isa = "mmx"},
        EngineOptions{.draft_tokens = 16}, EngineOptions{.drafter = tests::small_model()}}) {
    const auto opened = Engine::open(tests::small_model(), options);
    ASSERT_FALSE(opened.ok());
    EXPECT_THAT(opened.error().message, Not(IsEmpty()));
  }
  EXPECT_EQ(Engine::open(tests::small_model(), {.steering = "/nowhere"}).error().message,
            "/nowhere: cannot open direction file: no such file or folder");
}

TEST(chat, goes_on_from_plain_text) {
  const auto engine = open();
  Chat chat = start(*engine, talk());
  const Heard heard = listen(chat.complete("Once upon"));
  EXPECT_THAT(*engine->text().decode(chat.tokens()),
              testing::StartsWith("<｜begin▁of▁sentence｜>Once upon" + heard.answer.substr(0, 1)));
  const Heard more = listen(chat.complete(" and then"));
  EXPECT_GE(more.finished.stats.reused_tokens, heard.finished.stats.prompt_tokens);
}

TEST(chat, holds_answers_to_a_constraint) {
  for (const int drafts : {0, 3}) {
    const auto engine = open({.context_tokens = 4096, .draft_tokens = drafts});
    const auto constraint = Constraint::regex(engine->text(), "(yes|no)( [ab]{3}){6}");
    ASSERT_TRUE(constraint.ok()) << constraint.error().message;
    ChatOptions options = talk(0);
    Chat chat = start(*engine, options);
    chat.set_constraint(&*constraint);
    const Heard heard = listen(chat.ask("Well?"));
    EXPECT_THAT(heard.answer, testing::MatchesRegex("(yes|no)( [ab]{3}){6}"));
    EXPECT_EQ(heard.finished.reason, FinishReason::stop);
    if (drafts == 0) continue;
    const auto plain_engine = open({.context_tokens = 4096, .draft_tokens = 0});
    Chat plain = start(*plain_engine, options);
    plain.set_constraint(&*constraint);
    EXPECT_EQ(listen(plain.ask("Well?")).answer, heard.answer);
  }
}

class steered_chat : public testing::Test {
 protected:
  ~steered_chat() override { std::filesystem::remove(path); }

  static std::unique_ptr<engine::Host> open_host() {
    auto host = engine::Host::open(tests::small_model(), {.context_tokens = 512});
    EXPECT_TRUE(host.ok()) << host.error().message;
    return *std::move(host);
  }

  static text::Prompt prompt(const std::string& line) {
    auto prompt = engine::steering_prompt(line);
    EXPECT_TRUE(prompt.ok()) << prompt.error().message;
    return *std::move(prompt);
  }

  const std::string path = tests::temporary_path("direction.gguf");
};

// Means and differences, computed once more from what a watcher saw of whole prompts.
TEST_F(steered_chat, a_direction_is_the_difference_of_means) {
  const auto host = open_host();
  const model::Shape& shape = host->model().shape();
  const engine::SteeringPrompts prompts{
      .toward = {prompt("Yes"), prompt(R"({"messages": [{"role": "user", "content": "Of course"}],
                                   "options": {"thinking_mode": "chat"}})")},
      .away = {prompt("No")}};
  int done = 0;
  const auto steering = engine::build_steering(*host, prompts, [&done] { ++done; });
  ASSERT_TRUE(steering.ok()) << steering.error().message;
  EXPECT_EQ(done, 3);

  struct Seen final : model::Watcher {
    std::vector<std::vector<float>> outputs;
    void see(model::Point point, std::uint32_t, std::span<const float> values) override {
      if (point != model::Point::expert_out) return;
      outputs.emplace_back(values.end() - 256, values.end());
    }
    void see_routes(std::uint32_t, std::span<const std::uint32_t>) override {}
    void see_chosen(std::uint32_t, std::uint32_t, std::span<const std::uint32_t>) override {}
  };
  ASSERT_EQ(shape.width, 256u);
  const auto model = TextModel::open(tests::small_model());
  std::vector<Seen> seen(3);
  for (std::size_t i = 0; i < 3; ++i) {
    const std::string word = i == 0 ? "Yes" : i == 1 ? "Of course" : "No";
    const auto tokens =
        *model->encode("<｜begin▁of▁sentence｜><｜User｜>" + word + "<｜Assistant｜></think>",
                       SpecialTokens::recognised);
    model::SessionState state(host->forward().layout());
    const model::Chunk chunk{&state, tokens};
    host->forward().watch(&seen[i]);
    host->forward().evaluate({&chunk, 1});
  }
  host->forward().watch(nullptr);
  const auto length = [](const auto& v) {
    double sum = 0;
    for (const double x : v) sum += x * x;
    return std::sqrt(sum);
  };
  for (std::uint32_t layer = 0; layer < shape.layers; ++layer) {
    const auto &a = seen[0].outputs[layer], &b = seen[1].outputs[layer],
               &c = seen[2].outputs[layer];
    std::vector<double> difference(256);
    for (std::size_t i = 0; i < 256; ++i) difference[i] = (double{a[i]} + b[i]) / 2 - c[i];
    const double wanted = (length(a) + length(b) + length(c)) / 3 / length(difference);
    for (std::size_t i = 0; i < 256; ++i) {
      ASSERT_NEAR(steering->directions[layer * 256 + i], difference[i] * wanted, 1e-4) << layer;
    }
  }

  // Of one layer alone, and of one that is not there.
  engine::SteeringPrompts some = prompts;
  some.layers = {1};
  const auto one = engine::build_steering(*host, some, [] {});
  ASSERT_TRUE(one.ok()) << one.error().message;
  for (std::size_t i = 0; i < one->directions.size(); ++i) {
    ASSERT_EQ(one->directions[i], i / 256 == 1 ? steering->directions[i] : 0.0f) << i;
  }
  some.layers = {1, 99};
  EXPECT_THAT(engine::build_steering(*host, some, [] {}).error().message,
              HasSubstr("there is no layer 99; the model has 0 to "));

  // To a file and back.
  ASSERT_TRUE(engine::write_steering(path, shape, *steering).ok());
  const auto again = engine::read_steering(path, shape);
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(again->directions, steering->directions);
  model::Shape wider = shape;
  wider.width = 512;
  EXPECT_THAT(engine::read_steering(path, wider).error().message, HasSubstr("f32 [512]"));
  model::Shape shallow = shape;
  shallow.layers = 2;
  EXPECT_THAT(engine::read_steering(path, shallow).error().message, HasSubstr("more layers"));
  EXPECT_THAT(engine::read_steering(tests::small_model(), shape).error().message,
              HasSubstr("not a steering direction"));
}

TEST_F(steered_chat, is_pushed_by_its_own_strength) {
  {
    const auto host = open_host();
    const auto steering =
        engine::build_steering(*host, {.toward = {prompt("Yes")}, .away = {prompt("No")}}, [] {});
    ASSERT_TRUE(engine::write_steering(path, host->model().shape(), *steering).ok());
  }
  const auto engine = open({.context_tokens = 1024, .steering = path, .steering_scale = 0});
  EXPECT_TRUE(engine->facts().has_steering);
  const auto plain_engine = open({.context_tokens = 1024});
  Chat plain = start(*plain_engine, talk());
  const std::string unpushed = listen(plain.ask("One")).answer;

  Chat chat = start(*engine, talk());
  EXPECT_EQ(chat.steering_scale(), 0);
  EXPECT_EQ(listen(chat.ask("One")).answer, unpushed);
  Chat other = start(*engine, talk());
  ASSERT_TRUE(other.steer(3).ok());
  const std::string pushed = listen(other.ask("One")).answer;
  EXPECT_NE(pushed, unpushed);
  // One strength does not leak into the other conversation.
  ASSERT_TRUE(chat.undo());
  EXPECT_EQ(listen(chat.ask("One")).answer, unpushed);
  EXPECT_FALSE(chat.steer(1e9f).ok());
}

class saved_chat : public testing::Test {
 protected:
  ~saved_chat() override { std::filesystem::remove(path); }

  std::string read() const {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write(const std::string& bytes) const {
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << bytes;
  }

  const std::string path = tests::temporary_path("chat.ds4chat");
};

TEST_F(saved_chat, goes_on_as_if_it_had_never_ended) {
  for (const int drafts : {0, 2}) {
    const auto engine = open({.context_tokens = 4096, .draft_tokens = drafts});
    for (const std::size_t length : {1, 60, 97, 98, 99, 100, 230, 500}) {
      SCOPED_TRACE(length);
      Chat chat = start(*engine, talk(7));
      listen(chat.ask(std::string(length, 'q')));
      const auto saved = chat.save(path);
      ASSERT_TRUE(saved.ok()) << saved.error().message;
      ChatOptions others = talk(7);
      others.system = "";  // the file's own is taken
      auto loaded = engine->load(path, others);
      ASSERT_TRUE(loaded.ok()) << loaded.error().message;
      EXPECT_EQ(loaded->tokens(), chat.tokens());
      EXPECT_EQ(loaded->options().system, "Be brief.");
      EXPECT_EQ(loaded->messages()[1].text, chat.messages()[1].text);
      const Heard here = listen(chat.ask("And?")), there = listen(loaded->ask("And?"));
      EXPECT_EQ(there.answer, here.answer);
      EXPECT_EQ(there.finished.stats.reused_tokens, here.finished.stats.reused_tokens);
      EXPECT_EQ(listen(loaded->retry()).answer, listen(chat.retry()).answer);
    }
  }
}

TEST_F(saved_chat, serves_an_engine_with_other_settings) {
  const auto engine = open({.context_tokens = 4096, .draft_tokens = 2});
  Chat chat = start(*engine, talk(9));
  listen(chat.ask("One"));
  ASSERT_TRUE(chat.save(path).ok());
  const std::string next = listen(chat.ask("Two")).answer;
  const auto without = open({.context_tokens = 4096, .draft_tokens = 0});
  auto loaded = without->load(path, talk(9));
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_EQ(listen(loaded->ask("Two")).answer, next);
  // Rows kept another way: the tokens are evaluated again.
  const auto unrounded = open({.context_tokens = 4096, .round_rows = false});
  auto other = unrounded->load(path, talk(9));
  ASSERT_TRUE(other.ok()) << other.error().message;
  EXPECT_EQ(listen(other->ask("Two")).finished.stats.reused_tokens, 0u);
  // A context that is too short.
  const auto small = open({.context_tokens = 16});
  EXPECT_THAT(small->load(path, talk()).error().message, HasSubstr("--ctx"));
}

TEST_F(saved_chat, is_refused_when_damaged_cut_or_foreign) {
  const auto engine = open({.context_tokens = 4096, .draft_tokens = 0});
  Chat chat = start(*engine, talk(9));
  listen(chat.ask("One"));
  ASSERT_TRUE(chat.save(path).ok());
  const std::string good = read();
  ASSERT_GT(good.size(), 100000u);
  const auto message_for = [&](const std::string& bytes) {
    write(bytes);
    const auto loaded = engine->load(path, talk());
    return loaded.ok() ? "it was loaded" : loaded.error().message;
  };
  for (std::size_t at = 0; at < good.size(); at += 97) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ (1 << at % 8));
    ASSERT_THAT(message_for(bad), testing::StartsWith(path + ": ")) << at;
  }
  for (std::size_t size = 0; size < good.size(); size += 1 + size / 3) {
    ASSERT_THAT(message_for(good.substr(0, size)), testing::StartsWith(path + ": ")) << size;
  }
  EXPECT_THAT(message_for(good + "x"), HasSubstr("behind its end"));
  EXPECT_THAT(message_for("GGUF and more"), HasSubstr("no saved conversation"));
  EXPECT_EQ(message_for(good), "it was loaded");

  const std::string other = tests::temporary_path("other.gguf");
  tests::write_small_model(other, 2, true);
  const auto foreign = Engine::open(other, {.context_tokens = 4096});
  ASSERT_TRUE(foreign.ok());
  EXPECT_THAT((*foreign)->load(path, talk()).error().message, HasSubstr("another model"));
  std::filesystem::remove(other);
}

TEST_F(saved_chat, an_old_file_stands_when_the_disk_is_full) {
  const auto engine = open({.context_tokens = 512, .draft_tokens = 0});
  Chat chat = start(*engine, talk(3));
  listen(chat.ask("One"));
  ASSERT_TRUE(chat.save(path).ok());
  const std::string before = read();
  listen(chat.ask("Two"));

  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  const rlimit small{65536, limit.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto saved = chat.save(path);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(saved.ok());
  EXPECT_THAT(saved.error().message, HasSubstr(path));
  EXPECT_TRUE(read() == before);
  EXPECT_TRUE(engine->load(path, talk()).ok());
  EXPECT_FALSE(chat.save("/nowhere/at/all").ok());
}

}  // namespace
}  // namespace ds4
