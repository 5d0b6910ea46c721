#include "download/part_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/atomic_file.h"
#include "base/disk.h"
#include "base/json_file.h"
#include "base/system_error.h"

namespace ds4::download {
namespace {

constexpr std::int64_t kFormat = 1;

// What other programs leave beside a file that they have not finished.
constexpr std::string_view kForeignEndings[] = {".incomplete", ".aria2", ".crdownload", ".partial",
                                                ".download"};

bool exists(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

// The part, locked; it may have got its final name while we waited for it.
Result<int> open_locked(const std::string& part) {
  while (true) {
    const int descriptor = ::open(part.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (descriptor < 0) {
      return fail(errno == ENOENT || errno == ENOTDIR ? Code::not_found : Code::io, "cannot write ",
                  part, ": ", system_reason(errno));
    }
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
      const int reason = errno;
      ::close(descriptor);
      if (reason == EINTR) continue;
      if (reason == EWOULDBLOCK) {
        return fail(Code::io, part,
                    " is being downloaded by another process; wait for it or stop it");
      }
      // A file system without locks: nobody can know.
      if (reason != ENOLCK && reason != ENOTSUP && reason != EINVAL) {
        return fail(Code::io, "cannot lock ", part, ": ", system_reason(reason));
      }
      return ::open(part.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    }
    struct stat ours {
    }, named{};
    if (::fstat(descriptor, &ours) == 0 && ::lstat(part.c_str(), &named) == 0 &&
        ours.st_ino == named.st_ino && ours.st_dev == named.st_dev) {
      return descriptor;
    }
    ::close(descriptor);
  }
}

}  // namespace

PartFile::PartFile(std::string target, int descriptor)
    : target_(std::move(target)), part_(target_ + ".part"), descriptor_(descriptor) {}

PartFile::PartFile(PartFile&& other) noexcept
    : target_(std::move(other.target_)),
      part_(std::move(other.part_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      version_(std::move(other.version_)),
      done_(std::move(other.done_)),
      is_ours_(other.is_ours_) {}

PartFile::~PartFile() {
  if (descriptor_ < 0) return;
  if (is_ours_ && done_.list().empty()) {
    ::unlink(part_.c_str());
    ::unlink(journal_path().c_str());
  }
  ::close(descriptor_);
}

Result<PartFile> PartFile::open(const std::string& target) {
  for (const std::string_view ending : kForeignEndings) {
    const std::string foreign = target + std::string(ending);
    if (exists(foreign)) {
      return fail(Code::bad_file, foreign,
                  " was left by another program that did not finish this file; let that program "
                  "finish it, or remove it");
    }
  }
  const std::string part = target + ".part";
  TRY(const int descriptor, open_locked(part));
  PartFile file(target, descriptor);
  TRY_DO(file.read_journal());
  file.is_ours_ = true;
  return file;
}

Result<void> PartFile::read_journal() {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) {
    return fail(Code::bad_file, part_, " is not a regular file; remove it");
  }
  if (!exists(journal_path())) {
    if (status.st_size == 0) return {};
    return fail(Code::bad_file, part_, " was begun by another program, as ", journal_path(),
                " is missing; remove or rename it");
  }
  const auto refuse = [this] {
    return fail(Code::bad_file, journal_path(), " is damaged; remove it and ", part_);
  };
  const auto journal = read_json_file(journal_path());
  if (!journal.ok()) return refuse();
  const auto number = [](const Json* value) -> std::int64_t {
    return value != nullptr && value->is_number() ? value->as_int().value_or(-1) : -1;
  };
  const auto text = [&](const char* key) -> std::string {
    const Json* value = journal->find(key);
    return value != nullptr && value->is_string() ? value->as_string() : "";
  };
  const std::int64_t size = number(journal->find("size"));
  const Json* done = journal->find("done");
  if (number(journal->find("format")) != kFormat || size <= 0 || done == nullptr ||
      !done->is_array()) {
    return refuse();
  }
  for (const Json& range : done->as_array()) {
    if (!range.is_array() || range.as_array().size() != 2) return refuse();
    const std::int64_t begin = number(&range.as_array()[0]);
    const std::int64_t end = number(&range.as_array()[1]);
    // Bytes that are said to be there must at least fit into the part.
    if (begin < 0 || end <= begin || end > size || end > status.st_size) return refuse();
    done_.add({static_cast<std::uint64_t>(begin), static_cast<std::uint64_t>(end)});
  }
  version_ = {static_cast<std::uint64_t>(size), text("version")};
  return {};
}

Result<void> PartFile::write_journal() const {
  Json ranges = Json::array();
  for (const ByteRange& range : done_.list()) {
    Json pair = Json::array();
    pair.push(range.begin);
    pair.push(range.end);
    ranges.push(std::move(pair));
  }
  Json journal = Json::object();
  journal.set("format", kFormat);
  journal.set("size", version_.size);
  journal.set("version", version_.name);
  journal.set("done", std::move(ranges));
  TRY(AtomicFile file, AtomicFile::create(journal_path()));
  TRY_DO(file.write(to_text(journal) + "\n"));
  return file.commit();
}

Result<void> PartFile::start(const FileVersion& version) {
  if (!(version == version_)) {
    version_ = version;
    TRY_DO(restart());
  }
  return reserve_disk(descriptor_, part_, version.size);
}

Result<void> PartFile::restart() {
  done_.clear();
  // The journal goes first: there is no instant at which it speaks of bytes of another file.
  return write_journal();
}

Result<void> PartFile::write(std::uint64_t offset, std::span<const std::byte> bytes) {
  const std::uint64_t begin = offset;
  while (!bytes.empty()) {
    const ssize_t count =
        ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      return fail(Code::io, "cannot write ", part_, " at byte ", offset, ": ",
                  system_reason(errno));
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
    done_.add({begin, offset});
  }
  return {};
}

Result<void> PartFile::keep() {
  if (!sync_to_disk(descriptor_)) {
    return fail(Code::io, "cannot write ", part_, ": ", system_reason(errno));
  }
  return write_journal();
}

Result<void> PartFile::rename_to(const std::string& path) {
  if (!sync_to_disk(descriptor_) || ::rename(part_.c_str(), path.c_str()) != 0) {
    return fail(Code::io, "cannot finish ", path, ": ", system_reason(errno));
  }
  ::unlink(journal_path().c_str());
  if (!sync_folder_of(path)) {
    return fail(Code::io, "cannot sync the folder of ", path, ": ", system_reason(errno));
  }
  return {};
}

Result<void> PartFile::finish() {
  // What was reserved and not used goes back.
  if (::ftruncate(descriptor_, static_cast<off_t>(version_.size)) != 0) {
    return fail(Code::io, "cannot finish ", target_, ": ", system_reason(errno));
  }
  return rename_to(target_);
}

Result<std::string> PartFile::reject() {
  const std::string path = target_ + ".rejected";
  TRY_DO(rename_to(path));
  return path;
}

}  // namespace ds4::download
