#include "engine/fingerprint.h"

#include <algorithm>

#include "base/checksum.h"

namespace ds4::engine {

namespace {

constexpr std::size_t kSampleBytes = 64;

std::uint64_t add(std::uint64_t sum, std::string_view text) {
  return checksum(std::as_bytes(std::span(text)), sum);
}

}  // namespace

Fingerprint fingerprint_of(const gguf::File& file) {
  Fingerprint out;
  for (const gguf::Entry& entry : file.metadata().entries()) {
    std::uint64_t* sum = entry.key.starts_with("deepseek4.")   ? &out.shape
                         : entry.key.starts_with("tokenizer.") ? &out.tokenizer
                                                               : nullptr;
    if (sum != nullptr) *sum = checksum(entry.value, add(*sum, entry.key));
  }
  for (const gguf::Tensor& tensor : file.tensors()) {
    out.directory = add(out.directory, tensor.name);
    out.directory = checksum(std::as_bytes(std::span(tensor.dims)), out.directory);
    out.directory = checksum(std::as_bytes(std::span(&tensor.type, 1)), out.directory);
    const std::span<const std::byte> data = file.data(tensor);
    const std::size_t count = std::min(kSampleBytes, data.size());
    for (const std::size_t at : {std::size_t{0}, (data.size() - count) / 2, data.size() - count}) {
      out.weights = checksum(data.subspan(at, count), out.weights);
    }
  }
  return out;
}

std::string_view difference(const Fingerprint& a, const Fingerprint& b) {
  if (a.shape != b.shape) return "its shape";
  if (a.tokenizer != b.tokenizer) return "its tokenizer";
  if (a.directory != b.directory) return "the types of its weights";
  return "its weights";
}

}  // namespace ds4::engine
