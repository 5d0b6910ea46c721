// Any bytes as a safetensors file: refused with a sentence, or every tensor lies in the file and
// has the size its shape says.
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/check.h"
#include "gguf/safetensors.h"

using namespace ds4;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  const auto tensors = gguf::parse_safetensors(bytes);
  if (!tensors.ok()) {
    CHECK(!tensors.error().message.empty());
    return 0;
  }
  std::uint64_t sum = 0;
  for (const gguf::SafeTensor& tensor : *tensors) {
    CHECK(tensor.data.size() == tensor.elements() * gguf::bytes_of(tensor.type));
    for (const std::byte value : tensor.data) sum += static_cast<std::uint64_t>(value);
  }
  volatile std::uint64_t sink = sum;
  (void)sink;
  return 0;
}
