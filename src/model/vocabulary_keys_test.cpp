#include "model/vocabulary_keys.h"

#include <gtest/gtest.h>

#include <vector>

#include "gguf/container.h"
#include "text/small_vocabulary.h"

namespace ds4::model {
namespace {

// Keys of a small tokenizer, with one thing changed.
struct Changed {
  text::TokenizerFile file = text::small_vocabulary({{"a", "b"}}, {"<|x|>"});
  std::string model = "gpt2";
  std::uint32_t begin = 257;
  std::uint64_t count = 265;
  bool without_merges = false;

  Result<std::optional<text::Vocabulary>> read() const {
    const std::vector<std::string_view> tokens(file.tokens.begin(), file.tokens.end());
    const std::vector<std::string_view> merges(file.merges.begin(), file.merges.end());
    gguf::MetadataBytes bytes;
    bytes.put("tokenizer.ggml.model", model);
    bytes.put("tokenizer.ggml.pre", file.pre);
    bytes.put_array("tokenizer.ggml.tokens", tokens);
    bytes.put_array("tokenizer.ggml.token_type", std::span<const std::int32_t>(file.types));
    if (!without_merges) bytes.put_array("tokenizer.ggml.merges", merges);
    bytes.put("tokenizer.ggml.bos_token_id", begin);
    const auto keys = gguf::parse_metadata(bytes.bytes(), bytes.count());
    EXPECT_TRUE(keys.ok());
    return read_vocabulary(*keys, count);
  }

  std::string error() const {
    const auto vocabulary = read();
    return vocabulary.ok() ? "no error" : vocabulary.error().message;
  }
};

TEST(vocabulary_keys, become_a_vocabulary) {
  const auto vocabulary = Changed().read();
  ASSERT_TRUE(vocabulary.ok()) << vocabulary.error().message;
  ASSERT_TRUE(vocabulary->has_value());
  EXPECT_EQ((*vocabulary)->size(), 265u);
  EXPECT_EQ((*vocabulary)->find("ab"), 256);
  EXPECT_EQ((*vocabulary)->find_added("<|x|>"), 264);
}

TEST(vocabulary_keys, a_file_may_have_none) {
  Changed none;
  none.model = "none";
  const auto vocabulary = none.read();
  ASSERT_TRUE(vocabulary.ok());
  EXPECT_FALSE(vocabulary->has_value());
}

TEST(vocabulary_keys, every_refusal_begins_with_the_same_words) {
  Changed changed;
  changed.model = "llama";
  EXPECT_EQ(changed.error(), "GGUF tokenizer model is 'llama', expected gpt2 (byte-level BPE)");
  changed = {};
  changed.count = 300;
  EXPECT_EQ(changed.error(), "GGUF tokenizer has 265 tokens, deepseek4.vocab_size is 300");
  changed = {};
  changed.begin = 3;
  EXPECT_EQ(changed.error(),
            "GGUF tokenizer key tokenizer.ggml.bos_token_id is 3, but <｜begin▁of▁sentence｜> has "
            "id 257");
  changed = {};
  changed.without_merges = true;
  EXPECT_EQ(changed.error(),
            "GGUF tokenizer: required metadata key is missing: tokenizer.ggml.merges");
  changed = {};
  changed.file.pre = "llama-bpe";
  EXPECT_EQ(changed.error(),
            "GGUF tokenizer: unknown pre-tokenizer \"llama-bpe\"; known are joyai-llm and "
            "deepseek-v3");
  changed = {};
  changed.file.tokens[263] = "DSML";
  EXPECT_EQ(changed.error(), "GGUF tokenizer: the vocabulary lacks the added token ｜DSML｜");
  changed = {};
  changed.file.types.pop_back();
  EXPECT_EQ(changed.error(), "GGUF tokenizer: 264 token types for 265 tokens");
  changed = {};
  changed.file.merges[0] = "a";
  EXPECT_EQ(changed.error(), "GGUF tokenizer: merge 0 \"a\" is not \"left right\"");
}

}  // namespace
}  // namespace ds4::model
