#include "terminal/status_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ds4::terminal {
namespace {

AnswerStats some_stats() {
  AnswerStats stats;
  stats.prompt_tokens = 1300;
  stats.reused_tokens = 1000;
  stats.prompt_seconds = 0.5;
  stats.answer_tokens = 47;
  stats.answer_seconds = 2;
  stats.model_steps = 30;
  stats.drafted_tokens = 24;
  stats.accepted_tokens = 17;
  stats.context_used = 1347;
  stats.context_tokens = 32768;
  stats.seed = 7;
  return stats;
}

TEST(status_line, says_the_figures) {
  Finished finished;
  finished.stats = some_stats();
  EXPECT_EQ(status_line(finished),
            "1,347 of 32,768 tokens, prompt 600 tokens/s, answer 23.5 tokens/s, drafts 71%");
  finished.stats.draft_speedup = 1.456;
  EXPECT_THAT(status_line(finished), testing::EndsWith(", drafts 71% and 1.46x"));
  finished.reason = FinishReason::stopped;
  finished.stats.drafted_tokens = 0;
  EXPECT_EQ(status_line(finished),
            "stopped, 1,347 of 32,768 tokens, prompt 600 tokens/s, answer 23.5 tokens/s");
  finished.stats.answer_tokens = 0;
  EXPECT_EQ(status_line(finished), "stopped, 1,347 of 32,768 tokens");
  finished.reason = FinishReason::failed;
  finished.failure = "the disk is full";
  EXPECT_THAT(status_line(finished), testing::StartsWith("failed: the disk is full, "));
}

TEST(status_line, leaves_out_what_is_not_known) {
  Finished finished;
  EXPECT_EQ(status_line(finished), "");
  finished.reason = FinishReason::context_full;
  EXPECT_EQ(status_line(finished), "cut off: the context is full");
}

TEST(all_figures, are_a_line_each) {
  EXPECT_THAT(
      all_figures(some_stats()),
      testing::ElementsAre(
          "prompt   1,300 tokens, 1,000 of them known before, the others in 500 ms (600 tokens/s)",
          "answer   47 tokens in 2.0 s (23.5 tokens/s), 30 steps of the model",
          "drafts   17 of 24 accepted (71%)", "context  1,347 of 32,768 tokens (4%)",
          "seed     7"));
}

TEST(prompt_progress, only_of_what_takes_a_second) {
  const TerminalStyle style{.columns = 100};
  EXPECT_EQ(prompt_progress({512, 600, 0.5}, style), "");
  EXPECT_EQ(prompt_progress({0, 90000, 5}, style), "");
  EXPECT_EQ(prompt_progress({512, 90000, 0.1}, style), "");
  const std::string bar = prompt_progress({1024, 9000, 2}, style);
  EXPECT_THAT(bar, testing::HasSubstr("11%  1,024 of 9,000  512 tokens/s  16 s left"));
}

}  // namespace
}  // namespace ds4::terminal
