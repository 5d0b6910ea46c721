// What the parser needs to know of the tools in a request: their names and which of their
// parameters are strings, numbers or something else.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/json.h"

namespace ds4::text {

enum class ParameterType {
  unknown,
  string,
  integer,
  number,
  boolean,
  other,  // an object, an array, or a mixture without strings
};

class OfferedTools {
 public:
  OfferedTools() = default;
  // From the `function` members that were rendered.
  explicit OfferedTools(const std::vector<Json>& functions);

  void add(std::string name, std::unordered_map<std::string, ParameterType> parameters);

  bool empty() const { return tools_.empty(); }
  bool contains(std::string_view name) const;
  ParameterType type_of(std::string_view tool, std::string_view parameter) const;

 private:
  std::unordered_map<std::string, std::unordered_map<std::string, ParameterType>> tools_;
};

// Of a JSON Schema, as far as it says so directly.
ParameterType type_of_schema(const Json& schema);

}  // namespace ds4::text
