// Sessions and generators over a small random model: however the tokens came, the logits are those
// of a fresh evaluation, to the bit; and drafts leave no trace in what is said.
#include "engine/session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "engine/generator.h"
#include "engine/host.h"
#include "tests/counted_allocations.h"
#include "tests/small_model.h"

namespace ds4::engine {
namespace {

std::unique_ptr<Host> open(int draft_tokens, std::uint64_t context = 4096) {
  auto host =
      Host::open(tests::small_model(), {.context_tokens = context, .draft_tokens = draft_tokens});
  EXPECT_TRUE(host.ok()) << host.error().message;
  return *std::move(host);
}

std::vector<Token> random_tokens(std::size_t count, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<Token> out(count);
  for (Token& token : out) token = static_cast<Token>(random() % 1000);
  return out;
}

void rewrite(Session& session, const std::vector<Token>& tokens) {
  session.start_rewrite(tokens);
  while (session.rewrite_more()) {
  }
  ASSERT_EQ(session.tokens(), tokens);
}

std::vector<float> logits_of(Session& session) {
  return {session.logits().begin(), session.logits().end()};
}

std::vector<float> fresh_logits(Host& host, const std::vector<Token>& tokens) {
  Session session(host.shared());
  rewrite(session, tokens);
  return logits_of(session);
}

// Prefixes, cuts and other endings at many lengths; every rewrite ends as a fresh session would.
TEST(session, however_rewritten_is_as_a_fresh_one) {
  for (const int drafts : {0, 3}) {
    const auto host = open(drafts);
    Session session(host->shared());
    std::mt19937 random(7);
    std::vector<Token> tokens = random_tokens(300, 1);
    for (int round = 0; round < 9; ++round) {
      SCOPED_TRACE(testing::Message() << "drafts " << drafts << ", round " << round);
      rewrite(session, tokens);
      EXPECT_TRUE(logits_of(session) == fresh_logits(*host, tokens));
      Session fresh(host->shared());
      rewrite(fresh, tokens);
      EXPECT_TRUE(session.state_as_bytes() == fresh.state_as_bytes());
      // Near the end, far from it, or a mere continuation.
      const std::size_t cut = round % 3 == 0   ? tokens.size()
                              : round % 3 == 1 ? tokens.size() - random() % 20
                                               : 1 + random() % tokens.size();
      tokens.resize(cut);
      const auto more = random_tokens(random() % 60, 100 + static_cast<std::uint32_t>(round));
      tokens.insert(tokens.end(), more.begin(), more.end());
    }
  }
}

// As many rows at once as there is room for; the drafter multiplies the streams of each apart.
TEST(session, evaluates_full_chunks_with_a_drafter) {
  const auto host = open(3, 4096);
  Session session(host->shared());
  const std::vector<Token> tokens = random_tokens(3000, 5);
  rewrite(session, tokens);
  const auto plain_host = open(0, 4096);
  EXPECT_TRUE(logits_of(session) == fresh_logits(*plain_host, tokens));
}

TEST(session, steps_give_what_rewriting_gives) {
  const auto host = open(0);
  const std::vector<Token> tokens = random_tokens(300, 3);
  Session session(host->shared());
  rewrite(session, {tokens.begin(), tokens.begin() + 5});
  std::size_t at = 5;
  for (const std::size_t count : {1, 2, 16, 7, 3, 1, 16, 16, 16, 16, 16, 16, 16, 16, 16, 9}) {
    const std::span<const Token> step(tokens.data() + at, count);
    const std::span<const float> logits = session.step(step);
    for (std::size_t i = 0; i < count; i += 5) {
      const std::vector<float> row(logits.begin() + static_cast<std::ptrdiff_t>(i * 1024),
                                   logits.begin() + static_cast<std::ptrdiff_t>((i + 1) * 1024));
      Session other(host->shared());
      // The other's rewrite uses the same buffers: the row was copied before.
      rewrite(other, {tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(at + i + 1)});
      ASSERT_EQ(row, logits_of(other)) << at << " + " << i;
      break;
    }
    session.keep(1);
    ++at;
    ASSERT_EQ(session.tokens().size(), at);
  }
}

// Drafting, verifying a part of it, and going back to other words, in any order: as a client does
// that sends prompts which share their beginnings.
TEST(session, drafts_and_rewrites_in_any_order_are_as_a_fresh_one) {
  const auto host = open(3);
  for (std::uint32_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
    Session session(host->shared());
    std::vector<Token> tokens = random_tokens(1 + below(90), seed);
    for (int round = 0; round < 6; ++round) {
      rewrite(session, tokens);
      for (std::uint32_t step = below(6); step > 0; --step) {
        std::vector<Token> rows = {static_cast<Token>(below(1000))};
        if (!session.draft(rows[0]).empty()) {
          for (std::uint32_t more = below(15); more > 0; --more) {
            rows.push_back(static_cast<Token>(below(1000)));
            if (more > 1) session.draft_more(rows.back());
          }
        }
        session.step(rows);
        const std::size_t kept = 1 + below(static_cast<std::uint32_t>(rows.size()));
        session.keep(kept);
        tokens.insert(tokens.end(), rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(kept));
      }
      if (below(2) == 0) session.settle(static_cast<Token>(below(1000)));
      ASSERT_EQ(session.tokens(), tokens);
      tokens.resize(tokens.size() - std::min<std::size_t>(below(18), tokens.size() - 1));
      const auto more = random_tokens(1 + below(4), seed * 100 + below(100));
      tokens.insert(tokens.end(), more.begin(), more.end());
    }
    rewrite(session, tokens);
    ASSERT_TRUE(logits_of(session) == fresh_logits(*host, tokens));
  }
}

TEST(session, forks_go_their_own_ways) {
  const auto host = open(2);
  std::vector<Token> tokens = random_tokens(260, 4);
  Session session(host->shared());
  rewrite(session, tokens);
  Session fork = session.fork();
  std::vector<Token> left = tokens, right = tokens;
  for (int round = 0; round < 6; ++round) {
    const auto more = random_tokens(37, 50 + static_cast<std::uint32_t>(round));
    (round % 2 == 0 ? left : right)
        .insert((round % 2 == 0 ? left : right).end(), more.begin(), more.end());
    rewrite(session, left);
    rewrite(fork, right);
    EXPECT_TRUE(logits_of(session) == fresh_logits(*host, left));
    EXPECT_TRUE(logits_of(fork) == fresh_logits(*host, right));
  }
}

TEST(session, is_restored_from_bytes_at_every_kind_of_length) {
  for (const int drafts : {0, 2}) {
    const auto host = open(drafts);
    for (const std::size_t length :
         {1, 2, 3, 4, 5, 7, 8, 9, 127, 128, 129, 130, 255, 256, 257, 511, 512, 513}) {
      SCOPED_TRACE(length);
      std::vector<Token> tokens = random_tokens(length, 5);
      Session session(host->shared());
      rewrite(session, tokens);
      Session restored(host->shared());
      const auto done = restored.restore(session.save(), session.state_as_bytes());
      ASSERT_TRUE(done.ok()) << done.error().message;
      EXPECT_TRUE(logits_of(restored) == logits_of(session));
      const auto more = random_tokens(9, 6);
      tokens.insert(tokens.end(), more.begin(), more.end());
      rewrite(restored, tokens);
      EXPECT_TRUE(logits_of(restored) == fresh_logits(*host, tokens));
    }
  }
}

// Two tokens share most of the probability, so that drafts are right about half of the time.
SamplingOptions two_words(float temperature) {
  SamplingOptions sampling;
  sampling.temperature = temperature;
  sampling.logit_bias = {{65, 60.0f}, {66, 60.0f}, {67, 59.0f}};
  return sampling;
}

AllowedTokens all_tokens(const Host& host) {
  return AllowedTokens(*host.model().vocabulary());
}

struct Told {
  std::vector<Token> tokens;
  GeneratorCounts counts;
  std::vector<std::byte> state;
};

Told generate(Host& host, const SamplingOptions& sampling, std::uint32_t drafts, std::size_t count,
              std::size_t prompt_tokens = 40) {
  const AllowedTokens allowed = all_tokens(host);
  Session session(host.shared());
  rewrite(session, random_tokens(prompt_tokens, 9));
  Generator generator(session, allowed, {.sampling = sampling, .seed = 11, .draft_tokens = drafts});
  Told told;
  while (told.tokens.size() < count) {
    const auto token = generator.next();
    if (!token) break;
    told.tokens.push_back(*token);
    if (allowed.is_end(*token)) break;
  }
  generator.finish();
  told.counts = generator.counts();
  // One more token, so that the drafter has seen the followers of all that were told.
  std::vector<Token> tokens = random_tokens(prompt_tokens, 9);
  tokens.insert(tokens.end(), told.tokens.begin(), told.tokens.end());
  tokens.push_back(1);
  if (tokens.size() > host.shared().context_tokens) return told;
  rewrite(session, tokens);
  told.state = session.state_as_bytes();
  return told;
}

TEST(generator, drafts_change_nothing_but_the_number_of_steps) {
  for (const float temperature : {0.0f, 1.0f}) {
    for (const bool is_biased : {false, true}) {
      SamplingOptions sampling = is_biased ? two_words(temperature) : SamplingOptions();
      sampling.temperature = temperature;
      const auto plain_host = open(0);
      const Told plain = generate(*plain_host, sampling, 0, 150);
      const auto host = open(static_cast<int>(kDraftTokensMax));
      const Told unused = generate(*host, sampling, 0, 150);
      EXPECT_EQ(unused.tokens, plain.tokens);
      for (const std::uint32_t drafts : {1u, 2u, 3u, 7u, kDraftTokensMax}) {
        SCOPED_TRACE(testing::Message() << temperature << " " << is_biased << " " << drafts);
        const Told told = generate(*host, sampling, drafts, 150);
        EXPECT_EQ(told.tokens, plain.tokens);
        EXPECT_TRUE(told.state == unused.state);
        EXPECT_GT(told.counts.drafted, 0u);
        if (is_biased && plain.tokens.size() == 150) {
          EXPECT_GT(told.counts.accepted, 20u);
          EXPECT_LT(told.counts.steps, 130u);
        }
      }
    }
  }
}

TEST(generator, ends_where_the_context_ends) {
  for (const int drafts : {0, 3}) {
    const auto host = open(drafts, 128);
    const Told told = generate(*host, two_words(0), static_cast<std::uint32_t>(drafts), 1000, 100);
    // Every place of the context is used, and one more token is known than evaluated.
    EXPECT_EQ(told.tokens.size(), 29u) << drafts;
  }
}

TEST(generator, allocates_nothing_in_a_step) {
  const auto host = open(3);
  const AllowedTokens allowed = all_tokens(*host);
  for (const std::uint32_t drafts : {0u, 1u, 3u}) {
    Session session(host->shared());
    rewrite(session, random_tokens(100, 12));
    Generator generator(session, allowed,
                        {.sampling = two_words(0.8f), .seed = 3, .draft_tokens = drafts});
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(generator.next());
    const std::uint64_t before = tests::allocations();
    for (int i = 0; i < 300; ++i) ASSERT_TRUE(generator.next());
    EXPECT_EQ(tests::allocations(), before) << drafts << " drafts";
    EXPECT_EQ(generator.counts().drafted > 0, drafts > 0);
  }
}

// Ends the `asked`-th pass between two layers, or says nothing.
class EndAfter final : public model::Pace {
 public:
  explicit EndAfter(int asked) : left_(asked) {}
  bool go_on(std::uint32_t, std::uint32_t) override { return --left_ != 0; }

 private:
  int left_;
};

TEST(session, a_chunk_that_ends_early_is_as_if_it_had_not_begun) {
  const auto host = open(3);
  const auto tokens = random_tokens(900, 5);
  const std::vector<Token> half(tokens.begin(), tokens.begin() + 200);
  Session whole(host->shared());
  rewrite(whole, tokens);
  for (const int asked : {1, 2, 3}) {
    Session session(host->shared());
    rewrite(session, half);
    session.start_rewrite(tokens);
    EndAfter pace(asked);
    EXPECT_TRUE(session.rewrite_more(&pace));
    EXPECT_EQ(session.tokens(), half);
    EXPECT_TRUE(session.logits().empty());
    while (session.rewrite_more()) {
    }
    EXPECT_EQ(logits_of(session), logits_of(whole)) << asked;
    EXPECT_EQ(session.state_as_bytes(), whole.state_as_bytes()) << asked;
  }
}

}  // namespace
}  // namespace ds4::engine
