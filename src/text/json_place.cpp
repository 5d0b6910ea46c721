#include "text/json_place.h"

namespace ds4::text {

std::string_view kind_of(const Json& value) {
  if (value.is_null()) return "null";
  if (value.is_bool()) return "a boolean";
  if (value.is_number()) return "a number";
  if (value.is_string()) return "a string";
  if (value.is_array()) return "an array";
  return "an object";
}

std::string element_path(std::string_view path, std::size_t index) {
  return std::string(path) + '[' + std::to_string(index) + ']';
}

std::string member_path(std::string_view path, std::string_view key) {
  if (path.empty()) return std::string(key);
  return std::string(path) + '.' + std::string(key);
}

const Json* present(const Json& object, std::string_view key) {
  const Json* value = object.find(key);
  return value != nullptr && value->is_null() ? nullptr : value;
}

Result<void> expect_object(const Json& value, std::string_view path) {
  if (value.is_object()) return {};
  return fail(Code::bad_argument, path, ": expected an object, found ", kind_of(value));
}

Result<void> expect_array(const Json& value, std::string_view path) {
  if (value.is_array()) return {};
  return fail(Code::bad_argument, path, ": expected an array, found ", kind_of(value));
}

Result<std::string> expect_string(const Json& value, std::string_view path) {
  if (value.is_string()) return value.as_string();
  return fail(Code::bad_argument, path, ": expected a string, found ", kind_of(value));
}

Result<std::string> string_member(const Json& object, std::string_view key, std::string_view path) {
  const Json* value = object.find(key);
  if (value == nullptr) {
    return fail(Code::bad_argument, member_path(path, key), ": missing; expected a string");
  }
  return expect_string(*value, member_path(path, key));
}

Result<std::string> string_member_or(const Json& object, std::string_view key,
                                     std::string_view fallback, std::string_view path) {
  const Json* value = present(object, key);
  if (value == nullptr) return std::string(fallback);
  return expect_string(*value, member_path(path, key));
}

Result<bool> bool_member_or(const Json& object, std::string_view key, bool fallback,
                            std::string_view path) {
  const Json* value = present(object, key);
  if (value == nullptr) return fallback;
  if (value->is_bool()) return value->as_bool();
  return fail(Code::bad_argument, member_path(path, key), ": expected a boolean, found ",
              kind_of(*value));
}

}  // namespace ds4::text
