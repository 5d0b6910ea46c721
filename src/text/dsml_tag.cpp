#include "text/dsml_tag.h"

#include "base/check.h"
#include "text/dsml.h"

namespace ds4::text {

namespace {

constexpr char kBar[] = "｜";  // three bytes
constexpr std::string_view kLetters = "DSML";

struct NamedTag {
  std::string_view word;
  TagName name;
};
constexpr NamedTag kNames[] = {{"tool_calls", TagName::tool_calls},
                               {"function_calls", TagName::function_calls},
                               {"invoke", TagName::invoke},
                               {"parameter", TagName::parameter}};

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

std::string decoded_attribute(std::string_view text) {
  static constexpr std::pair<std::string_view, char> kEntities[] = {
      {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}};
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t used = 0;
    if (text[at] == '&') {
      for (const auto& [entity, c] : kEntities) {
        if (text.substr(at, entity.size()) == entity) {
          out += c;
          used = entity.size();
        }
      }
    }
    if (used == 0) out += text[at++];
    at += used;
  }
  return out;
}

}  // namespace

void TagScanner::start(const TagSyntax& syntax) {
  syntax_ = syntax;
  state_ = State::less;
  tag_ = {};
  length_ = 0;
  bar_bytes_ = bars_before_ = bars_after_ = quote_bytes_ = 0;
  letters_ = 0;
  word_.clear();
  word_known_ = false;
}

TagScanner::Step TagScanner::feed(char c) {
  if (++length_ > kTagBytesMax) return Step::mismatch;
  switch (state_) {
    case State::less:
    case State::slash:
    case State::bars_before:
    case State::letters:
    case State::bars_after:
      return head(c);
    case State::word:
      return word(c);
    case State::close_bar:
    case State::close_space:
      return word_end(c);
    case State::attributes:
    case State::attribute_start:
    case State::attribute_name:
    case State::equals:
    case State::quote:
      return attribute(c);
    case State::value:
      return value(c);
    case State::finished:
      break;
  }
  return Step::mismatch;
}

bool TagScanner::bar(char c, bool& whole) {
  whole = false;
  if (bar_bytes_ == 0 && c == '|') {
    tag_.exact = false;
    whole = true;
    return syntax_.lenient;
  }
  if (c != kBar[bar_bytes_]) return false;
  if (++bar_bytes_ == 3) {
    bar_bytes_ = 0;
    whole = true;
  }
  return true;
}

// '<', '/', the bars and "DSML", up to the first letter of the name.
TagScanner::Step TagScanner::head(char c) {
  bool whole = false;
  switch (state_) {
    case State::less:
      if (c != '<') return Step::mismatch;
      state_ = State::slash;
      return Step::more;
    case State::slash:
      state_ = State::bars_before;
      if (c == '/') {
        tag_.closing = true;
        return Step::more;
      }
      if (syntax_.only_parameter_close) return Step::mismatch;
      return head(c);
    case State::bars_before:
      if (bar_bytes_ == 0 && c == 'D') {
        if (bars_before_ != 1) {
          if (!syntax_.lenient) return Step::mismatch;
          tag_.exact = false;
        }
        tag_.marked = true;
        letters_ = 1;
        state_ = State::letters;
        return Step::more;
      }
      if (bar_bytes_ == 0 && bars_before_ == 0 && c >= 'a' && c <= 'z') {
        if (!syntax_.plain) return Step::mismatch;
        tag_.exact = false;
        state_ = State::word;
        return word(c);
      }
      if (bars_before_ == 2 || !bar(c, whole)) return Step::mismatch;
      bars_before_ += whole;
      return Step::more;
    case State::letters:
      if (c != kLetters[letters_]) return Step::mismatch;
      if (++letters_ == kLetters.size()) state_ = State::bars_after;
      return Step::more;
    case State::bars_after:
      if (bar_bytes_ == 0 && bars_after_ > 0 && c >= 'a' && c <= 'z') {
        if (bars_after_ != 1) {
          if (!syntax_.lenient) return Step::mismatch;
          tag_.exact = false;
        }
        state_ = State::word;
        return word(c);
      }
      if (bars_after_ == 2 || !bar(c, whole)) return Step::mismatch;
      bars_after_ += whole;
      return Step::more;
    default:
      return Step::mismatch;
  }
}

