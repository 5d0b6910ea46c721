// Where an answer goes. To a terminal: readable and harmless, as terminal/answer_view.h draws it.
// To a file or a pipe: exactly the text of the answer, and the thinking to standard error.
#pragma once

#include <string>
#include <string_view>

#include "ds4/chat.h"
#include "terminal/answer_view.h"

namespace ds4::cli {

struct OutputOptions {
  bool hide_thinking = false;
  bool hide_figures = false;  // they are only shown on a terminal
};

class AnswerOutput {
 public:
  explicit AnswerOutput(const OutputOptions& options);

  // False if nobody reads any more.
  [[nodiscard]] bool show(const Event& event);
  // A remark of ours: among the answers on a terminal, to standard error otherwise.
  [[nodiscard]] bool note(std::string_view text, terminal::Styles style);
  // Keeps what comes next apart from the answer before it.
  [[nodiscard]] bool separate();

 private:
  [[nodiscard]] bool show_exactly(const Event& event);
  void think(const std::string& text);
  void end_thinking();

  const OutputOptions options_;
  const bool to_terminal_;
  terminal::AnswerView view_;
  bool is_thinking_ = false, ends_line_ = true;  // of what went to standard error
};

}  // namespace ds4::cli
