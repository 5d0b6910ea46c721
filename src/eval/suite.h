// A suite of questions: JSON lines, each a request and what makes an answer right.
// docs/formats/eval-suite.md says what a line may hold.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "ds4/result.h"
#include "eval/checker.h"

namespace ds4::eval {

struct Question {
  std::string id;  // no other of its suite has it
  std::string skill;
  std::optional<double> chance;  // what guessing would get right
  std::uint64_t tokens_max = 0;  // of an answer; 0: not said
  std::string request;           // as TextModel::render() takes it
  std::string asked;             // what the user said last
  Checker checker;
  ToolSchemas tools;
  // What the answer can be held to by a grammar, as JSON; empty: nothing.
  std::string schema, called_tools;
};

struct Suite {
  std::string name;
  std::uint64_t checksum = 0;  // of its bytes
  std::vector<Question> questions;
};

inline constexpr std::size_t kSuiteBytesMax = std::size_t{256} << 20;
inline constexpr std::size_t kQuestionsMax = 100'000;

// `name` is what the suite is called from now on. Errors name the line: "line 3: checker: ...".
Result<Suite> read_suite(std::string_view bytes, std::string name);

}  // namespace ds4::eval
