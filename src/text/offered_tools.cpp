#include "text/offered_tools.h"

#include <algorithm>

namespace ds4::text {

namespace {

ParameterType type_of_name(std::string_view name) {
  if (name == "string") return ParameterType::string;
  if (name == "integer") return ParameterType::integer;
  if (name == "number") return ParameterType::number;
  if (name == "boolean") return ParameterType::boolean;
  if (name == "object" || name == "array" || name == "null") return ParameterType::other;
  return ParameterType::unknown;
}

// Of a list such as ["string", "null"]: null leaves the other's type; strings among others are
// undecided.
ParameterType type_of_names(const Json::Array& names) {
  ParameterType type = ParameterType::unknown;
  bool mixed = false;
  bool has_string = false;
  for (const Json& name : names) {
    if (!name.is_string() || name.as_string() == "null") continue;
    const ParameterType next = type_of_name(name.as_string());
    has_string |= next == ParameterType::string;
    mixed |= type != ParameterType::unknown && type != next;
    type = next;
  }
  if (!mixed) return type;
  return has_string ? ParameterType::unknown : ParameterType::other;
}

}  // namespace

ParameterType type_of_schema(const Json& schema) {
  if (const Json* type = schema.find("type")) {
    if (type->is_string()) return type_of_name(type->as_string());
    if (type->is_array()) return type_of_names(type->as_array());
  }
  if (const Json* values = schema.find("enum"); values != nullptr && values->is_array()) {
    const Json::Array& list = values->as_array();
    const auto is_string = [](const Json& value) { return value.is_string(); };
    if (!list.empty() && std::all_of(list.begin(), list.end(), is_string)) {
      return ParameterType::string;
    }
  }
  if (const Json* value = schema.find("const"); value != nullptr && value->is_string()) {
    return ParameterType::string;
  }
  return ParameterType::unknown;
}

OfferedTools::OfferedTools(const std::vector<Json>& functions) {
  for (const Json& function : functions) {
    const Json* name = function.find("name");
    if (name == nullptr || !name->is_string()) continue;
    std::unordered_map<std::string, ParameterType> types;
    const Json* parameters = function.find("parameters");
    const Json* properties = parameters == nullptr ? nullptr : parameters->find("properties");
    if (properties != nullptr && properties->is_object()) {
      for (const auto& [key, schema] : properties->as_object()) {
        types.emplace(key, type_of_schema(schema));
      }
    }
    add(name->as_string(), std::move(types));
  }
}

void OfferedTools::add(std::string name,
                       std::unordered_map<std::string, ParameterType> parameters) {
  tools_.insert_or_assign(std::move(name), std::move(parameters));
}

bool OfferedTools::contains(std::string_view name) const {
  return tools_.contains(std::string(name));
}

ParameterType OfferedTools::type_of(std::string_view tool, std::string_view parameter) const {
  const auto known = tools_.find(std::string(tool));
  if (known == tools_.end()) return ParameterType::unknown;
  const auto type = known->second.find(std::string(parameter));
  return type == known->second.end() ? ParameterType::unknown : type->second;
}

}  // namespace ds4::text
