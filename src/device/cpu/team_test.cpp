// A team under stress: jobs so small that claiming is most of them, more threads than processors,
// pauses in which workers fall asleep.
#include "device/cpu/team.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "base/cpu_affinity.h"

namespace ds4::device {
namespace {

class team : public testing::TestWithParam<int> {};

// What a job writes is read without any further care once run() is back.
TEST_P(team, does_every_task_of_thousands_of_jobs_once) {
  const std::uint32_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 dice(seed);
  Team workers(GetParam());
  ASSERT_EQ(workers.size(), GetParam());
  std::vector<std::uint32_t> done(64);
  for (std::uint32_t job = 1; job <= 4000; ++job) {
    const std::uint32_t tasks = dice() % (job % 8 == 0 ? 64 : 4);
    workers.run(tasks, [&](std::uint32_t task, int) {
      done[task] += job;
      if ((job + task) % 128 == 0) std::this_thread::yield();  // lets the others in
    });
    for (std::uint32_t task = 0; task < 64; ++task) {
      ASSERT_EQ(done[task], task < tasks ? job : 0) << "job " << job << ", task " << task;
      done[task] = 0;
    }
  }
}

TEST_P(team, a_worker_number_is_held_by_one_call_at_a_time) {
  Team workers(GetParam());
  const auto size = static_cast<std::size_t>(GetParam());
  std::vector<int> scratch(size);  // not atomic: the thread sanitizer sees any sharing
  std::atomic<std::uint32_t> shared = 0;
  for (int job = 0; job < 100; ++job) {
    workers.run(50, [&](std::uint32_t, int worker) {
      int& mine = scratch.at(static_cast<std::size_t>(worker));
      if (mine++ != 0) ++shared;
      std::this_thread::yield();
      --mine;
    });
  }
  EXPECT_EQ(shared, 0u);
}

TEST_P(team, wakes_up_after_pauses) {
  Team workers(GetParam());
  std::atomic<std::uint32_t> done = 0;
  for (int job = 0; job < 60; ++job) {
    std::this_thread::sleep_for(std::chrono::microseconds(job % 3 * 700));
    workers.run(16, [&](std::uint32_t, int) { ++done; });
  }
  EXPECT_EQ(done, 60u * 16);
}

TEST_P(team, waits_for_a_task_that_takes_long) {
  Team workers(GetParam());
  for (int job = 0; job < 10; ++job) {
    std::vector<int> done(8);
    workers.run(8, [&](std::uint32_t task, int) {
      if (task == 7) std::this_thread::sleep_for(std::chrono::milliseconds(2));
      done[task] = 1;
    });
    EXPECT_EQ(done, std::vector<int>(8, 1));
  }
}

INSTANTIATE_TEST_SUITE_P(of, team, testing::Range(1, 9));

// All tasks wait until as many as there are threads are at work.
TEST(team_of_many, works_at_the_same_time) {
  Team workers(4);
  std::atomic<int> present = 0;
  std::atomic<bool> alone = false;
  workers.run(4, [&](std::uint32_t, int) {
    ++present;
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (present < 4 && !alone) {
      if (std::chrono::steady_clock::now() > limit) alone = true;
      std::this_thread::yield();
    }
  });
  EXPECT_FALSE(alone);
}

TEST(team_of_many, comes_and_goes_without_work) {
  for (int i = 0; i < 200; ++i) Team workers(i % 8 + 1);
}

TEST(team_of_many, is_as_good_as_its_caller_changes) {
  Team workers(3);
  std::uint32_t done = 0;
  for (int i = 0; i < 20; ++i) {
    std::thread([&] {
      std::atomic<std::uint32_t> count = 0;
      workers.run(10, [&](std::uint32_t, int) { ++count; });
      done += count;
    }).join();
  }
  EXPECT_EQ(done, 200u);
}

TEST(team_with_places, keeps_to_them_until_its_end) {
  if (!can_choose_cpus()) GTEST_SKIP() << "this system does not let programs choose";
  const std::vector<int> before = allowed_cpus();
  const Places places = {{before.front()}, {before.back()}, before};
  {
    Team workers(3, places);
    std::atomic<int> present = 0;
    std::vector<std::vector<int>> seen(3);
    workers.run(3, [&](std::uint32_t, int worker) {
      seen[static_cast<std::size_t>(worker)] = allowed_cpus();
      ++present;
      while (present < 3) std::this_thread::yield();
    });
    EXPECT_EQ(seen, places);
  }
  EXPECT_EQ(allowed_cpus(), before);
}

TEST(team_with_places, moves_the_thread_that_runs_jobs_not_the_one_that_made_it) {
  if (!can_choose_cpus()) GTEST_SKIP() << "this system does not let programs choose";
  const std::vector<int> before = allowed_cpus();
  auto team = std::make_unique<Team>(1, Places{{before.back()}});
  std::vector<int> inside;
  std::thread([&] {
    team->run(1, [&](std::uint32_t, int) { inside = allowed_cpus(); });
    team.reset();
  }).join();
  EXPECT_EQ(inside, std::vector<int>{before.back()});
  EXPECT_EQ(allowed_cpus(), before);
}

}  // namespace
}  // namespace ds4::device
