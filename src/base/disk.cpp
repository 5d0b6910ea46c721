#include "base/disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>

#include "base/human.h"
#include "base/system_error.h"

namespace ds4 {

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool sync_to_disk(int descriptor) {
#ifdef F_FULLFSYNC
  if (::fcntl(descriptor, F_FULLFSYNC) == 0) return true;
#endif
  return ::fsync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP;
}

bool sync_folder_of(const std::string& path) {
  const int folder = ::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return true;
  const bool synced = sync_to_disk(folder);
  const int reason = errno;
  ::close(folder);
  errno = reason;
  return synced;
}

Result<void> reserve_disk(int descriptor, const std::string& path, std::uint64_t bytes) {
  struct stat file {};
  if (::fstat(descriptor, &file) != 0) return {};
  // POSIX counts blocks of 512 bytes, whatever the disk's are.
  const std::uint64_t taken = static_cast<std::uint64_t>(file.st_blocks) * 512;
  if (bytes <= taken) return {};
  struct statvfs disk {};
  if (::fstatvfs(descriptor, &disk) == 0) {
    const std::uint64_t free_bytes = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
    if (free_bytes < bytes - taken) {
      return fail(Code::io, "cannot write ", path, ": it takes ", human_bytes(bytes - taken),
                  taken > 0 ? " more" : "", " and its disk has ", human_bytes(free_bytes), " free");
    }
  }
#ifdef __linux__
  // A file system that cannot do it is no reason to stop.
  if (::fallocate(descriptor, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(bytes)) != 0 &&
      (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)) {
    return fail(Code::io, "cannot reserve ", human_bytes(bytes), " for ", path, ": ",
                system_reason(errno));
  }
#endif
  return {};
}

}  // namespace ds4
