#include "grammar/regex.h"

#include <optional>

#include "grammar/vocabulary.h"

namespace ds4::grammar {
namespace {

constexpr int kNestingMax = 200;
constexpr std::uint32_t kRepeatMax = 100'000;

const CodeSet& digits() {
  static const CodeSet set{{'0', '9'}};
  return set;
}
const CodeSet& word_characters() {
  static const CodeSet set{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
  return set;
}
// White space and line ends of ECMA 262.
const CodeSet& spaces() {
  static const CodeSet set{{0x09, 0x0D},     {0x20, 0x20},     {0xA0, 0xA0},     {0x1680, 0x1680},
                           {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F},
                           {0x3000, 0x3000}, {0xFEFF, 0xFEFF}};
  return set;
}
const CodeSet& line_ends() {
  static const CodeSet set{{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}};
  return set;
}

class Parser {
 public:
  Parser(GrammarBuilder& builder, std::string_view text, const RegexOptions& options)
      : b_(builder), text_(text), options_(options) {}

  Result<Expr> parse() {
    TRY(Expr whole, alternatives());
    if (at_ < text_.size()) return error("`)` without `(`");
    return whole;
  }

 private:
  Error error(std::string_view what) const {
    return fail(Code::bad_argument, "regular expression: ", what, " at byte ", at_);
  }
  Error unsupported(std::string_view what) const {
    return fail(Code::unsupported, "regular expression: ", what, " at byte ", at_,
                " is not supported");
  }
  bool at_end() const { return at_ == text_.size(); }
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool looking_at(std::string_view what) const { return text_.substr(at_).starts_with(what); }
  bool take(std::string_view what) {
    if (!looking_at(what)) return false;
    at_ += what.size();
    return true;
  }

  Result<Expr> alternatives() {
    if (++nesting_ > kNestingMax) return error("groups nested too deeply");
    std::vector<Expr> choices;
    do {
      TRY(const Expr one, sequence());
      choices.push_back(one);
    } while (take("|"));
    --nesting_;
    return b_.choice(choices);
  }

  Result<Expr> sequence() {
    std::vector<Expr> parts;
    while (!at_end() && peek() != '|' && peek() != ')') {
      TRY(Expr part, atom());
      TRY(part, quantified(part));
      parts.push_back(part);
    }
    return b_.sequence(parts);
  }

  Result<Expr> atom() {
    is_assertion_ = false;
    const char c = peek();
    if (c == '^' || c == '$') {
      ++at_;
      is_assertion_ = true;
      return c == '^' ? b_.begin() : b_.end();
    }
    if (c == '*' || c == '+' || c == '?') return error("nothing to repeat");
    if (c == '(') return group();
    if (c == '[') return char_class();
    if (c == '.') {
      ++at_;
      return character(b_, options_.dot_is_all ? CodeSet::all() : line_ends().complement(),
                       options_.spelling);
    }
    if (c == '\\') {
      TRY(const CodeSet set, escape(/*in_class=*/false));
      return one_of(set);
    }
    // An opening brace that begins no repetition stands for itself, as in most dialects.
    if (c == '{' && quantifier_here()) return error("nothing to repeat");
    TRY(const std::uint32_t code, code_point());
    return one_of({{code, code}});
  }

  Expr one_of(CodeSet set) {
    if (options_.ignores_case) set.add_other_case();
    return character(b_, set, options_.spelling);
  }

  Result<std::uint32_t> code_point() {
    const std::size_t length = utf8_length(text_.substr(at_));
    if (length == 0) return error("invalid UTF-8");
    const auto lead = static_cast<unsigned char>(text_[at_]);
    std::uint32_t code = length == 1 ? lead : lead & (0xFFu >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
      code = code << 6 | (static_cast<unsigned char>(text_[at_ + i]) & 0x3F);
    }
    at_ += length;
    return code;
  }

  Result<Expr> group() {
    ++at_;
    if (take("?")) {
      if (take(":")) {
      } else if (looking_at("=") || looking_at("!")) {
        return unsupported("look-ahead");
      } else if (looking_at("<=") || looking_at("<!")) {
        return unsupported("look-behind");
      } else if (take("<") || take("P<")) {
        while (!at_end() && peek() != '>') ++at_;
        if (!take(">")) return error("a group's name without `>`");
      } else if (looking_at(">")) {
        return unsupported("an atomic group");
      } else if (looking_at("P=") || looking_at("P>") || looking_at("(")) {
        return unsupported("a back-reference or conditional");
      } else {
        return unsupported("an inline flag or comment");
      }
    }
    TRY(const Expr inside, alternatives());
    if (!take(")")) return error("`(` without `)`");
    is_assertion_ = false;
    return inside;
  }

  struct Bounds {
    std::uint32_t min, max;
    std::size_t length;
  };
  // {n}, {n,} or {n,m} at the present place.
  std::optional<Bounds> quantifier_here() const {
    std::size_t i = at_ + 1;
    auto number = [&]() -> std::optional<std::uint32_t> {
      std::uint64_t value = 0;
      const std::size_t from = i;
      for (; i < text_.size() && text_[i] >= '0' && text_[i] <= '9'; ++i) {
        value = std::min<std::uint64_t>(value * 10 + static_cast<unsigned>(text_[i] - '0'),
                                        kUnbounded - 1);
      }
      if (i == from) return std::nullopt;
      return static_cast<std::uint32_t>(value);
    };
    const auto min = number();
    if (!min) return std::nullopt;
    Bounds out{*min, *min, 0};
    if (i < text_.size() && text_[i] == ',') {
      ++i;
      out.max = number().value_or(kUnbounded);
    }
    if (i >= text_.size() || text_[i] != '}') return std::nullopt;
    out.length = i + 1 - at_;
    return out;
  }

  Result<Expr> quantified(Expr part) {
    for (bool first = true;; first = false) {
      Bounds bounds{};
      if (peek() == '*' && !at_end()) {
        bounds = {0, kUnbounded, 1};
      } else if (peek() == '+') {
        bounds = {1, kUnbounded, 1};
      } else if (peek() == '?') {
        bounds = {0, 1, 1};
      } else if (peek() == '{' && quantifier_here()) {
        bounds = *quantifier_here();
      } else {
        return part;
      }
      if (is_assertion_) return error("nothing to repeat");
      if (!first) return error("a repetition of a repetition");
      if (bounds.min > bounds.max) return error("a repetition whose bounds are out of order");
      if (bounds.min > kRepeatMax || (bounds.max != kUnbounded && bounds.max > kRepeatMax)) {
        return fail(Code::too_large, "regular expression: a repetition at byte ", at_,
                    " goes beyond ", kRepeatMax);
      }
      at_ += bounds.length;
      take("?");  // lazy: the same texts match
      if (peek() == '+' && !at_end()) return unsupported("possessive repetition");
      part = b_.repeat(part, bounds.min, bounds.max);
    }
  }

  Result<std::uint32_t> hex(int digit_count) {
    std::uint32_t value = 0;
    for (int i = 0; i < digit_count; ++i, ++at_) {
      const char c = peek();
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) return error("a hexadecimal digit is missing");
      value = value * 16 + static_cast<std::uint32_t>(digit);
    }
    return value;
  }

  Result<CodeSet> escape(bool in_class) {
    const std::size_t begin = at_;
    ++at_;
    if (at_end()) return error("`\\` at the end");
    const char c = text_[at_];
    auto single = [&](std::uint32_t code) -> CodeSet {
      ++at_;
      return {{code, code}};
    };
    switch (c) {
      case 'd':
        ++at_;
        return digits();
      case 'D':
        ++at_;
        return digits().complement();
      case 'w':
        ++at_;
        return word_characters();
      case 'W':
        ++at_;
        return word_characters().complement();
      case 's':
        ++at_;
        return spaces();
      case 'S':
        ++at_;
        return spaces().complement();
      case 'n':
        return single('\n');
      case 'r':
        return single('\r');
      case 't':
        return single('\t');
      case 'f':
        return single('\f');
      case 'v':
        return single('\v');
      case '0':
        if (peek(1) >= '0' && peek(1) <= '9') return unsupported("an octal escape");
        return single(0);
      case 'b':
        if (in_class) return single('\b');
        [[fallthrough]];
      case 'B':
        at_ = begin;
        return unsupported("a word boundary");
      case 'A':
      case 'Z':
      case 'z':
      case 'G':
        at_ = begin;
        return unsupported("this anchor");
      case 'k':
        at_ = begin;
        return unsupported("a back-reference");
      case 'p':
      case 'P':
        at_ = begin;
        return unsupported("a Unicode property class");
      case 'x': {
        ++at_;
        TRY(const std::uint32_t code, hex(2));
        return CodeSet{{code, code}};
      }
      case 'c': {
        const char letter = static_cast<char>(peek(1) | 0x20);
        if (letter < 'a' || letter > 'z') return error("`\\c` without a letter");
        at_ += 2;
        const auto code = static_cast<std::uint32_t>(letter - 'a' + 1);
        return CodeSet{{code, code}};
      }
      case 'u':
        ++at_;
        return unicode_escape();
      default:
        break;
    }
    if (c >= '1' && c <= '9') {
      at_ = begin;
      return unsupported("a back-reference");
    }
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      at_ = begin;
      return unsupported("an escaped letter without a meaning");
    }
    TRY(const std::uint32_t code, code_point());
    return CodeSet{{code, code}};
  }

