#include "text/tokenizer_json.h"

#include <algorithm>
#include <iterator>

#include "base/json.h"
#include "base/utf8.h"
#include "text/v4_added_tokens.h"

namespace ds4::text {

namespace {

constexpr std::int32_t kNormal = 1, kControl = 3, kUserDefined = 4;

// The splitting patterns whose meaning pretokenizer.h is. The second is spelled with the characters
// themselves or with escapes.
constexpr std::string_view kNumbers = R"(\p{N}{1,3})";
constexpr std::string_view kCjkRanges = "[\u4E00-\u9FA5\u3040-\u309F\u30A0-\u30FF]+";
constexpr std::string_view kCjkRangesEscaped = R"([\u4E00-\u9FA5\u3040-\u309F\u30A0-\u30FF]+)";
constexpr std::string_view kWords = R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^)"
                                    "\r\n"
                                    R"(\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[)"
                                    "\r\n"
                                    R"(]*|\s*[)"
                                    "\r\n"
                                    R"(]+|\s+(?!\S)|\s+)";
constexpr std::string_view kWordsEscaped =
    R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+)"
    R"(| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

bool absent(const Json* value) {
  return value == nullptr || value->is_null();
}

std::string_view text_of(const Json* value) {
  return value != nullptr && value->is_string() ? std::string_view(value->as_string())
                                                : std::string_view();
}

bool is_true(const Json* value) {
  return value != nullptr && value->is_bool() && value->as_bool();
}

Result<void> check_pre_tokenizer(const Json* pre) {
  const Json* steps = pre == nullptr ? nullptr : pre->find("pretokenizers");
  if (text_of(pre == nullptr ? nullptr : pre->find("type")) != "Sequence" || steps == nullptr ||
      !steps->is_array() || steps->as_array().size() != 4) {
    return fail(Code::unsupported,
                "pre_tokenizer is not DeepSeek's sequence of three splits and a "
                "byte level");
  }
  const std::string_view patterns[3][2] = {
      {kNumbers, kNumbers}, {kCjkRanges, kCjkRangesEscaped}, {kWords, kWordsEscaped}};
  for (std::size_t index = 0; index < 3; ++index) {
    const Json& step = steps->as_array()[index];
    const Json* pattern = step.find("pattern");
    const std::string_view regex = text_of(pattern == nullptr ? nullptr : pattern->find("Regex"));
    if (text_of(step.find("type")) != "Split" || text_of(step.find("behavior")) != "Isolated" ||
        is_true(step.find("invert")) ||
        std::count(std::begin(patterns[index]), std::end(patterns[index]), regex) == 0) {
      return fail(Code::unsupported, "pre_tokenizer step ", index + 1,
                  " is not DeepSeek's split by ", patterns[index][1]);
    }
  }
  const Json& last = steps->as_array()[3];
  if (text_of(last.find("type")) != "ByteLevel" || is_true(last.find("add_prefix_space")) ||
      is_true(last.find("use_regex"))) {
    return fail(Code::unsupported,
                "pre_tokenizer does not end in a byte level without prefix space "
                "and regex");
  }
  return {};
}

Result<void> check_model(const Json& file, const Json& model) {
  if (const Json* type = model.find("type"); !absent(type) && text_of(type) != "BPE") {
    return fail(Code::unsupported, "model.type is \"", text_of(type), "\", expected \"BPE\"");
  }
  for (const std::string_view key : {"byte_fallback", "ignore_merges"}) {
    if (is_true(model.find(key))) {
      return fail(Code::unsupported, "model.", key, " is true, expected false");
    }
  }
  for (const std::string_view key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    const Json* affix = model.find(key);
    if (!absent(affix) && !(affix->is_string() && affix->as_string().empty())) {
      return fail(Code::unsupported, "model.", key, " is set, expected none");
    }
  }
  if (const Json* normalizer = file.find("normalizer"); !absent(normalizer)) {
    const Json* steps = normalizer->find("normalizers");
    if (text_of(normalizer->find("type")) != "Sequence" || steps == nullptr || !steps->is_array() ||
        !steps->as_array().empty()) {
      return fail(Code::unsupported, "it has a normalizer, expected none");
    }
  }
  return check_pre_tokenizer(file.find("pre_tokenizer"));
}

