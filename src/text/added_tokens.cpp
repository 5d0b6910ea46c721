#include "text/added_tokens.h"

#include "base/check.h"

namespace ds4::text {

std::uint32_t AddedTokens::child(std::uint32_t node, char byte) const {
  if (node == 0) return starts_[static_cast<unsigned char>(byte)];
  std::uint32_t at = nodes_[node].child;
  while (at != 0 && nodes_[at].byte != static_cast<unsigned char>(byte)) at = nodes_[at].sibling;
  return at;
}

bool AddedTokens::add(std::string_view literal, Token token) {
  CHECK(!literal.empty() && literal.size() <= kLiteralMax);
  std::uint32_t node = 0;
  for (const char byte : literal) {
    std::uint32_t next = child(node, byte);
    if (next == 0) {
      next = static_cast<std::uint32_t>(nodes_.size());
      nodes_.push_back({0, nodes_[node].child, -1, static_cast<std::uint8_t>(byte)});
      nodes_[node].child = next;
      if (node == 0) starts_[static_cast<unsigned char>(byte)] = next;
    }
    node = next;
  }
  if (nodes_[node].token >= 0) return false;
  nodes_[node].token = token;
  return true;
}

std::optional<AddedTokens::Match> AddedTokens::find(std::string_view text, std::size_t from) const {
  for (std::size_t at = from; at < text.size(); ++at) {
    std::uint32_t node = starts_[static_cast<unsigned char>(text[at])];
    std::optional<Match> longest;
    for (std::size_t end = at + 1; node != 0; ++end) {
      if (nodes_[node].token >= 0) longest = Match{at, end - at, nodes_[node].token};
      if (end == text.size()) break;
      node = child(node, text[end]);
    }
    if (longest) return longest;
  }
  return std::nullopt;
}

std::size_t AddedTokens::first_unsettled(std::string_view text, std::size_t from) const {
  // Only the last kLiteralMax - 1 bytes can be the start of a literal that is not complete.
  if (text.size() - from >= kLiteralMax) from = text.size() - (kLiteralMax - 1);
  for (std::size_t at = from; at < text.size(); ++at) {
    std::uint32_t node = starts_[static_cast<unsigned char>(text[at])];
    for (std::size_t end = at + 1; node != 0 && end < text.size(); ++end) {
      node = child(node, text[end]);
    }
    if (node != 0 && nodes_[node].child != 0) return at;
  }
  return text.size();
}

std::optional<Token> AddedTokens::exact(std::string_view literal) const {
  std::uint32_t node = 0;
  for (const char byte : literal) {
    node = child(node, byte);
    if (node == 0) return std::nullopt;
  }
  if (nodes_[node].token < 0) return std::nullopt;
  return nodes_[node].token;
}

}  // namespace ds4::text
