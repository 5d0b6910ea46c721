#include "text/turn_reader.h"

#include <algorithm>

#include "text/call_block_parser.h"
#include "text/dsml.h"

namespace ds4::text {

TurnReader::TurnReader(const ParseOptions& options, TurnSink& sink)
    : options_(options), sink_(sink), state_(State::reasoning) {
  if (!options_.thinking) state_ = options_.reads_calls() ? State::prose : State::text;
}

void TurnReader::feed(std::string_view bytes) {
  while (!bytes.empty()) bytes.remove_prefix(take(bytes));
}

std::size_t TurnReader::take(std::string_view bytes) {
  if (scanning_) return take_scanned(bytes[0]);
  switch (state_) {
    case State::reasoning:
      return take_reasoning(bytes);
    case State::doubt:
      held_ += bytes;
      return bytes.size();
    case State::text:
      sink_.prose(bytes);
      return bytes.size();
    case State::prose:
      return take_prose(bytes);
    case State::opener:
      return take_opener(bytes[0]);
    case State::tags:
      return take_tags(bytes[0]);
    case State::value_start:
      return take_value_start(bytes[0]);
    case State::value:
      return take_value(bytes);
    case State::failed:
    case State::over:
      return bytes.size();
  }
  return bytes.size();
}

bool TurnReader::feed_mark(std::string_view literal) {
  const bool is_close = literal == kThinkClose;
  if (!is_close && literal != kThinkOpen) {
    feed(literal);
    return true;
  }
  switch (state_) {
    case State::reasoning:
      if (!is_close) return false;
      sink_.reasoning(kThinkClose.substr(0, matched_));
      close_reasoning();
      return true;
    case State::doubt:
      if (!is_close) return false;
      // The mark that was spelled was only spoken about.
      sink_.reasoning(held_);
      close_reasoning();
      return true;
    case State::text:
    case State::prose:
    case State::opener:
      return false;
    default:
      feed(literal);
      return true;
  }
}

void TurnReader::close_reasoning() {
  matched_ = 0;
  held_.clear();
  sink_.reasoning_closed();
  state_ = options_.reads_calls() ? State::prose : State::text;
}

std::size_t TurnReader::take_reasoning(std::string_view bytes) {
  if (matched_ == 0) {
    const std::size_t less = std::min(bytes.find('<'), bytes.size());
    if (less > 0) {
      sink_.reasoning(bytes.substr(0, less));
      return less;
    }
  }
  if (bytes[0] != kThinkClose[matched_]) {
    sink_.reasoning(kThinkClose.substr(0, matched_));
    matched_ = 0;
    return 0;
  }
  if (++matched_ == kThinkClose.size()) {
    if (options_.knows_marks) {
      matched_ = 0;
      held_ = kThinkClose;
      state_ = State::doubt;
    } else {
      close_reasoning();
    }
  }
  return 1;
}

// Prose goes out except for its last two line breaks, which may belong to a block.
void TurnReader::say(std::string_view bytes) {
  std::size_t tail = 0;
  while (tail < bytes.size() && tail < 2 && bytes[bytes.size() - 1 - tail] == '\n') ++tail;
  const std::string_view body = bytes.substr(0, bytes.size() - tail);
  if (!body.empty()) {
    flush_breaks();
    sink_.prose(body);
  }
  const int breaks = breaks_ + static_cast<int>(tail);
  if (breaks > 2)
    sink_.prose(std::string_view("\n\n").substr(0, static_cast<std::size_t>(breaks - 2)));
  breaks_ = std::min(breaks, 2);
}

void TurnReader::flush_breaks() {
  if (breaks_ > 0)
    sink_.prose(std::string_view("\n\n").substr(0, static_cast<std::size_t>(breaks_)));
  breaks_ = 0;
}

void TurnReader::release_held() {
  say(held_);
  held_.clear();
}

void TurnReader::begin_scan(char c) {
  TagSyntax syntax = options_.syntax();
  syntax.plain = syntax.lenient;
  if (state_ == State::tags || state_ == State::value_start || state_ == State::value) {
    syntax = block_syntax_;
    syntax.only_parameter_close = state_ == State::value;
  }
  held_before_tag_ = held_.size();
  held_ += c;
  scanning_ = true;
  scanner_.start(syntax);
  scanner_.feed(c);
}

std::size_t TurnReader::take_scanned(char c) {
  const TagScanner::Step step = scanner_.feed(c);
  if (step == TagScanner::Step::mismatch) {
    scanning_ = false;
    no_tag();
    return 0;
  }
  held_ += c;
  if (step == TagScanner::Step::more) return 1;
  scanning_ = false;
  const Tag& tag = scanner_.tag();
  switch (state_) {
    case State::prose:
      scanned_in_prose(tag);
      break;
    case State::opener:
      scanned_behind_opener(tag);
      break;
    case State::tags:
      held_.clear();
      scanned_in_block(tag);
      break;
    case State::value_start:
      scanned_at_value_start(tag);
      break;
    case State::value:  // the scan looks for nothing but its end
      held_.clear();
      close_parameter();
      break;
    default:
      break;
  }
  return 1;
}

// What was held is no tag after all.
void TurnReader::no_tag() {
  switch (state_) {
    case State::prose:
      release_held();
      break;
    case State::opener:
      state_ = State::prose;
      release_held();
      break;
    case State::tags:
      held_.clear();
      fail("something that is no tag inside a tool block");
      break;
    case State::value_start:
    case State::value:
      state_ = State::value;
      pass_value(held_);
      held_.clear();
      break;
    default:
      break;
  }
}

std::size_t TurnReader::take_prose(std::string_view bytes) {
  const std::size_t less = std::min(bytes.find('<'), bytes.size());
  if (less > 0) {
    say(bytes.substr(0, less));
    return less;
  }
  begin_scan(bytes[0]);
  return 1;
}

void TurnReader::scanned_in_prose(const Tag& tag) {
  if (tag.closing) {
    if (tag.marked) {
      held_.clear();  // a stray closing tag is not for people
    } else {
      release_held();
    }
    return;
  }
  if (tag.name == TagName::invoke && tag.marked && tag.opens_named(TagName::invoke) &&
      options_.tools.contains(*tag.name_attribute)) {
    open_block(false, true);
    scanned_in_block(tag);
  } else if (tag.name == TagName::invoke || tag.name == TagName::parameter) {
    release_held();
  } else if (tag.marked) {
    open_block(false, false);
  } else {
    state_ = State::opener;
  }
}

std::size_t TurnReader::take_opener(char c) {
  constexpr std::size_t kOpenerBytes = std::string_view("<tool_calls>").size();
  if (c == '<') {
    begin_scan(c);
    return 1;
  }
  if (is_tag_space(c) && held_.size() < kOpenerBytes + kOpenerSpaceMax) {
    held_ += c;
    return 1;
  }
  state_ = State::prose;
  release_held();
  return 0;
}

void TurnReader::scanned_behind_opener(const Tag& tag) {
  if (tag.opens_named(TagName::invoke)) {
    open_block(true, false);
    scanned_in_block(tag);
    return;
  }
  say(std::string_view(held_).substr(0, held_before_tag_));
  held_.erase(0, held_before_tag_);
  state_ = State::prose;
  scanned_in_prose(tag);
}

void TurnReader::open_block(bool plain, bool bare) {
  held_.clear();
  block_syntax_ = options_.syntax();
  block_syntax_.plain = plain;
  is_bare_ = bare;
  state_ = State::tags;
}

std::size_t TurnReader::take_tags(char c) {
  if (c == '<') {
    begin_scan(c);
  } else if (!is_tag_space(c)) {
    fail("text between the tags of a tool block");
  }
  return 1;
}

void TurnReader::scanned_in_block(const Tag& tag) {
  if (tag.closing) {
    if (tag.name == TagName::parameter) {
      if (depth_ == 0) return fail("the end of a parameter that was not opened");
      --depth_;
      sink_.parameter_closed();
      return;
    }
    if (depth_ > 0) return fail("a parameter is not closed");
    if (tag.name == TagName::invoke) {
      if (!in_call_) return fail("the end of a call that was not opened");
      close_call();
      return;
    }
    if (in_call_) close_call();
    // An empty block vanishes; the line breaks before it stay text.
    state_ = closed_calls_ > 0 ? State::over : State::prose;
    return;
  }
  if (tag.name == TagName::invoke) {
    if (in_call_) {
      if (depth_ > 0) return fail("a call inside a parameter");
      close_call();
    }
    if (!tag.opens_named(TagName::invoke)) return fail("a call without a name");
    open_call(*tag.name_attribute);
    return;
  }
  if (tag.name != TagName::parameter || !in_call_) return fail("a tag out of place");
  if (!tag.name_attribute) return fail("a parameter without a name");
  open_parameter(tag);
}

void TurnReader::open_call(std::string_view name) {
  breaks_ = 0;
  in_call_ = true;
  has_parameters_ = false;
  sink_.call_opened(name);
}

void TurnReader::close_call() {
  in_call_ = false;
  ++closed_calls_;
  sink_.call_closed();
}

void TurnReader::open_parameter(const Tag& tag) {
  has_parameters_ = true;
  form_ = form_of(tag.string_attribute);
  in_json_string_ = behind_backslash_ = false;
  matched_ = 0;
  state_ = form_ == ValueForm::undeclared ? State::value_start : State::value;
  sink_.parameter_opened(*tag.name_attribute, form_);
}

void TurnReader::close_parameter() {
  state_ = State::tags;
  sink_.parameter_closed();
}

std::size_t TurnReader::take_value_start(char c) {
  if (c == '<') {
    begin_scan(c);
    return 1;
  }
  if (is_tag_space(c)) {
    held_ += c;
    return 1;
  }
  no_tag();
  return 0;
}

void TurnReader::scanned_at_value_start(const Tag& tag) {
  if (tag.name == TagName::parameter && !tag.closing && tag.name_attribute) {
    held_.clear();
    if (depth_ == kParameterDepthMax) return fail("parameters nest too deep");
    ++depth_;
    sink_.object_opened();
    open_parameter(tag);
  } else if (tag.name == TagName::parameter && tag.closing) {
    pass_value(std::string_view(held_).substr(0, held_before_tag_));
    held_.clear();
    close_parameter();
  } else {
    no_tag();
  }
}

std::size_t TurnReader::take_value(std::string_view bytes) {
  if (matched_ > 0) return take_escape(bytes[0]);
  const bool has_escapes = form_ == ValueForm::string;
  const std::size_t stop =
      std::min(has_escapes ? bytes.find_first_of("<&") : bytes.find('<'), bytes.size());
  if (stop > 0) {
    pass_value(bytes.substr(0, stop));
    return stop;
  }
  if (bytes[0] == '&') {
    matched_ = 1;
  } else {
    begin_scan('<');
  }
  return 1;
}

std::size_t TurnReader::take_escape(char c) {
  if (c != kParameterCloseInString[matched_]) {
    pass_value(kParameterCloseInString.substr(0, matched_));
    matched_ = 0;
    return 0;
  }
  if (++matched_ == kParameterCloseInString.size()) {
    pass_value(kParameterClose);
    matched_ = 0;
  }
  return 1;
}

void TurnReader::pass_value(std::string_view bytes) {
  if (bytes.empty()) return;
  if (form_ == ValueForm::json) {
    for (const char c : bytes) {
      if (behind_backslash_) {
        behind_backslash_ = false;
      } else if (in_json_string_ && c == '\\') {
        behind_backslash_ = true;
      } else if (c == '"') {
        in_json_string_ = !in_json_string_;
      }
    }
  }
  sink_.value(bytes);
}

// Complete calls stand, and end the turn; without one the rest is not for people.
void TurnReader::fail(std::string_view why) {
  const bool loses_call = in_call_;
  in_call_ = false;
  state_ = closed_calls_ > 0 ? State::over : State::failed;
  if (loses_call || closed_calls_ == 0) sink_.failed(why);
}

void TurnReader::finish(TurnEnd end) {
  if (state_ == State::doubt) {
    // No token came: the mark that was spelled is the end of reasoning.
    const std::string rest = held_.substr(kThinkClose.size());
    close_reasoning();
    feed(rest);
  }
  switch (state_) {
    case State::reasoning:
      sink_.reasoning(kThinkClose.substr(0, matched_));
      break;
    case State::prose:
    case State::opener:
      if (scanning_ && scanner_.has_marks()) {
        say(std::string_view(held_).substr(0, held_before_tag_));
        flush_breaks();
        fail("the text ends inside a tag");
      } else {
        release_held();
        flush_breaks();
      }
      break;
    case State::tags:
      if (end == TurnEnd::length) break;
      if (in_call_ && depth_ == 0 && has_parameters_ && !is_bare_ &&
          (!scanning_ || scanner_.tag().closing)) {
        close_call();
      }
      if (in_call_ || closed_calls_ == 0) fail("the tool block is not closed");
      break;
    case State::value_start:
    case State::value:
      if (end != TurnEnd::length) fail("the tool block is not closed");
      break;
    case State::doubt:
    case State::text:
    case State::failed:
    case State::over:
      break;
  }
}

Position TurnReader::position() const {
  switch (state_) {
    case State::reasoning:
    case State::doubt:
      return Position::reasoning;
    case State::text:
      return Position::prose;
    case State::prose:
    case State::opener:
      return scanning_ && scanner_.has_marks() ? Position::markup : Position::prose;
    case State::tags:
      return scanning_ && scanner_.is_at_call_name() ? Position::call_name : Position::markup;
    case State::value_start:
    case State::value:
      if (form_ == ValueForm::json) {
        return in_json_string_ ? Position::json_string : Position::json_value;
      }
      return scanning_ && held_.size() - held_before_tag_ >= 2 ? Position::value_closing
                                                               : Position::string_value;
    case State::failed:
    case State::over:
      break;
  }
  return Position::over;
}

}  // namespace ds4::text
