#include "eval/suite.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <set>
#include <span>
#include <utility>

#include "base/checksum.h"
#include "base/utf8.h"
#include "grammar/regex.h"
#include "text/json_place.h"
#include "text/message_json.h"

namespace ds4::eval {

namespace {

using text::member_path;
using text::present;

constexpr std::size_t kNameBytesMax = 80;
constexpr std::int64_t kTokensMax = 1 << 24;

// The members of a question that make up its request.
constexpr std::string_view kRequestKeys[] = {"messages", "context",         "tools",
                                             "options",  "response_format", "revision"};

Result<void> expect_keys(const Json& object, std::initializer_list<std::string_view> known,
                         std::string_view path) {
  for (const auto& [key, value] : object.as_object()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    std::string names;
    for (const std::string_view name : known) {
      names += (names.empty() ? "" : name == *std::prev(known.end()) ? " and " : ", ");
      names += name;
    }
    return fail(Code::bad_file, member_path(path, printable(key, kNameBytesMax)),
                ": not known; there are ", names);
  }
  return {};
}

// Ids and the names of skills stand in tables.
Result<std::string> name_member(const Json& line, std::string_view key) {
  TRY(std::string name, text::string_member(line, key, ""));
  const bool is_plain = std::none_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
  if (!name.empty() && name.size() <= kNameBytesMax && is_plain) return name;
  return fail(Code::bad_file, key, ": expected 1 to ", kNameBytesMax,
              " bytes without control characters");
}

Result<double> number_at(const Json& value, std::string_view path, double least, double most) {
  const auto number = value.is_number() ? value.as_double() : std::nullopt;
  if (number && *number >= least && *number <= most) return *number;
  if (most < INFINITY) {
    return fail(Code::bad_file, path, ": expected a number from ", least, " to ", most);
  }
  return fail(Code::bad_file, path, ": expected a number",
              least == 0 ? " that is not negative" : "");
}

class SuiteReader {
 public:
  Result<void> read_line(std::string_view bytes, std::uint64_t number, Suite& suite) {
    TRY(const Json line, parse_json(bytes));
    TRY_DO(text::expect_object(line, "the line"));
    if (line.find("suite") != nullptr) return read_head(line, number);
    TRY(Question question, read_question(line, number));
    if (!ids_.insert(question.id).second) {
      return fail(Code::bad_file, "id: \"", question.id, "\" stands in an earlier line");
    }
    if (suite.questions.size() == kQuestionsMax) {
      return fail(Code::too_large, "more than ", kQuestionsMax, " questions");
    }
    suite.questions.push_back(std::move(question));
    return {};
  }

 private:
  Result<void> read_head(const Json& line, std::uint64_t number) {
    if (number != 1) return fail(Code::bad_file, "suite: only the first line may be a head");
    TRY_DO(expect_keys(line, {"suite", "about", "tools", "max_tokens"}, ""));
    TRY_DO(text::string_member(line, "suite", ""));
    TRY_DO(text::string_member_or(line, "about", "", ""));
    TRY(tokens_max_, tokens_max(line));
    const Json* tools = present(line, "tools");
    if (tools == nullptr) return {};
    TRY(const std::vector<Json> functions, text::read_tools(*tools));
    for (std::size_t i = 0; i < functions.size(); ++i) {
      const std::string& name = functions[i].find("name")->as_string();
      if (head_tools_.find(name) != head_tools_.end()) {
        return fail(Code::bad_file, "tools[", i, "]: \"", name, "\" is there twice");
      }
      head_tools_.emplace(name, tools->as_array()[i]);
    }
    return {};
  }

  Result<std::uint64_t> tokens_max(const Json& line) const {
    const Json* value = present(line, "max_tokens");
    if (value == nullptr) return tokens_max_;
    const auto count = value->is_number() ? value->as_int() : std::nullopt;
    if (count && *count >= 1 && *count <= kTokensMax) return static_cast<std::uint64_t>(*count);
    return fail(Code::bad_file, "max_tokens: expected a whole number from 1 to ", kTokensMax);
  }

  Result<Question> read_question(const Json& line, std::uint64_t number) {
    TRY_DO(expect_keys(line,
                       {"id", "skill", "chance", "max_tokens", "prompt", "messages", "context",
                        "tools", "response_format", "options", "revision", "checker"},
                       ""));
    Question out;
    out.id = std::to_string(number);
    if (line.find("id") != nullptr) {
      TRY(out.id, name_member(line, "id"));
    }
    TRY(out.skill, name_member(line, "skill"));
    if (const Json* chance = present(line, "chance")) {
      TRY(out.chance, number_at(*chance, "chance", 0, 1));
    }
    TRY(out.tokens_max, tokens_max(line));
    TRY(const Json request, request_of(line));
    TRY(const text::RenderRequest read, text::read_render_request(request));
    out.request = to_text(request);
    const auto user = std::find_if(read.messages.rbegin(), read.messages.rend(),
                                   [](const auto& m) { return m.role == text::Role::user; });
    if (user != read.messages.rend()) out.asked = user->content;
    TRY_DO(take_tools(request, out));
    std::optional<Json> schema;
    if (const Json* format = present(request, "response_format")) {
      TRY(schema, text::read_response_format(*format));
    }
    const Json* checker = line.find("checker");
    if (checker == nullptr) return fail(Code::bad_file, "checker: missing");
    TRY(out.checker, read_checker(*checker, schema));
    if (const auto* calls = std::get_if<ToolCalls>(&out.checker)) {
      TRY_DO(check_offer(*calls, out.tools));
      if (!calls->calls.empty()) out.called_tools = to_text(*request.find("tools"));
    }
    if (schema) out.schema = to_text(*schema);
    return out;
  }