TagScanner::Step TagScanner::word(char c) {
  if (word_known_) return word_end(c);
  word_ += c;
  for (const NamedTag& named : kNames) {
    if (named.word.substr(0, word_.size()) != word_) continue;
    if (syntax_.only_parameter_close && named.name != TagName::parameter) continue;
    // The older block name counts with marks only.
    if (named.name == TagName::function_calls && !tag_.marked) continue;
    if (named.word.size() == word_.size()) {
      tag_.name = named.name;
      word_known_ = true;
    }
    return Step::more;
  }
  return Step::mismatch;
}

// Behind the name: closing tags are read leniently, opening tags of blocks strictly.
TagScanner::Step TagScanner::word_end(char c) {
  if (tag_.closing) {
    if (c == '>' && bar_bytes_ == 0) return finish();
    tag_.exact = false;
    if (is_space(c) && bar_bytes_ == 0) {
      state_ = State::close_space;
      return Step::more;
    }
    if (state_ == State::close_space) return Step::mismatch;
    bool whole = false;
    if (state_ == State::close_bar && bar_bytes_ == 0) return Step::mismatch;
    const bool ascii = c == '|';
    if (!bar(c, whole) && !ascii) return Step::mismatch;
    state_ = State::close_bar;
    return Step::more;
  }
  if (tag_.name == TagName::tool_calls || tag_.name == TagName::function_calls) {
    if (c != '>') return Step::mismatch;
    if (tag_.name == TagName::function_calls) tag_.exact = false;
    return finish();
  }
  state_ = State::attributes;
  return attribute(c);
}

TagScanner::Step TagScanner::attribute(char c) {
  switch (state_) {
    case State::attributes:
      if (c == '>') return finish();
      if (!is_space(c)) return Step::mismatch;
      state_ = State::attribute_start;
      return Step::more;
    case State::attribute_start:
      if (c == '>') return finish();
      if (is_space(c)) return Step::more;
      if (c < 'a' || c > 'z') return Step::mismatch;
      attribute_.assign(1, c);
      state_ = State::attribute_name;
      return Step::more;
    case State::attribute_name:
      if (c == '=') {
        quote_bytes_ = 0;
        state_ = State::quote;
      } else if ((c >= 'a' && c <= 'z') || c == '_' || c == '-') {
        attribute_ += c;
      } else {
        return Step::mismatch;
      }
      return Step::more;
    case State::quote:
      value_.clear();
      if (c == '"' && quote_bytes_ == 0) {
        typographic_ = false;
        state_ = State::value;
        return Step::more;
      }
      // U+201C and U+201D: E2 80 9C and E2 80 9D.
      if (!syntax_.lenient) return Step::mismatch;
      if ((quote_bytes_ == 0 && c == '\xE2') || (quote_bytes_ == 1 && c == '\x80')) {
        ++quote_bytes_;
        return Step::more;
      }
      if (quote_bytes_ != 2 || (c != '\x9C' && c != '\x9D')) return Step::mismatch;
      typographic_ = true;
      tag_.exact = false;
      state_ = State::value;
      return Step::more;
    default:
      return Step::mismatch;
  }
}

TagScanner::Step TagScanner::value(char c) {
  if (c == '<' || c == '>' || c == '\n') return Step::mismatch;
  if (c == '"') return end_value();
  value_ += c;
  if (typographic_ && (value_.ends_with("\xE2\x80\x9C") || value_.ends_with("\xE2\x80\x9D"))) {
    value_.resize(value_.size() - 3);
    return end_value();
  }
  return Step::more;
}

TagScanner::Step TagScanner::end_value() {
  if (attribute_ == "name") {
    if (tag_.name_attribute) return Step::mismatch;
    tag_.name_attribute = decoded_attribute(value_);
  } else if (attribute_ == "string") {
    if (value_ == "true") tag_.string_attribute = true;
    if (value_ == "false") tag_.string_attribute = false;
  }
  state_ = State::attributes;
  return Step::more;
}

TagScanner::Step TagScanner::finish() {
  state_ = State::finished;
  return Step::done;
}

ScannedTag scan_tag(std::string_view text, const TagSyntax& syntax) {
  CHECK(!text.empty() && text[0] == '<');
  TagScanner scanner;
  scanner.start(syntax);
  for (std::size_t i = 0; i < text.size(); ++i) {
    switch (scanner.feed(text[i])) {
      case TagScanner::Step::more:
        break;
      case TagScanner::Step::done:
        return {ScannedTag::Outcome::tag, scanner.tag(), i + 1, scanner.has_marks()};
      case TagScanner::Step::mismatch:
        return {ScannedTag::Outcome::none, {}, 0, false};
    }
  }
  return {ScannedTag::Outcome::cut, scanner.tag(), 0, scanner.has_marks()};
}

}  // namespace ds4::text
