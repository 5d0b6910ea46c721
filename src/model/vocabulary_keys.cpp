#include "model/vocabulary_keys.h"

#include "base/utf8.h"
#include "gguf/file.h"
#include "model/shape.h"

namespace ds4::model {

namespace {

Error in_tokenizer(const Error& error) {
  return fail(error.code, "GGUF tokenizer: ", error.message);
}

// Keys that state again what the tokens say must say the same.
Result<void> check_mark(const gguf::Metadata& keys, std::string_view key, text::Token mark,
                        const text::Vocabulary& vocabulary) {
  if (!keys.has(key)) return {};
  const auto id = keys.count(key);
  if (!id.ok()) return in_tokenizer(id.error());
  if (*id == static_cast<std::uint64_t>(mark)) return {};
  return fail(Code::bad_file, "GGUF tokenizer key ", key, " is ", *id, ", but ",
              vocabulary.bytes(mark), " has id ", mark);
}

}  // namespace

Result<std::optional<text::Vocabulary>> read_vocabulary(const gguf::Metadata& keys,
                                                        std::uint64_t tokens) {
  const auto kind = keys.text("tokenizer.ggml.model");
  if (!kind.ok()) return in_tokenizer(kind.error());
  if (*kind == "none") return std::optional<text::Vocabulary>();
  if (*kind != "gpt2") {
    return fail(Code::unsupported, "GGUF tokenizer model is '", printable(*kind),
                "', expected gpt2 (byte-level BPE)");
  }
  const auto pre = keys.text("tokenizer.ggml.pre");
  if (!pre.ok()) return in_tokenizer(pre.error());
  const auto texts = keys.texts("tokenizer.ggml.tokens");
  if (!texts.ok()) return in_tokenizer(texts.error());
  const auto merges = keys.texts("tokenizer.ggml.merges");
  if (!merges.ok()) return in_tokenizer(merges.error());
  if (texts->size() != tokens) {
    return fail(Code::bad_file, "GGUF tokenizer has ", texts->size(),
                " tokens, deepseek4.vocab_size is ", tokens);
  }
  std::vector<std::int32_t> types;
  if (keys.has("tokenizer.ggml.token_type")) {
    const auto numbers = keys.integers("tokenizer.ggml.token_type");
    if (!numbers.ok()) return in_tokenizer(numbers.error());
    types.assign(numbers->begin(), numbers->end());
  }

  auto vocabulary = text::Vocabulary::build({*texts, *merges, types, *pre});
  if (!vocabulary.ok()) return in_tokenizer(vocabulary.error());
  const text::SpecialTokens& special = vocabulary->special();
  TRY_DO(check_mark(keys, "tokenizer.ggml.bos_token_id", special.begin_of_sentence, *vocabulary));
  TRY_DO(check_mark(keys, "tokenizer.ggml.eos_token_id", special.end_of_sentence, *vocabulary));
  return std::optional<text::Vocabulary>(*std::move(vocabulary));
}

bool is_vocabulary_only(const gguf::Metadata& keys) {
  const auto type = keys.text("general.type");
  return type.ok() && *type == "vocab";
}

Result<text::Vocabulary> open_vocabulary(const std::string& path) {
  TRY(const gguf::File file, gguf::File::open(path));
  const gguf::Metadata& keys = file.metadata();
  const auto read = [&]() -> Result<text::Vocabulary> {
    if (!is_vocabulary_only(keys)) TRY_DO(check_architecture(keys));
    TRY(const std::uint64_t tokens, keys.count("deepseek4.vocab_size"));
    TRY(auto vocabulary, read_vocabulary(keys, tokens));
    if (vocabulary) return *std::move(vocabulary);
    return fail(Code::not_found,
                "it has no tokenizer (it was made from a checkpoint without one), so it takes and "
                "gives token ids only");
  };
  auto vocabulary = read();
  if (!vocabulary.ok()) {
    return fail(vocabulary.error().code, path, ": ", vocabulary.error().message);
  }
  return vocabulary;
}

}  // namespace ds4::model
