#include "cli/tokenize.h"

#include "base/utf8.h"
#include "cli/token_list.h"
#include "model/vocabulary_keys.h"
#include "shared/console.h"
#include "shared/input.h"

namespace ds4::cli {

namespace {

Result<std::string> read_words(const TokenizeOptions& options) {
  if (options.words.empty()) return read_input(options.input);
  std::string out = options.words.front();
  if (!options.decode && options.words.size() > 1) {
    return fail(Code::bad_argument, "the text is ", options.words.size(),
                " arguments; put it in quotes");
  }
  for (std::size_t i = 1; i < options.words.size(); ++i) out += " " + options.words[i];
  return out;
}

Result<void> decode_ids(const TokenizeOptions& options, const text::Tokenizer& tokenizer,
                        std::string_view input) {
  TRY(const std::vector<text::Token> ids, read_token_ids(input, tokenizer.vocabulary().size()));
  std::string text = tokenizer.decode(ids);
  if (!options.json) {
    print_exactly(std::move(text));
    return {};
  }
  Json out = Json::object();
  out.set("text", to_valid_utf8(text));
  print(to_text(out) + "\n");
  return {};
}

Result<void> carry_out(const TokenizeOptions& options) {
  TRY(text::Vocabulary vocabulary, model::open_vocabulary(options.vocabulary));
  const text::Tokenizer tokenizer(std::move(vocabulary));
  TRY(const std::string input, read_words(options));
  if (options.decode) return decode_ids(options, tokenizer, input);

  const auto tokens = tokenizer.encode_placed(input, {.trust_specials = options.special});
  if (options.json) {
    Json out = Json::object();
    out.set("tokens", tokens_json(tokenizer, tokens));
    print(to_text(out) + "\n");
  } else if (options.ids) {
    print(id_line(tokens));
  } else if (tokens.empty()) {
    report("the text is empty, so there are no tokens");
  } else {
    print(token_lines(tokenizer, tokens));
  }
  return {};
}

}  // namespace

int tokenize(const TokenizeOptions& options) {
  const auto done = carry_out(options);
  return done.ok() ? 0 : report(done.error().message);
}

}  // namespace ds4::cli