// Puts a token at its id. The same text twice (added tokens stand in the vocabulary too) is fine.
Result<void> put(TokenizerFile& file, std::string_view text, const Json* id, std::int32_t type) {
  const auto index = id == nullptr ? std::nullopt : id->as_int();
  if (!index || *index < 0 || *index >= static_cast<std::int64_t>(kTokensMax)) {
    return fail(Code::bad_file, "the token \"", text, "\" has no id from 0 to ", kTokensMax - 1);
  }
  const auto at = static_cast<std::size_t>(*index);
  if (at >= file.tokens.size()) {
    file.tokens.resize(at + 1);
    file.types.resize(at + 1, 0);
  }
  if (file.types[at] != 0 && file.tokens[at] != text) {
    return fail(Code::bad_file, "the tokens \"", file.tokens[at], "\" and \"", text,
                "\" both have the id ", at);
  }
  file.tokens[at] = text;
  file.types[at] = type;
  return {};
}

Result<std::string> merge_text(const Json& merge, std::size_t index) {
  if (merge.is_string()) return merge.as_string();
  if (merge.is_array() && merge.as_array().size() == 2 && merge.as_array()[0].is_string() &&
      merge.as_array()[1].is_string()) {
    return merge.as_array()[0].as_string() + " " + merge.as_array()[1].as_string();
  }
  return fail(Code::bad_file, "merge ", index,
              " is neither a string \"left right\" nor a pair of strings");
}

}  // namespace

Result<TokenizerFile> read_tokenizer_json(std::string_view text) {
  TRY(const Json json, parse_json(text));
  const Json* model = json.find("model");
  if (model == nullptr || !model->is_object()) {
    return fail(Code::bad_file, "no object \"model\"");
  }
  TRY_DO(check_model(json, *model));
  const Json* vocabulary = model->find("vocab");
  const Json* merges = model->find("merges");
  if (vocabulary == nullptr || !vocabulary->is_object()) {
    return fail(Code::bad_file, "no object \"model.vocab\"");
  }
  if (merges == nullptr || !merges->is_array()) {
    return fail(Code::bad_file, "no array \"model.merges\"");
  }

  TokenizerFile file;
  file.pre = "joyai-llm";
  for (const auto& [token, id] : vocabulary->as_object()) {
    TRY_DO(put(file, token, &id, kNormal));
  }
  if (const Json* added = json.find("added_tokens"); !absent(added)) {
    if (!added->is_array()) {
      return fail(Code::bad_file, "\"added_tokens\" is no array");
    }
    for (const Json& token : added->as_array()) {
      const Json* content = token.find("content");
      if (content == nullptr || !content->is_string()) {
        return fail(Code::bad_file, "an added token has no \"content\"");
      }
      for (const std::string_view key : {"single_word", "lstrip", "rstrip"}) {
        if (is_true(token.find(key))) {
          return fail(Code::unsupported, "the added token \"", content->as_string(), "\" has \"",
                      key, "\" set, which is not supported");
        }
      }
      TRY_DO(put(file, content->as_string(), token.find("id"),
                 is_true(token.find("special")) ? kControl : kUserDefined));
    }
  }
  const auto hole = std::find(file.types.begin(), file.types.end(), 0);
  if (hole != file.types.end()) {
    return fail(Code::bad_file, "no token has the id ", hole - file.types.begin(),
                ", but the largest is ", file.types.size() - 1);
  }
  file.merges.reserve(merges->as_array().size());
  for (const Json& merge : merges->as_array()) {
    TRY(auto pair, merge_text(merge, file.merges.size()));
    file.merges.push_back(std::move(pair));
  }
  return file;
}

Result<void> extend_to_v4(TokenizerFile& file) {
  if (file.merges.size() != kV4Merges) {
    return fail(Code::bad_argument, "only DeepSeek's tokenizer can become V4's: this one has ",
                file.merges.size(), " merges, not ", kV4Merges);
  }
  if (file.tokens.size() == kV4Tokens) return {};
  if (file.tokens.size() != static_cast<std::size_t>(kV3Tokens)) {
    return fail(Code::bad_argument, "only DeepSeek V3's tokenizer can become V4's: this one has ",
                file.tokens.size(), " tokens, not ", kV3Tokens);
  }
  for (const AddedToken& added : v4_added_tokens()) {
    const auto index = static_cast<std::size_t>(added.token);
    if (added.token >= kV3Tokens) {
      file.tokens.push_back(added.text);
      // Files differ in which of them they call control tokens; nothing depends on it.
      file.types.push_back(kUserDefined);
    } else if (file.tokens[index] != added.text) {
      return fail(Code::bad_argument, "not DeepSeek V3's tokenizer: token ", added.token, " is \"",
                  file.tokens[index], "\", expected \"", added.text, "\"");
    }
  }
  return {};
}

Result<Vocabulary> TokenizerFile::build() const {
  const std::vector<std::string_view> token_views(tokens.begin(), tokens.end());
  const std::vector<std::string_view> merge_views(merges.begin(), merges.end());
  return Vocabulary::build({token_views, merge_views, types, pre});
}

}  // namespace ds4::text
