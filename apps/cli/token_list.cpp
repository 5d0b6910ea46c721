#include "cli/token_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/utf8.h"

namespace ds4::cli {

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
