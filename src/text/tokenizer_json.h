// Reads a tokenizer.json (the file of Hugging Face's tokenizers) into the arrays that a vocabulary
// is built from and that a model file stores.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ds4/result.h"
#include "text/vocabulary.h"

namespace ds4::text {

// Owns what VocabularyArrays views.
struct TokenizerFile {
  std::vector<std::string> tokens;  // [id]
  std::vector<std::string> merges;  // "left right", in rank order
  std::vector<std::int32_t> types;  // [id] 1 normal, 3 control, 4 user-defined
  std::string pre;                  // "joyai-llm"

  Result<Vocabulary> build() const;
};

// `text` is the whole file. Refuses whatever would make its tokens differ from ours: another
// pre-tokenizer, a normalizer, byte fallback, a hole in the ids. The messages do not name the file.
Result<TokenizerFile> read_tokenizer_json(std::string_view text);

// Appends the added tokens by which V4's tokenizer differs from V3's. The file must be V3's; V4's
// own is left as it is.
Result<void> extend_to_v4(TokenizerFile& file);

}  // namespace ds4::text
