// Whether two files hold the same model, found out without reading all of their weights.
#pragma once

#include <cstdint>
#include <string_view>

#include "gguf/file.h"

namespace ds4::engine {

// Each number is a checksum of its part. `shape` covers all deepseek4.* keys, `tokenizer` all
// tokenizer.* keys, `directory` every tensor's name, dimensions and type, and `weights` 64 bytes
// from the beginning, the middle and the end of each: a model that was trained further or
// quantized another way differs in these, one with a single weight changed need not.
struct Fingerprint {
  std::uint64_t shape = 0, tokenizer = 0, directory = 0, weights = 0;

  bool operator==(const Fingerprint&) const = default;
};

Fingerprint fingerprint_of(const gguf::File& file);

// What two that differ differ in, for people.
std::string_view difference(const Fingerprint& a, const Fingerprint& b);

}  // namespace ds4::engine
