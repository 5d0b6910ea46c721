#include "convert/tokenizer_keys.h"

#include <string_view>
#include <vector>

#include "base/mapped_file.h"
#include "gguf/writer.h"
#include "text/v4_added_tokens.h"

namespace ds4::convert {

Result<text::TokenizerFile> read_tokenizer(const std::string& path, bool extend_to_v4) {
  const auto in_file = [&](const Error& error) {
    return fail(error.code, path, ": ", error.message);
  };
  TRY(const MappedFile map, MappedFile::open(path));
  const auto bytes = map.bytes();
  auto file =
      text::read_tokenizer_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!file.ok()) return in_file(file.error());
  if (extend_to_v4) {
    const auto extended = text::extend_to_v4(*file);
    if (!extended.ok()) return in_file(extended.error());
  } else if (file->merges.size() == text::kV4Merges &&
             file->tokens.size() == static_cast<std::size_t>(text::kV3Tokens)) {
    return fail(Code::unsupported, path, ": this is DeepSeek V3's tokenizer, which lacks ",
                text::kV4Tokens - file->tokens.size(),
                " special tokens of V4's; ds4-gguf vocab --extend-to-v4 adds them");
  }
  const auto vocabulary = file->build();
  if (!vocabulary.ok()) return in_file(vocabulary.error());
  return file;
}

Result<void> put_tokenizer_keys(gguf::MetadataBytes& keys, const text::TokenizerFile& file) {
  TRY(const text::Vocabulary vocabulary, file.build());
  const text::SpecialTokens& special = vocabulary.special();
  const std::vector<std::string_view> tokens(file.tokens.begin(), file.tokens.end());
  const std::vector<std::string_view> merges(file.merges.begin(), file.merges.end());
  keys.put("tokenizer.ggml.model", "gpt2");
  keys.put("tokenizer.ggml.pre", file.pre);
  keys.put_array("tokenizer.ggml.tokens", tokens);
  keys.put_array("tokenizer.ggml.token_type", std::span<const std::int32_t>(file.types));
  keys.put_array("tokenizer.ggml.merges", merges);
  keys.put("tokenizer.ggml.bos_token_id", static_cast<std::uint32_t>(special.begin_of_sentence));
  keys.put("tokenizer.ggml.eos_token_id", static_cast<std::uint32_t>(special.end_of_sentence));
  keys.put("tokenizer.ggml.padding_token_id", static_cast<std::uint32_t>(special.end_of_sentence));
  // The prompt text states its own marks.
  keys.put("tokenizer.ggml.add_bos_token", false);
  keys.put("tokenizer.ggml.add_eos_token", false);
  return {};
}

void put_no_tokenizer(gguf::MetadataBytes& keys) {
  keys.put("tokenizer.ggml.model", "none");
}

Result<void> write_vocabulary_file(const text::TokenizerFile& file, const std::string& name,
                                   const std::string& output) {
  gguf::MetadataBytes keys;
  keys.put("general.architecture", "deepseek4");
  keys.put("general.type", "vocab");
  keys.put("general.name", name);
  keys.put("deepseek4.vocab_size", static_cast<std::uint32_t>(file.tokens.size()));
  TRY_DO(put_tokenizer_keys(keys, file));
  TRY(gguf::Layout layout, gguf::plan_layout(keys, {}));
  TRY(gguf::Writer writer, gguf::Writer::create(output, std::move(layout)));
  return writer.finish();
}

}  // namespace ds4::convert
