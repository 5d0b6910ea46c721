#include "download/running_sum.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "base/system_error.h"

namespace ds4::download {
namespace {

constexpr std::size_t kReadBytes = std::size_t{1} << 20;

}  // namespace

RunningSum::RunningSum(std::string path) : path_(std::move(path)), thread_([this] { work(); }) {}

RunningSum::~RunningSum() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void RunningSum::reach(std::uint64_t bytes) {
  {
    const std::lock_guard lock(mutex_);
    if (bytes <= reached_) return;
    reached_ = bytes;
  }
  changed_.notify_all();
}

std::uint64_t RunningSum::added() const {
  const std::lock_guard lock(mutex_);
  return added_;
}

bool RunningSum::ok() const {
  const std::lock_guard lock(mutex_);
  return state_.ok();
}

void RunningSum::work() {
  std::vector<std::byte> buffer(kReadBytes);
  int descriptor = -1;
  std::uint64_t at = 0;
  const auto give_up = [&](const char* what) {
    const std::lock_guard lock(mutex_);
    state_ = fail(Code::io, "cannot ", what, " ", path_, ": ", system_reason(errno));
    changed_.notify_all();
  };
  while (true) {
    std::size_t count = 0;
    {
      std::unique_lock lock(mutex_);
      added_ = at;
      if (at == reached_) changed_.notify_all();
      changed_.wait(lock, [&] { return ends_ || reached_ > at; });
      if (ends_) break;
      count = static_cast<std::size_t>(std::min<std::uint64_t>(reached_ - at, buffer.size()));
    }
    if (descriptor < 0) descriptor = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return give_up("open");
    const ssize_t got = ::pread(descriptor, buffer.data(), count, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      if (got == 0) errno = EIO;  // it became shorter under our hands
      give_up("read");
      break;
    }
    sum_.add(std::span(buffer).first(static_cast<std::size_t>(got)));
    at += static_cast<std::uint64_t>(got);
  }
  if (descriptor >= 0) ::close(descriptor);
}

Result<std::string> RunningSum::finish() {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !state_.ok() || added_ == reached_; });
    if (!state_.ok()) return state_.error();
    ends_ = true;
  }
  changed_.notify_all();
  thread_.join();
  return sum_.finish();
}

}  // namespace ds4::download
