#include "eval/schema_match.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "grammar/json_schema.h"
#include "grammar/matcher.h"

namespace ds4::eval {

namespace {

using grammar::Matcher;
using KeyOrders = std::vector<std::vector<std::string>>;

// Orders of keys that are tried before a value counts as wrong. The first one is right unless
// alternatives of a schema declare the same keys in different orders.
constexpr int kTriesMax = 2000;
// Of one object; more are no answer to any schema we know.
constexpr std::size_t kKeysMax = 1000;

void collect_key_orders(const Json& schema, KeyOrders& out) {
  if (schema.is_array()) {
    for (const Json& item : schema.as_array()) collect_key_orders(item, out);
  }
  if (!schema.is_object()) return;
  if (const Json* properties = schema.find("properties");
      properties != nullptr && properties->is_object()) {
    std::vector<std::string>& keys = out.emplace_back();
    for (const auto& [key, value] : properties->as_object()) keys.push_back(key);
  }
  for (const auto& [key, value] : schema.as_object()) collect_key_orders(value, out);
}

// Feeds one value to a matcher. Objects take the first order of their keys that is possible by
// itself: the matcher follows all alternatives of the schema at once, so that is hardly ever wrong.
class Feeder {
 public:
  explicit Feeder(const KeyOrders& orders) : orders_(orders) {}

  // False: not possible, and the matcher is wherever that was found.
  bool feed(const Json& value, Matcher& matcher) {
    if (value.is_object()) {
      return value.as_object().size() <= kKeysMax && matcher.accept_bytes("{") &&
             feed_members(in_declared_order(value.as_object()), true, matcher);
    }
    if (value.is_array()) return feed_array(value.as_array(), matcher);
    if (matcher.accept_bytes(to_text(value))) return true;
    const auto whole = value.is_number() ? whole_number(value) : std::nullopt;
    return whole && matcher.accept_bytes(to_text(Json(*whole)));
  }

 private:
  // 3.0 and 3e2 are integers.
  static std::optional<std::int64_t> whole_number(const Json& value) {
    const auto real = value.as_double();
    if (!real || std::abs(*real) > 1e15 || *real != std::floor(*real)) return std::nullopt;
    return static_cast<std::int64_t>(*real);
  }

  bool feed_array(const Json::Array& items, Matcher& matcher) {
    if (!matcher.accept_bytes("[")) return false;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0 && !matcher.accept_bytes(",")) return false;
      if (!feed(items[i], matcher)) return false;
    }
    return matcher.accept_bytes("]");
  }

  bool feed_members(const std::vector<const Json::Member*>& left, bool is_first, Matcher& matcher) {
    if (left.empty()) return matcher.accept_bytes("}");
    for (const Json::Member* member : left) {
      Matcher attempt = matcher;
      const std::string key = (is_first ? "" : ",") + to_text(Json(member->first)) + ":";
      if (!attempt.accept_bytes(key)) continue;
      if (++tries_ > kTriesMax) return false;
      if (!feed(member->second, attempt)) continue;
      std::vector<const Json::Member*> rest = left;
      rest.erase(std::find(rest.begin(), rest.end(), member));
      if (!feed_members(rest, false, attempt)) continue;
      matcher = std::move(attempt);
      return true;
    }
    return false;
  }

  // As in the `properties` that declare the most of the keys; others behind them.
  std::vector<const Json::Member*> in_declared_order(const Json::Object& object) const {
    std::vector<const Json::Member*> out;
    for (const Json::Member& member : object) out.push_back(&member);
    const std::vector<std::string>* best = nullptr;
    std::size_t most = 0;
    for (const auto& keys : orders_) {
      const auto known = static_cast<std::size_t>(
          std::count_if(object.begin(), object.end(), [&keys](const Json::Member& member) {
            return std::find(keys.begin(), keys.end(), member.first) != keys.end();
          }));
      if (known > most) best = &keys;
      most = std::max(most, known);
    }
    if (best != nullptr) {
      std::stable_sort(out.begin(), out.end(), [best](const auto* a, const auto* b) {
        return std::find(best->begin(), best->end(), a->first) <
               std::find(best->begin(), best->end(), b->first);
      });
    }
    return out;
  }

  const KeyOrders& orders_;
  int tries_ = 0;
};

}  // namespace

Result<SchemaMatch> SchemaMatch::compile(const Json& schema) {
  TRY(auto built, grammar::json_schema_grammar(to_text(schema), {.is_strict = false}));
  // Only bytes are fed, so any vocabulary will do.
  const std::string_view token = "a";
  TRY(grammar::Vocabulary vocabulary, grammar::Vocabulary::build({&token, 1}, {}));
  SchemaMatch out;
  out.cache_ = std::make_shared<grammar::MaskCache>(
      std::make_shared<const grammar::Grammar>(std::move(built.grammar)),
      std::make_shared<const grammar::Vocabulary>(std::move(vocabulary)));
  collect_key_orders(schema, out.key_orders_);
  return out;
}

bool SchemaMatch::holds(const Json& value) const {
  Matcher matcher(*cache_, 0);
  return Feeder(key_orders_).feed(value, matcher) && matcher.can_end();
}

}  // namespace ds4::eval
