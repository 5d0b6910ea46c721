#include "grammar/schema_reader.h"

#include <algorithm>

namespace ds4::grammar {
namespace {

constexpr std::uint32_t kItemsMax = 1024;

constexpr std::string_view kIgnored[] = {"title",     "description", "default",    "examples",
                                         "example",   "$schema",     "$id",        "$comment",
                                         "$defs",     "definitions", "deprecated", "readOnly",
                                         "writeOnly", "$anchor",     "nullable",   "discriminator"};

// Known to JSON Schema, and not among the keywords compiled here.
constexpr std::string_view kRefused[] = {"not",
                                         "if",
                                         "then",
                                         "else",
                                         "dependentSchemas",
                                         "dependentRequired",
                                         "dependencies",
                                         "propertyNames",
                                         "contains",
                                         "minContains",
                                         "maxContains",
                                         "unevaluatedProperties",
                                         "unevaluatedItems",
                                         "minProperties",
                                         "maxProperties",
                                         "$dynamicRef",
                                         "$recursiveRef",
                                         "additionalItems",
                                         "contentEncoding",
                                         "contentMediaType",
                                         "contentSchema",
                                         "id"};

template <std::size_t N>
bool is_one_of(std::string_view name, const std::string_view (&names)[N]) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

std::string escape_pointer(std::string_view key) {
  std::string out;
  for (char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

std::optional<unsigned> type_named(std::string_view name) {
  constexpr std::pair<std::string_view, unsigned> kNames[] = {
      {"null", kNull},     {"boolean", kBoolean}, {"integer", kInteger}, {"number", kNumber},
      {"string", kString}, {"array", kArray},     {"object", kObject}};
  for (const auto& [known, bits] : kNames) {
    if (known == name) return bits;
  }
  return std::nullopt;
}

}  // namespace

bool Keywords::says_something() const {
  return is_never || types || one_of_values || only_value || bounds.low || bounds.high ||
         multiple_of != 1 || min_length || max_length || pattern || format || !properties.empty() ||
         !required.empty() || additional || key_pattern || !prefix_items.empty() || items ||
         min_items || max_items;
}

const Json* Keywords::property(std::string_view name) const {
  for (const auto& [known, schema] : properties) {
    if (known == name) return schema;
  }
  return nullptr;
}

SchemaReader::SchemaReader(const Json& root, bool is_strict, std::vector<std::string>& warnings)
    : root_(root), is_strict_(is_strict), warnings_(warnings) {
  pointers_[&root] = "";
}

std::string_view SchemaReader::pointer_of(const Json& schema) const {
  const auto it = pointers_.find(&schema);
  return it == pointers_.end() ? std::string_view() : it->second;
}

Error SchemaReader::bad(const std::string& pointer, std::string_view what) const {
  return fail(Code::bad_argument, "schema at #", pointer, ": ", what);
}

Result<void> SchemaReader::refuse(const std::string& pointer, std::string_view what) {
  Error error = fail(Code::unsupported, "schema at #", pointer, ": ", what, " is not supported");
  if (is_strict_) return error;
  warnings_.push_back(error.message + "; ignored");
  return {};
}

Result<const Json*> SchemaReader::note_schema(const Json& schema, std::string pointer) {
  if (!schema.is_object() && !schema.is_bool())
    return bad(pointer, "a schema must be an object or a boolean");
  pointers_.try_emplace(&schema, std::move(pointer));
  return &schema;
}

Result<const Keywords*> SchemaReader::read(const Json& schema) {
  auto& slot = known_[&schema];
  if (slot) return slot.get();
  auto out = std::make_unique<Keywords>();
  out->pointer = pointer_of(schema);
  if (schema.is_bool()) {
    out->is_never = !schema.as_bool();
  } else if (!schema.is_object()) {
    return bad(out->pointer, "a schema must be an object or a boolean");
  } else {
    for (const auto& [name, value] : schema.as_object()) {
      TRY_DO(read_keyword(name, value, schema, *out));
    }
    const Json* nullable = schema.find("nullable");
    if (nullable != nullptr) {
      if (!nullable->is_bool()) return bad(out->pointer + "/nullable", "must be a boolean");
      if (nullable->as_bool() && out->types) *out->types |= kNull;
    }
  }
  known_[&schema] = std::move(out);
  return known_[&schema].get();
}

Result<void> SchemaReader::read_keyword(const std::string& name, const Json& value,
                                        const Json& schema, Keywords& out) {
  const std::string pointer = out.pointer + "/" + escape_pointer(name);
  if (is_one_of(name, kIgnored) || name.starts_with("x-")) return {};
  if (is_one_of(name, kRefused)) return refuse(pointer, "`" + name + "`");
  if (name == "type") return read_types(value, out);
  if (name == "enum") {
    if (!value.is_array() || value.as_array().empty())
      return bad(pointer, "must be a non-empty array");
    out.one_of_values = &value.as_array();
    return {};
  }
  if (name == "const") {
    out.only_value = &value;
    return {};
  }
  if (name == "$ref") {
    if (!value.is_string()) return bad(pointer, "must be a string");
    TRY(out.reference, resolve(value.as_string(), pointer));
    return {};
  }
  if (name == "allOf") return read_schemas(name, value, pointer, out.all_of);
  if (name == "anyOf" || name == "oneOf") {
    out.alternatives.emplace_back();
    return read_schemas(name, value, pointer, out.alternatives.back());
  }
  if (name == "uniqueItems") {
    if (!value.is_bool()) return bad(pointer, "must be a boolean");
    return value.as_bool() ? refuse(pointer, "`uniqueItems`") : Result<void>();
  }
  if (name == "pattern" || name == "format") {
    if (!value.is_string()) return bad(pointer, "must be a string");
    (name == "pattern" ? out.pattern : out.format) = &value.as_string();
    return {};
  }
  if (name == "minLength") return read_count(name, value, pointer, out.min_length);
  if (name == "minItems") {
    TRY_DO(read_count(name, value, pointer, out.min_items));
    if (out.min_items > kItemsMax)
      return fail(Code::too_large, "schema at #", pointer, ": `minItems` ", out.min_items,
                  ", limit ", kItemsMax);
    return {};
  }
  if (name == "maxLength" || name == "maxItems") {
    std::uint32_t count = 0;
    TRY_DO(read_count(name, value, pointer, count));
    if (name == "maxItems" && count > kItemsMax) {
      return fail(Code::too_large, "schema at #", pointer, ": `maxItems` ", count, ", limit ",
                  kItemsMax);
    }
    (name == "maxLength" ? out.max_length : out.max_items) = count;
    return {};
  }
  if (name == "items") {
    if (value.is_array())
      return refuse(pointer, "a list of schemas in `items` (write `prefixItems`)");
    TRY(out.items, note_schema(value, pointer));
    return {};
  }
  if (name == "prefixItems") return read_schemas(name, value, pointer, out.prefix_items);
  if (name == "minimum" || name == "maximum" || name == "exclusiveMinimum" ||
      name == "exclusiveMaximum" || name == "multipleOf") {
    return read_number_keyword(name, value, out);
  }
  if (name == "properties" || name == "required" || name == "additionalProperties" ||
      name == "patternProperties") {
    return read_object_keyword(name, value, schema, out);
  }
  return refuse(pointer, "the keyword `" + name + "`");
}

Result<void> SchemaReader::read_types(const Json& value, Keywords& out) {
  const std::string pointer = out.pointer + "/type";
  unsigned types = 0;
  auto add = [&](const Json& one) -> Result<void> {
    if (!one.is_string()) return bad(pointer, "must be a type name or a list of them");
    const auto bits = type_named(one.as_string());
    if (!bits) return bad(pointer, "`" + one.as_string() + "` is not a JSON type");
    types |= *bits;
    return {};
  };
  if (value.is_array()) {
    for (const Json& one : value.as_array()) TRY_DO(add(one));
  } else {
    TRY_DO(add(value));
  }
  if (types == 0) return bad(pointer, "names no type");
  out.types = types;
  return {};
}

Result<void> SchemaReader::read_schemas(const std::string& name, const Json& value,
                                        const std::string& pointer, std::vector<const Json*>& out) {
  if (!value.is_array() || (value.as_array().empty() && name != "prefixItems")) {
    return bad(pointer, "must be a non-empty array of schemas");
  }
  for (std::size_t i = 0; i < value.as_array().size(); ++i) {
    TRY(const Json* one, note_schema(value.as_array()[i], pointer + "/" + std::to_string(i)));
    out.push_back(one);
  }
  return {};
}

Result<void> SchemaReader::read_count(const std::string& name, const Json& value,
                                      const std::string& pointer, std::uint32_t& out) {
  std::optional<Decimal> number;
  if (value.is_number()) {
    TRY(number, Decimal::parse(value.as_number().text));
  }
  if (!number || number->is_negative || !number->is_integer()) {
    return bad(pointer, "`" + name + "` must be a whole number, not negative");
  }
  // Anything above four billion is as good as four billion.
  out = number->whole.size() > 9 ? 4'000'000'000u
                                 : static_cast<std::uint32_t>(std::stoul(number->whole));
  return {};
}

Result<void> SchemaReader::read_number_keyword(const std::string& name, const Json& value,
                                               Keywords& out) {
  const std::string pointer = out.pointer + "/" + name;
  if (!value.is_number()) return bad(pointer, "must be a number");
  auto parsed = Decimal::parse(value.as_number().text);
  if (!parsed.ok())
    return fail(parsed.error().code, "schema at #", pointer, ": ", parsed.error().message);
  const Decimal& number = *parsed;
  if (name == "minimum") out.bounds.raise_low(number, false);
  if (name == "exclusiveMinimum") out.bounds.raise_low(number, true);
  if (name == "maximum") out.bounds.lower_high(number, false);
  if (name == "exclusiveMaximum") out.bounds.lower_high(number, true);
  if (name != "multipleOf") return {};
  if (number.is_negative || number.is_zero()) return bad(pointer, "must be greater than 0");
  if (!number.is_integer() || number.whole.size() > 18) {
    return refuse(pointer, "`multipleOf` other than a whole number below 10^18");
  }
  out.multiple_of = std::stoull(number.whole);
  return {};
}

Result<void> SchemaReader::read_object_keyword(const std::string& name, const Json& value,
                                               const Json& schema, Keywords& out) {
  const std::string pointer = out.pointer + "/" + name;
  if (name == "required") {
    if (!value.is_array()) return bad(pointer, "must be an array of strings");
    for (const Json& key : value.as_array()) {
      if (!key.is_string()) return bad(pointer, "must be an array of strings");
      out.required.push_back(key.as_string());
    }
    return {};
  }
  if (name == "additionalProperties") {
    TRY(out.additional, note_schema(value, pointer));
    return {};
  }
  if (!value.is_object()) return bad(pointer, "must be an object");
  if (name == "properties") {
    for (const auto& [key, one] : value.as_object()) {
      TRY(const Json* noted, note_schema(one, pointer + "/" + escape_pointer(key)));
      out.properties.emplace_back(key, noted);
    }
    return {};
  }
  if (value.as_object().empty()) return {};
  const Json* additional = schema.find("additionalProperties");
  const bool is_closed = additional != nullptr && additional->is_bool() && !additional->as_bool();
  if (value.as_object().size() > 1 || !is_closed) {
    return refuse(pointer,
                  "`patternProperties`, other than one beside additionalProperties:false,");
  }
  const auto& [pattern, one] = value.as_object().front();
  out.key_pattern = &pattern;
  TRY(out.key_pattern_schema, note_schema(one, pointer + "/" + escape_pointer(pattern)));
  return {};
}

Result<const Json*> SchemaReader::resolve(const std::string& reference,
                                          const std::string& pointer) {
  if (!reference.starts_with('#')) {
    return fail(Code::unsupported, "schema at #", pointer, ": the remote `$ref` ", reference,
                " is not supported");
  }
  if (reference.size() > 1 && reference[1] != '/') {
    return fail(Code::unsupported, "schema at #", pointer, ": the `$ref` to an anchor ", reference,
                " is not supported");
  }
  const Json* at = &root_;
  std::size_t begin = 1;
  while (begin < reference.size()) {
    const std::size_t end = std::min(reference.find('/', begin + 1), reference.size());
    std::string key;
    for (std::size_t i = begin + 1; i < end; ++i) {
      if (reference[i] == '~' && i + 1 < end &&
          (reference[i + 1] == '0' || reference[i + 1] == '1')) {
        key += reference[++i] == '0' ? '~' : '/';
      } else if (reference[i] == '%' && i + 2 < end) {
        key += static_cast<char>(std::strtol(reference.substr(i + 1, 2).c_str(), nullptr, 16));
        i += 2;
      } else {
        key += reference[i];
      }
    }
    begin = end;
    if (at->is_array()) {
      const bool is_index =
          !key.empty() && key.size() < 6 &&
          std::all_of(key.begin(), key.end(), [](char c) { return c >= '0' && c <= '9'; });
      const std::size_t index = is_index ? std::stoul(key) : at->as_array().size();
      at = index < at->as_array().size() ? &at->as_array()[index] : nullptr;
    } else {
      at = at->find(key);
    }
    if (at == nullptr) return bad(pointer, "`$ref` " + reference + " names nothing in this schema");
  }
  return note_schema(*at, reference.substr(1));
}

}  // namespace ds4::grammar
