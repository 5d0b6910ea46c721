#include "base/parallel.h"

#include <algorithm>
#include <mutex>
#include <new>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include "base/cpu_topology.h"

namespace ds4 {
namespace {

class Team {
 public:
  Team(std::size_t count, const std::atomic<bool>* cancel,
       const std::function<Result<void>(std::size_t, int)>& body)
      : count_(count), cancel_(cancel), body_(body) {}

  void work(int worker) {
    while (!stop_.load(std::memory_order_relaxed)) {
      if (cancel_ != nullptr && cancel_->load(std::memory_order_relaxed)) return;
      const std::size_t item = next_.fetch_add(1, std::memory_order_relaxed);
      if (item >= count_) return;
      if (Result<void> result = run(item, worker); !result) note(item, result.error());
    }
  }

  // After all workers are back.
  Result<void> outcome() {
    if (error_) return *std::move(error_);
    if (next_.load() < count_) {
      return fail(Code::cancelled, "stopped after ", next_.load(), " of ", count_, " steps");
    }
    return {};
  }

 private:
  // Memory is the one thing the library may throw about; a thread has nobody above it to catch it.
  Result<void> run(std::size_t item, int worker) {
    try {
      return body_(item, worker);
    } catch (const std::bad_alloc&) {
      return fail(Code::too_large, "out of memory");
    }
  }

  // Items are started in order and started items end, so every item below a failed one has its
  // say: keeping the lowest makes the outcome independent of timing.
  void note(std::size_t item, const Error& error) {
    stop_ = true;
    const std::lock_guard lock(mutex_);
    if (error_ && failed_item_ < item) return;
    failed_item_ = item;
    error_ = error;
  }

  const std::size_t count_;
  const std::atomic<bool>* const cancel_;
  const std::function<Result<void>(std::size_t, int)>& body_;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<bool> stop_ = false;

  std::mutex mutex_;  // guards:
  std::size_t failed_item_ = 0;
  std::optional<Error> error_;
};

}  // namespace

int processor_count() {
  return count_processors(cpu_topology());
}

Result<void> for_each_item(std::size_t count, const ParallelOptions& options,
                           const std::function<Result<void>(std::size_t, int)>& body) {
  const int wanted = options.threads > 0 ? options.threads : processor_count();
  const int threads =
      static_cast<int>(std::min<std::size_t>(static_cast<std::size_t>(wanted), count));
  Team team(count, options.cancel, body);
  std::vector<std::thread> helpers;
  try {
    for (int worker = 1; worker < threads; ++worker) {
      helpers.emplace_back([&team, worker] { team.work(worker); });
    }
  } catch (const std::system_error&) {
    // The system gives no more threads: those that started do the work.
  }
  team.work(0);
  for (std::thread& helper : helpers) helper.join();
  return team.outcome();
}

}  // namespace ds4
