#include "grammar/lark.h"

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "grammar/code_set.h"
#include "grammar/regex.h"
#include "grammar/vocabulary.h"

namespace ds4::grammar {
namespace {

constexpr int kNestingMax = 100;
constexpr std::size_t kNodesMax = 20'000;
constexpr std::uint32_t kRepeatMax = 100'000;

// `%import common.NAME`.
constexpr std::pair<std::string_view, std::string_view> kCommon[] = {
    {"DIGIT", "[0-9]"},
    {"HEXDIGIT", "[0-9A-Fa-f]"},
    {"INT", "[0-9]+"},
    {"SIGNED_INT", "[+-]?[0-9]+"},
    {"DECIMAL", "[0-9]+\\.[0-9]*|\\.[0-9]+"},
    {"FLOAT", "[0-9]+[eE][+-]?[0-9]+|(?:[0-9]+\\.[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?"},
    {"NUMBER", "(?:[0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?"},
    {"SIGNED_NUMBER", "[+-]?(?:[0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?"},
    {"LCASE_LETTER", "[a-z]"},
    {"UCASE_LETTER", "[A-Z]"},
    {"LETTER", "[A-Za-z]"},
    {"WORD", "[A-Za-z]+"},
    {"CNAME", "[A-Za-z_][A-Za-z0-9_]*"},
    {"WS_INLINE", "[ \\t]+"},
    {"WS", "[ \\t\\f\\r\\n]+"},
    {"CR", "\\r"},
    {"LF", "\\n"},
    {"NEWLINE", "(?:\\r?\\n)+"},
    {"ESCAPED_STRING", "\"(?:[^\"\\\\\\n]|\\\\[^\\n])*\""},
};

// What the text says, before names are resolved.
struct Node {
  enum class Kind { name, literal, regex, range, sequence, choice, repeat } kind;
  std::string text = {};  // name, literal, pattern
  bool ignores_case = false;
  bool dot_is_all = false;
  std::uint32_t low = 0, high = 0;  // of a range of characters, or a repetition
  std::vector<Node> parts = {};
};

struct Definition {
  std::string name;
  std::size_t line = 0;
  Node body;
  Rule rule = {};
  enum { untouched, underway, done } state = untouched;  // of a terminal
};

bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
// Terminals are written in capitals.
bool is_terminal(std::string_view name) {
  const std::size_t first = name.find_first_not_of('_');
  return first != name.npos && name[first] >= 'A' && name[first] <= 'Z';
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::vector<Definition> definitions;
  std::vector<Node> ignored;

  Result<void> parse() {
    for (skip(true); at_ < text_.size(); skip(true)) {
      if (peek() == '%') {
        TRY_DO(directive());
      } else {
        TRY_DO(definition());
      }
    }
    return {};
  }

  Error error(std::string_view what) const {
    return fail(Code::bad_argument, "grammar, line ", line_, ": ", what);
  }
  Error unsupported(std::string_view what) const {
    return fail(Code::unsupported, "grammar, line ", line_, ": ", what, " is not supported");
  }

 private:
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool take(std::string_view what) {
    if (!text_.substr(at_).starts_with(what)) return false;
    at_ += what.size();
    return true;
  }

  // White space and comments; line ends too if asked.
  void skip(bool lines) {
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (text_.substr(at_).starts_with("//") || c == '#') {
        while (at_ + 1 < text_.size() && text_[at_ + 1] != '\n') ++at_;
      } else if (c == '\n' && lines) {
        ++line_;
      } else if (c != ' ' && c != '\t' && c != '\r') {
        return;
      }
    }
  }

  // Line ends before a `|` belong to the expression.
  void skip_to_bar() {
    skip(false);
    const std::size_t at = at_, line = line_;
    skip(true);
    if (peek() == '|') return;
    at_ = at;
    line_ = line;
  }

