#include "store/section_file.h"

#include "base/atomic_file.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/checksum.h"

namespace ds4 {

namespace {

constexpr std::size_t kMagicBytes = 8;
constexpr std::uint32_t kSectionsMax = 64;

struct Head {
  std::uint32_t version = 0;
  std::uint32_t sections = 0;
};

struct SectionHead {
  std::uint32_t id = 0;
  std::uint32_t unused = 0;
  std::uint64_t bytes = 0;
  std::uint64_t checksum = 0;
};

template <class T>
void put(std::vector<std::byte>& out, const T& value) {
  const auto bytes = std::as_bytes(std::span(&value, 1));
  out.insert(out.end(), bytes.begin(), bytes.end());
}

}  // namespace

Result<void> write_sections(const std::string& path, const SectionFormat& format,
                            std::span<const Section> sections) {
  CHECK(format.magic.size() == kMagicBytes && sections.size() <= kSectionsMax);
  std::vector<std::byte> head;
  for (const char c : format.magic) head.push_back(static_cast<std::byte>(c));
  put(head, Head{format.version, static_cast<std::uint32_t>(sections.size())});
  std::uint64_t total = 0;
  for (const Section& section : sections) {
    put(head, SectionHead{section.id, 0, section.bytes.size(), checksum(section.bytes)});
    total += section.bytes.size();
  }
  put(head, checksum(head));
  TRY(AtomicFile file, AtomicFile::create(path, head.size() + total));
  TRY_DO(file.write(head));
  for (const Section& section : sections) TRY_DO(file.write(section.bytes));
  return file.commit();
}

Result<std::vector<Section>> parse_sections(std::span<const std::byte> file,
                                            const SectionFormat& format) {
  const auto damaged = [&](auto... why) {
    return fail(Code::bad_file, "the saved ", format.what, " is damaged: ", why...,
                "; take another copy of the file");
  };
  ByteReader in(file);
  const auto magic = in.take_text(kMagicBytes);
  if (!magic || *magic != format.magic) {
    return fail(Code::bad_file, "this is no saved ", format.what);
  }
  const auto head = in.read<Head>();
  if (!head) return damaged("it ends inside its header");
  if (head->version != format.version) {
    return fail(Code::unsupported, "a saved ", format.what, " of version ", head->version,
                "; this program reads version ", format.version);
  }
  if (head->sections > kSectionsMax) return damaged("it claims ", head->sections, " sections");
  std::vector<SectionHead> heads;
  for (std::uint32_t i = 0; i < head->sections; ++i) {
    const auto section = in.read<SectionHead>();
    if (!section) return damaged("it ends inside its header");
    heads.push_back(*section);
  }
  const std::uint64_t sum = checksum(file.first(in.position()));
  if (in.read<std::uint64_t>() != sum) return damaged("its header has another checksum");
  std::vector<Section> out;
  for (const SectionHead& section : heads) {
    const auto bytes = in.take(section.bytes);
    if (!bytes) return damaged("it ends too early");
    if (checksum(*bytes) != section.checksum) {
      return damaged("section ", section.id, " has another checksum");
    }
    out.push_back({section.id, *bytes});
  }
  if (in.remaining() > 0) return damaged("something stands behind its end");
  return out;
}

Result<SectionFile> SectionFile::open(const std::string& path, const SectionFormat& format) {
  SectionFile file;
  TRY(file.map_, MappedFile::open(path, format.what));
  file.map_.advise(Access::sequential);
  auto sections = parse_sections(file.map_.bytes(), format);
  if (!sections.ok()) return fail(sections.error().code, path, ": ", sections.error().message);
  file.sections_ = *std::move(sections);
  return file;
}

Result<std::span<const std::byte>> SectionFile::section(std::uint32_t id) const {
  for (const Section& section : sections_) {
    if (section.id == id) return section.bytes;
  }
  return fail(Code::bad_file, map_.path(), ": section ", id, " is missing");
}

}  // namespace ds4
