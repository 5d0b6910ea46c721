// The golden completions as data, for the tests of both parsers.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/json.h"
#include "text/dsml.h"
#include "text/parsed_turn.h"

namespace ds4::text {

struct ParseCase {
  std::string name;
  std::string completion;
  ParseOptions options;
  TurnEnd end = TurnEnd::eos;
  std::string reasoning, content;
  std::vector<ToolCall> calls;
  Finish finish = Finish::stop;
};

inline Json read_vectors(const std::string& name) {
  std::ifstream in(DS4_SOURCE_DIR "/tests/vectors/prompt/" + name);
  std::stringstream text;
  text << in.rdbuf();
  auto file = parse_json(text.str());
  EXPECT_TRUE(file.ok()) << name;
  return file.ok() ? *file->find("cases") : Json::array();
}

inline ParameterType parameter_type(const std::string& name) {
  return type_of_schema(Json(Json::Object{{"type", name}}));
}

inline std::vector<ParseCase> well_formed_cases() {
  std::vector<ParseCase> cases;
  const Json list = read_vectors("parse.json");
  for (const Json& item : list.as_array()) {
    const Json& expected = *item.find("expected");
    ParseCase one;
    one.name = item.find("name")->as_string();
    one.completion = item.find("completion")->as_string();
    EXPECT_TRUE(one.completion.ends_with(kEndOfSentence));
    one.completion.resize(one.completion.size() - kEndOfSentence.size());
    one.options.thinking = item.find("thinking_mode")->as_string() == "thinking";
    one.options.history_has_tools = true;  // no tools named: only exact markup counts
    one.reasoning = expected.find("reasoning_content")->as_string();
    one.content = expected.find("content")->as_string();
    for (const Json& call : expected.find("tool_calls")->as_array()) {
      const Json& function = *call.find("function");
      one.calls.push_back(
          {"", function.find("name")->as_string(), function.find("arguments")->as_string(), false});
    }
    if (!one.calls.empty()) one.finish = Finish::tool_calls;
    cases.push_back(std::move(one));
  }
  return cases;
}

inline std::vector<ParseCase> deviating_cases() {
  std::vector<ParseCase> cases;
  const Json list = read_vectors("parse_lenient.json");
  for (const Json& item : list.as_array()) {
    const Json& expected = *item.find("expected");
    ParseCase one;
    one.name = item.find("name")->as_string();
    one.completion = item.find("completion")->as_string();
    one.options.thinking = item.find("thinking_mode")->as_string() == "thinking";
    if (item.find("tools")->is_object()) {
      for (const auto& [tool, parameters] : item.find("tools")->as_object()) {
        std::unordered_map<std::string, ParameterType> types;
        for (const auto& [key, type] : parameters.as_object()) {
          types.emplace(key, parameter_type(type.as_string()));
        }
        one.options.tools.add(tool, std::move(types));
      }
    }
    const std::string end = item.find("generation_end")->as_string();
    one.end = end == "length"         ? TurnEnd::length
              : end == "block_closed" ? TurnEnd::block_closed
                                      : TurnEnd::eos;
    one.reasoning = expected.find("reasoning_content")->as_string();
    one.content = expected.find("content")->as_string();
    for (const Json& call : expected.find("tool_calls")->as_array()) {
      one.calls.push_back(
          {"", call.find("name")->as_string(), to_text(*call.find("arguments")), false});
    }
    const std::string finish = expected.find("finish_reason")->as_string();
    one.finish = finish == "tool_calls" ? Finish::tool_calls
                 : finish == "length"   ? Finish::length
                                        : Finish::stop;
    cases.push_back(std::move(one));
  }
  return cases;
}

}  // namespace ds4::text