  Result<std::string> name() {
    const std::size_t begin = at_;
    while (is_name_start(peek()) || (at_ > begin && is_digit(peek()))) ++at_;
    if (at_ == begin) return error("a name is missing");
    return std::string(text_.substr(begin, at_ - begin));
  }

  Result<void> directive() {
    if (take("%ignore")) {
      skip(false);
      TRY(Node node, choice());
      ignored.push_back(std::move(node));
      return end_of_line();
    }
    if (take("%import")) return import();
    for (const char* known :
         {"%declare", "%override", "%extend", "%json", "%regex", "%llguidance"}) {
      if (text_.substr(at_).starts_with(known)) return unsupported(known);
    }
    return error("an unknown directive");
  }

  Result<void> import() {
    skip(false);
    if (!take("common.")) return unsupported("%import of anything but common");
    TRY(const std::string original, name());
    std::string alias = original;
    skip(false);
    if (take("->")) {
      skip(false);
      TRY(alias, name());
    }
    for (const auto& [known, pattern] : kCommon) {
      if (known != original) continue;
      Node body{Node::Kind::regex};
      body.text = pattern;
      definitions.push_back({std::move(alias), line_, std::move(body)});
      return end_of_line();
    }
    return unsupported("%import common." + original);
  }

  Result<void> end_of_line() {
    skip(false);
    if (at_ < text_.size() && peek() != '\n')
      return error("something after the end of a definition");
    return {};
  }

  Result<void> definition() {
    while (peek() == '?' || peek() == '!') ++at_;  // about the parse tree only
    const std::size_t line = line_;
    TRY(std::string defined, name());
    if (peek() == '{') return unsupported("a template");
    if (take(".")) {  // a priority
      take("-");
      while (is_digit(peek())) ++at_;
    }
    skip(false);
    if (!take(":")) return error("`:` expected after `" + defined + "`");
    TRY(Node body, choice());
    definitions.push_back({std::move(defined), line, std::move(body)});
    return end_of_line();
  }

  Result<Node> make(Node::Kind kind) {
    if (++nodes_ > kNodesMax) return error("too complex: too many parts");
    return Node{kind};
  }

  Result<Node> choice() {
    if (++nesting_ > kNestingMax) return error("groups nested too deeply");
    TRY(Node out, make(Node::Kind::choice));
    do {
      TRY(Node one, sequence());
      out.parts.push_back(std::move(one));
      if (nesting_ > 1) {
        skip(true);
      } else {
        skip_to_bar();
      }
    } while (take("|"));
    --nesting_;
    return out;
  }

  Result<Node> sequence() {
    TRY(Node out, make(Node::Kind::sequence));
    for (;;) {
      skip(nesting_ > 1);
      const char c = peek();
      if (at_ >= text_.size() || c == '\n' || c == '|' || c == ')' || c == ']') return out;
      if (take("->")) {  // an alias
        skip(false);
        TRY(const std::string alias, name());
        static_cast<void>(alias);
        continue;
      }
      TRY(Node part, atom());
      TRY(part, quantified(std::move(part)));
      out.parts.push_back(std::move(part));
    }
  }

  Result<Node> atom() {
    const char c = peek();
    if (c == '(' || c == '[') {
      ++at_;
      TRY(Node inside, choice());
      if (!take(c == '(' ? ")" : "]")) return error("a group is not closed");
      if (c == '(') return inside;
      return repeated(std::move(inside), 0, 1);
    }
    if (c == '"') return literal();
    if (c == '/') return regex();
    if (is_name_start(c)) {
      TRY(Node out, make(Node::Kind::name));
      TRY(out.text, name());
      if (peek() == '{') return unsupported("a template");
      return out;
    }
    if (c == '~') return error("`~` without something to repeat");
    if (c == '@' || c == '<') return unsupported("a special token");
    return error(std::string("unexpected `") + c + "`");
  }

  Result<Node> repeated(Node part, std::uint32_t low, std::uint32_t high) {
    TRY(Node out, make(Node::Kind::repeat));
    out.low = low;
    out.high = high;
    out.parts.push_back(std::move(part));
    return out;
  }

