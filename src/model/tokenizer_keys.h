// The tokenizer of a model file as plain arrays, checked: counts agree, every special token that
// the engine needs is there.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ds4/result.h"
#include "gguf/metadata.h"

namespace ds4::model {

// Views into the file's bytes.
struct TokenizerKeys {
  // A file made from a checkpoint without tokenizer: token ids only.
  bool present = false;
  std::string_view pre;
  std::vector<std::string_view> tokens;
  std::vector<std::string_view> merges;
  std::vector<std::int32_t> types;  // may be empty
};

// `vocabulary` is the count that the shape (or, in a vocabulary-only file, its key) states.
Result<TokenizerKeys> read_tokenizer_keys(const gguf::Metadata& keys, std::uint64_t vocabulary);

}  // namespace ds4::model
