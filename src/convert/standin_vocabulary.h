// A vocabulary for files with random weights: of any size, built by the rules of the real one, with
// every special token. Its merges are short runs of common letters, so that text becomes about as
// many tokens as it should.
#pragma once

#include <cstdint>

#include "gguf/metadata.h"

namespace ds4::convert {

// Writes the tokenizer keys. A vocabulary too small for all bytes and special tokens gets none: the
// file then takes token ids only. Size 129,280 has V4's own layout of ids.
void put_standin_vocabulary(gguf::MetadataBytes& keys, std::uint32_t size);

}  // namespace ds4::convert
