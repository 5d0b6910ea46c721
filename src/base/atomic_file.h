// A file that appears under its name whole, or not at all: written beside the target under a
// temporary name, synced, renamed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "ds4/result.h"

namespace ds4 {

// Until commit() succeeds, a file of that name stays what it was. An object that goes away without
// it removes the temporary file, and so do SIGINT, SIGTERM and SIGHUP where the program leaves
// these signals at their default.
class AtomicFile {
 public:
  // `expected_bytes`, when known, is reserved at once: a disk too small says so before the work.
  // A symbolic link is followed. A new file gets the usual permissions, an existing one keeps its.
  static Result<AtomicFile> create(const std::string& path, std::uint64_t expected_bytes = 0);

  AtomicFile(AtomicFile&&) noexcept;
  AtomicFile& operator=(AtomicFile&&) noexcept;
  ~AtomicFile();

  // Appends after what write() wrote before. One thread at a time.
  Result<void> write(std::span<const std::byte> bytes);
  Result<void> write(std::string_view text);
  // The bytes that write() wrote: where it continues.
  std::uint64_t position() const;

  // Writes at `offset`. Any thread, as long as no two write the same bytes.
  Result<void> write_at(std::uint64_t offset, std::span<const std::byte> bytes);

  // Syncs, renames, syncs the folder. Nothing may be written afterwards. After an error the old
  // file, if any, is still in place; unless it was the folder that could not be synced, as the
  // error then says.
  Result<void> commit();

  const std::string& path() const;            // the target
  const std::string& temporary_path() const;  // what is being written until commit()

 private:
  struct State;
  explicit AtomicFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Removes the temporary files of this process that are not committed. Safe in a signal handler: a
// program with handlers of its own calls it when it ends from one.
void remove_unfinished_files();

}  // namespace ds4
