#include "base/system_error.h"

#include <cerrno>
#include <system_error>

namespace ds4 {

std::string system_reason(int error_number) {
  switch (error_number) {
    case ENOENT:
      return "no such file or folder";
    case ENOTDIR:
      return "a part of its path is not a folder";
    case EACCES:
    case EPERM:
      return "permission denied";
    case EROFS:
      return "the disk is read-only";
    case ENOSPC:
      return "the disk is full";
    case EDQUOT:
      return "the disk quota is used up";
    case EFBIG:
      return "the file would be larger than the file system or `ulimit -f` allows";
    case ENAMETOOLONG:
      return "the name is too long";
    case ELOOP:
      return "its symbolic links go round in a circle";
    case EMFILE:
    case ENFILE:
      return "too many files are open";
    case EIO:
      return "the disk reports a read or write error";
    default:
      return std::generic_category().message(error_number);
  }
}

}  // namespace ds4
