// Any bytes as a file of sections, with and without checksums made right: refused with a sentence,
// or every section lies in the file.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "base/checksum.h"
#include "store/section_file.h"

using namespace ds4;

namespace {

constexpr SectionFormat kFormat{.what = "thing", .magic = "DS4FUZZ\n", .version = 1};
constexpr std::size_t kHead = 16, kSectionHead = 24;

void parse(std::span<const std::byte> file) {
  const auto sections = parse_sections(file, kFormat);
  if (!sections.ok()) {
    CHECK(!sections.error().message.empty());
    return;
  }
  for (const Section& section : *sections) {
    CHECK(section.bytes.data() >= file.data());
    CHECK(section.bytes.size() <=
          static_cast<std::size_t>(file.data() + file.size() - section.bytes.data()));
  }
}

// Whoever made the bytes may know the checksum as well as we do.
void make_right(std::vector<std::byte>& file) {
  if (file.size() < kHead) return;
  std::memcpy(file.data(), kFormat.magic.data(), kFormat.magic.size());
  store(file.data() + 8, kFormat.version);
  const std::uint64_t count = load<std::uint32_t>(file.data() + 12) % 8;
  store(file.data() + 12, static_cast<std::uint32_t>(count));
  const std::size_t head_bytes = kHead + count * kSectionHead;
  if (file.size() < head_bytes + 8) return;
  std::size_t at = head_bytes + 8;
  for (std::size_t i = 0; i < count; ++i) {
    std::byte* head = file.data() + kHead + i * kSectionHead;
    const auto bytes = load<std::uint64_t>(head + 8);
    if (bytes > file.size() - at) break;
    store(head + 16, checksum(std::span(file).subspan(at, bytes)));
    at += bytes;
  }
  store(file.data() + head_bytes, checksum(std::span(file).first(head_bytes)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto* begin = reinterpret_cast<const std::byte*>(data);
  std::vector<std::byte> file(begin, begin + size);
  parse(file);
  make_right(file);
  parse(file);
  return 0;
}
