#include "text/vocabulary.h"

#include <algorithm>

#include "base/check.h"
#include "base/utf8.h"
#include "text/byte_alphabet.h"
#include "text/v4_added_tokens.h"

namespace ds4::text {

namespace {

constexpr std::size_t kTokenBytesMax = 4096;
constexpr std::int32_t kControlType = 3, kUserDefinedType = 4;

constexpr std::string_view kEndOfTurn = "<|EOT|>";  // of older models; a stop where it exists

// How an error shows a token.
std::string quoted(std::string_view text) {
  return '"' + printable(text, 80) + '"';
}

Result<void> check_v4(const VocabularyArrays& arrays) {
  if (arrays.tokens.size() != kV4Tokens) {
    return fail(Code::unsupported, "the merges are DeepSeek's, but there are ",
                arrays.tokens.size(), " tokens where V4 has ", kV4Tokens,
                "; an older model's tokenizer cannot stand in for V4's");
  }
  for (const Token token : v4_tokens_in_use()) {
    const std::string_view found = arrays.tokens[static_cast<std::size_t>(token)];
    const std::string expected = v4_added_token(token);
    if (found != expected) {
      return fail(Code::unsupported, "not DeepSeek V4's vocabulary: token ", token, " is ",
                  quoted(found), ", expected ", quoted(expected));
    }
  }
  return {};
}

}  // namespace

Result<Vocabulary> Vocabulary::build(const VocabularyArrays& arrays) {
  if (arrays.pre != "joyai-llm" && arrays.pre != "deepseek-v3") {
    return fail(Code::unsupported, "unknown pre-tokenizer ", quoted(arrays.pre),
                "; known are joyai-llm and deepseek-v3");
  }
  if (arrays.tokens.empty()) return fail(Code::bad_file, "the vocabulary has no tokens");
  if (arrays.tokens.size() > kTokensMax || arrays.merges.size() > kTokensMax) {
    return fail(Code::too_large, "a vocabulary of ", arrays.tokens.size(), " tokens and ",
                arrays.merges.size(), " merges; the limit of each is ", kTokensMax);
  }
  constexpr std::size_t kSystemToken = 128799;
  if (arrays.tokens.size() > kSystemToken && arrays.tokens[kSystemToken] == "<｜System｜>") {
    return fail(Code::unsupported,
                "this is a DeepSeek V4.1 vocabulary (token 128799 is <｜System｜>), whose prompts "
                "differ from V4's; V4 is supported");
  }

  Vocabulary vocabulary;
  vocabulary.v4_ = arrays.merges.size() == kV4Merges;
  if (vocabulary.v4_) TRY_DO(check_v4(arrays));
  TRY_DO(vocabulary.take_tokens(arrays));
  TRY_DO(vocabulary.take_bytes());
  TRY_DO(vocabulary.take_merges(arrays));
  TRY_DO(vocabulary.take_special());
  return vocabulary;
}

Result<void> Vocabulary::take_tokens(const VocabularyArrays& arrays) {
  const std::size_t count = arrays.tokens.size();
  if (!v4_ && arrays.token_types.size() != count) {
    return fail(Code::bad_file, arrays.token_types.size(), " token types for ", count, " tokens");
  }
  std::size_t arena_bytes = 0;
  for (std::size_t index = 0; index < count; ++index) {
    const std::string_view text = arrays.tokens[index];
    if (text.empty() || text.size() > kTokenBytesMax) {
      return fail(Code::bad_file, "token ", index, " has ", text.size(), " bytes, expected 1 to ",
                  kTokenBytesMax);
    }
    arena_bytes += text.size();
  }
  if (arena_bytes > UINT32_MAX) {
    return fail(Code::too_large, "the tokens have ", arena_bytes, " bytes together");
  }
  arena_.reserve(arena_bytes);
  ends_.reserve(count);
  is_added_.assign(count, false);
  regular_ = TokenIndex(count);
  const auto bytes_of = [this](Token token) { return bytes(token); };

  for (std::size_t index = 0; index < count; ++index) {
    const auto token = static_cast<Token>(index);
    const std::string_view text = arrays.tokens[index];
    const bool added = v4_ ? is_v4_added(token)
                           : arrays.token_types[index] == kControlType ||
                                 arrays.token_types[index] == kUserDefinedType;
    if (added) {
      if (text.size() > AddedTokens::kLiteralMax || !is_valid_utf8(text)) {
        return fail(Code::bad_file, "added token ", index, " ", quoted(text),
                    " is no UTF-8 of at most ", AddedTokens::kLiteralMax, " bytes");
      }
      if (!added_.add(text, token)) {
        return fail(Code::bad_file, "added token ", index, " ", quoted(text), " exists twice");
      }
      arena_ += text;
      ends_.push_back(static_cast<std::uint32_t>(arena_.size()));
      is_added_[index] = true;
      added_list_.push_back(token);
      continue;
    }
    const std::size_t begin = arena_.size();
    if (!append_spelled_bytes(arena_, text)) {
      return fail(Code::bad_file, "token ", index, " ", quoted(text),
                  " holds a character that stands for no byte");
    }
    ends_.push_back(static_cast<std::uint32_t>(arena_.size()));
    const std::string_view own(arena_.data() + begin, arena_.size() - begin);
    if (const auto other = regular_.add(own, token, bytes_of)) {
      return fail(Code::bad_file, "tokens ", *other, " and ", index, " are both ", quoted(text));
    }
  }
  return {};
}

Result<void> Vocabulary::take_bytes() {
  for (int byte = 0; byte < 256; ++byte) {
    const auto index = static_cast<std::size_t>(byte);
    const char text = static_cast<char>(byte);
    const auto token = find_regular({&text, 1});
    if (!token) {
      return fail(Code::bad_file, "no token for the byte ", byte,
                  "; a byte-level vocabulary has all 256");
    }
    byte_tokens_[index] = *token;
  }
  if (!v4_) return {};
  const auto& order = bytes_in_token_order();
  for (std::size_t index = 0; index < order.size(); ++index) {
    const Token expected = kV4FirstByte + static_cast<Token>(index);
    if (byte_tokens_[order[index]] != expected) {
      return fail(Code::bad_file, "not DeepSeek V4's vocabulary: byte ", order[index], " is token ",
                  byte_tokens_[order[index]], ", expected ", expected);
    }
  }
  return {};
}

Result<void> Vocabulary::take_merges(const VocabularyArrays& arrays) {
  merges_ = MergeTable(arrays.merges.size());
  std::string joined;
  for (std::size_t index = 0; index < arrays.merges.size(); ++index) {
    const std::string_view merge = arrays.merges[index];
    const std::size_t space = merge.find(' ');
    joined.clear();
    if (space == std::string_view::npos || merge.size() > 2 * kTokenBytesMax + 1 ||
        !append_spelled_bytes(joined, merge.substr(0, space))) {
      return fail(Code::bad_file, "merge ", index, " ", quoted(merge), " is not \"left right\"");
    }
    const std::size_t middle = joined.size();
    if (!append_spelled_bytes(joined, merge.substr(space + 1))) {
      return fail(Code::bad_file, "merge ", index, " ", quoted(merge), " is not \"left right\"");
    }
    const std::string_view whole = joined;
    const auto left = find_regular(whole.substr(0, middle));
    const auto right = find_regular(whole.substr(middle));
    if (!left || !right) {
      return fail(Code::bad_file, "merge ", index, " ", quoted(merge), ": its ",
                  left ? "right" : "left", " half is no token");
    }
    Token result;
    if (v4_) {
      // The id is the priority: this is what makes the lowest id merge first.
      result = kV4FirstMerge + static_cast<Token>(index);
      if (bytes(result) != whole) {
        return fail(Code::bad_file, "not DeepSeek V4's vocabulary: merge ", index, " ",
                    quoted(merge), " does not give token ", result);
      }
    } else {
      const auto found = find_regular(whole);
      if (!found) {
        return fail(Code::bad_file, "merge ", index, " ", quoted(merge), " gives no token");
      }
      result = *found;
    }
    if (!merges_.add(*left, *right, result)) {
      return fail(Code::bad_file, "merge ", index, " ", quoted(merge), " exists twice");
    }
  }
  byte_pair_ranks_.reserve(65536);
  for (const Token left : byte_tokens_) {
    for (const Token right : byte_tokens_) byte_pair_ranks_.push_back(merges_.rank(left, right));
  }
  return {};
}

Result<void> Vocabulary::take_special() {
  const auto take = [this](Token& into, std::string_view literal) -> Result<void> {
    const auto token = find_added(literal);
    if (!token) {
      return fail(Code::bad_file, "the vocabulary lacks the added token ", literal);
    }
    into = *token;
    return {};
  };
  TRY_DO(take(special_.begin_of_sentence, "<｜begin▁of▁sentence｜>"));
  TRY_DO(take(special_.end_of_sentence, "<｜end▁of▁sentence｜>"));
  TRY_DO(take(special_.user, "<｜User｜>"));
  TRY_DO(take(special_.assistant, "<｜Assistant｜>"));
  TRY_DO(take(special_.begin_thinking, "<think>"));
  TRY_DO(take(special_.end_thinking, "</think>"));
  TRY_DO(take(special_.dsml, "｜DSML｜"));

  stops_ = {special_.end_of_sentence, special_.user, special_.assistant};
  if (const auto token = find_added(kEndOfTurn)) stops_.push_back(*token);
  // Stops may be sampled, and so may what the parser reads.
  const Token sampled[] = {special_.begin_thinking, special_.end_thinking, special_.dsml};
  for (const Token token : added_list_) {
    if (std::count(stops_.begin(), stops_.end(), token) == 0 &&
        std::count(std::begin(sampled), std::end(sampled), token) == 0) {
      never_sampled_.push_back(token);
    }
  }
  // It is masked; were the mask off, it would end the turn.
  stops_.push_back(special_.begin_of_sentence);
  return {};
}

std::string_view Vocabulary::bytes(Token token) const {
  CHECK(contains(token));
  const auto index = static_cast<std::size_t>(token);
  const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
  return {arena_.data() + begin, ends_[index] - begin};
}

bool Vocabulary::is_added(Token token) const {
  CHECK(contains(token));
  return is_added_[static_cast<std::size_t>(token)];
}

std::optional<Token> Vocabulary::find_regular(std::string_view text) const {
  return regular_.find(text, [this](Token token) { return bytes(token); });
}

std::optional<Token> Vocabulary::find(std::string_view text) const {
  if (const auto token = find_added(text)) return token;
  return find_regular(text);
}

}  // namespace ds4::text
