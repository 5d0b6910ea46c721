#include "base/parallel.h"

#include <gtest/gtest.h>

#include <chrono>
#include <mutex>
#include <new>
#include <set>
#include <thread>
#include <vector>

namespace ds4 {
namespace {

TEST(for_each_item, does_every_item_once) {
  for (int threads : {0, 1, 2, 7, 100}) {
    std::vector<std::atomic<int>> visits(1000);
    const auto result = for_each_item(visits.size(), {.threads = threads},
                                      [&](std::size_t item, int) -> Result<void> {
                                        ++visits[item];
                                        return {};
                                      });
    ASSERT_TRUE(result.ok()) << result.error().message;
    for (const auto& visit : visits) EXPECT_EQ(visit.load(), 1);
  }
}

TEST(for_each_item, no_items_is_fine) {
  const auto body = [](std::size_t, int) -> Result<void> { return fail(Code::io, "called"); };
  EXPECT_TRUE(for_each_item(0, {}, body).ok());
}

TEST(for_each_item, a_worker_number_is_held_by_one_call_at_a_time) {
  std::vector<std::atomic<int>> busy(4);
  std::atomic<bool> shared = false;
  const auto result =
      for_each_item(400, {.threads = 4}, [&](std::size_t, int worker) -> Result<void> {
        if (busy.at(static_cast<std::size_t>(worker))++ != 0) shared = true;
        std::this_thread::yield();
        --busy[static_cast<std::size_t>(worker)];
        return {};
      });
  EXPECT_TRUE(result.ok());
  EXPECT_FALSE(shared);
}

TEST(for_each_item, runs_at_the_same_time) {
  // Each of the four waits until all four are there.
  std::atomic<int> present = 0;
  const auto result = for_each_item(4, {.threads = 4}, [&](std::size_t, int) -> Result<void> {
    ++present;
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (present < 4) {
      if (std::chrono::steady_clock::now() > limit) return fail(Code::io, "alone");
      std::this_thread::yield();
    }
    return {};
  });
  EXPECT_TRUE(result.ok());
}

TEST(for_each_item, the_lowest_error_wins_and_stops_the_rest) {
  for (int threads : {1, 2, 8}) {
    for (int round = 0; round < 20; ++round) {
      std::atomic<int> started = 0;
      const auto result =
          for_each_item(100000, {.threads = threads}, [&](std::size_t item, int) -> Result<void> {
            ++started;
            if (item == 40) std::this_thread::sleep_for(std::chrono::microseconds(200));
            if (item >= 40) return fail(Code::bad_file, "item ", item);
            return {};
          });
      ASSERT_FALSE(result.ok());
      EXPECT_EQ(result.error().message, "item 40");
      EXPECT_EQ(result.error().code, Code::bad_file);
      EXPECT_LT(started, 1000);
    }
  }
}

TEST(for_each_item, cancelling_stops_between_items) {
  std::atomic<bool> cancel = false;
  const auto result = for_each_item(1000, {.threads = 2, .cancel = &cancel},
                                    [&](std::size_t item, int) -> Result<void> {
                                      if (item == 10) cancel = true;
                                      return {};
                                    });
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, Code::cancelled);
}

TEST(for_each_item, memory_running_out_is_an_error_not_an_abort) {
  const auto result = for_each_item(
      8, {.threads = 2}, [](std::size_t, int) -> Result<void> { throw std::bad_alloc(); });
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, Code::too_large);
}

}  // namespace
}  // namespace ds4
