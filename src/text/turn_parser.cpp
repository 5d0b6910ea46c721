#include "text/turn_parser.h"

#include "base/utf8.h"
#include "text/call_block_parser.h"
#include "text/dsml.h"

namespace ds4::text {

namespace {

// One or two line breaks before a tool block belong to it.
std::size_t separator_bytes(std::string_view prose) {
  if (prose.ends_with("\n\n")) return 2;
  return prose.ends_with('\n') ? 1 : 0;
}

class ContentReader {
 public:
  ContentReader(std::string_view text, std::size_t at, const ParseOptions& options, TurnEnd end)
      : text_(text), at_(at), options_(options), end_(end), syntax_(options.syntax()) {
    syntax_.plain = syntax_.lenient;
  }

  void run(ParsedTurn& turn) {
    turn.finish = end_ == TurnEnd::length ? Finish::length : Finish::stop;
    if (!options_.reads_calls()) {
      prose_ = text_.substr(at_);
    } else {
      while (at_ < text_.size() && step(turn)) {
      }
    }
    // Unread markup stays at the end of the content, marked off by the count of prose.
    const bool has_unread = unread_ != kNoMark;
    std::string prose = to_valid_utf8(prose_);
    if (!has_unread) {
      turn.content = std::move(prose);
      turn.prose_bytes = turn.content.size();
      return;
    }
    const std::size_t hidden = hides_separator_ ? separator_bytes(prose) : 0;
    turn.prose_bytes = prose.size() - hidden;
    turn.content = std::move(prose) + to_valid_utf8(text_.substr(unread_));
  }

 private:
  // Reads prose up to the next '<' and what stands there; false when the turn is over.
  bool step(ParsedTurn& turn) {
    const std::size_t less = text_.find('<', at_);
    if (less == std::string_view::npos) return rest_is_prose();
    prose_ += text_.substr(at_, less - at_);
    at_ = less;
    const ScannedTag scanned = scan_tag(text_.substr(at_), syntax_);
    if (scanned.outcome == ScannedTag::Outcome::cut) {
      if (!scanned.has_marks) return rest_is_prose();
      turn.failure = "the text ends inside a tag";
      unread_ = at_;
      return false;
    }
    if (scanned.outcome == ScannedTag::Outcome::none) return prose(1);
    const Tag& tag = scanned.tag;
    if (tag.closing) {
      if (!tag.marked) return prose(scanned.length);
      ++turn.repairs;
      at_ += scanned.length;
      return true;
    }
    if (tag.name == TagName::invoke && tag.marked && tag.opens_named(TagName::invoke) &&
        options_.tools.contains(*tag.name_attribute)) {
      return block(turn, at_, false, true);
    }
    if (tag.name == TagName::invoke || tag.name == TagName::parameter) {
      return prose(scanned.length);
    }
    if (tag.marked) {
      turn.repairs += !tag.exact;
      return block(turn, at_ + scanned.length, false, false);
    }
    return plain_opener(turn, scanned.length);
  }

  // A plain <tool_calls> opens a block only if a call follows.
  bool plain_opener(ParsedTurn& turn, std::size_t length) {
    std::size_t next = at_ + length;
    std::size_t spaces = 0;
    while (next < text_.size() && is_tag_space(text_[next]) && spaces <= kOpenerSpaceMax) {
      ++next;
      ++spaces;
    }
    if (spaces > kOpenerSpaceMax) return prose(length);
    if (next == text_.size()) return rest_is_prose();
    if (text_[next] != '<') return prose(length);
    const ScannedTag scanned = scan_tag(text_.substr(next), syntax_);
    if (scanned.outcome != ScannedTag::Outcome::tag || !scanned.tag.opens_named(TagName::invoke)) {
      return prose(length);
    }
    ++turn.repairs;
    return block(turn, at_ + length, true, false);
  }

  bool block(ParsedTurn& turn, std::size_t inside, bool plain, bool bare) {
    CallBlock block = read_call_block(text_, inside, options_, plain);
    if (bare && block.last_by_rest) block.calls.pop_back();  // without a wrapper it must close
    if (block.end == BlockEnd::closed && block.calls.empty()) {
      turn.repairs += block.repairs + 1;
      at_ = block.behind;
      return true;
    }
    const std::size_t separator = separator_bytes(prose_);
    turn.failure = std::move(block.failure);
    if (block.end == BlockEnd::unfinished && end_ == TurnEnd::length) {
      prose_.resize(prose_.size() - separator);
      return false;
    }
    if (block.calls.empty()) {
      unread_ = at_;
      hides_separator_ = true;
      return false;
    }
    turn.repairs += block.repairs + (block.end != BlockEnd::closed) + bare;
    turn.block_begin = at_;
    if (text_.substr(0, at_).ends_with(std::string_view("\n\n").substr(0, separator))) {
      turn.block_begin -= separator;
    }
    turn.block_end = block.behind;
    turn.calls = std::move(block.calls);
    turn.finish = Finish::tool_calls;
    prose_.resize(prose_.size() - separator);
    return false;
  }

  bool prose(std::size_t count) {
    prose_ += text_.substr(at_, count);
    at_ += count;
    return true;
  }

  bool rest_is_prose() {
    prose_ += text_.substr(at_);
    return false;
  }

  std::string_view text_;
  std::size_t at_;
  const ParseOptions& options_;
  TurnEnd end_;
  TagSyntax syntax_;
  std::string prose_;
  std::size_t unread_ = kNoMark;
  bool hides_separator_ = false;
};

}  // namespace

ParsedTurn parse_turn(std::string_view text, const ParseOptions& options, TurnEnd end,
                      std::size_t think_close) {
  ParsedTurn turn;
  std::size_t content = 0;
  if (options.thinking) {
    const std::size_t close = think_close != kNoMark ? think_close : text.find(kThinkClose);
    turn.reasoning = to_valid_utf8(text.substr(0, close));
    content = close == kNoMark ? text.size() : close + kThinkClose.size();
  }
  ContentReader(text, content, options, end).run(turn);
  return turn;
}

}  // namespace ds4::text
