#include "base/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "base/check.h"
#include "base/disk.h"
#include "base/system_error.h"
#include "base/unfinished_files.h"

namespace ds4 {
namespace {

// Beside the target, because a rename works within one file system only. The name is cut so that
// the additions fit into the usual 255 bytes.
std::string temporary_name(const std::string& target) {
  static std::atomic<unsigned> counter = 0;
  const auto slash = target.rfind('/');
  const auto name = slash == std::string::npos ? 0 : slash + 1;
  return target.substr(0, name) + target.substr(name, 200) + ".part-" + std::to_string(::getpid()) +
         "-" + std::to_string(counter++);
}

// What a symbolic link leads to, so that the link stays one.
std::string follow(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISLNK(status.st_mode)) return path;
  char* real = ::realpath(path.c_str(), nullptr);
  if (real == nullptr) return path;
  std::string target = real;
  std::free(real);
  return target;
}

}  // namespace

struct AtomicFile::State {
  State(std::string target_path, std::string temporary_path)
      : target(std::move(target_path)),
        temporary(std::move(temporary_path)),
        unfinished(temporary) {}

  ~State() {
    if (descriptor < 0) return;  // never created
    ::close(descriptor);
    if (!committed) ::unlink(temporary.c_str());
  }

  Result<void> put(std::uint64_t offset, std::span<const std::byte> bytes) {
    CHECK(!committed);
    while (!bytes.empty()) {
      const ssize_t count =
          ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) {
        return fail(Code::io, "cannot write ", target, " at byte ", offset, ": ",
                    system_reason(errno));
      }
      bytes = bytes.subspan(static_cast<std::size_t>(count));
      offset += static_cast<std::uint64_t>(count);
      extend(offset);
    }
    return {};
  }

  void extend(std::uint64_t end) {
    std::uint64_t known = size.load();
    while (known < end && !size.compare_exchange_weak(known, end)) {
    }
  }

  const std::string target;
  const std::string temporary;
  int descriptor = -1;
  bool committed = false;
  std::uint64_t position = 0;
  std::atomic<std::uint64_t> size = 0;
  // Leaves the list after the destructor's body: there is no instant at which nobody would remove
  // the file.
  UnfinishedFile unfinished;
};

AtomicFile::AtomicFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
AtomicFile::AtomicFile(AtomicFile&&) noexcept = default;
AtomicFile& AtomicFile::operator=(AtomicFile&&) noexcept = default;
AtomicFile::~AtomicFile() = default;

const std::string& AtomicFile::path() const {
  return state_->target;
}

const std::string& AtomicFile::temporary_path() const {
  return state_->temporary;
}

std::uint64_t AtomicFile::position() const {
  return state_->position;
}

Result<AtomicFile> AtomicFile::create(const std::string& path, std::uint64_t expected_bytes) {
  if (path.empty() || path.back() == '/') {
    return fail(Code::bad_argument, "cannot write '", path, "': a file name is missing");
  }
  const std::string target = follow(path);
  struct stat old {};
  const bool replaces = ::stat(target.c_str(), &old) == 0;
  if (replaces && S_ISDIR(old.st_mode)) {
    return fail(Code::bad_argument, "cannot write ", path, ": it is a folder; name a file");
  }
  // Renaming over /dev/null would replace the device itself.
  if (replaces && !S_ISREG(old.st_mode)) {
    return fail(Code::bad_argument, "cannot write ", path, ": it is a device or a pipe, no file");
  }

  // A killed process of the same number may have left the very name: the next one will do.
  std::unique_ptr<State> state;
  for (int attempt = 0; attempt < 1000; ++attempt) {
    state = std::make_unique<State>(target, temporary_name(target));
    state->descriptor =
        ::open(state->temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (state->descriptor >= 0 || errno != EEXIST) break;
  }
  if (state->descriptor < 0) {
    return fail(errno == ENOENT || errno == ENOTDIR ? Code::not_found : Code::io,
                "cannot write into folder ", folder_of(target), ": ", system_reason(errno));
  }
  if (replaces) (void)::fchmod(state->descriptor, old.st_mode & 07777);
  TRY_DO(reserve_disk(state->descriptor, target, expected_bytes));
  return AtomicFile(std::move(state));
}

Result<void> AtomicFile::write(std::span<const std::byte> bytes) {
  TRY_DO(state_->put(state_->position, bytes));
  state_->position += bytes.size();
  return {};
}

Result<void> AtomicFile::write(std::string_view text) {
  return write(std::as_bytes(std::span(text)));
}

Result<void> AtomicFile::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
  return state_->put(offset, bytes);
}

Result<void> AtomicFile::commit() {
  State& s = *state_;
  CHECK(!s.committed);
  const auto cannot = [&s](const char* what) {
    return fail(Code::io, "cannot ", what, " ", s.target, ": ", system_reason(errno));
  };
  // Gives back what was reserved and not used.
  if (::ftruncate(s.descriptor, static_cast<off_t>(s.size.load())) != 0) return cannot("finish");
  if (!sync_to_disk(s.descriptor)) return cannot("finish");
  if (::rename(s.temporary.c_str(), s.target.c_str()) != 0) return cannot("replace");
  s.committed = true;

  return sync_folder_of(s.target) ? Result<void>() : cannot("sync the folder of");
}

}  // namespace ds4
