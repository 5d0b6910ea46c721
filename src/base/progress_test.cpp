#include "base/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <regex>
#include <thread>
#include <vector>

#include "base/terminal_fixture.h"

namespace ds4 {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

ProgressState halfway() {
  return {.label = "converting",
          .unit = ProgressUnit::bytes,
          .done = 20 * kGiB,
          .total = 80 * kGiB,
          .rate = 512.0 * 1024 * 1024};
}

TEST(draw_progress, says_it_all_when_there_is_room) {
  EXPECT_EQ(draw_progress(halfway(), {.columns = 100}),
            "converting  ######--------------------   25%  20.00 GiB of 80.00 GiB  512.00 MiB/s  "
            "2 min 00 s left");
}

TEST(draw_progress, leaves_out_the_least_important_first) {
  EXPECT_EQ(draw_progress(halfway(), {.columns = 80}),
            "converting  #####---------------   25%  20.00 GiB of 80.00 GiB  2 min 00 s left");
  EXPECT_EQ(draw_progress(halfway(), {.columns = 50}),
            "converting  ###-----------   25%  2 min 00 s left");
  EXPECT_EQ(draw_progress(halfway(), {.columns = 36}), "converting   25%  2 min 00 s left");
  EXPECT_EQ(draw_progress(halfway(), {.columns = 20}), "converting   25%");
  EXPECT_EQ(draw_progress(halfway(), {.columns = 6}), "conve");
}

TEST(draw_progress, is_always_shorter_than_the_terminal) {
  for (int columns = 1; columns < 200; ++columns) {
    for (double rate : {0.0, 1.0, 1e9}) {
      for (std::uint64_t total : {std::uint64_t{0}, 5 * kGiB, UINT64_MAX}) {
        ProgressState state = halfway();
        state.rate = rate;
        state.total = total;
        EXPECT_LT(draw_progress(state, {.columns = columns}).size(),
                  static_cast<std::size_t>(columns));
      }
    }
  }
}

TEST(draw_progress, uses_what_the_terminal_can_show) {
  const std::string unicode = draw_progress(halfway(), {.unicode = true, .columns = 80});
  EXPECT_THAT(unicode, HasSubstr("━━━━━─"));
  const std::string colour = draw_progress(halfway(), {.colour = true, .columns = 80});
  EXPECT_THAT(colour, HasSubstr("\x1b[36m#####\x1b[90m-"));
}

TEST(draw_progress, without_a_total_it_counts) {
  EXPECT_EQ(draw_progress({.label = "reading",
                           .unit = ProgressUnit::items,
                           .done = 12345,
                           .total = 0,
                           .rate = 2.51},
                          {.columns = 80}),
            "reading  12,345  2.5/s");
  EXPECT_EQ(draw_progress({.label = "reading",
                           .unit = ProgressUnit::items,
                           .done = 12345,
                           .rate = 812,
                           .items = "tokens"},
                          {.columns = 80}),
            "reading  12,345  812 tokens/s");
}

TEST(progress, without_a_terminal_there_is_one_final_line) {
  PipeEnd pipe;
  Console console(pipe.descriptor());
  {
    ProgressBar progress({.label = "converting", .total = 100, .console = &console});
    for (int i = 0; i < 100; ++i) progress.add(1);
    progress.finish();
  }
  EXPECT_TRUE(std::regex_match(pipe.text(), std::regex(R"(converting: 100 B in \d+ ms.*\n)")));
}

TEST(progress, quiet_prints_nothing) {
  PipeEnd pipe;
  Console console(pipe.descriptor());
  ProgressBar progress({.label = "converting", .total = 1, .quiet = true, .console = &console});
  progress.add(1);
  progress.finish();
  EXPECT_EQ(pipe.text(), "");
}

TEST(progress, an_error_leaves_no_line) {
  PipeEnd pipe;
  Console console(pipe.descriptor());
  { ProgressBar progress({.label = "converting", .total = 100, .console = &console}); }
  EXPECT_EQ(pipe.text(), "");
}

TEST(progress, on_a_terminal_it_redraws_at_most_ten_times_a_second_and_ends_clean) {
  FakeTerminal terminal(40);
  DS4_NEED_TERMINAL(terminal);
  const SavedVariable term("TERM", "xterm"), no_colour("NO_COLOR", "1"), all("LC_ALL", "C");
  Console console(terminal.descriptor());
  const auto start = std::chrono::steady_clock::now();
  {
    ProgressBar progress({.label = "packing",
                          .total = 4000000,
                          .unit = ProgressUnit::items,
                          .items = "tensors",
                          .console = &console});
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&progress] {
        for (int i = 0; i < 250; ++i) {
          progress.add(4000);
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
      });
    }
    for (auto& thread : threads) thread.join();
    progress.finish();
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const std::string text = terminal.text();
  int drawings = 0;
  for (auto at = text.find("\r\x1b[K"); at != std::string::npos;
       at = text.find("\r\x1b[K", at + 1)) {
    ++drawings;
  }
  EXPECT_GE(drawings, 3);
  EXPECT_LE(drawings, seconds * 10 + 3);
  EXPECT_THAT(text, StartsWith("\r\x1b[Kpacking  "));
  const std::string last = text.substr(text.rfind("\r\x1b[K"));
  EXPECT_THAT(last, StartsWith("\r\x1b[Kpacking: 4,000,000 tensors in "));
}

TEST(progress, an_error_on_a_terminal_removes_the_bar) {
  FakeTerminal terminal(40);
  DS4_NEED_TERMINAL(terminal);
  const SavedVariable term("TERM", "xterm");
  Console console(terminal.descriptor());
  { ProgressBar progress({.label = "packing", .total = 10, .console = &console}); }
  const std::string text = terminal.text();
  ASSERT_GE(text.size(), 4U);
  EXPECT_EQ(text.substr(text.size() - 4), "\r\x1b[K");
}

TEST(say_progress, says_what_is_known) {
  EXPECT_EQ(say_progress(halfway()),
            "converting: 25%, 20.00 GiB of 80.00 GiB, 512.00 MiB/s, 2 min 00 s left");
  ProgressState state = halfway();
  state.rate = 0;
  EXPECT_EQ(say_progress(state), "converting: 25%, 20.00 GiB of 80.00 GiB");
  state.total = 0;
  EXPECT_EQ(say_progress(state), "converting: 20.00 GiB");
}

TEST(progress_bar, says_lines_where_no_bar_can_be) {
  PipeEnd pipe;
  Console console(pipe.descriptor());
  ProgressBar bar({.label = "job", .total = 1000, .line_seconds = 0.02, .console = &console});
  bar.set(1);
  EXPECT_EQ(pipe.text(), "");  // none is due
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  bar.set(500);
  EXPECT_THAT(pipe.text(), StartsWith("job: 50%, 500 B of 1000 B, "));
}

TEST(progress_bar, what_was_there_before_is_no_part_of_the_work) {
  PipeEnd pipe;
  Console console(pipe.descriptor());
  ProgressBar bar({.label = "job", .total = 3000, .start = 2000, .console = &console});
  bar.set(3000);
  bar.finish();
  EXPECT_THAT(pipe.text(), StartsWith("job: 1000 B in "));
}

TEST(progress_bar, can_be_plain_on_a_terminal) {
  const SavedVariable term("TERM", "xterm");
  FakeTerminal terminal(80);
  DS4_NEED_TERMINAL(terminal);
  Console console(terminal.descriptor());
  ProgressBar bar({.label = "job", .total = 10, .plain = true, .console = &console});
  bar.set(5);
  EXPECT_EQ(terminal.text(), "");
}

}  // namespace
}  // namespace ds4
