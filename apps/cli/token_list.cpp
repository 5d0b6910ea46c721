#include "cli/token_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "base/utf8.h"

namespace ds4::cli {

Result<std::vector<text::Token>> read_token_ids(std::string_view text, std::uint64_t token_count) {
  constexpr std::string_view kBetween = " \t\r\n,[]";
  std::vector<text::Token> ids;
  for (;;) {
    const std::size_t begin = text.find_first_not_of(kBetween);
    if (begin == std::string_view::npos) return ids;
    text.remove_prefix(begin);
    const std::string_view word = text.substr(0, text.find_first_of(kBetween));
    text.remove_prefix(word.size());
    text::Token id = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), id);
    const bool is_number = error != std::errc::invalid_argument && end == word.data() + word.size();
    if (!is_number) {
      return fail(Code::bad_argument, "'", printable(word, 40), "' is not a token id");
    }
    if (error != std::errc() || id < 0 || static_cast<std::uint64_t>(id) >= token_count) {
      return fail(Code::bad_argument, "there is no token ", printable(word, 40), ", only 0 to ",
                  token_count - 1);
    }
    ids.push_back(id);
  }
}

std::string token_lines(const text::Tokenizer& tokenizer,
                        std::span<const text::PlacedToken> tokens) {
  text::Token largest = 0;
  for (const text::PlacedToken& token : tokens) largest = std::max(largest, token.token);
  const std::size_t end = tokens.empty() ? 0 : tokens.back().end;
  const std::size_t id_width = std::to_string(largest).size();
  const std::size_t place_width = 2 * std::to_string(end).size() + 1;
  std::string out;
  for (const text::PlacedToken& token : tokens) {
    fmt::format_to(std::back_inserter(out), "{:>{}}  {:<{}}  \"{}\"{}\n", token.token, id_width,
                   fmt::format("{}-{}", token.begin, token.end), place_width,
                   printable(tokenizer.token_bytes(token.token)),
                   tokenizer.is_added(token.token) ? "  added" : "");
  }
  return out;
}

std::string id_line(std::span<const text::PlacedToken> tokens) {
  std::string out;
  for (const text::PlacedToken& token : tokens) {
    if (!out.empty()) out += ' ';
    out += std::to_string(token.token);
  }
  return out + '\n';
}

Json tokens_json(const text::Tokenizer& tokenizer, std::span<const text::PlacedToken> tokens) {
  Json out = Json::array();
  for (const text::PlacedToken& token : tokens) {
    const std::string_view bytes = tokenizer.token_bytes(token.token);
    Json entry = Json::object();
    entry.set("id", static_cast<std::int64_t>(token.token));
    entry.set("text", to_valid_utf8(bytes));
    entry.set("begin", static_cast<std::uint64_t>(token.begin));
    entry.set("end", static_cast<std::uint64_t>(token.end));
    if (!is_valid_utf8(bytes)) {
      std::string hex;
      for (const char byte : bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
      entry.set("hex", std::move(hex));
    }
    if (tokenizer.is_added(token.token)) entry.set("added", true);
    out.push(std::move(entry));
  }
  return out;
}

}  // namespace ds4::cli
