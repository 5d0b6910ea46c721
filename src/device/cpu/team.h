// The threads that carry out operations, for the life of the process. Work comes as many small
// tasks. Each thread has a share of them that lie side by side, and claims one after the other:
// what it asks memory for ahead of time is what it needs next, and a matrix is read by the same
// threads every time. Who is done takes from the shares of others, so a slow core holds up the rest
// by one task at most.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <type_traits>
#include <vector>

#include "device/cpu/placement.h"

namespace ds4::device {

// Used by one thread, which works too: it is worker 0.
class Team {
 public:
  // At least 1; where each of them runs. Fewer start where the system refuses more. The thread that
  // runs jobs goes to its place with the first of them, and back with the end of the team.
  explicit Team(int threads, Places places = {});
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int size() const { return static_cast<int>(workers_.size()) + 1; }

  // Calls body(task, worker) for every task below `tasks`; `worker` is below size() and held by one
  // call at a time. Returns when all are done. Allocates nothing.
  template <class Body>
  void run(std::uint32_t tasks, Body&& body) {
    using Plain = std::remove_reference_t<Body>;
    run_erased(
        tasks,
        [](const void* context, std::uint32_t task, int worker) {
          (*static_cast<Plain*>(const_cast<void*>(context)))(task, worker);
        },
        &body);
  }

 private:
  using Call = void (*)(const void* context, std::uint32_t task, int worker);

  void take_place();
  void run_erased(std::uint32_t tasks, Call call, const void* context);
  void work(int worker);
  void claim(int worker);
  bool take(std::uint64_t job, std::uint32_t share, std::uint32_t& task);

  // How many tasks of a share were claimed, and in which round: round << 32 | claimed. Each on its
  // own line of the cache.
  struct alignas(64) Share {
    std::atomic<std::uint64_t> claimed{0};
  };

  // The job at hand. Read by those who hold a task of it, which keeps it from being replaced.
  Call call_ = nullptr;
  const void* context_ = nullptr;

  // Each on its own line of the cache, so that claiming does not slow down waiting.
  alignas(64) std::atomic<std::uint32_t> round_{0};  // grows with every job
  alignas(64) std::atomic<std::uint64_t> job_{0};    // round << 32 | tasks
  alignas(64) std::atomic<std::uint32_t> left_{0};   // tasks that are not done
  std::atomic<bool> stop_{false};
  std::vector<Share> shares_;
  std::vector<std::thread> workers_;

  const Places places_;
  std::thread::id placed_;      // the thread that took worker 0's place
  std::vector<int> came_from_;  // what it was allowed before
};

}  // namespace ds4::device
