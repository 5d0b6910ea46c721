// Any bytes as a GGUF container: refused with a sentence, or every extent lies in the file and
// every value can be read.
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/check.h"
#include "gguf/container.h"

using namespace ds4;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  const auto file = gguf::parse_container(bytes);
  if (!file.ok()) {
    CHECK(!file.error().message.empty());
    return 0;
  }
  std::uint64_t sum = 0;
  for (const gguf::Tensor& tensor : file->tensors) {
    CHECK(tensor.bytes <= size && tensor.offset <= size - tensor.bytes);
    CHECK(tensor.offset % file->alignment == 0);
    for (const std::byte value : bytes.subspan(tensor.offset, tensor.bytes)) {
      sum += static_cast<std::uint64_t>(value);
    }
  }
  const gguf::Metadata& keys = file->metadata;
  for (const gguf::Entry& entry : keys.entries()) {
    sum += gguf::describe(entry).size();
    sum += keys.count(entry.key).ok() + keys.real(entry.key).ok() + keys.flag(entry.key).ok() +
           keys.text(entry.key).ok() + keys.counts(entry.key).ok() + keys.reals(entry.key).ok() +
           keys.texts(entry.key).ok() + keys.integers(entry.key).ok();
  }
  // What was read can be written, and reads back the same.
  gguf::MetadataBytes copy;
  for (const gguf::Entry& entry : keys.entries()) copy.put(entry);
  const auto again = gguf::parse_metadata(copy.bytes(), copy.count());
  CHECK(again.ok() && again->entries().size() == keys.entries().size());
  volatile std::uint64_t sink = sum;
  (void)sink;
  return 0;
}