  Result<CodeSet> unicode_escape() {
    std::uint32_t code = 0;
    if (take("{")) {
      for (int digit_count = 0; peek() != '}'; ++digit_count) {
        if (digit_count == 8) return error("a code point beyond U+10FFFF");
        TRY(const std::uint32_t digit, hex(1));
        code = code * 16 + digit;
      }
      ++at_;
    } else {
      TRY(code, hex(4));
      if (code >= 0xD800 && code <= 0xDBFF && take("\\u")) {
        TRY(const std::uint32_t low, hex(4));
        if (low < 0xDC00 || low > 0xDFFF) return error("half of a surrogate pair");
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      }
    }
    if (code > 0x10FFFF) return error("a code point beyond U+10FFFF");
    if (code >= 0xD800 && code <= 0xDFFF) return error("half of a surrogate pair");
    return CodeSet{{code, code}};
  }

  Result<Expr> char_class() {
    ++at_;
    const bool is_negated = take("^");
    CodeSet set;
    while (peek() != ']' || at_end()) {
      if (at_end()) return error("`[` without `]`");
      if (looking_at("[:")) return unsupported("a POSIX class");
      TRY(const CodeSet low, class_member());
      // A hyphen is a range only between two single characters.
      const bool is_single =
          low.ranges().size() == 1 && low.ranges()[0].first == low.ranges()[0].second;
      if (peek() == '-' && peek(1) != ']' && at_ + 1 < text_.size() && is_single) {
        ++at_;
        TRY(const CodeSet high, class_member());
        if (high.ranges().size() != 1 || high.ranges()[0].first != high.ranges()[0].second) {
          return error("a range that ends in a class");
        }
        if (high.ranges()[0].first < low.ranges()[0].first) {
          return error("a range whose ends are out of order");
        }
        set.add(low.ranges()[0].first, high.ranges()[0].first);
      } else {
        set.add(low);
      }
    }
    ++at_;
    if (options_.ignores_case) set.add_other_case();
    return character(b_, is_negated ? set.complement() : set, options_.spelling);
  }

