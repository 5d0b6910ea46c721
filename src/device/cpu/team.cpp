#include "device/cpu/team.h"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

#include "base/check.h"
#include "base/cpu_affinity.h"

namespace ds4::device {

namespace {

using Clock = std::chrono::steady_clock;

// How long a worker looks for the next job before it sleeps: longer than the gap between two
// operations of a step, since being woken takes as long as a small operation, and beside busy
// processes far longer; shorter than anyone would notice. In time, not in rounds of the loop, whose
// pause takes anything from one cycle to 140.
constexpr std::chrono::microseconds kJobPatience{200};

// How long the caller looks for the last tasks to end. One that takes longer than this most likely
// lost its processor to another process: asleep, the caller leaves its own to that thread.
constexpr std::chrono::microseconds kTaskPatience{50};

// Rounds of the loop between two looks at the clock.
constexpr int kRounds = 32;

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Returns once `value` is no longer `old`.
void wait_for_change(const std::atomic<std::uint32_t>& value, std::uint32_t old,
                     std::chrono::microseconds patience) {
  const auto end = Clock::now() + patience;
  do {
    for (int i = 0; i < kRounds; ++i) {
      if (value.load(std::memory_order_acquire) != old) return;
      pause();
    }
  } while (Clock::now() < end);
  value.wait(old, std::memory_order_acquire);
}

}  // namespace

Team::Team(int threads, Places places)
    : shares_(static_cast<std::size_t>(std::max(threads, 1))), places_(std::move(places)) {
  CHECK(threads >= 1);
  CHECK(places_.empty() || places_.size() == static_cast<std::size_t>(threads));
  try {
    for (int worker = 1; worker < threads; ++worker) {
      workers_.emplace_back([this, worker] { work(worker); });
    }
  } catch (const std::system_error&) {
    // The system gives no more threads: those that started do the work.
  }
}

Team::~Team() {
  stop_.store(true, std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  for (std::thread& worker : workers_) worker.join();
  if (placed_ == std::this_thread::get_id()) stay_on(came_from_);
}

// Whoever runs jobs is known with the first one only: an engine is opened by one thread and may be
// used by another.
void Team::take_place() {
  placed_ = std::this_thread::get_id();
  came_from_ = allowed_cpus();
  stay_on(places_.front());
}

void Team::work(int worker) {
  if (!places_.empty()) stay_on(places_[static_cast<std::size_t>(worker)]);
  std::uint32_t seen = 0;
  for (;;) {
    wait_for_change(round_, seen, kJobPatience);
    seen = round_.load(std::memory_order_acquire);
    if (stop_.load(std::memory_order_relaxed)) return;
    claim(worker);
  }
}

// Takes a task of `share`; false if nobody left one. A thread that comes late asks for a job that
// is over, all of whose tasks were claimed: it finds the count full, or of a later round.
bool Team::take(std::uint64_t job, std::uint32_t share, std::uint32_t& task) {
  const std::uint64_t tasks = job & 0xFFFFFFFF, shares = shares_.size();
  const std::uint64_t first = tasks * share / shares, end = tasks * (share + 1) / shares;
  std::atomic<std::uint64_t>& claimed = shares_[share].claimed;
  const std::uint64_t none = job >> 32 << 32;
  std::uint64_t seen = claimed.load(std::memory_order_acquire);
  for (;;) {
    const std::uint64_t now = std::max(seen, none);
    if (now >= none + (end - first)) return false;
    if (claimed.compare_exchange_weak(seen, now + 1, std::memory_order_acquire)) {
      task = static_cast<std::uint32_t>(first + (now - none));
      return true;
    }
  }
}

void Team::claim(int worker) {
  const std::uint64_t job = job_.load(std::memory_order_acquire);
  const auto shares = static_cast<std::uint32_t>(shares_.size());
  for (std::uint32_t i = 0; i < shares; ++i) {
    const std::uint32_t share = (static_cast<std::uint32_t>(worker) + i) % shares;
    for (std::uint32_t task = 0; take(job, share, task);) {
      call_(context_, task, worker);
      if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) left_.notify_one();
    }
  }
}

void Team::run_erased(std::uint32_t tasks, Call call, const void* context) {
  if (!places_.empty() && placed_ != std::this_thread::get_id()) take_place();
  if (workers_.empty() || tasks <= 1) {
    for (std::uint32_t task = 0; task < tasks; ++task) call(context, task, 0);
    return;
  }
  call_ = call;
  context_ = context;
  left_.store(tasks, std::memory_order_relaxed);
  const std::uint32_t round = round_.load(std::memory_order_relaxed) + 1;
  job_.store(std::uint64_t{round} << 32 | tasks, std::memory_order_release);
  round_.store(round, std::memory_order_release);
  round_.notify_all();
  claim(0);
  for (;;) {
    const std::uint32_t left = left_.load(std::memory_order_acquire);
    if (left == 0) return;
    wait_for_change(left_, left, kTaskPatience);
  }
}

}  // namespace ds4::device
