#include "model/tokenizer_keys.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"

namespace ds4::model {

namespace {

// Found by text, whatever their ids.
constexpr std::array<std::string_view, 7> kSpecialTokens = {
    "<｜begin▁of▁sentence｜>",
    "<｜end▁of▁sentence｜>",
    "<｜User｜>",
    "<｜Assistant｜>",
    "<think>",
    "</think>",
    "｜DSML｜",
};

// Where DeepSeek V4.1 has its system role. V4 keeps a reserved token there.
constexpr std::size_t kV41SystemId = 128799;
constexpr std::string_view kV41System = "<｜System｜>";

Error in_tokenizer(const Error& error) {
  return fail(error.code, "GGUF tokenizer: ", error.message);
}

Result<void> check_special_tokens(const gguf::Metadata& keys, const TokenizerKeys& out) {
  if (out.tokens.size() > kV41SystemId && out.tokens[kV41SystemId] == kV41System) {
    return fail(Code::unsupported,
                "GGUF tokenizer is that of DeepSeek V4.1 (token 128799 is <｜System｜>), a "
                "different model that this version does not run");
  }
  std::array<std::size_t, kSpecialTokens.size()> ids;
  ids.fill(out.tokens.size());
  for (std::size_t id = 0; id < out.tokens.size(); ++id) {
    for (std::size_t s = 0; s < kSpecialTokens.size(); ++s) {
      if (out.tokens[id] == kSpecialTokens[s] && ids[s] == out.tokens.size()) ids[s] = id;
    }
  }
  for (std::size_t s = 0; s < ids.size(); ++s) {
    if (ids[s] == out.tokens.size()) {
      return fail(Code::bad_file, "GGUF tokenizer has no token ", kSpecialTokens[s]);
    }
  }
  for (const auto& [key, index] :
       {std::pair{"tokenizer.ggml.bos_token_id", 0}, {"tokenizer.ggml.eos_token_id", 1}}) {
    if (!keys.has(key)) continue;
    const auto id = keys.count(key);
    if (!id.ok()) return in_tokenizer(id.error());
    const std::size_t found = ids[static_cast<std::size_t>(index)];
    if (*id != found) {
      return fail(Code::bad_file, "GGUF tokenizer key ", key, " is ", *id, ", but ",
                  kSpecialTokens[static_cast<std::size_t>(index)], " has id ", found);
    }
  }
  return {};
}

}  // namespace

Result<TokenizerKeys> read_tokenizer_keys(const gguf::Metadata& keys, std::uint64_t vocabulary) {
  TokenizerKeys out;
  const auto model = keys.text("tokenizer.ggml.model");
  if (!model.ok()) return in_tokenizer(model.error());
  if (*model == "none") return out;
  if (*model != "gpt2") {
    return fail(Code::unsupported, "GGUF tokenizer model is '", printable(*model),
                "', expected gpt2 (byte-level BPE)");
  }
  const auto pre = keys.text("tokenizer.ggml.pre");
  if (!pre.ok()) return in_tokenizer(pre.error());
  if (*pre != "joyai-llm" && *pre != "deepseek-v3") {
    return fail(Code::unsupported, "GGUF tokenizer pre is '", printable(*pre),
                "', expected joyai-llm or deepseek-v3");
  }
  out.pre = *pre;

  auto tokens = keys.texts("tokenizer.ggml.tokens");
  if (!tokens.ok()) return in_tokenizer(tokens.error());
  auto merges = keys.texts("tokenizer.ggml.merges");
  if (!merges.ok()) return in_tokenizer(merges.error());
  out.tokens = std::move(*tokens);
  out.merges = std::move(*merges);
  if (out.tokens.size() != vocabulary) {
    return fail(Code::bad_file, "GGUF tokenizer has ", out.tokens.size(),
                " tokens, deepseek4.vocab_size is ", vocabulary);
  }
  if (keys.has("tokenizer.ggml.token_type")) {
    const auto types = keys.integers("tokenizer.ggml.token_type");
    if (!types.ok()) return in_tokenizer(types.error());
    if (types->size() != out.tokens.size()) {
      return fail(Code::bad_file, "GGUF tokenizer has ", types->size(), " token types for ",
                  out.tokens.size(), " tokens");
    }
    out.types.assign(types->begin(), types->end());
  }
  TRY_DO(check_special_tokens(keys, out));
  out.present = true;
  return out;
}

}  // namespace ds4::model
