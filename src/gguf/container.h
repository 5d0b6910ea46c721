// One GGUF container in memory: header, keys and tensor directory, every number of which is checked
// here, so that nobody behind this line has to doubt an offset.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "ds4/result.h"
#include "gguf/metadata.h"
#include "quant/type.h"

namespace ds4::gguf {

inline constexpr std::uint32_t kMagic = 0x46554747;  // "GGUF"
inline constexpr std::uint32_t kVersion = 3;
inline constexpr std::uint32_t kDefaultAlignment = 32;
inline constexpr std::size_t kHeaderBytes = 24;
inline constexpr std::size_t kTensorNameBytesMax = 127;  // that a reader takes
inline constexpr std::size_t kWrittenNameBytesMax = 64;  // that a writer makes

struct Tensor {
  std::string_view name;
  std::array<std::uint64_t, 4> dims = {1, 1, 1, 1};  // dims[0] is the contiguous one
  std::uint32_t rank = 1;                            // how many of them the file names
  quant::Type type = quant::Type::f32;
  std::uint64_t offset = 0;  // from the start of the container
  std::uint64_t bytes = 0;
  std::uint32_t part = 0;  // of a split file, from 0

  std::uint64_t elements() const { return dims[0] * dims[1] * dims[2] * dims[3]; }
  std::uint64_t rows() const { return dims[1] * dims[2] * dims[3]; }
};

struct Container {
  Metadata metadata;
  std::vector<Tensor> tensors;
  std::uint32_t alignment = kDefaultAlignment;
  std::uint64_t data_start = 0;
  std::uint64_t trailing_bytes = 0;  // behind the last tensor and its padding
};

// Reads a whole container. The result points into `file`, which must outlive it.
// The message has no file name: the caller knows it.
Result<Container> parse_container(std::span<const std::byte> file);

// Reads just keys, as MetadataBytes wrote them. The result points into `bytes`.
Result<Metadata> parse_metadata(std::span<const std::byte> bytes, std::uint64_t count);

// "[4096, 2048, 256]"
std::string describe_dims(const Tensor& tensor);

// `value` raised to a multiple of `alignment`, a power of two.
constexpr std::uint64_t align_up(std::uint64_t value, std::uint64_t alignment) {
  return (value + alignment - 1) & ~(alignment - 1);
}

}  // namespace ds4::gguf