  Result<Node> quantified(Node part) {
    for (int times = 0;; ++times) {
      if (times > 3) return error("too many repetitions in a row");
      if (take("?")) {
        TRY(part, repeated(std::move(part), 0, 1));
      } else if (take("*")) {
        TRY(part, repeated(std::move(part), 0, kUnbounded));
      } else if (take("+")) {
        TRY(part, repeated(std::move(part), 1, kUnbounded));
      } else {
        const std::size_t before = at_;
        skip(false);
        if (peek() != '~') {
          at_ = before;
          return part;
        }
        ++at_;
        skip(false);
        TRY(const std::uint32_t low, number());
        std::uint32_t high = low;
        skip(false);
        if (take("..")) {
          skip(false);
          TRY(high, number());
        }
        if (high < low) return error("a repetition whose bounds are out of order");
        TRY(part, repeated(std::move(part), low, high));
      }
    }
  }

  Result<std::uint32_t> number() {
    if (!is_digit(peek())) return error("a number is missing");
    std::uint32_t value = 0;
    for (; is_digit(peek()); ++at_) {
      value = value * 10 + static_cast<std::uint32_t>(peek() - '0');
      if (value > kRepeatMax) return error("a repetition beyond 100000");
    }
    return value;
  }

  Result<Node> literal() {
    TRY(Node out, make(Node::Kind::literal));
    TRY(out.text, string());
    if (text_.substr(at_).starts_with("..")) {
      at_ += 2;
      out.kind = Node::Kind::range;
      TRY(const std::string high, string());
      TRY(out.low, single_character(out.text));
      TRY(out.high, single_character(high));
      if (out.high < out.low) return error("a range whose ends are out of order");
      return out;
    }
    if (peek() == 'i' && !is_name_start(peek(1)) && !is_digit(peek(1))) {
      ++at_;
      out.ignores_case = true;
    }
    return out;
  }

  Result<std::uint32_t> single_character(std::string_view text) {
    const std::size_t length = utf8_length(text);
    if (length == 0 || length != text.size()) return error("a range needs single characters");
    const auto lead = static_cast<unsigned char>(text[0]);
    std::uint32_t code = length == 1 ? lead : lead & (0xFFu >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
      code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3F);
    }
    return code;
  }

  Result<std::string> string() {
    if (!take("\"")) return error("a string is missing");
    std::string out;
    for (;;) {
      const char c = peek();
      if (at_ >= text_.size() || c == '\n') return error("a string is not closed");
      ++at_;
      if (c == '"') break;
      if (c != '\\') {
        out += c;
        continue;
      }
      const char escaped = peek();
      ++at_;
      switch (escaped) {
        case 'n':
          out += '\n';
          break;
        case 't':
          out += '\t';
          break;
        case 'r':
          out += '\r';
          break;
        case 'f':
          out += '\f';
          break;
        case 'v':
          out += '\v';
          break;
        case '0':
          out += '\0';
          break;
        case 'x':
        case 'u':
        case 'U': {
          std::uint32_t code = 0;
          for (int i = escaped == 'x' ? 2 : escaped == 'u' ? 4 : 8; i > 0; --i, ++at_) {
            const char h = peek();
            const int digit = is_digit(h)            ? h - '0'
                              : h >= 'a' && h <= 'f' ? h - 'a' + 10
                              : h >= 'A' && h <= 'F' ? h - 'A' + 10
                                                     : -1;
            if (digit < 0) return error("a hexadecimal digit is missing");
            code = code << 4 | static_cast<std::uint32_t>(digit);
          }
          if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
            return error("no such character");
          }
          append_utf8(out, code);
          break;
        }
        case '"':
        case '\\':
        case '\'':
        case '/':
          out += escaped;
          break;
        default:
          return error("an unknown escape in a string");
      }
    }
    for (std::size_t i = 0; i < out.size();) {
      const std::size_t length = utf8_length(std::string_view(out).substr(i));
      if (length == 0) return error("invalid UTF-8");
      i += length;
    }
    return out;
  }

  Result<Node> regex() {
    TRY(Node out, make(Node::Kind::regex));
    ++at_;
    bool in_class = false;
    for (; at_ < text_.size() && peek() != '\n'; ++at_) {
      if (peek() == '\\') {
        out.text += text_[at_++];
        if (at_ == text_.size()) break;
        if (peek() == '/') out.text.pop_back();
      } else if (peek() == '[') {
        in_class = true;
      } else if (peek() == ']') {
        in_class = false;
      } else if (peek() == '/' && !in_class) {
        break;
      }
      out.text += text_[at_];
    }
    if (!take("/")) return error("a regular expression is not closed");
    for (; is_name_start(peek()); ++at_) {
      switch (peek()) {
        case 'i':
          out.ignores_case = true;
          break;
        case 's':
          out.dot_is_all = true;
          break;
        case 'u':
          break;
        default:
          return unsupported(std::string("the regular expression flag `") + peek() + "`");
      }
    }
    return out;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  int nesting_ = 0;
  std::size_t nodes_ = 0;
};

