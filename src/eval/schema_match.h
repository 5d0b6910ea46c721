// Whether a JSON value is what a schema asks for, by the same compiled schema that constrains
// answers: so one reading of JSON Schema serves both.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "ds4/result.h"
#include "grammar/mask.h"

namespace ds4::eval {

// Immutable. One thread at a time.
class SchemaMatch {
 public:
  // Keywords that are not supported are left out (docs/grammar.md).
  static Result<SchemaMatch> compile(const Json& schema);

  // The compiled schema takes keys in one order and numbers in few spellings; here keys may come in
  // any order, and a number is what it is worth.
  bool holds(const Json& value) const;

 private:
  SchemaMatch() = default;

  std::shared_ptr<grammar::MaskCache> cache_;
  // The keys of every `properties` in the schema, in its order.
  std::vector<std::vector<std::string>> key_orders_;
};

}  // namespace ds4::eval