  // `prompt` is short for one message of a user; a name among the tools stands for one of the head.
  Result<Json> request_of(const Json& line) const {
    Json out = Json::object();
    for (const std::string_view key : kRequestKeys) {
      if (const Json* value = line.find(key)) out.set(key, *value);
    }
    if (const Json* prompt = line.find("prompt")) {
      if (line.find("messages") != nullptr) {
        return fail(Code::bad_file, "prompt: not beside messages");
      }
      TRY(std::string content, text::expect_string(*prompt, "prompt"));
      Json message = Json::object();
      message.set("role", "user");
      message.set("content", std::move(content));
      out.set("messages", Json(Json::Array{std::move(message)}));
    }
    if (out.find("messages") == nullptr) {
      return fail(Code::bad_file, "a question has a prompt or messages, and this line has neither");
    }
    Json* tools = out.find("tools");
    if (tools == nullptr || !tools->is_array()) return out;
    for (Json& tool : tools->as_array()) {
      if (!tool.is_string()) continue;
      const auto known = head_tools_.find(tool.as_string());
      if (known == head_tools_.end()) {
        return fail(Code::bad_file, "tools: \"", printable(tool.as_string(), kNameBytesMax),
                    "\" is no tool of the head");
      }
      tool = known->second;
    }
    return out;
  }

  Result<void> take_tools(const Json& request, Question& out) {
    const Json* tools = present(request, "tools");
    if (tools == nullptr) return {};
    TRY(const std::vector<Json> functions, text::read_tools(*tools));
    for (const Json& function : functions) {
      const Json* parameters = present(function, "parameters");
      std::shared_ptr<const SchemaMatch> schema;
      if (parameters != nullptr) {
        TRY(schema, compiled(*parameters, "tools: parameters"));
      }
      out.tools[function.find("name")->as_string()] = std::move(schema);
    }
    return {};
  }

  // Suites repeat their schemas.
  Result<std::shared_ptr<const SchemaMatch>> compiled(const Json& schema, std::string_view path) {
    std::shared_ptr<const SchemaMatch>& out = schemas_[to_text(schema)];
    if (out != nullptr) return out;
    auto match = SchemaMatch::compile(schema);
    if (!match.ok()) return fail(match.error().code, path, ": ", match.error().message);
    out = std::make_shared<const SchemaMatch>(std::move(*match));
    return out;
  }

  Result<Checker> read_checker(const Json& checker, const std::optional<Json>& schema) {
    TRY_DO(text::expect_object(checker, "checker"));
    if (const Json* exact = checker.find("exact")) return read_exact(checker, *exact);
    if (const Json* regex = checker.find("regex")) return read_regex(checker, *regex);
    if (const Json* number = checker.find("number")) return read_number(checker, *number);
    if (const Json* json = checker.find("json_schema")) return read_json(checker, *json, schema);
    if (const Json* calls = checker.find("tool_calls")) return read_calls(checker, *calls);
    return fail(Code::bad_file,
                "checker: expected one of exact, regex, number, json_schema and tool_calls");
  }

  static Result<Checker> read_exact(const Json& checker, const Json& exact) {
    TRY_DO(expect_keys(checker, {"exact", "ignore_case"}, "checker"));
    ExactText out;
    const Json::Array one{exact};
    const Json::Array& texts = exact.is_array() ? exact.as_array() : one;
    if (texts.empty()) return fail(Code::bad_file, "checker.exact: no text");
    for (const Json& text : texts) {
      TRY(std::string wanted, text::expect_string(text, "checker.exact"));
      out.texts.push_back(std::move(wanted));
    }
    TRY(out.ignores_case, text::bool_member_or(checker, "ignore_case", false, "checker"));
    return Checker(std::move(out));
  }

  static Result<Checker> read_regex(const Json& checker, const Json& regex) {
    TRY_DO(expect_keys(checker, {"regex", "search", "ignore_case", "dot_all"}, "checker"));
    TextForm out;
    TRY(out.pattern, text::expect_string(regex, "checker.regex"));
    grammar::RegexOptions options;
    TRY(options.is_search, text::bool_member_or(checker, "search", false, "checker"));
    TRY(options.ignores_case, text::bool_member_or(checker, "ignore_case", false, "checker"));
    TRY(options.dot_is_all, text::bool_member_or(checker, "dot_all", false, "checker"));
    grammar::GrammarBuilder builder;
    auto automaton = grammar::compile_regex(builder, out.pattern, options);
    if (!automaton.ok()) {
      return fail(automaton.error().code, "checker.regex: ", automaton.error().message);
    }
    out.automaton = std::move(*automaton);
    return Checker(std::move(out));
  }

