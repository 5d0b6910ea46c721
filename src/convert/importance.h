// Importance of a matrix's columns, measured while the model read a calibration text. Reads both
// files of the ecosystem: the older binary list and the newer GGUF.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "ds4/result.h"
#include "gguf/metadata.h"

namespace ds4::convert {

class Importance {
 public:
  static Result<Importance> open(const std::string& path);

  // One weight per column for one expert of a tensor (0 for a plain matrix); empty when the file
  // has nothing for it. A wrong size is an error.
  Result<std::span<const float>> find(const std::string& tensor, const std::string& official,
                                      std::uint64_t expert, std::uint64_t columns,
                                      std::uint64_t experts) const;

  // Where the numbers came from, for the new file.
  void put_keys(gguf::MetadataBytes& keys) const;

  std::size_t entries() const { return values_.size(); }

 private:
  Result<void> read_list(std::span<const std::byte> bytes);
  Result<void> read_gguf(const std::string& path);

  std::string path_;
  std::string dataset_;
  std::uint64_t chunks_ = 0;
  std::unordered_map<std::string, std::vector<float>> values_;
};

}  // namespace ds4::convert
