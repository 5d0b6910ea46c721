// Recognises one tag of tool-call markup, a byte at a time and in all spellings that models
// produce: <｜DSML｜invoke name="f">, </DSML｜parameter >, <||DSML||tool_calls>, <tool_calls> and
// so on.
//
// A tag never contains a second '<': when a scan fails, all bytes before the failing one are known
// to be no tag, so that no byte is looked at more than twice.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ds4::text {

// Longer tags are text. Keeps what must be held back small.
inline constexpr std::size_t kTagBytesMax = 4096;

enum class TagName { tool_calls, function_calls, invoke, parameter };

struct Tag {
  TagName name = TagName::tool_calls;
  bool closing = false;
  bool marked = false;                        // carries DSML and bars in some spelling
  bool exact = true;                          // spelled as the template spells it
  std::optional<std::string> name_attribute;  // entities decoded
  std::optional<bool> string_attribute;

  bool closes_block() const {
    return closing && (name == TagName::tool_calls || name == TagName::function_calls);
  }
  bool opens_named(TagName what) const {
    return !closing && name == what && name_attribute && !name_attribute->empty();
  }
};

struct TagSyntax {
  bool lenient = true;                // marks in other spellings, typographic quotes
  bool plain = false;                 // tags without marks
  bool only_parameter_close = false;  // as inside a value
};

class TagScanner {
 public:
  enum class Step { more, done, mismatch };

  // The next byte is the '<'.
  void start(const TagSyntax& syntax);
  Step feed(char c);
  // Complete after done.
  const Tag& tag() const { return tag_; }
  // While scanning: what is known is already in tag(), and this tells whether the bytes so far
  // carry DSML marks, so that they can hardly be prose.
  bool has_marks() const { return bars_after_ > 0; }
  // The next byte is the first of a call's name.
  bool is_at_call_name() const {
    return state_ == State::value && tag_.name == TagName::invoke && !tag_.closing &&
           attribute_ == "name" && value_.empty();
  }

 private:
  enum class State {
    less,
    slash,
    bars_before,
    letters,
    bars_after,
    word,
    close_bar,
    close_space,
    attributes,  // behind a name or a value: white space or '>'
    attribute_start,
    attribute_name,
    equals,
    quote,
    value,
    finished,
  };

  Step head(char c);
  Step word(char c);
  Step word_end(char c);
  Step attribute(char c);
  Step value(char c);
  Step end_value();
  Step finish();
  // Takes a byte of a bar; `whole` tells whether it completed one.
  bool bar(char c, bool& whole);

  TagSyntax syntax_;
  State state_ = State::finished;
  Tag tag_;
  std::size_t length_ = 0;
  int bar_bytes_ = 0;
  int bars_before_ = 0;
  int bars_after_ = 0;
  std::size_t letters_ = 0;
  std::string word_;
  std::string attribute_;
  std::string value_;
  int quote_bytes_ = 0;
  bool typographic_ = false;
  bool word_known_ = false;
};

struct ScannedTag {
  enum class Outcome { tag, none, cut } outcome;  // cut: the text ends inside what may be a tag
  Tag tag;                                        // of a cut one what is known
  std::size_t length = 0;                         // of a tag
  bool has_marks = false;
};

// Scans the tag at the start of `text`, which begins with '<'.
ScannedTag scan_tag(std::string_view text, const TagSyntax& syntax);

}  // namespace ds4::text
