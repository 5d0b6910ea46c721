// Follows an assistant turn as it is sampled, in bytes cut anywhere, and tells a sink what they
// are. Linear in the input; holds back only what may still turn out to be markup.
//
// Control text comes in two ways. `feed` takes the bytes of ordinary tokens. `feed_mark` takes the
// literal of an added token, which the caller knows to be one. `｜DSML｜` may come either way; for
// `</think>` it makes a difference: with `ParseOptions::knows_marks` the text form ends reasoning
// only if the token never comes, so that a model may speak about the mark while it thinks.
#pragma once

#include <string>
#include <string_view>

#include "text/argument_value.h"
#include "text/dsml_tag.h"
#include "text/parsed_turn.h"

namespace ds4::text {

class TurnSink {
 public:
  virtual ~TurnSink() = default;
  virtual void reasoning(std::string_view) {}
  virtual void reasoning_closed() {}
  virtual void prose(std::string_view) {}
  virtual void call_opened(std::string_view /*name*/) {}
  virtual void parameter_opened(std::string_view /*key*/, ValueForm) {}
  // The parameter opened last holds parameters of its own; parameter_closed ends it.
  virtual void object_opened() {}
  // Of the parameter opened last. String values come unescaped, others as written.
  virtual void value(std::string_view) {}
  virtual void parameter_closed() {}
  virtual void call_closed() {}
  // The block cannot be read. An open call will not be closed; calls before it stand.
  virtual void failed(std::string_view /*why*/) {}
};

// Where the next token will stand.
enum class Position {
  reasoning,
  prose,
  markup,     // tags and the space between them
  call_name,  // directly behind name=" of a call
  string_value,
  value_closing,  // "</" and more of a closing tag, in a string value
  json_value,
  json_string,  // inside a string of a JSON value
  over,         // the turn has said all; what follows is ignored
};

class TurnReader {
 public:
  // Both must outlive the reader.
  TurnReader(const ParseOptions& options, TurnSink& sink);

  void feed(std::string_view bytes);
  // Returns false when the mark is dropped, as a stray thinking mark in visible text is.
  bool feed_mark(std::string_view literal);
  // Nothing may be fed afterwards.
  void finish(TurnEnd end);

  Position position() const;
  bool is_over() const { return state_ == State::over; }

 private:
  enum class State {
    reasoning,
    doubt,  // `</think>` was spelled; the token may still come
    text,   // no calls are read: all is prose
    prose,
    opener,       // behind a plain <tool_calls>: a block only if a call follows
    tags,         // in a block, between tags
    value_start,  // of a parameter that may hold parameters
    value,
    failed,
    over,
  };

  // Each takes some of the bytes and returns how many, or changes the state and takes none.
  std::size_t take(std::string_view bytes);
  std::size_t take_reasoning(std::string_view bytes);
  std::size_t take_prose(std::string_view bytes);
  std::size_t take_opener(char c);
  std::size_t take_tags(char c);
  std::size_t take_value_start(char c);
  std::size_t take_value(std::string_view bytes);
  std::size_t take_escape(char c);
  std::size_t take_scanned(char c);

  void close_reasoning();
  void begin_scan(char c);
  void scanned_in_prose(const Tag& tag);
  void scanned_behind_opener(const Tag& tag);
  void scanned_in_block(const Tag& tag);
  void scanned_at_value_start(const Tag& tag);
  void no_tag();

  void open_block(bool plain, bool bare);
  void open_call(std::string_view name);
  void close_call();
  void open_parameter(const Tag& tag);
  void close_parameter();
  void say(std::string_view bytes);
  void flush_breaks();
  void release_held();
  void pass_value(std::string_view bytes);
  void fail(std::string_view why);

  const ParseOptions& options_;
  TurnSink& sink_;
  State state_;
  TagScanner scanner_;
  bool scanning_ = false;
  std::string held_;  // bytes that may become a tag, and what precedes them undecided
  std::size_t held_before_tag_ = 0;
  std::size_t matched_ = 0;  // of `</think>`, or of the escaped closing tag
  int breaks_ = 0;           // line breaks held back before a block, at most two
  TagSyntax block_syntax_;
  bool is_bare_ = false;
  int closed_calls_ = 0;
  bool in_call_ = false;
  bool has_parameters_ = false;
  int depth_ = 0;  // parameters that hold the current one
  ValueForm form_ = ValueForm::string;
  bool in_json_string_ = false;
  bool behind_backslash_ = false;
};

}  // namespace ds4::text
