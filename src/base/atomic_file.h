// A new file that appears under its name complete or not at all: written beside it, made durable,
// then renamed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "ds4/result.h"

namespace ds4 {

// Move-only. Destroying it before commit() removes the temporary file; so does an end by SIGINT,
// SIGTERM or SIGHUP.
class AtomicFile {
 public:
  // The folder of `path` must exist and be writable. An existing file stays until commit().
  static Result<AtomicFile> create(std::string path);

  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&& other) noexcept;
  ~AtomicFile();

  const std::string& path() const { return path_; }
  const std::string& temporary_path() const { return temporary_path_; }

  // Sets the size, after checking that the disk has room. Bytes never written are zeros.
  Result<void> reserve(std::uint64_t size_bytes);
  // Any thread; ranges of concurrent calls must not overlap.
  Result<void> write_at(std::uint64_t offset, std::span<const std::byte> bytes);
  // Appends behind all that this call wrote before. One thread.
  Result<void> write(std::span<const std::byte> bytes);
  // The file is durable under its name when this returns without error.
  Result<void> commit();

 private:
  AtomicFile(std::string path, std::string temporary_path, int descriptor);
  void discard();

  std::string path_;
  std::string temporary_path_;
  int descriptor_ = -1;
  std::uint64_t end_ = 0;
};

}  // namespace ds4