  Result<CodeSet> class_member() {
    if (at_end()) return error("`[` without `]`");
    if (peek() == '\\') return escape(/*in_class=*/true);
    TRY(const std::uint32_t code, code_point());
    return CodeSet{{code, code}};
  }

  GrammarBuilder& b_;
  std::string_view text_;
  const RegexOptions& options_;
  std::size_t at_ = 0;
  int nesting_ = 0;
  bool is_assertion_ = false;
};

}  // namespace

Result<Dfa> compile_regex(GrammarBuilder& builder, std::string_view pattern,
                          const RegexOptions& options) {
  if (pattern.size() > kRegexBytesMax) {
    return fail(Code::too_large, "regular expression of ", pattern.size(), " bytes, limit ",
                kRegexBytesMax);
  }
  TRY(Expr body, Parser(builder, pattern, options).parse());
  if (options.is_search) {
    const Expr any =
        builder.repeat(character(builder, CodeSet::all(), options.spelling), 0, kUnbounded);
    body = builder.sequence({any, body, any});
  }
  return builder.dfa_of(body);
}

Result<Grammar> regex_grammar(std::string_view pattern) {
  GrammarBuilder builder;
  TRY(Dfa dfa, compile_regex(builder, pattern));
  if (dfa.empty()) {
    return fail(Code::bad_argument, "regular expression: no text matches it");
  }
  return builder.build(builder.add_rule("regex", builder.automaton(std::move(dfa))));
}

std::string regex_escape(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (std::string_view("\\^$.|?*+()[]{}/-").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

}  // namespace ds4::grammar
