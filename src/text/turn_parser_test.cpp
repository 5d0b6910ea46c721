#include "text/turn_parser.h"

#include <gtest/gtest.h>

#include "text/parse_vectors_test.h"

namespace ds4::text {
namespace {

TEST(turn_parser, matches_the_reference) {
  const auto cases = well_formed_cases();
  EXPECT_EQ(cases.size(), 12u);
  for (const ParseCase& item : cases) {
    const ParsedTurn turn = parse_turn(item.completion, item.options, item.end);
    EXPECT_EQ(turn.reasoning, item.reasoning) << item.name;
    EXPECT_EQ(turn.content, item.content) << item.name;
    ASSERT_EQ(turn.calls.size(), item.calls.size()) << item.name;
    for (std::size_t i = 0; i < turn.calls.size(); ++i) {
      EXPECT_EQ(turn.calls[i].name, item.calls[i].name) << item.name;
      EXPECT_EQ(turn.calls[i].arguments, item.calls[i].arguments) << item.name;
      EXPECT_FALSE(turn.calls[i].repaired);
    }
    EXPECT_EQ(turn.repairs, 0) << item.name;
  }
}

TEST(turn_parser, repairs_what_models_write) {
  const auto cases = deviating_cases();
  EXPECT_EQ(cases.size(), 28u);
  for (const ParseCase& item : cases) {
    const ParsedTurn turn = parse_turn(item.completion, item.options, item.end);
    EXPECT_EQ(turn.reasoning, item.reasoning) << item.name;
    EXPECT_EQ(turn.content, item.content) << item.name;
    EXPECT_EQ(turn.finish, item.finish) << item.name;
    ASSERT_EQ(turn.calls.size(), item.calls.size()) << item.name << " " << turn.failure;
    for (std::size_t i = 0; i < turn.calls.size(); ++i) {
      EXPECT_EQ(turn.calls[i].name, item.calls[i].name) << item.name;
      EXPECT_EQ(*parse_json(turn.calls[i].arguments), *parse_json(item.calls[i].arguments))
          << item.name << " " << turn.calls[i].arguments;
    }
  }
}

ParseOptions with_tools() {
  ParseOptions options;
  options.tools.add("f", {{"s", ParameterType::string},
                          {"i", ParameterType::integer},
                          {"b", ParameterType::boolean},
                          {"n", ParameterType::number},
                          {"o", ParameterType::other}});
  return options;
}

// "content|name(arguments)..." with the failure, if any, in brackets.
std::string told(std::string_view text, const ParseOptions& options = with_tools(),
                 TurnEnd end = TurnEnd::eos) {
  const ParsedTurn turn = parse_turn(text, options, end);
  std::string out = turn.content + '|';
  for (const ToolCall& call : turn.calls) {
    out += call.name + '(' + call.arguments + ')';
    if (call.repaired) out += '~';
  }
  if (turn.prose_bytes != turn.content.size()) {
    out += "[prose " + turn.content.substr(0, turn.prose_bytes) + "]";
  }
  return out;
}

std::string in_block(std::string_view inside) {
  return "A\n\n<｜DSML｜tool_calls>\n" + std::string(inside) + "\n</｜DSML｜tool_calls>";
}

std::string one_parameter(std::string_view tag_rest, std::string_view value) {
  return in_block("<｜DSML｜invoke name=\"f\">\n<｜DSML｜parameter name=" + std::string(tag_rest) +
                  ">" + std::string(value) + "</｜DSML｜parameter>\n</｜DSML｜invoke>");
}

TEST(turn_parser, other_spellings_of_the_marks) {
  const auto spelled = [](std::string_view mark, std::string_view inner) {
    std::string out;
    for (const std::string_view part :
         {std::string_view("A\n\n<"), mark, std::string_view("tool_calls>\n<"), inner,
          std::string_view("invoke name=\"f\">\n</"), inner, std::string_view("invoke>\n</"), mark,
          std::string_view("tool_calls>")}) {
      out += part;
    }
    return out;
  };
  for (const char* mark : {"｜DSML｜", "DSML｜", "｜｜DSML｜｜", "|DSML|"}) {
    for (const char* inner : {"｜DSML｜", "DSML｜", "｜｜DSML｜｜", "|DSML|"}) {
      EXPECT_EQ(told(spelled(mark, inner)), "A|f({})") << mark << inner;
    }
  }
  EXPECT_EQ(told(spelled("", "｜DSML｜")), "A|f({})");
  EXPECT_EQ(told(spelled("｜｜｜DSML｜", "｜DSML｜")).find("A\n\n<"), 0u);
  // Without tools only the exact spelling opens a block, and only where tools were used before.
  ParseOptions history;
  history.history_has_tools = true;
  EXPECT_EQ(told(spelled("｜DSML｜", "｜DSML｜"), history), "A|f({})");
  EXPECT_EQ(told(spelled("|DSML|", "|DSML|"), history), spelled("|DSML|", "|DSML|") + "|");
  EXPECT_EQ(told(spelled("｜DSML｜", "｜DSML｜"), {}), spelled("｜DSML｜", "｜DSML｜") + "|");
}

TEST(turn_parser, typographic_quotes) {
  EXPECT_EQ(told(in_block("<｜DSML｜invoke name=“f”>\n<｜DSML｜parameter name=“s” string=”true”>“x”"
                          "</｜DSML｜parameter>\n</｜DSML｜invoke>")),
            "A|f({\"s\": \"“x”\"})");
  EXPECT_EQ(told(in_block("<｜DSML｜invoke name=\"a“b\">\n</｜DSML｜invoke>")), "A|a“b({})");
}

TEST(turn_parser, values_follow_their_tag_then_their_schema) {
  const auto value = [](std::string_view rest, std::string_view text) {
    const std::string all = told(one_parameter(rest, text));
    return all.substr(4, all.size() - 4);
  };
  EXPECT_EQ(value("\"s\" string=\"true\"", " x\n"), "{\"s\": \" x\\n\"})");
  EXPECT_EQ(value("\"i\" string=\"true\"", "5"), "{\"i\": \"5\"})");
  EXPECT_EQ(value("\"i\" string=\"false\"", "5"), "{\"i\": 5})");
  EXPECT_EQ(value("\"o\" string=\"false\"", "{\"a\":  1.50}"), "{\"o\": {\"a\":  1.50}})");
  EXPECT_EQ(value("\"s\" string=\"false\"", "5"), "{\"s\": 5})");
  EXPECT_EQ(value("\"s\" string=\"false\"", "no json"), "{\"s\": \"no json\"})");
  EXPECT_EQ(value("\"i\" string=\"false\"", "no json"), "{\"i\": \"no json\"})~");
  EXPECT_EQ(value("\"i\" string=\"false\"", "\xC2\xA0"), "{\"i\": \"\xC2\xA0\"})~");
  EXPECT_EQ(value("\"s\"", "5"), "{\"s\": \"5\"})");
  EXPECT_EQ(value("\"i\"", "5"), "{\"i\": 5})");
  EXPECT_EQ(value("\"u\"", "[1]"), "{\"u\": [1]})");
  EXPECT_EQ(value("\"u\"", "\"q\""), "{\"u\": \"\\\"q\\\"\"})");
  EXPECT_EQ(value("\"u\"", "word"), "{\"u\": \"word\"})");
  EXPECT_EQ(value("\"u\" string=\"maybe\"", "word"), "{\"u\": \"word\"})");
  EXPECT_EQ(value("\"o\" string=\"false\"", std::string(300, '[')).substr(0, 8), "{\"o\": \"[");
}

TEST(turn_parser, coerces_on_request) {
  ParseOptions options = with_tools();
  options.coerce_arguments = true;
  const auto value = [&](std::string name, std::string_view text) {
    name.insert(0, 1, '"');
    name += "\" string=\"true\"";
    return told(one_parameter(name, text), options);
  };
  EXPECT_EQ(value("i", " 5 "), "A|f({\"i\": 5})~");
  EXPECT_EQ(value("i", "5.5"), "A|f({\"i\": \"5.5\"})");
  EXPECT_EQ(value("n", "5.5"), "A|f({\"n\": 5.5})~");
  EXPECT_EQ(value("b", "true"), "A|f({\"b\": true})~");
  EXPECT_EQ(value("s", "5"), "A|f({\"s\": \"5\"})");
}

TEST(turn_parser, complete_calls_survive_what_follows) {
  const std::string good = "<｜DSML｜invoke name=\"f\">\n</｜DSML｜invoke>\n";
  EXPECT_EQ(told(in_block(good + "<｜DSML｜invoke>")), "A|f({})");
  EXPECT_EQ(told(in_block(good + "and then")), "A|f({})");
  EXPECT_EQ(told("A\n\n<｜DSML｜tool_calls>\n" + good), "A|f({})");
  EXPECT_EQ(told("A\n\n<｜DSML｜tool_calls>\n" + good, with_tools(), TurnEnd::length), "A|");
}

TEST(turn_parser, a_call_cut_by_the_end) {
  const std::string head = "A\n\n<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"f\">\n";
  const std::string parameter =
      "<｜DSML｜parameter name=\"i\" string=\"false\">5</｜DSML｜parameter>";
  EXPECT_EQ(told(head + parameter), "A|f({\"i\": 5})");
  EXPECT_EQ(told(head + parameter + "\n</｜DSML｜inv"), "A|f({\"i\": 5})");
  // Without a parameter, or with one begun, it is not complete.
  EXPECT_EQ(told(head), head + "|[prose A]");
  EXPECT_EQ(told(head + parameter + "\n<｜DSML｜par"),
            head + parameter + "\n<｜DSML｜par|[prose A]");
  EXPECT_EQ(told(head + parameter, with_tools(), TurnEnd::length), "A|");
}

TEST(turn_parser, unreadable_blocks_come_back_whole) {
  for (const char* inside :
       {"text", "<｜DSML｜parameter name=\"a\" string=\"true\">x</｜DSML｜parameter>",
        "</｜DSML｜invoke>", "<｜DSML｜invoke name=\"\">", "<｜DSML｜invoke name=f>",
        "<｜DSML｜invoke name=\"f\">\n<｜DSML｜parameter string=\"true\">x</｜DSML｜parameter>",
        "<｜DSML｜invoke name=\"f\">\n</｜DSML｜parameter>", "<｜DSML｜tool_calls>",
        "<｜DSML｜invoke name=\"f\">\n<｜DSML｜parameter name=\"a\" string=\"true\">x"}) {
    const std::string text = in_block(inside) + "\nand more</｜DSML｜invoke>";
    EXPECT_EQ(told(text), text + "|[prose A]") << inside;
  }
}

TEST(turn_parser, markup_that_the_end_cuts_is_not_prose) {
  EXPECT_EQ(told("A\n\n<｜DSML｜tool_ca"), "A\n\n<｜DSML｜tool_ca|[prose A\n\n]");
  EXPECT_EQ(told("A\n\n<"), "A\n\n<|");
  EXPECT_EQ(told("A <tool_cal"), "A <tool_cal|");
}

TEST(turn_parser, blocks_without_a_wrapper) {
  EXPECT_EQ(told("A\n<｜DSML｜invoke name=\"f\">\n</｜DSML｜invoke>\n<｜DSML｜invoke name=\"f\">\n"
                 "</｜DSML｜invoke>"),
            "A|f({})f({})");
  EXPECT_EQ(told("A\n<｜DSML｜invoke name=\"unknown\">\nx"),
            "A\n<｜DSML｜invoke name=\"unknown\">\nx|");
  const std::string open =
      "A\n<｜DSML｜invoke name=\"f\">\n<｜DSML｜parameter name=\"i\" "
      "string=\"false\">5</｜DSML｜parameter>\n";
  EXPECT_EQ(told(open), open + "|[prose A]");
}

TEST(turn_parser, the_separator_is_two_line_breaks_at_most) {
  const std::string block = in_block("<｜DSML｜invoke name=\"f\">\n</｜DSML｜invoke>").substr(3);
  EXPECT_EQ(told(block), "|f({})");
  EXPECT_EQ(told("\n" + block), "|f({})");
  EXPECT_EQ(told("\n\n\n" + block), "\n|f({})");
  EXPECT_EQ(told("A \n \n" + block), "A \n |f({})");
  // Markup that was dropped before does not count as text.
  EXPECT_EQ(told("A\n</｜DSML｜invoke>\n" + block), "A|f({})");
  const std::string empty = "<｜DSML｜tool_calls>\n</｜DSML｜tool_calls>";
  EXPECT_EQ(told("A\n\n" + empty + block), "A|f({})");
  EXPECT_EQ(told("A\n\n" + empty), "A\n\n|");
}

TEST(turn_parser, nested_parameters_end_somewhere) {
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += "<｜DSML｜parameter name=\"o\">";
  const std::string text = in_block("<｜DSML｜invoke name=\"f\">\n" + deep);
  EXPECT_EQ(told(text), text + "|[prose A]");
  std::string fine = "1";
  std::string json = "1";
  for (int i = 0; i < 30; ++i) {
    std::string outer = "<｜DSML｜parameter name=\"o\"";
    outer += i == 0 ? " string=\"false\">" : ">";
    outer += fine;
    outer += "</｜DSML｜parameter>";
    fine = outer;
    json.insert(0, "{\"o\": ");
    json += '}';
  }
  EXPECT_EQ(told(in_block("<｜DSML｜invoke name=\"f\">\n" + fine + "</｜DSML｜invoke>")),
            "A|f(" + json + ")");
}

}  // namespace
}  // namespace ds4::text
