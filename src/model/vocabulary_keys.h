// The tokenizer of a model file or of a vocabulary-only file, ready for the text layer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ds4/result.h"
#include "gguf/metadata.h"
#include "text/vocabulary.h"

namespace ds4::model {

// Nothing for a file made from a checkpoint without tokenizer: token ids only. `tokens` is the
// count that the shape (or, in a vocabulary-only file, its key) states. Messages begin with "GGUF
// tokenizer".
Result<std::optional<text::Vocabulary>> read_vocabulary(const gguf::Metadata& keys,
                                                        std::uint64_t tokens);

// Opens a file for its tokenizer alone; it may be a model or a vocabulary-only file, and must have
// one. The vocabulary does not depend on the file afterwards. Messages begin with the path.
Result<text::Vocabulary> open_vocabulary(const std::string& path);

// Whether the file says of itself that it is a vocabulary and no model.
bool is_vocabulary_only(const gguf::Metadata& keys);

}  // namespace ds4::model
