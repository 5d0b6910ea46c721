// The law of exactness: the logits of a token, the drafter's behind it, and the state it leaves are
// functions of weights and tokens, bit for bit. Random models of every recipe, fed in every way: by
// chunks, in batches with others, on other instruction sets and threads, through forks, steps back
// and saved states.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <string_view>

#include "convert/synth.h"
#include "tests/running_model.h"

namespace ds4 {
namespace {

using tests::HowToRun;
using tests::RunningModel;

bool is_full() {
  return std::getenv("DS4_TEST_FULL") != nullptr;
}

// Every mechanism is at work within a few hundred tokens: the window slides after 16, choosing
// begins after 32, both compression ratios complete windows, experts are routed both ways.
model::Shape small_shape() {
  model::Shape s = model::flash_shape();
  s.layers = 4;
  s.ratios = {0, 4, 128, 4};
  s.hash_layers = 1;
  s.width = 256;
  s.vocabulary = 96;
  s.heads = 2;
  s.head_width = 128;
  s.rope_width = 64;
  s.query_rank = 64;
  s.output_rank = 32;
  s.output_groups = 2;
  s.window = 16;
  s.index_heads = 4;
  s.index_width = 64;
  s.index_top_k = 8;
  s.experts = 4;
  s.experts_used = 2;
  s.expert_width = 256;
  s.expert_clamps = s.shared_clamps = std::vector<float>(4, 1.0f);
  return s;
}

// "mixed" has routed experts of four kinds, one for each layer.
const model::ModelFile& model_of(const std::string& recipe) {
  static const tests::TemporaryFolder folder("bit_equality");
  static std::map<std::string, std::unique_ptr<model::ModelFile>> made;
  auto& file = made[recipe];
  if (file == nullptr) {
    convert::SynthOptions options{.seed = 7, .with_drafter = true, .threads = 1};
    if (recipe == "mixed") {
      for (const char* layer : {"1=q4", "2=mxfp4", "3=q8"}) {
        EXPECT_TRUE(convert::add_layer_override(layer, options.recipe).ok());
      }
    } else {
      options.recipe.base = *convert::parse_recipe(recipe);
    }
    const auto plan = convert::Synthesis::plan(small_shape(), options);
    EXPECT_TRUE(plan.ok()) << plan.error().message;
    const auto done = plan->run(folder.file(recipe), {});
    EXPECT_TRUE(done.ok()) << done.error().message;
    file = tests::open_model(folder.file(recipe));
  }
  return *file;
}

std::vector<std::int32_t> random_tokens(std::size_t count, std::mt19937& random) {
  std::vector<std::int32_t> out(count);
  for (auto& token : out) token = static_cast<std::int32_t>(random() % small_shape().vocabulary);
  return out;
}

std::size_t print_of(const model::SessionState& state) {
  const std::vector<std::byte> bytes = state.serialize();
  return std::hash<std::string_view>()({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

// Small chunks and large ones alike, `largest` at most.
std::size_t random_size(std::size_t largest, std::mt19937& random) {
  const std::size_t limit = std::size_t{1} << random() % 11;
  return 1 + random() % std::min(limit, largest);
}

// What a sequence must give.
struct Expected {
  std::vector<std::int32_t> tokens;   // one more than positions: the drafter's last is told of it
  std::vector<float> logits, drafts;  // [positions, vocabulary]
  std::vector<std::size_t> states;    // [positions + 1] prints of the state before each

  std::size_t positions() const { return tokens.size() - 1; }
};

// One token at a time.
Expected expect_of(const model::ModelFile& file, std::vector<std::int32_t> tokens,
                   device::Isa isa = device::best_isa()) {
  Expected out{std::move(tokens), {}, {}, {}};
  RunningModel running(file, {.isa = isa, .rows_max = 1, .drafter = &*file.mtp()});
  model::SessionState state = running.start();
  for (std::size_t p = 0; p < out.positions(); ++p) {
    out.states.push_back(print_of(state));
    const auto logits = running.feed(state, {&out.tokens[p], 1});
    const auto drafts = running.draft(state, {&out.tokens[p + 1], 1});
    out.logits.insert(out.logits.end(), logits.begin(), logits.end());
    out.drafts.insert(out.drafts.end(), drafts.begin(), drafts.end());
  }
  out.states.push_back(print_of(state));
  return out;
}

// "" or where two lists of rows differ in a bit.
std::string difference(const char* what, std::size_t first_position, std::span<const float> actual,
                       std::span<const float> expected) {
  const std::size_t vocabulary = small_shape().vocabulary;
  if (actual.size() > expected.size()) return "too many rows";
  for (std::size_t i = 0; i < actual.size(); ++i) {
    if (std::memcmp(&actual[i], &expected[i], sizeof(float)) == 0) continue;
    return std::string(what) + " of position " + std::to_string(first_position + i / vocabulary) +
           ", token " + std::to_string(i % vocabulary) + ": " + testing::PrintToString(actual[i]) +
           " where " + testing::PrintToString(expected[i]) + " is expected";
  }
  return "";
}

// A session that goes through a sequence and is held to what is expected of it.
class Walk {
 public:
  Walk(RunningModel& running, const Expected& expected)
      : Walk(running, expected, running.start()) {}
  Walk(RunningModel& running, const Expected& expected, model::SessionState state)
      : running_(running), expected_(expected), state_(std::move(state)) {}

  model::SessionState& state() { return state_; }
  std::size_t position() const { return state_.tokens(); }
  std::size_t left() const { return expected_.positions() - position(); }
  model::Chunk chunk(std::size_t count) {
    return {&state_, std::span(expected_.tokens).subspan(position(), count)};
  }

  // A batch of this session alone; stops the test at the first difference.
  void advance(std::size_t count) {
    const model::Chunk next = chunk(count);
    const auto logits = running_.feed({&next, 1});
    expect(logits, 0, count);
  }
  // `rows` of the batch, from `first_row` on, were this session's.
  void expect(std::span<const float> logits, std::uint32_t first_row, std::size_t rows) {
    const std::size_t vocabulary = small_shape().vocabulary;
    const std::size_t first = position() - rows;
    const auto expected_rows = [&](const std::vector<float>& all) {
      return std::span(all).subspan(first * vocabulary, rows * vocabulary);
    };
    const auto next = std::span(expected_.tokens).subspan(first + 1, rows);
    ASSERT_EQ(difference("logits", first, logits.first(rows * vocabulary),
                         expected_rows(expected_.logits)),
              "");
    const auto drafts = running_.draft(state_, next, first_row);
    ASSERT_EQ(difference("drafts", first, drafts, expected_rows(expected_.drafts)), "");
  }
  void expect_state() const {
    ASSERT_EQ(print_of(state_), expected_.states[position()]) << "state of " << position();
  }

 private:
  RunningModel& running_;
  const Expected& expected_;
  model::SessionState state_;
};

// A whole sequence by random chunks, its state looked at between some of them.
void walk_by_chunks(const model::ModelFile& file, const Expected& expected, HowToRun how,
                    std::mt19937& random) {
  how.drafter = &*file.mtp();
  RunningModel running(file, how);
  Walk walk(running, expected);
  while (walk.left() > 0) {
    walk.advance(random_size(std::min<std::size_t>(walk.left(), how.rows_max), random));
    if (testing::Test::HasFatalFailure()) return;
    if (random() % 4 == 0 || walk.left() == 0) walk.expect_state();
    if (testing::Test::HasFatalFailure()) return;
  }
}

class bit_equality : public testing::TestWithParam<const char*> {
 protected:
  const model::ModelFile& file_ = model_of(GetParam());
};

// What no type of weight can make a difference to.
class bit_equality_unrounded : public bit_equality {};

std::string name_of(const testing::TestParamInfo<const char*>& info) {
  return info.param;
}
INSTANTIATE_TEST_SUITE_P(each, bit_equality,
                         testing::Values("f32", "bf16", "q8", "q4", "q2", "mxfp4", "mixed"),
                         name_of);
INSTANTIATE_TEST_SUITE_P(each, bit_equality_unrounded, testing::Values("f32", "mixed"), name_of);

// The portable kernels, one token at a time and on one thread, are the definition.
TEST_P(bit_equality, on_instruction_sets_and_threads) {
  std::mt19937 random(1);
  const std::size_t length = is_full() ? 600 : 140;
  const Expected expected =
      expect_of(file_, random_tokens(length + 1, random), device::Isa::portable);
  for (const device::Isa isa : device::runnable_isas()) {
    for (const int threads : {1, 2, 3, 8}) {
      if (!is_full() && isa == device::Isa::portable && threads != 3) continue;
      SCOPED_TRACE(std::string(device::name_of(isa)) + ", threads " + std::to_string(threads));
      walk_by_chunks(file_, expected, {.isa = isa, .threads = threads, .rows_max = 140}, random);
      ASSERT_FALSE(HasFatalFailure());
    }
  }
}

TEST_P(bit_equality, by_chunks) {
  std::mt19937 random(2);
  constexpr std::size_t kLength = 600;
  const Expected expected = expect_of(file_, random_tokens(kLength + 1, random));
  for (int seed = 0; seed < (is_full() ? 25 : 3); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 dice(static_cast<unsigned>(seed));
    walk_by_chunks(file_, expected, {.threads = 2, .rows_max = kLength}, dice);
    ASSERT_FALSE(HasFatalFailure());
  }
  RunningModel running(file_, {.rows_max = kLength, .drafter = &*file_.mtp()});
  Walk whole(running, expected);
  whole.advance(kLength);
  whole.expect_state();
}

// Sixteen conversations of their own lengths; each batch takes some of them some way.
TEST_P(bit_equality, in_batches_with_others) {
  constexpr std::uint32_t kRows = 96;
  for (int seed = 0; seed < (is_full() ? 8 : 1); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(static_cast<unsigned>(seed));
    std::vector<Expected> expected;
    for (int i = 0; i < 16; ++i) {
      expected.push_back(expect_of(file_, random_tokens(2 + random() % 160, random)));
    }
    RunningModel running(file_, {.threads = 2, .rows_max = kRows, .drafter = &*file_.mtp()});
    std::vector<Walk> walks;
    for (const Expected& one : expected) walks.emplace_back(running, one);
    for (;;) {
      std::vector<Walk*> waiting;
      for (Walk& walk : walks) {
        if (walk.left() > 0) waiting.push_back(&walk);
      }
      if (waiting.empty()) break;
      std::shuffle(waiting.begin(), waiting.end(), random);
      waiting.resize(1 + random() % waiting.size());

      std::vector<model::Chunk> chunks;
      std::size_t room = kRows;
      for (Walk* walk : waiting) {
        if (room == 0) break;
        chunks.push_back(walk->chunk(random_size(std::min(walk->left(), room), random)));
        room -= chunks.back().tokens.size();
      }
      const std::vector<float> logits = running.feed(chunks);
      std::uint32_t first_row = 0;
      for (std::size_t i = 0; i < chunks.size(); ++i) {
        const std::size_t rows = chunks[i].tokens.size();
        const auto own = std::span(logits).subspan(first_row * small_shape().vocabulary);
        waiting[i]->expect(own, first_row, rows);
        ASSERT_FALSE(HasFatalFailure());
        if (waiting[i]->left() == 0) waiting[i]->expect_state();
        ASSERT_FALSE(HasFatalFailure());
        first_row += static_cast<std::uint32_t>(rows);
      }
    }
  }
}

// Steps back from tokens that were not to be, and on with those that are.
TEST_P(bit_equality, after_rewinds) {
  std::mt19937 random(3);
  const Expected expected = expect_of(file_, random_tokens(300, random));
  RunningModel running(file_, {.rows_max = 64, .drafter = &*file_.mtp()});
  Walk walk(running, expected);
  const auto stray = [&](std::size_t depth) {
    const auto tokens = random_tokens(depth, random);
    const std::uint64_t position = walk.position(), drafter_rows = walk.state().drafter_rows();
    running.feed(walk.state(), tokens);
    running.draft(walk.state(), random_tokens(depth, random));
    ASSERT_TRUE(walk.state().rewind(position));
    ASSERT_TRUE(walk.state().rewind_drafter(drafter_rows));
    walk.expect_state();
  };
  while (walk.left() > 20) {
    for (std::size_t depth = 1; depth <= model::kRewindTokens; ++depth) {
      SCOPED_TRACE("back by " + std::to_string(depth) + " to " + std::to_string(walk.position()));
      stray(depth);
      ASSERT_FALSE(HasFatalFailure());
    }
    walk.advance(1 + random() % 16);
    ASSERT_FALSE(HasFatalFailure());
    walk.expect_state();
    ASSERT_FALSE(HasFatalFailure());
  }
  const std::uint64_t end = walk.position();
  EXPECT_FALSE(walk.state().rewind(end - model::kRewindTokens - 1));
  EXPECT_FALSE(walk.state().rewind(end + 1));
  EXPECT_EQ(walk.position(), end);
  walk.expect_state();
}

// Two futures of one past, taken in turn, neither of which may touch the other.
TEST_P(bit_equality, after_forks) {
  std::mt19937 random(4);
  const std::vector<std::int32_t> past = random_tokens(300, random);
  for (const std::size_t at : {1, 3, 16, 127, 128, 130, 256, 261}) {
    SCOPED_TRACE("fork at " + std::to_string(at));
    std::vector<Expected> futures;
    for (int i = 0; i < 2; ++i) {
      std::vector<std::int32_t> tokens(past.begin(),
                                       past.begin() + static_cast<std::ptrdiff_t>(at));
      const auto own = random_tokens(24, random);
      tokens.push_back(past[at]);  // what the drafter was told of before they part
      tokens.insert(tokens.end(), own.begin(), own.end());
      futures.push_back(expect_of(file_, tokens));
    }
    RunningModel running(file_, {.rows_max = 300, .drafter = &*file_.mtp()});
    Walk left(running, futures[0]);
    left.advance(at);
    ASSERT_FALSE(HasFatalFailure());
    Walk right(running, futures[1], left.state().fork());
    while (left.left() > 0 || right.left() > 0) {
      for (Walk* walk : {&right, &left}) {
        if (walk->left() == 0) continue;
        walk->advance(1 + random() % std::min<std::size_t>(walk->left(), 7));
        ASSERT_FALSE(HasFatalFailure());
        walk->expect_state();
        ASSERT_FALSE(HasFatalFailure());
      }
    }
  }
}

TEST_P(bit_equality, after_saving) {
  std::mt19937 random(5);
  const Expected expected = expect_of(file_, random_tokens(521, random));
  RunningModel running(file_, {.rows_max = 128, .drafter = &*file_.mtp()});
  Walk walk(running, expected);
  std::vector<std::size_t> lengths = {127, 128, 129, 130, 255, 256, 257, 511, 512, 513};
  for (std::size_t n = 1; n <= 9; ++n)
    lengths.insert(lengths.begin() + static_cast<std::ptrdiff_t>(n) - 1, n);
  for (const std::size_t length : lengths) {
    SCOPED_TRACE("length " + std::to_string(length));
    while (walk.position() < length) {
      walk.advance(std::min<std::size_t>(length - walk.position(), 128));
      ASSERT_FALSE(HasFatalFailure());
    }
    const std::vector<std::byte> saved = walk.state().serialize();
    ByteReader in(saved);
    auto restored = model::SessionState::deserialize(walk.state().layout(), in);
    ASSERT_TRUE(restored.ok()) << restored.error().message;
    EXPECT_EQ(in.remaining(), 0u);
    EXPECT_EQ(restored->serialize(), saved);
    Walk on(running, expected, std::move(*restored));
    for (int i = 0; i < 5; ++i) {
      on.advance(1);
      ASSERT_FALSE(HasFatalFailure());
      on.expect_state();
      ASSERT_FALSE(HasFatalFailure());
    }
  }
}

// Rows kept in f32 follow the same law.
TEST_P(bit_equality_unrounded, without_rounding) {
  std::mt19937 random(6);
  const auto tokens = random_tokens(200, random);
  const auto run = [&](device::Isa isa, int threads, std::size_t largest) {
    RunningModel running(file_, {.isa = isa,
                                 .threads = threads,
                                 .round_rows = false,
                                 .rows_max = static_cast<std::uint32_t>(largest)});
    model::SessionState state = running.start();
    std::vector<float> logits;
    while (state.tokens() < tokens.size()) {
      const auto rest = std::span(tokens).subspan(state.tokens());
      const auto more =
          running.feed(state, rest.first(std::min(rest.size(), 1 + random() % largest)));
      logits.insert(logits.end(), more.begin(), more.end());
    }
    return std::pair(logits, print_of(state));
  };
  const auto [logits, state] = run(device::Isa::portable, 1, 1);
  for (const device::Isa isa : device::runnable_isas()) {
    SCOPED_TRACE(device::name_of(isa));
    const auto [others, other_state] = run(isa, 2, 100);
    ASSERT_EQ(difference("logits", 0, others, logits), "");
    ASSERT_EQ(other_state, state);
  }
}

// Weights are read in place; nothing in the program could write to the file if it tried.
TEST(model_mapping, is_read_only) {
  const model::ModelFile& file = model_of("mixed");
  std::mt19937 random(7);
  RunningModel running(file, {.drafter = &*file.mtp()});
  model::SessionState state = running.start();
  running.feed(state, random_tokens(40, random));
  running.draft(state, random_tokens(40, random));
  std::ifstream maps("/proc/self/maps");
  if (!maps) GTEST_SKIP() << "this system does not list the mappings of a process";
  const std::string path = file.file().part(0).path();
  int mappings = 0;
  for (std::string line; std::getline(maps, line);) {
    if (!line.ends_with(path)) continue;
    ++mappings;
    EXPECT_THAT(line, testing::HasSubstr(" r--")) << "writable";
  }
  EXPECT_GT(mappings, 0);
}

}  // namespace
}  // namespace ds4
