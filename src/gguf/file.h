// A GGUF model file on disk, mapped read-only; of a split model, all of its parts as one.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/mapped_file.h"
#include "ds4/result.h"
#include "gguf/container.h"

namespace ds4::gguf {

// Where a file stands in a split model, by its name: NAME-00002-of-00003.gguf.
struct SplitName {
  std::string stem;          // all before the number, folder included
  std::uint32_t number = 0;  // from 1
  std::uint32_t count = 0;

  std::string path_of(std::uint32_t part_number) const;
};
std::optional<SplitName> parse_split_name(std::string_view path);

// Owns the mappings. Everything handed out points into them.
class File {
 public:
  // Opens and checks a file; any part of a split model opens the whole. Messages begin with the
  // path of the file at fault; `what` says what was looked for in vain.
  static Result<File> open(const std::string& path, std::string_view what = "model");

  // Of part 1: the other parts carry nothing more.
  const Metadata& metadata() const { return parts_.front().container.metadata; }
  std::span<const Tensor> tensors() const { return tensors_; }
  const Tensor* find(std::string_view name) const;
  std::span<const std::byte> data(const Tensor& tensor) const;

  std::size_t part_count() const { return parts_.size(); }
  const MappedFile& part(std::size_t index) const { return parts_[index].map; }
  const Container& container(std::size_t index) const { return parts_[index].container; }
  std::uint64_t size_bytes() const;

 private:
  struct Part {
    MappedFile map;
    Container container;
  };

  static Result<Part> open_part(const std::string& path, std::string_view what);
  Result<void> open_siblings(const SplitName& name);
  Result<void> check_split_keys(std::uint32_t index, std::uint32_t count) const;
  Result<void> collect();

  std::vector<Part> parts_;
  std::vector<Tensor> tensors_;
  std::unordered_map<std::string_view, std::size_t> index_;
};

}  // namespace ds4::gguf