  static Result<Checker> read_number(const Json& checker, const Json& number) {
    TRY_DO(expect_keys(checker, {"number", "tolerance", "field"}, "checker"));
    NumberNear out;
    TRY(out.value, number_at(number, "checker.number", -INFINITY, INFINITY));
    if (const Json* tolerance = present(checker, "tolerance")) {
      TRY(out.tolerance, number_at(*tolerance, "checker.tolerance", 0, INFINITY));
    }
    TRY(out.field, text::string_member_or(checker, "field", "", "checker"));
    return Checker(std::move(out));
  }

  Result<Checker> read_json(const Json& checker, const Json& given,
                            const std::optional<Json>& of_request) {
    TRY_DO(expect_keys(checker, {"json_schema", "value"}, "checker"));
    JsonBySchema out;
    const bool takes_request = given.is_bool() && given.as_bool();
    if (takes_request && !of_request) {
      return fail(
          Code::bad_file,
          "checker.json_schema: true means the schema of response_format, which is missing");
    }
    if (!takes_request && !given.is_object()) {
      return fail(Code::bad_file,
                  "checker.json_schema: expected a schema, or true for the one of "
                  "response_format");
    }
    TRY(out.schema, compiled(takes_request ? *of_request : given, "checker.json_schema"));
    if (const Json* value = checker.find("value")) {
      if (!out.schema->holds(*value)) {
        return fail(Code::bad_file, "checker.value: not valid by the schema");
      }
      out.value = *value;
    }
    return Checker(std::move(out));
  }

  static Result<Checker> read_calls(const Json& checker, const Json& list) {
    TRY_DO(expect_keys(checker, {"tool_calls", "order"}, "checker"));
    TRY_DO(text::expect_array(list, "checker.tool_calls"));
    ToolCalls out;
    TRY(const std::string order, text::string_member_or(checker, "order", "any", "checker"));
    if (order != "any" && order != "fixed") {
      return fail(Code::bad_file, "checker.order: expected any or fixed");
    }
    out.order_counts = order == "fixed";
    for (std::size_t i = 0; i < list.as_array().size(); ++i) {
      const Json& item = list.as_array()[i];
      const std::string path = text::element_path("checker.tool_calls", i);
      TRY_DO(text::expect_object(item, path));
      TRY_DO(expect_keys(item, {"name", "arguments"}, path));
      ToolCalls::Call call;
      TRY(call.name, text::string_member(item, "name", path));
      const Json* arguments = present(item, "arguments");
      if (arguments == nullptr || !arguments->is_object()) {
        return fail(Code::bad_file, path, ".arguments: expected an object");
      }
      call.arguments = *arguments;
      out.calls.push_back(std::move(call));
    }
    return Checker(std::move(out));
  }

  // A key that no answer can meet is a mistake in the suite.
  static Result<void> check_offer(const ToolCalls& wanted, const ToolSchemas& tools) {
    for (const ToolCalls::Call& call : wanted.calls) {
      const auto tool = tools.find(call.name);
      if (tool == tools.end()) {
        return fail(Code::bad_file, "checker.tool_calls: \"", printable(call.name, kNameBytesMax),
                    "\" is not among the tools on offer");
      }
      if (tool->second != nullptr && !tool->second->holds(call.arguments)) {
        return fail(Code::bad_file, "checker.tool_calls: the arguments of \"", call.name,
                    "\" are not what the tool takes");
      }
    }
    return {};
  }

  std::uint64_t tokens_max_ = 0;
  std::map<std::string, Json, std::less<>> head_tools_;
  std::map<std::string, std::shared_ptr<const SchemaMatch>> schemas_;
  std::set<std::string> ids_;
};

}  // namespace

Result<Suite> read_suite(std::string_view bytes, std::string name) {
  if (bytes.size() > kSuiteBytesMax) {
    return fail(Code::too_large, "more than ", kSuiteBytesMax, " bytes");
  }
  Suite suite;
  suite.name = std::move(name);
  suite.checksum = checksum(std::as_bytes(std::span(bytes)));
  SuiteReader reader;
  std::uint64_t number = 0;
  while (!bytes.empty()) {
    ++number;
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    const std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
    if (line.find_first_not_of(" \t\r") == line.npos) continue;
    const auto read = reader.read_line(line, number, suite);
    if (!read.ok()) return fail(read.error().code, "line ", number, ": ", read.error().message);
  }
  if (suite.questions.empty()) return fail(Code::bad_file, "no questions");
  return suite;
}

}  // namespace ds4::eval
