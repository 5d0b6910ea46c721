#include "eval/json_value.h"

#include <algorithm>

namespace ds4::eval {

namespace {

bool same_number(const Json& a, const Json& b) {
  if (a.as_number() == b.as_number()) return true;
  const auto whole_a = a.as_int(), whole_b = b.as_int();
  if (whole_a && whole_b) return whole_a == whole_b;
  // Digits that no double holds are told apart by their spelling.
  if (a.as_number().is_integer && b.as_number().is_integer) return false;
  const auto real_a = a.as_double(), real_b = b.as_double();
  return real_a && real_b && *real_a == *real_b;
}

bool same_object(const Json::Object& a, const Json& b) {
  return a.size() == b.as_object().size() && std::all_of(a.begin(), a.end(), [&b](const auto& m) {
           const Json* other = b.find(m.first);
           return other != nullptr && same_value(m.second, *other);
         });
}

}  // namespace

bool same_value(const Json& a, const Json& b) {
  if (a.is_number() && b.is_number()) return same_number(a, b);
  if (a.is_object() && b.is_object()) return same_object(a.as_object(), b);
  if (a.is_array() && b.is_array()) {
    return std::equal(a.as_array().begin(), a.as_array().end(), b.as_array().begin(),
                      b.as_array().end(), same_value);
  }
  return a == b;
}

}  // namespace ds4::eval
