#include "text/call_block_parser.h"

#include <unordered_map>
#include <utility>

#include "base/utf8.h"
#include "text/argument_value.h"

namespace ds4::text {

namespace {

// The members of an object in the making: a repeated key keeps its place and takes the new value.
class Members {
 public:
  // False if the key was there.
  bool set(const std::string& key, std::string json) {
    const auto [known, is_new] = places_.try_emplace(key, members_.size());
    if (is_new) {
      members_.emplace_back(key, std::move(json));
    } else {
      members_[known->second].second = std::move(json);
    }
    return is_new;
  }
  bool empty() const { return members_.empty(); }
  std::string json() const {
    std::string out = "{";
    for (const auto& [key, value] : members_) {
      if (out.size() > 1) out += ", ";
      append_json_string(out, key);
      out += ": ";
      out += value;
    }
    return out + '}';
  }

 private:
  std::vector<std::pair<std::string, std::string>> members_;
  std::unordered_map<std::string, std::size_t> places_;
};

class BlockReader {
 public:
  BlockReader(std::string_view text, std::size_t at, const ParseOptions& options, bool plain)
      : text_(text), at_(at), options_(options), syntax_(options.syntax()) {
    syntax_.plain = plain;
    block_.behind = at;
  }

  CallBlock run() {
    while (step()) {
    }
    return std::move(block_);
  }

 private:
  // Reads up to and including the next tag; false at the end of the block.
  bool step() {
    while (at_ < text_.size() && is_tag_space(text_[at_])) ++at_;
    if (at_ == text_.size()) return unfinished(true);
    if (text_[at_] != '<') return broken("text between the tags of a tool block");
    const ScannedTag scanned = scan_tag(text_.substr(at_), syntax_);
    if (scanned.outcome == ScannedTag::Outcome::cut) return unfinished(scanned.tag.closing);
    if (scanned.outcome == ScannedTag::Outcome::none) {
      return broken("something that is no tag inside a tool block");
    }
    at_ += scanned.length;
    if (!scanned.tag.exact) ++block_.repairs;
    return scanned.tag.closing ? closing(scanned.tag) : opening(scanned.tag);
  }

  bool opening(const Tag& tag) {
    if (tag.name == TagName::invoke) {
      if (in_call_) {
        if (!open_.empty()) return broken("a call inside a parameter");
        ++block_.repairs;
        close_call();
      }
      if (!tag.opens_named(TagName::invoke)) return broken("a call without a name");
      in_call_ = true;
      call_.name = to_valid_utf8(*tag.name_attribute);
      members_ = {};
      return true;
    }
    if (tag.name != TagName::parameter || !in_call_) return broken("a tag out of place");
    if (!tag.name_attribute) return broken("a parameter without a name");
    return parameter(to_valid_utf8(*tag.name_attribute), form_of(tag.string_attribute));
  }

  bool closing(const Tag& tag) {
    if (tag.name == TagName::parameter) {
      if (open_.empty()) return broken("the end of a parameter that was not opened");
      auto [key, outer] = std::move(open_.back());
      open_.pop_back();
      std::string json = members_.json();
      members_ = std::move(outer);
      set(key, std::move(json));
      return true;
    }
    if (!open_.empty()) return broken("a parameter is not closed");
    if (tag.name == TagName::invoke) {
      if (!in_call_) return broken("the end of a call that was not opened");
      close_call();
      return true;
    }
    if (in_call_) {
      ++block_.repairs;
      close_call();
    }
    block_.behind = at_;
    return false;
  }

  bool parameter(std::string key, ValueForm form) {
    if (form == ValueForm::undeclared) {
      ++block_.repairs;
      std::size_t child = at_;
      while (child < text_.size() && is_tag_space(text_[child])) ++child;
      if (child == text_.size()) return unfinished(false);
      if (text_[child] == '<') {
        const ScannedTag scanned = scan_tag(text_.substr(child), syntax_);
        if (scanned.outcome == ScannedTag::Outcome::cut) return unfinished(false);
        const Tag& tag = scanned.tag;
        if (scanned.outcome == ScannedTag::Outcome::tag && !tag.closing &&
            tag.name == TagName::parameter && tag.name_attribute) {
          if (open_.size() == kParameterDepthMax) return broken("parameters nest too deep");
          open_.emplace_back(std::move(key), std::exchange(members_, {}));
          return true;
        }
      }
    }
    const std::size_t begin = at_;
    TagSyntax syntax = syntax_;
    syntax.only_parameter_close = true;
    for (;;) {
      at_ = text_.find('<', at_);
      if (at_ == std::string_view::npos) return unfinished(false);
      const ScannedTag scanned = scan_tag(text_.substr(at_), syntax);
      if (scanned.outcome == ScannedTag::Outcome::cut) return unfinished(false);
      if (scanned.outcome == ScannedTag::Outcome::none) {
        ++at_;
        continue;
      }
      ArgumentValue value = argument_value(
          form, text_.substr(begin, at_ - begin),
          open_.empty() ? options_.tools.type_of(call_.name, key) : ParameterType::unknown,
          static_cast<int>(open_.size()), options_.coerce_arguments);
      at_ += scanned.length;
      if (!scanned.tag.exact) ++block_.repairs;
      if (value.repaired) {
        ++block_.repairs;
        call_.repaired = true;
      }
      set(key, std::move(value.json));
      return true;
    }
  }

  void set(const std::string& key, std::string json) {
    if (members_.set(key, std::move(json))) return;
    ++block_.repairs;
    call_.repaired = true;
  }

  void close_call() {
    call_.arguments = members_.json();
    block_.calls.push_back(std::exchange(call_, {}));
    in_call_ = false;
    block_.behind = at_;
  }

  // The text ran out. `between` tells that no parameter has begun since the last one closed.
  bool unfinished(bool between) {
    block_.end = BlockEnd::unfinished;
    block_.failure = "the tool block is not closed";
    if (between && in_call_ && open_.empty() && !members_.empty()) {
      close_call();
      block_.last_by_rest = true;
    }
    return false;
  }

  bool broken(std::string_view why) {
    block_.end = BlockEnd::broken;
    block_.failure = why;
    return false;
  }

  std::string_view text_;
  std::size_t at_;
  const ParseOptions& options_;
  TagSyntax syntax_;
  CallBlock block_;
  bool in_call_ = false;
  ToolCall call_;
  Members members_;                                    // of the innermost open object
  std::vector<std::pair<std::string, Members>> open_;  // the parameters around it
};

}  // namespace

bool is_tag_space(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

CallBlock read_call_block(std::string_view text, std::size_t at, const ParseOptions& options,
                          bool plain) {
  return BlockReader(text, at, options, plain).run();
}

}  // namespace ds4::text
