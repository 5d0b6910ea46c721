// A file of a few sections, each with a checksum, that is written whole or not at all and believed
// only when every byte of it is right.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/mapped_file.h"
#include "ds4/result.h"

namespace ds4 {

// docs/formats/chat.md describes the bytes.
struct SectionFormat {
  std::string_view what;   // "conversation", for messages
  std::string_view magic;  // eight bytes
  std::uint32_t version = 1;
};

struct Section {
  std::uint32_t id = 0;
  std::span<const std::byte> bytes;
};

// Messages begin with the path. After a failure an old file of that name still stands.
Result<void> write_sections(const std::string& path, const SectionFormat& format,
                            std::span<const Section> sections);

// The sections of a whole file in memory, into which they point. Messages have no path.
Result<std::vector<Section>> parse_sections(std::span<const std::byte> file,
                                            const SectionFormat& format);

// A file that was read and found right.
class SectionFile {
 public:
  static Result<SectionFile> open(const std::string& path, const SectionFormat& format);

  // Fails where there is none.
  Result<std::span<const std::byte>> section(std::uint32_t id) const;

 private:
  MappedFile map_;
  std::vector<Section> sections_;
};

}  // namespace ds4
