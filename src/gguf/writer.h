// Writes a GGUF file: the whole directory is planned first, so the exact size is known before a
// byte is written and payloads may come in any order, from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "ds4/result.h"
#include "gguf/container.h"

namespace ds4::gguf {

// A tensor to be written.
struct TensorPlan {
  std::string name;
  std::array<std::uint64_t, 4> dims = {1, 1, 1, 1};
  std::uint32_t rank = 1;
  quant::Type type = quant::Type::f32;
  std::uint64_t offset = 0;  // from the start of the file; set by the layout
  std::uint64_t bytes = 0;   // set by the layout
};

// Header and directory of a file to be, and where each payload goes.
struct Layout {
  std::string header;  // everything before the first payload, padding included
  std::vector<TensorPlan> tensors;
  std::uint64_t file_bytes = 0;
  std::uint32_t alignment = kDefaultAlignment;
};

// `keys` must state general.alignment when `alignment` is not the default. Checks names (unique, at
// most 64 bytes) and shapes.
Result<Layout> plan_layout(const MetadataBytes& keys, std::vector<TensorPlan> tensors,
                           std::uint32_t alignment = kDefaultAlignment);

// The file appears under its name only by finish(), complete and checked; until then, and after a
// failure, nothing is there.
class Writer {
 public:
  static Result<Writer> create(const std::string& path, Layout layout);

  const Layout& layout() const { return layout_; }

  // Writes a stretch of a tensor's payload. Any thread, any order; every byte must be written once.
  Result<void> write(std::size_t tensor, std::uint64_t offset, std::span<const std::byte> bytes);

  // Writes the padding, makes the file durable, re-reads it with the reader, gives it its name.
  Result<void> finish();

 private:
  Writer(AtomicFile file, Layout layout) : file_(std::move(file)), layout_(std::move(layout)) {}

  AtomicFile file_;
  Layout layout_;
};

}  // namespace ds4::gguf
