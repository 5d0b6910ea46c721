#include "terminal/inline_markdown.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/utf8.h"

namespace ds4::terminal {
namespace {

// What is longer has no marks: looking for their ends must not take long.
constexpr std::size_t kReachMax = 4096;
constexpr std::size_t kDelimitersMax = 1000;
constexpr int kNestingMax = 4;

bool is_ascii_punctuation(char c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') ||
         (c >= '{' && c <= '~');
}
bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\0';
}

std::size_t run_length(std::string_view text, std::size_t at) {
  const std::size_t end = text.find_first_not_of(text[at], at);
  return std::min(end, text.size()) - at;
}

class InlineReader {
 public:
  InlineReader(std::string_view text, Styles base, bool is_growing, int nesting)
      : text_(text), base_(base), is_growing_(is_growing), nesting_(nesting) {}

  Spans read() {
    while (at_ < text_.size()) {
      if (!read_mark()) {
        literal_ += text_[at_];
        ++at_;
      }
    }
    flush();
    match_emphasis();
    Spans spans;
    for (const Piece& piece : pieces_) append_span(spans, shown(piece), piece.style);
    return spans;
  }

 private:
  // A text, or a run of delimiters of which `count` are not matched yet.
  struct Piece {
    std::string text;
    Styles style = kPlain;
    char mark = 0;
    std::size_t count = 0;
    bool can_open = false, can_close = false;
  };

  static std::string shown(const Piece& piece) {
    return piece.mark == 0 ? piece.text : std::string(piece.count, piece.mark);
  }
  void flush() {
    if (!literal_.empty()) pieces_.push_back({literal_, base_});
    literal_.clear();
  }
  void add(std::string_view text, Styles style) {
    flush();
    if (!text.empty()) pieces_.push_back({std::string(text), style});
  }
  std::string_view rest() const { return text_.substr(at_); }

  // Takes what begins here, if it is more than a character.
  bool read_mark() {
    switch (text_[at_]) {
      case '\\':
        return read_escape();
      case '`':
        return read_code();
      case '*':
      case '_':
      case '~':
        return read_delimiters();
      case '[':
        return read_link(at_);
      case '!':
        return at_ + 1 < text_.size() && text_[at_ + 1] == '[' && read_link(at_ + 1);
      case '<':
        return read_angled();
      case '&':
        return read_entity();
      case '$':
        return read_formula();
      default:
        return false;
    }
  }

  bool read_escape() {
    if (at_ + 1 == text_.size()) {
      at_ += is_growing_ ? 1 : 0;
      return is_growing_;
    }
    const char next = text_[at_ + 1];
    // \( and \[ begin formulas, which are shown as they are.
    if (!is_ascii_punctuation(next) || next == '(' || next == ')' || next == '[' || next == ']') {
      return false;
    }
    literal_ += next;
    at_ += 2;
    return true;
  }

  bool read_code() {
    const std::size_t count = run_length(text_, at_);
    const std::size_t begin = at_ + count;
    std::size_t end = begin;
    for (const std::size_t limit = std::min(text_.size(), begin + kReachMax);;) {
      end = text_.find('`', end);
      if (end >= limit) break;
      const std::size_t run = run_length(text_, end);
      if (run == count) break;
      end += run;
    }
    const bool is_closed = end < std::min(text_.size(), begin + kReachMax);
    if (!is_closed && !is_growing_) {
      literal_.append(count, '`');
      at_ = begin;
      return true;
    }
    std::string_view code = text_.substr(begin, is_closed ? end - begin : text_.npos);
    // A run of closing marks may be on its way.
    while (!is_closed && !code.empty() && code.back() == '`') code.remove_suffix(1);
    const bool is_padded = code.size() > 2 && code.front() == ' ' && code.back() == ' ' &&
                           code.find_first_not_of(' ') != code.npos;
    if (is_padded) code = code.substr(1, code.size() - 2);
    add(code, base_ | kCode);
    at_ = is_closed ? end + count : text_.size();
    return true;
  }

  bool read_delimiters() {
    const char mark = text_[at_];
    const std::size_t count = run_length(text_, at_);
    if ((mark == '~' && count != 2) || delimiters_ == kDelimitersMax) {
      literal_.append(count, mark);
      at_ += count;
      return true;
    }
    const char before = at_ > 0 ? text_[at_ - 1] : '\0';
    const char after = at_ + count < text_.size() ? text_[at_ + count] : '\0';
    const bool left = !is_blank(after) && (!is_ascii_punctuation(after) || is_blank(before) ||
                                           is_ascii_punctuation(before));
    const bool right = !is_blank(before) && (!is_ascii_punctuation(before) || is_blank(after) ||
                                             is_ascii_punctuation(after));
    Piece piece{{}, base_, mark, count, left, right};
    if (mark == '_') {
      piece.can_open = left && (!right || is_ascii_punctuation(before));
      piece.can_close = right && (!left || is_ascii_punctuation(after));
    }
    flush();
    pieces_.push_back(piece);
    ++delimiters_;
    at_ += count;
    return true;
  }

