// The questions of a run, made ready for one model.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ds4/engine.h"
#include "ds4/grammar.h"
#include "eval/suite.h"

namespace ds4::eval {

// A question of a suite, both of which outlive it.
struct Asked {
  const Suite* suite = nullptr;
  const Question* question = nullptr;
};

// Those whose skill contains `skill`, at most `limit` of each (0: all), in the order of the suites.
std::vector<Asked> choose_questions(const std::vector<Suite>& suites, const std::string& skill,
                                    std::uint64_t limit);

// The request with another effort of thinking.
Result<std::string> with_effort(const std::string& request, const std::string& effort);

// "the suite's name, question ID".
std::string place_of(const Asked& asked);

// What answers are held to by grammars; equal ones are compiled once. Must not outlive the model.
class Constraints {
 public:
  explicit Constraints(const TextModel& model) : model_(model) {}

  // Null where the form of an answer is free. Lives as long as this object.
  Result<const Constraint*> of(const Question& question);

 private:
  const TextModel& model_;
  std::map<std::string, std::unique_ptr<const Constraint>> made_;
};

}  // namespace ds4::eval
