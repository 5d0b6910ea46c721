#include "base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/system_error.h"

namespace ds4 {
namespace {

// What `mode` is when it is no regular file; null when it is one.
const char* other_kind(mode_t mode) {
  if (S_ISREG(mode)) return nullptr;
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a named pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

Error cannot_open(const std::string& path, std::string_view what, int error_number) {
  const Code code = error_number == ENOENT || error_number == ENOTDIR ? Code::not_found : Code::io;
  return fail(code, path, ": cannot open ", what, ": ", system_reason(error_number));
}

Result<void> expect_regular(const std::string& path, mode_t mode) {
  const char* kind = other_kind(mode);
  if (kind == nullptr) return {};
  if (S_ISDIR(mode)) {
    return fail(Code::bad_file, path, ": is a folder; name a file inside it");
  }
  return fail(Code::bad_file, path, ": is ", kind,
              "; it is mapped into memory, which takes a regular file");
}

}  // namespace

MappedFile::MappedFile(std::string path, std::span<const std::byte> bytes)
    : path_(std::move(path)), bytes_(bytes) {}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)), bytes_(std::exchange(other.bytes_, {})) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

Result<MappedFile> MappedFile::open(std::string path, std::string_view what) {
  struct stat status {};
  // Asked before opening, because opening is enough to disturb some devices; and again after it,
  // because the name may lead elsewhere by then. O_NONBLOCK keeps a pipe from holding us meanwhile.
  if (::stat(path.c_str(), &status) != 0) return cannot_open(path, what, errno);
  TRY_DO(expect_regular(path, status.st_mode));

  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return cannot_open(path, what, errno);
  struct Closer {
    int descriptor;
    ~Closer() { ::close(descriptor); }
  } closer{descriptor};
  if (::fstat(descriptor, &status) != 0) return cannot_open(path, what, errno);
  TRY_DO(expect_regular(path, status.st_mode));

  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) return MappedFile(std::move(path), {});
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor, 0);
  if (address == MAP_FAILED) {
    return fail(Code::io, path, ": cannot map into memory: ", system_reason(errno));
  }
  return MappedFile(std::move(path), {static_cast<const std::byte*>(address), size});
}

void MappedFile::advise(Access access, std::uint64_t offset, std::uint64_t size) const {
  if (offset >= bytes_.size() || size == 0) return;
  size = std::min<std::uint64_t>(size, bytes_.size() - offset);
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const std::uint64_t begin = offset / page * page;
  int advice = MADV_NORMAL;
  switch (access) {
    case Access::normal:
      break;
    case Access::sequential:
      advice = MADV_SEQUENTIAL;
      break;
    case Access::random:
      advice = MADV_RANDOM;
      break;
    case Access::soon:
      advice = MADV_WILLNEED;
      break;
    case Access::done:
      advice = MADV_DONTNEED;
      break;
  }
  auto* at = const_cast<std::byte*>(bytes_.data()) + begin;
  (void)::madvise(at, static_cast<std::size_t>(offset + size - begin), advice);
}

}  // namespace ds4