class Compiler {
 public:
  Compiler(GrammarBuilder& builder, Parser& parsed) : b_(builder), parsed_(parsed) {}

  Result<Rule> compile() {
    for (Definition& d : parsed_.definitions) {
      if (!index_.emplace(d.name, &d).second) return at(d, "`" + d.name + "` is defined twice");
      d.rule = b_.declare(d.name);
    }
    const auto start = index_.find("start");
    if (start == index_.end()) return fail(Code::bad_argument, "grammar: no rule named `start`");
    if (!parsed_.ignored.empty()) {
      std::vector<Expr> parts;
      for (const Node& node : parsed_.ignored) {
        TRY(const Expr one, expression(node, nullptr, true));
        parts.push_back(one);
      }
      TRY(Dfa between, b_.dfa_of(b_.repeat(b_.choice(parts), 0)));
      ignored_ = b_.call(b_.add_rule("ignored", b_.automaton(std::move(between))));
    }
    for (Definition& d : parsed_.definitions) {
      if (is_terminal(d.name)) {
        TRY(const Expr call, terminal(d));
        static_cast<void>(call);
        continue;
      }
      TRY(const Expr body, rule_body(d));
      b_.define(d.rule, body);
    }
    if (!ignored_) return start->second->rule;
    return b_.add_rule("start with ignored",
                       b_.sequence({*ignored_, b_.call(start->second->rule)}));
  }

 private:
  static Error at(const Definition& d, std::string_view what) {
    return fail(Code::bad_argument, "grammar, line ", d.line, ": ", what);
  }

  // `a: a x | y` is the same as `a: y x*`: the left recursion most grammars are written with.
  Result<Expr> rule_body(const Definition& d) {
    std::vector<Expr> heads, tails;
    for (const Node& one : d.body.parts) {
      const bool is_recursive = one.kind == Node::Kind::sequence && !one.parts.empty() &&
                                one.parts[0].kind == Node::Kind::name &&
                                one.parts[0].text == d.name;
      if (!is_recursive) {
        TRY(const Expr head, expression(one, &d, false));
        heads.push_back(head);
        continue;
      }
      Node rest = one;
      rest.parts.erase(rest.parts.begin());
      TRY(const Expr tail, expression(rest, &d, false));
      tails.push_back(tail);
    }
    const Expr head = b_.choice(heads);
    if (tails.empty()) return head;
    return b_.sequence({head, b_.repeat(b_.choice(tails), 0)});
  }

