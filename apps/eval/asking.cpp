#include "eval/asking.h"

#include <utility>

#include "base/json.h"

namespace ds4::eval {

std::vector<Asked> choose_questions(const std::vector<Suite>& suites, const std::string& skill,
                                    std::uint64_t limit) {
  std::vector<Asked> out;
  std::map<std::string, std::uint64_t> counts;
  for (const Suite& suite : suites) {
    for (const Question& question : suite.questions) {
      if (question.skill.find(skill) == std::string::npos) continue;
      if (limit != 0 && counts[question.skill] == limit) continue;
      ++counts[question.skill];
      out.push_back({&suite, &question});
    }
  }
  return out;
}

Result<std::string> with_effort(const std::string& request, const std::string& effort) {
  if (effort.empty()) return request;
  TRY(Json json, parse_json(request));
  if (json.find("options") == nullptr || !json.find("options")->is_object()) {
    json.set("options", Json::object());
  }
  Json& options = *json.find("options");
  options.set("thinking_mode", "thinking");
  options.set("reasoning_effort", effort);
  return to_text(json);
}

std::string place_of(const Asked& asked) {
  return asked.suite->name + ", question " + asked.question->id;
}

Result<const Constraint*> Constraints::of(const Question& question) {
  const bool calls = !question.called_tools.empty();
  if (!calls && question.schema.empty()) return nullptr;
  // A schema is an object or a boolean, and a list of tools an array: keys do not meet.
  const std::string& key = calls ? question.called_tools : question.schema;
  std::unique_ptr<const Constraint>& made = made_[key];
  if (made == nullptr) {
    auto constraint = calls ? Constraint::tool_calls(model_, key)
                            : Constraint::json_schema(model_, key, /*is_strict=*/false);
    if (!constraint.ok()) return std::move(constraint).error();
    made = std::make_unique<const Constraint>(*std::move(constraint));
  }
  return made.get();
}

}  // namespace ds4::eval
