// The tokenizer of a new file: read from a tokenizer.json, checked, written as metadata.
#pragma once

#include <string>

#include "ds4/result.h"
#include "gguf/metadata.h"
#include "text/tokenizer_json.h"

namespace ds4::convert {

// Reads and checks a tokenizer.json. A DeepSeek V3 file becomes V4's with `extend_to_v4` and is
// refused without. Messages begin with the path.
Result<text::TokenizerFile> read_tokenizer(const std::string& path, bool extend_to_v4 = false);

// All tokenizer keys. Fails, and writes nothing, if the arrays make no vocabulary.
Result<void> put_tokenizer_keys(gguf::MetadataBytes& keys, const text::TokenizerFile& file);

// The keys of a file that has no tokenizer: token ids only.
void put_no_tokenizer(gguf::MetadataBytes& keys);

// Writes a file that is a tokenizer and nothing else: it serves whatever needs text but no model.
Result<void> write_vocabulary_file(const text::TokenizerFile& file, const std::string& name,
                                   const std::string& output);

}  // namespace ds4::convert
