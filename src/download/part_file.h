// A file that is on its way: FILE.part holds the bytes, FILE.part.json says which of them are there
// and of which version of the file, so that a later run goes on where this one was killed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "download/byte_ranges.h"
#include "ds4/result.h"

namespace ds4::download {

// Says which file it is whose bytes are gathered. Bytes of two that differ never mix.
struct FileVersion {
  std::uint64_t size = 0;
  std::string name;  // the server's word for this version; "" if it has none
  bool operator==(const FileVersion&) const = default;
};

// Locked against other processes for as long as it lives, and left on the disk when it goes away,
// unless nothing has arrived.
class PartFile {
 public:
  // Begins, or takes up what is there. Fails while another process has it, and for a part that
  // somebody else's program began.
  static Result<PartFile> open(const std::string& target);
  PartFile(PartFile&& other) noexcept;
  PartFile& operator=(PartFile&&) = delete;
  ~PartFile();

  // What is there, and of which file; a size of 0 before the first start().
  const FileVersion& version() const { return version_; }
  const ByteRanges& done() const { return done_; }
  const std::string& path() const { return part_; }

  // From now on bytes are of this file: those of another are forgotten. Reserves the room.
  Result<void> start(const FileVersion& version);
  // Forgets what is there of it.
  Result<void> restart();
  Result<void> write(std::uint64_t offset, std::span<const std::byte> bytes);
  // Makes what was written so far survive the end of this process and of the machine.
  Result<void> keep();

  // The file is complete: it gets its name.
  Result<void> finish();
  // The file is complete and wrong: it gets the name FILE.rejected, which is returned.
  Result<std::string> reject();

 private:
  PartFile(std::string target, int descriptor);
  std::string journal_path() const { return part_ + ".json"; }
  Result<void> read_journal();
  Result<void> write_journal() const;
  Result<void> rename_to(const std::string& path);

  std::string target_, part_;
  int descriptor_ = -1;
  FileVersion version_;
  ByteRanges done_;
  bool is_ours_ = false;  // and not found to be another program's
};

}  // namespace ds4::download