  // [text](address), where `bracket` is.
  bool read_link(std::size_t bracket) {
    if (nesting_ >= kNestingMax) return false;
    const std::string_view reach = text_.substr(0, std::min(text_.size(), bracket + kReachMax));
    int depth = 0;
    std::size_t close = bracket;
    for (; close < reach.size(); ++close) {
      if (reach[close] == '\\') {
        ++close;
      } else if (reach[close] == '[') {
        ++depth;
      } else if (reach[close] == ']' && --depth == 0) {
        break;
      }
    }
    if (close + 1 >= reach.size() || reach[close + 1] != '(') return false;
    std::size_t end = close + 2;
    for (int open = 1; end < reach.size(); ++end) {
      if (reach[end] == '(') ++open;
      if (reach[end] == ')' && --open == 0) break;
    }
    const bool is_closed = end < reach.size();
    if (!is_closed && !(is_growing_ && reach.size() == text_.size())) return false;
    const std::string_view label = text_.substr(bracket + 1, close - bracket - 1);
    std::string_view address = text_.substr(close + 2, end - close - 2);
    address = address.substr(0, address.find_first_of(" \""));
    flush();
    for (const Span& span : InlineReader(label, base_ | kUnderline, false, nesting_ + 1).read()) {
      pieces_.push_back({span.text, span.style});
    }
    if (is_closed && !address.empty() && address != label) {
      add(" (" + std::string(address) + ")", base_ | kDim);
    }
    at_ = std::min(end + 1, text_.size());
    return true;
  }

  bool read_angled() {
    const std::string_view here = rest().substr(0, kReachMax);
    const std::size_t end = here.find('>');
    if (end == here.npos) return false;
    const std::string_view inside = here.substr(1, end - 1);
    if (inside == "br" || inside == "br/" || inside == "br /") {
      literal_ += ' ';
    } else if (inside.substr(0, 7) == "http://" || inside.substr(0, 8) == "https://") {
      add(inside, base_ | kUnderline);
    } else {
      return false;
    }
    at_ += end + 1;
    return true;
  }

  bool read_entity() {
    struct Entity {
      std::string_view name, text;
    };
    constexpr Entity kEntities[] = {{"&amp;", "&"},   {"&lt;", "<"},   {"&gt;", ">"},
                                    {"&quot;", "\""}, {"&apos;", "'"}, {"&#39;", "'"},
                                    {"&nbsp;", " "}};
    for (const Entity& entity : kEntities) {
      if (rest().substr(0, entity.name.size()) != entity.name) continue;
      literal_ += entity.text;
      at_ += entity.name.size();
      return true;
    }
    return false;
  }

  // $x_1 * y$ stays as it is: its marks are not ours.
  bool read_formula() {
    const std::size_t count = run_length(text_, at_);
    const std::size_t begin = at_ + count;
    if (count > 2 || begin >= text_.size() || is_blank(text_[begin])) return false;
    const std::string_view reach = text_.substr(0, std::min(text_.size(), begin + kReachMax));
    const std::size_t end = reach.find(count == 1 ? "$" : "$$", begin);
    if (end == reach.npos || is_blank(reach[end - 1])) return false;
    const char after = end + count < text_.size() ? text_[end + count] : '\0';
    if (after >= '0' && after <= '9') return false;  // $5 and $10
    literal_ += text_.substr(at_, end + count - at_);
    at_ = end + count;
    return true;
  }

  static Styles style_of(char mark, std::size_t count) {
    if (mark == '~') return kStrike;
    return count == 2 ? kBold : kItalic;
  }

  void match_emphasis() {
    std::vector<std::size_t> openers;
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
      Piece& closer = pieces_[i];
      if (closer.mark == 0) continue;
      while (closer.can_close && closer.count > 0) {
        std::size_t k = openers.size();
        while (k > 0 && !matches(pieces_[openers[k - 1]], closer)) --k;
        if (k == 0) break;
        const std::size_t from = openers[k - 1];
        Piece& opener = pieces_[from];
        // More of the closing marks may be on their way.
        const bool is_last = is_growing_ && i + 1 == pieces_.size();
        if (is_last && closer.count < opener.count) break;
        const std::size_t count = opener.count >= 2 && closer.count >= 2 ? 2 : 1;
        for (std::size_t p = from + 1; p < i; ++p) pieces_[p].style |= style_of(opener.mark, count);
        opener.count -= count;
        closer.count -= count;
        // What opened in between stays literal.
        openers.resize(opener.count == 0 ? k - 1 : k);
      }
      if (closer.can_open && closer.count > 0) openers.push_back(i);
    }
    if (!is_growing_) return;
    for (const std::size_t from : openers) {
      Piece& opener = pieces_[from];
      if (from + 1 == pieces_.size()) continue;
      const Styles style = opener.count == 1 || opener.mark == '~'
                               ? style_of(opener.mark, opener.count)
                               : (opener.count == 2 ? kBold : kBold | kItalic);
      for (std::size_t p = from + 1; p < pieces_.size(); ++p) pieces_[p].style |= style;
      opener.count = 0;
    }
    // Marks at the very end do not show yet what they are.
    if (!pieces_.empty() && pieces_.back().mark != 0) pieces_.back().count = 0;
  }

  static bool matches(const Piece& opener, const Piece& closer) {
    if (opener.mark != closer.mark || opener.count == 0) return false;
    if (opener.mark == '~') return true;
    // A run that could do both pairs up only with what leaves no odd rest, as CommonMark has it.
    const bool is_both =
        (opener.can_open && opener.can_close) || (closer.can_open && closer.can_close);
    return !is_both || (opener.count + closer.count) % 3 != 0 ||
           (opener.count % 3 == 0 && closer.count % 3 == 0);
  }

  std::string_view text_;
  Styles base_;
  bool is_growing_;
  int nesting_;
  std::size_t at_ = 0;
  std::string literal_;
  std::vector<Piece> pieces_;
  std::size_t delimiters_ = 0;
};

}  // namespace

Spans parse_inline(std::string_view text, Styles base, bool is_growing) {
  return InlineReader(text, base, is_growing, 0).read();
}

}  // namespace ds4::terminal