  // A terminal is a rule without calls, made when it is first used.
  Result<Expr> terminal(Definition& d) {
    if (d.state == Definition::underway)
      return at(d, "the terminal `" + d.name + "` refers to itself");
    if (d.state == Definition::untouched) {
      d.state = Definition::underway;
      TRY(const Expr body, expression(d.body, &d, true));
      TRY(Dfa dfa, b_.dfa_of(body));
      b_.define(d.rule, b_.automaton(std::move(dfa)));
      terminals_[d.name] = body;
      d.state = Definition::done;
    }
    return b_.call(d.rule);
  }

  Result<Expr> expression(const Node& node, const Definition* inside, bool in_terminal) {
    switch (node.kind) {
      case Node::Kind::name:
        return named(node, inside, in_terminal);
      case Node::Kind::literal: {
        if (!node.ignores_case) return token(b_.literal(node.text), in_terminal);
        RegexOptions options;
        options.ignores_case = true;
        TRY(Dfa dfa, compile_regex(b_, regex_escape(node.text), options));
        return token(b_.automaton(std::move(dfa)), in_terminal);
      }
      case Node::Kind::regex: {
        RegexOptions options;
        options.ignores_case = node.ignores_case;
        options.dot_is_all = node.dot_is_all;
        auto dfa = compile_regex(b_, node.text, options);
        if (!dfa.ok()) {
          return fail(dfa.error().code, "grammar", inside ? ", in `" + inside->name + "`" : "",
                      ": ", dfa.error().message);
        }
        return token(b_.automaton(*std::move(dfa)), in_terminal);
      }
      case Node::Kind::range:
        return token(character(b_, {{node.low, node.high}}, Spelling::raw), in_terminal);
      case Node::Kind::repeat: {
        TRY(const Expr part, expression(node.parts[0], inside, in_terminal));
        return b_.repeat(part, node.low, node.high);
      }
      case Node::Kind::sequence:
      case Node::Kind::choice:
        break;
    }
    std::vector<Expr> parts;
    for (const Node& one : node.parts) {
      TRY(const Expr part, expression(one, inside, in_terminal));
      parts.push_back(part);
    }
    return node.kind == Node::Kind::sequence ? b_.sequence(parts) : b_.choice(parts);
  }

  Result<Expr> named(const Node& node, const Definition* inside, bool in_terminal) {
    const auto it = index_.find(node.text);
    if (it == index_.end()) {
      const std::string what = "`" + node.text + "` is not defined";
      return inside ? at(*inside, what) : fail(Code::bad_argument, "grammar: ", what);
    }
    if (!is_terminal(node.text)) {
      if (in_terminal) {
        const std::string what = "a terminal cannot use the rule `" + node.text + "`";
        return inside ? at(*inside, what) : fail(Code::bad_argument, "grammar: ", what);
      }
      return b_.call(it->second->rule);
    }
    TRY(const Expr call, terminal(*it->second));
    return in_terminal ? terminals_[node.text] : token(call, false);
  }

  // In rules, what is ignored may follow every token.
  Expr token(Expr expr, bool in_terminal) {
    return in_terminal || !ignored_ ? expr : b_.sequence({expr, *ignored_});
  }

  GrammarBuilder& b_;
  Parser& parsed_;
  std::map<std::string, Definition*> index_;
  std::map<std::string, Expr> terminals_;
  std::optional<Expr> ignored_;
};

}  // namespace

Result<Rule> add_lark(GrammarBuilder& builder, std::string_view text) {
  if (text.size() > kLarkBytesMax) {
    return fail(Code::too_large, "grammar of ", text.size(), " bytes, limit ", kLarkBytesMax);
  }
  Parser parser(text);
  TRY_DO(parser.parse());
  return Compiler(builder, parser).compile();
}

Result<Grammar> lark_grammar(std::string_view text) {
  GrammarBuilder builder;
  TRY(const Rule start, add_lark(builder, text));
  auto grammar = builder.build(start);
  if (!grammar.ok()) return fail(grammar.error().code, "grammar: ", grammar.error().message);
  return grammar;
}

}  // namespace ds4::grammar
