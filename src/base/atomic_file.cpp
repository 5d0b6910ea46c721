#include "base/atomic_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <mutex>

#include "base/human.h"
#include "base/system_error.h"

namespace ds4 {

namespace {

// Names of the unfinished files of this process, for the signal handler, which may neither lock
// nor allocate: fixed slots, each filled before it is published.
constexpr std::size_t kSlots = 16;
constexpr std::size_t kPathBytes = 4096;
struct Slot {
  std::atomic<bool> taken{false};
  std::atomic<bool> filled{false};
  char path[kPathBytes];
};
Slot g_unfinished[kSlots];

void remove_unfinished(int signal_number) {
  for (Slot& slot : g_unfinished) {
    if (slot.filled.load()) ::unlink(slot.path);
  }
  ::signal(signal_number, SIG_DFL);
  ::raise(signal_number);
}

// A program that handles these signals itself keeps its own handlers.
void install_handlers() {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction current = {};
    ::sigaction(number, nullptr, &current);
    if (current.sa_handler != SIG_DFL) continue;
    struct sigaction ours = {};
    ours.sa_handler = remove_unfinished;
    ::sigaction(number, &ours, nullptr);
  }
}

void remember(const std::string& path) {
  static std::once_flag once;
  std::call_once(once, install_handlers);
  if (path.size() >= kPathBytes) return;
  for (Slot& slot : g_unfinished) {
    if (slot.taken.exchange(true)) continue;
    std::memcpy(slot.path, path.c_str(), path.size() + 1);
    slot.filled.store(true);
    return;
  }
}

void forget(const std::string& path) {
  for (Slot& slot : g_unfinished) {
    if (!slot.filled.load() || path != slot.path) continue;
    slot.filled.store(false);
    slot.taken.store(false);
  }
}

std::string folder_of(const std::string& path) {
  const auto parent = std::filesystem::path(path).parent_path();
  return parent.empty() ? "." : parent.string();
}

Error cannot_write(const std::string& path, int error_number) {
  return fail(Code::io, path, ": cannot write: ", system_reason(error_number));
}

}  // namespace

AtomicFile::AtomicFile(std::string path, std::string temporary_path, int descriptor)
    : path_(std::move(path)), temporary_path_(std::move(temporary_path)), descriptor_(descriptor) {}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_path_(std::move(other.temporary_path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      end_(other.end_) {}

AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept {
  if (this == &other) return *this;
  discard();
  path_ = std::move(other.path_);
  temporary_path_ = std::move(other.temporary_path_);
  descriptor_ = std::exchange(other.descriptor_, -1);
  end_ = other.end_;
  return *this;
}

AtomicFile::~AtomicFile() {
  discard();
}

void AtomicFile::discard() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_path_.c_str());
  forget(temporary_path_);
  descriptor_ = -1;
}

Result<AtomicFile> AtomicFile::create(std::string path) {
  struct stat existing = {};
  if (::stat(path.c_str(), &existing) == 0 && !S_ISREG(existing.st_mode)) {
    return fail(Code::bad_argument, path, ": exists and is not a regular file");
  }
  static std::atomic<unsigned> counter{0};
  // The process and a counter make the name unique; O_EXCL makes sure of it.
  const std::string temporary =
      path + ".tmp-" + std::to_string(::getpid()) + "-" + std::to_string(counter++);
  const int descriptor = ::open(temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0) return cannot_write(path, errno);
  remember(temporary);
  return AtomicFile(std::move(path), temporary, descriptor);
}

Result<void> AtomicFile::reserve(std::uint64_t size_bytes) {
  struct statvfs disk = {};
  if (::fstatvfs(descriptor_, &disk) == 0) {
    const std::uint64_t room = std::uint64_t{disk.f_bavail} * disk.f_frsize;
    if (size_bytes > room) {
      return fail(Code::io, path_, ": needs ", human_bytes(size_bytes), ", the disk has ",
                  human_bytes(room), " free");
    }
  }
  if (::ftruncate(descriptor_, static_cast<off_t>(size_bytes)) != 0) {
    return cannot_write(path_, errno);
  }
  return {};
}

Result<void> AtomicFile::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written =
        ::pwrite(descriptor_, bytes.data(), std::min<std::size_t>(bytes.size(), 1 << 30),
                 static_cast<off_t>(offset));
    if (written < 0) {
      if (errno == EINTR) continue;
      return cannot_write(path_, errno);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
  return {};
}

Result<void> AtomicFile::write(std::span<const std::byte> bytes) {
  TRY_DO(write_at(end_, bytes));
  end_ += bytes.size();
  return {};
}

Result<void> AtomicFile::commit() {
  if (::fsync(descriptor_) != 0) return cannot_write(path_, errno);
  if (::rename(temporary_path_.c_str(), path_.c_str()) != 0) return cannot_write(path_, errno);
  ::close(std::exchange(descriptor_, -1));
  forget(temporary_path_);
  // The name itself lives in the folder, which must reach the disk too.
  const int folder = ::open(folder_of(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return cannot_write(path_, errno);
  const int synced = ::fsync(folder);
  const int reason = errno;
  ::close(folder);
  // Some network file systems cannot; the file itself is safe by then.
  if (synced != 0 && reason != EINVAL) return cannot_write(path_, reason);
  return {};
}

}  // namespace ds4
