// Turns an assistant turn into events while it is sampled, and into the authoritative result at its
// end. For every turn that can be read the events, joined, say the same as the result, wherever the
// bytes were cut. All text in events is valid UTF-8.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/utf8_stream.h"
#include "text/turn_parser.h"
#include "text/turn_reader.h"

namespace ds4::text {

struct ReasoningDelta {
  std::string text;
};
struct ReasoningEnd {};
struct TextDelta {
  std::string text;
};
struct CallStart {
  int index;
  std::string id;
  std::string name;
};
// A piece of the JSON text of the arguments.
struct CallDelta {
  int index;
  std::string json;
};
struct CallEnd {
  int index;
};
// The tool block cannot be read. `index` is the call that was begun and will not end, or -1.
struct CallFailure {
  int index;
  std::string reason;
};

using StreamEvent = std::variant<ReasoningDelta, ReasoningEnd, TextDelta, CallStart, CallDelta,
                                 CallEnd, CallFailure>;

class StreamParser final : private TurnSink {
 public:
  using NewId = std::function<std::string()>;

  explicit StreamParser(ParseOptions options, NewId new_id = nullptr);
  StreamParser(const StreamParser&) = delete;
  StreamParser& operator=(const StreamParser&) = delete;

  // Appends events to `events`; neighbouring deltas are joined. See turn_reader.h for marks.
  void feed(std::string_view bytes, std::vector<StreamEvent>& events);
  void feed_mark(std::string_view literal, std::vector<StreamEvent>& events);

  // Appends the last events and returns the whole turn. Nothing may be fed afterwards.
  ParsedTurn finish(TurnEnd end, std::vector<StreamEvent>& events);

  // The tool block is closed: generation may stop.
  bool is_over() const { return reader_.is_over(); }
  Position position() const { return reader_.position(); }
  // What was sampled so far, dropped marks left out.
  const std::string& text() const { return text_; }

 private:
  void reasoning(std::string_view bytes) override;
  void reasoning_closed() override;
  void prose(std::string_view bytes) override;
  void call_opened(std::string_view name) override;
  void parameter_opened(std::string_view key, ValueForm form) override;
  void object_opened() override;
  void value(std::string_view bytes) override;
  void parameter_closed() override;
  void call_closed() override;
  void failed(std::string_view why) override;

  std::string& reasoning_delta();
  std::string& text_delta();
  std::string& call_delta();
  void drop_empty_delta();
  int call_index() const { return static_cast<int>(ids_.size()) - 1; }

  const ParseOptions options_;
  NewId new_id_;
  TurnReader reader_;
  std::vector<StreamEvent>* events_ = nullptr;  // of the feed in progress
  std::size_t events_before_ = 0;               // those are the caller's and stay as they are

  std::string text_;
  std::size_t think_close_ = kNoMark;
  bool thinks_;
  Utf8Stream reasoning_stream_, prose_stream_, value_stream_;

  std::vector<std::string> ids_;
  std::string name_;
  std::vector<bool> is_first_;  // per open object: no member yet
  bool in_value_ = false;       // else parameter_closed ends an object
  ParameterType type_ = ParameterType::unknown;
  ValueForm form_ = ValueForm::string;
  bool buffers_ = false;  // the value is seen whole before it is told
  std::string value_;
};

}  // namespace ds4::text
