#include "grammar/vocabulary.h"

#include <algorithm>

namespace ds4::grammar {
namespace {

constexpr std::size_t kBytesMax = 1u << 30;

}  // namespace

std::size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  auto at = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  auto tail = [&](std::size_t i) { return (at(i) & 0xC0) == 0x80; };
  const unsigned lead = at(0);
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;
  if (lead < 0xE0) return tail(1) ? 2 : 0;
  if (lead < 0xF0) {
    if (lead == 0xE0 && at(1) < 0xA0) return 0;
    if (lead == 0xED && at(1) > 0x9F) return 0;
    return tail(1) && tail(2) ? 3 : 0;
  }
  if (lead > 0xF4) return 0;
  if (lead == 0xF0 && at(1) < 0x90) return 0;
  if (lead == 0xF4 && at(1) > 0x8F) return 0;
  return tail(1) && tail(2) && tail(3) ? 4 : 0;
}

// Letters, digits and control characters go together; each sign stands alone.
unsigned group_of_byte(std::uint8_t c) {
  if (c >= '0' && c <= '9') return 0;
  if (c >= 'a' && c <= 'z') return 1;
  if (c >= 'A' && c <= 'Z') return 2;
  if (c == '\n') return 3;
  if (c == '\t') return 4;
  if (c == '\r') return 5;
  if (c < 0x20) return 6;
  if (c == 0x7F) return 7;
  if (c <= '/') return 8 + (c - ' ');   // 16 signs: 8..23
  if (c <= '@') return 24 + (c - ':');  // 7 signs: 24..30
  if (c <= '`') return 31 + (c - '[');  // 6 signs: 31..36
  return 37 + (c - '{');                // 4 signs: 37..40
}

bool Vocabulary::is_end(Token token) const {
  return std::find(ends_.begin(), ends_.end(), token) != ends_.end();
}

Result<Vocabulary> Vocabulary::build(std::span<const std::string_view> tokens,
                                     const VocabularyOptions& options) {
  Vocabulary v;
  if (tokens.size() >= (1u << 24)) {
    return fail(Code::too_large, "vocabulary of ", tokens.size(), " tokens, limit ", 1u << 24);
  }
  enum : std::uint8_t { plain, never, mark };
  std::vector<std::uint8_t> kind(tokens.size(), plain);
  auto set_kind = [&](std::span<const Token> ids, std::uint8_t value) -> Result<void> {
    for (Token id : ids) {
      if (id >= tokens.size()) {
        return fail(Code::bad_argument, "token ", id, " is not in a vocabulary of ", tokens.size());
      }
      kind[id] = value;
    }
    return {};
  };
  TRY_DO(set_kind(options.never, never));
  TRY_DO(set_kind(options.marks, mark));
  TRY_DO(set_kind(options.ends, never));
  v.ends_.assign(options.ends.begin(), options.ends.end());

  v.begin_.reserve(tokens.size() + 1);
  for (Token id = 0; id < tokens.size(); ++id) {
    const std::string_view token = tokens[id];
    if (token.size() >= kTokenBytesMax) {
      return fail(Code::too_large, "token ", id, " has ", token.size(), " bytes, limit ",
                  kTokenBytesMax - 1);
    }
    v.begin_.push_back(static_cast<std::uint32_t>(v.bytes_.size()));
    if (kind[id] == never || token.empty()) continue;
    if (kind[id] == plain && token.find(kMarkByte) != token.npos) continue;
    if (kind[id] == mark) v.bytes_ += kMarkByte;
    v.bytes_ += token;
    if (v.bytes_.size() > kBytesMax) {
      return fail(Code::too_large, "vocabulary of more than ", kBytesMax, " bytes");
    }
    v.order_.push_back(id);
  }
  v.begin_.push_back(static_cast<std::uint32_t>(v.bytes_.size()));
  for (Token id : v.order_) v.longest_ = std::max(v.longest_, v.spelling(id).size());
  std::sort(v.order_.begin(), v.order_.end(), [&](Token a, Token b) {
    const int order = v.spelling(a).compare(v.spelling(b));
    return order != 0 ? order < 0 : a < b;
  });

  // Nodes in the order of the sorted tokens; a new token branches off where it differs from the one
  // before.
  struct Built {
    Node node;
    std::uint32_t last_child = 0, sibling = 0;  // children are linked backwards; 0 ends the list
  };
  std::vector<Built> built(1);
  v.places_.assign(tokens.size(), static_cast<std::uint32_t>(v.order_.size()));
  std::vector<std::uint32_t> path{0};
  std::string_view before;
  std::vector<std::uint64_t> groups;
  std::vector<std::uint16_t> heights;
  for (std::uint32_t i = 0; i < v.order_.size(); ++i) {
    const std::string_view text = v.spelling(v.order_[i]);
    v.places_[v.order_[i]] = i;
    const auto common = static_cast<std::size_t>(
        std::mismatch(text.begin(), text.end(), before.begin(), before.end()).first - text.begin());
    path.resize(common + 1);
    for (std::size_t d = common; d < text.size(); ++d) {
      const auto id = static_cast<std::uint32_t>(built.size());
      Built one;
      one.node.first_token = one.node.own_end = i;
      one.node.byte = static_cast<std::uint8_t>(text[d]);
      Built& parent = built[path.back()];
      one.sibling = parent.last_child;
      parent.last_child = id;
      ++parent.node.child_count;
      built.push_back(one);
      path.push_back(id);
    }
    before = text;
    built[path.back()].node.own_end = i + 1;
    // groups[d] and heights[d]: those of the text from byte d on.
    groups.assign(text.size() + 1, 0);
    heights.assign(text.size() + 1, 0);
    for (std::size_t d = text.size(); d-- > 0;) {
      const std::size_t length = utf8_length(text.substr(d));
      const std::size_t next = d + std::max<std::size_t>(length, 1);
      const std::uint64_t group = length == 1
                                      ? 1ull << group_of_byte(static_cast<std::uint8_t>(text[d]))
                                  : length == 0 ? 1ull << kBrokenGroup
                                                : 1ull << kUtf8Group;
      groups[d] = groups[next] | group;
      heights[d] = static_cast<std::uint16_t>(heights[next] + 1);
    }
    for (std::size_t d = 0; d < path.size(); ++d) {
      Node& node = built[path[d]].node;
      node.groups |= groups[d];
      node.height = std::max(node.height, heights[d]);
      node.end_token = i + 1;
    }
  }
  // Laid out anew, children side by side.
  v.nodes_.reserve(built.size());
  v.nodes_.push_back(built[0].node);
  std::vector<std::uint32_t> origin{0};
  origin.reserve(built.size());
  for (std::size_t at = 0; at < v.nodes_.size(); ++at) {
    const Built& from = built[origin[at]];
    const std::size_t first = v.nodes_.size();
    v.nodes_[at].first_child = static_cast<std::uint32_t>(first);
    v.nodes_.resize(first + from.node.child_count);
    origin.resize(first + from.node.child_count);
    std::size_t place = v.nodes_.size();
    for (std::uint32_t child = from.last_child; child != 0; child = built[child].sibling) {
      v.nodes_[--place] = built[child].node;
      origin[place] = child;
    }
  }
  return v;
}

}  // namespace ds4::grammar
