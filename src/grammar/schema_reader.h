// Reads one JSON Schema object into plain facts: every keyword checked for its type, unsupported
// ones refused by name and place.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "grammar/number.h"

namespace ds4::grammar {

// The JSON types, as bits. A number is an integer or something else.
enum Types : unsigned {
  kNull = 1,
  kBoolean = 2,
  kInteger = 4,
  kFraction = 8,  // numbers that are not written as integers
  kString = 16,
  kArray = 32,
  kObject = 64,
  kNumber = kInteger | kFraction,
  kAnyType = 127,
};

// The keywords of one schema object. A schema that is `true` has none; `false` has `is_never`.
struct Keywords {
  std::string pointer;  // where it stands, for messages
  bool is_never = false;
  std::optional<unsigned> types;
  const Json::Array* one_of_values = nullptr;  // enum
  const Json* only_value = nullptr;            // const
  const Json* reference = nullptr;
  std::vector<const Json*> all_of;
  std::vector<std::vector<const Json*>> alternatives;  // anyOf, oneOf

  NumberBounds bounds;
  std::uint64_t multiple_of = 1;

  std::uint32_t min_length = 0;
  std::optional<std::uint32_t> max_length;
  const std::string* pattern = nullptr;
  const std::string* format = nullptr;

  std::vector<std::pair<std::string_view, const Json*>> properties;
  std::vector<std::string_view> required;
  const Json* additional = nullptr;
  const std::string* key_pattern = nullptr;  // patternProperties, with its schema
  const Json* key_pattern_schema = nullptr;

  std::vector<const Json*> prefix_items;
  const Json* items = nullptr;
  std::uint32_t min_items = 0;
  std::optional<std::uint32_t> max_items;

  // Whether anything beside the references and alternatives is said.
  bool says_something() const;
  const Json* property(std::string_view name) const;
};

class SchemaReader {
 public:
  // `root` must outlive the reader. Not strict: what is not supported is left out with a warning.
  SchemaReader(const Json& root, bool is_strict, std::vector<std::string>& warnings);

  // The facts of a schema inside the root; it must be the root or have been found by read().
  Result<const Keywords*> read(const Json& schema);

  std::string_view pointer_of(const Json& schema) const;

 private:
  Result<void> read_keyword(const std::string& name, const Json& value, const Json& schema,
                            Keywords& out);
  Result<void> read_number_keyword(const std::string& name, const Json& value, Keywords& out);
  Result<void> read_object_keyword(const std::string& name, const Json& value, const Json& schema,
                                   Keywords& out);
  Result<void> read_types(const Json& value, Keywords& out);
  Result<void> read_schemas(const std::string& name, const Json& value, const std::string& pointer,
                            std::vector<const Json*>& out);
  Result<void> read_count(const std::string& name, const Json& value, const std::string& pointer,
                          std::uint32_t& out);
  Result<const Json*> resolve(const std::string& reference, const std::string& pointer);
  // The error in strict mode, else a warning and nothing.
  Result<void> refuse(const std::string& pointer, std::string_view what);
  Error bad(const std::string& pointer, std::string_view what) const;
  Result<const Json*> note_schema(const Json& schema, std::string pointer);

  const Json& root_;
  bool is_strict_;
  std::vector<std::string>& warnings_;
  std::map<const Json*, std::string> pointers_;
  std::map<const Json*, std::unique_ptr<Keywords>> known_;
};

}  // namespace ds4::grammar
