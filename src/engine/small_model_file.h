// A vocabulary-only model file for tests of the face: a token for each byte, one merge ("Hi", token
// 256), and the special tokens. It lives as long as the object.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ds4/text.h"
#include "gguf/writer.h"
#include "text/small_vocabulary.h"

namespace ds4 {

struct SmallModelFile {
  SmallModelFile() {
    const text::TokenizerFile file = text::small_vocabulary({{"H", "i"}});
    const std::vector<std::string_view> tokens(file.tokens.begin(), file.tokens.end());
    const std::vector<std::string_view> merges(file.merges.begin(), file.merges.end());
    gguf::MetadataBytes keys;
    keys.put("general.architecture", "deepseek4");
    keys.put("general.type", "vocab");
    keys.put("deepseek4.vocab_size", static_cast<std::uint32_t>(tokens.size()));
    keys.put("tokenizer.ggml.model", "gpt2");
    keys.put("tokenizer.ggml.pre", file.pre);
    keys.put_array("tokenizer.ggml.tokens", tokens);
    keys.put_array("tokenizer.ggml.token_type", std::span<const std::int32_t>(file.types));
    keys.put_array("tokenizer.ggml.merges", merges);
    auto writer = gguf::Writer::create(path, *gguf::plan_layout(keys, {}));
    EXPECT_TRUE(writer.ok() && writer->finish().ok());
  }
  ~SmallModelFile() { std::filesystem::remove(path); }
  SmallModelFile(const SmallModelFile&) = delete;
  SmallModelFile& operator=(const SmallModelFile&) = delete;

  TextModel open() const {
    auto model = TextModel::open(path);
    EXPECT_TRUE(model.ok()) << model.error().message;
    return *std::move(model);
  }

  const std::string path = (std::filesystem::temp_directory_path() /
                            ("ds4_small_model_" + std::to_string(::getpid()) + ".gguf"))
                               .string();
};

}  // namespace ds4
