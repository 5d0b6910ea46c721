// DeepSeek V4's vocabulary for tests: V3's file, fetched once by tools/fetch_vocabulary.sh, with
// V4's added tokens. Test programs only.
#pragma once

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "text/tokenizer.h"
#include "text/tokenizer_json.h"

namespace ds4::text {

struct V4TestVocabulary {
  std::optional<TokenizerFile> file;
  std::string why_not;  // one sentence, when there is none
};

inline std::string read_whole_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Tries to fetch the file unless an earlier try failed; then the reason stands beside it.
inline V4TestVocabulary load_v4_test_vocabulary() {
  const std::string folder = DS4_SOURCE_DIR "/build/vocabulary";
  std::string text = read_whole_file(folder + "/tokenizer.json");
  if (text.empty() && read_whole_file(folder + "/unavailable").empty()) {
    const std::string command =
        "\"" DS4_SOURCE_DIR "/tools/fetch_vocabulary.sh\" \"" + folder + "\"";
    if (std::system(command.c_str()) == 0) text = read_whole_file(folder + "/tokenizer.json");
  }
  if (text.empty()) {
    const std::string reason = read_whole_file(folder + "/unavailable");
    return {std::nullopt, reason.empty() ? "tools/fetch_vocabulary.sh does not run" : reason};
  }
  Result<TokenizerFile> file = read_tokenizer_json(text);
  if (!file) return {std::nullopt, file.error().message};
  if (const Result<void> extended = extend_to_v4(*file); !extended) {
    return {std::nullopt, extended.error().message};
  }
  return {std::move(*file), {}};
}

inline const V4TestVocabulary& v4_test_vocabulary() {
  static const V4TestVocabulary vocabulary = load_v4_test_vocabulary();
  return vocabulary;
}

inline const Tokenizer& v4_tokenizer() {
  static const Tokenizer tokenizer(*v4_test_vocabulary().file->build());
  return tokenizer;
}

}  // namespace ds4::text

// At the start of a test that needs V4's vocabulary.
#define DS4_NEED_V4_VOCABULARY()                               \
  if (!::ds4::text::v4_test_vocabulary().file) {               \
    GTEST_SKIP() << ::ds4::text::v4_test_vocabulary().why_not; \
  }                                                            \
  static_assert(true, "")
