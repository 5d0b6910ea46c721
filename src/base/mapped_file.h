// A whole file as read-only memory, loaded by the system page by page as it is touched: how
// gigabytes of weights open in milliseconds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "ds4/result.h"

namespace ds4 {

enum class Access {
  normal,
  sequential,  // read ahead far, forget behind
  random,      // do not read ahead
  soon,        // start reading this range now
  done,        // the pages of this range may be dropped
};

// Owns the mapping; move-only. Views of bytes() live as long as the object that was opened, or the
// one it was moved to. The descriptor is closed at once: a mapping outlives it. Any thread may
// read.
class MappedFile {
 public:
  // An empty file maps as an empty span. Anything but a regular file is refused, without waiting
  // for the other end of a pipe.
  // Messages read "PATH: cannot open WHAT: ...".
  static Result<MappedFile> open(std::string path, std::string_view what = "file");

  MappedFile() = default;
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  std::span<const std::byte> bytes() const { return bytes_; }
  const std::string& path() const { return path_; }

  // A hint; never fails. The range is cut to the file and widened to whole pages.
  void advise(Access access) const { advise(access, 0, bytes_.size()); }
  void advise(Access access, std::uint64_t offset, std::uint64_t size) const;

 private:
  MappedFile(std::string path, std::span<const std::byte> bytes);

  std::string path_;
  std::span<const std::byte> bytes_;
};

}  // namespace ds4
