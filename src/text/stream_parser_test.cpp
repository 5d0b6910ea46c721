#include "text/stream_parser.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <random>

#include "text/calls_block.h"
#include "text/dsml.h"
#include "text/parse_vectors_test.h"
#include "text/render.h"
#include "text/stream_agreement.h"

namespace ds4::text {
namespace {

using Random = std::mt19937_64;

std::size_t below(Random& random, std::size_t count) {
  return static_cast<std::size_t>(random() % count);
}

bool is_full() {
  return std::getenv("DS4_TEST_FULL") != nullptr;
}

std::vector<ParseCase> all_cases() {
  std::vector<ParseCase> cases = well_formed_cases();
  for (ParseCase& one : deviating_cases()) cases.push_back(std::move(one));
  return cases;
}

std::vector<std::size_t> every_byte(std::size_t size) {
  std::vector<std::size_t> cuts;
  for (std::size_t i = 1; i < size; ++i) cuts.push_back(i);
  return cuts;
}

std::vector<std::size_t> some_cuts(Random& random, std::size_t size) {
  std::vector<std::size_t> cuts;
  const std::size_t mean = 1 + below(random, 12);
  for (std::size_t at = 1 + below(random, mean); at < size; at += 1 + below(random, 2 * mean)) {
    cuts.push_back(at);
  }
  return cuts;
}

OfferedTools two_tools() {
  OfferedTools tools;
  tools.add("f", {{"a", ParameterType::string}, {"n", ParameterType::integer}});
  tools.add("g", {{"x", ParameterType::string}});
  return tools;
}

TEST(stream_parser, every_split_of_every_vector) {
  Random random(7);
  for (const ParseCase& item : all_cases()) {
    const std::size_t size = item.completion.size();
    const auto agrees = [&](const std::vector<std::size_t>& cuts) {
      return disagreement(item.completion, item.options, item.end, cuts);
    };
    ASSERT_EQ(agrees({}), "") << item.name;
    ASSERT_EQ(agrees(every_byte(size)), "") << item.name;
    for (std::size_t a = 1; a < size; ++a) {
      ASSERT_EQ(agrees({a}), "") << item.name << " at " << a;
    }
    for (std::size_t a = 1; a < size; ++a) {
      for (std::size_t b = a + 1; b < size; ++b) {
        ASSERT_EQ(agrees({a, b}), "") << item.name << " at " << a << ", " << b;
      }
    }
    for (int i = 0; i < 50; ++i) {
      ASSERT_EQ(agrees(some_cuts(random, size)), "") << item.name;
    }
  }
}

TEST(stream_parser, every_end_of_every_prefix_of_every_vector) {
  for (const ParseCase& item : all_cases()) {
    for (std::size_t size = 0; size < item.completion.size(); ++size) {
      const std::string text = item.completion.substr(0, size);
      for (const TurnEnd end : {TurnEnd::eos, TurnEnd::length}) {
        ASSERT_EQ(disagreement(text, item.options, end, {size / 2}), "")
            << item.name << " " << text;
      }
    }
  }
}

// Words that tool markup is made of, and some that look like it.
std::string random_soup(Random& random) {
  static const char* const kWords[] = {"<｜DSML｜tool_calls>",
                                       "</｜DSML｜tool_calls>",
                                       "<｜DSML｜invoke name=\"f\">",
                                       "<｜DSML｜invoke name=\"g\">",
                                       "</｜DSML｜invoke>",
                                       "<｜DSML｜parameter name=\"a\" string=\"true\">",
                                       "<｜DSML｜parameter name=\"n\" string=\"false\">",
                                       "<｜DSML｜parameter name=\"o\">",
                                       "</｜DSML｜parameter>",
                                       "</｜DSML｜parameter｜>",
                                       "</｜DSML｜parameter >",
                                       "<tool_calls>",
                                       "</tool_calls>",
                                       "<invoke name=\"f\">",
                                       "</invoke>",
                                       "<parameter name=\"x\" string=\"true\">",
                                       "</parameter>",
                                       "<DSML｜tool_calls>",
                                       "<||DSML||invoke name=“f”>",
                                       "<｜DSML｜function_calls>",
                                       "&lt;/｜DSML｜parameter>",
                                       "&lt;/",
                                       "</",
                                       "<",
                                       ">",
                                       "｜DSML｜",
                                       "\n",
                                       "\n\n",
                                       " ",
                                       "x",
                                       "5",
                                       "\"a\"",
                                       "{\"k\": [1, 2]}",
                                       "null",
                                       "</think>",
                                       "<think>",
                                       "é",
                                       "\xE2\x82",
                                       "\xFF",
                                       "&amp;",
                                       "/",
                                       "|",
                                       "<｜DSML｜invoke>",
                                       "<｜DSML｜parameter>",
                                       "<｜DSML｜invoke name=\"h\">",
                                       "\\",
                                       "\""};
  std::string text;
  const std::size_t count = 1 + below(random, 24);
  for (std::size_t i = 0; i < count; ++i) text += kWords[below(random, std::size(kWords))];
  return text;
}

// The beginning of a block, so that soup is often read inside one.
std::string random_opening(Random& random) {
  static const char* const kOpenings[] = {
      "",
      "</think>",
      "A\n\n<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"f\">\n",
      "A\n<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"f\">\n<｜DSML｜parameter name=\"a\" "
      "string=\"true\">",
      "<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"f\">\n<｜DSML｜parameter name=\"n\" "
      "string=\"false\">",
      "<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"f\">\n<｜DSML｜parameter name=\"o\">",
      "<tool_calls>\n<invoke name=\"f\">\n",
      "<｜DSML｜invoke name=\"f\">\n"};
  return kOpenings[below(random, std::size(kOpenings))];
}

TEST(stream_parser, agrees_on_markup_soup) {
  const int rounds = is_full() ? 2000000 : 60000;
  for (int seed = 0; seed < rounds; ++seed) {
    Random random(static_cast<std::uint64_t>(seed));
    const std::string text = random_opening(random) + random_soup(random);
    ParseOptions options;
    options.thinking = below(random, 4) == 0;
    options.coerce_arguments = below(random, 4) == 0;
    options.knows_marks = below(random, 4) == 0;
    if (below(random, 8) != 0) options.tools = two_tools();
    options.history_has_tools = below(random, 2) == 0;
    const TurnEnd end = below(random, 3) == 0 ? TurnEnd::length : TurnEnd::eos;
    const auto cuts =
        below(random, 4) == 0 ? every_byte(text.size()) : some_cuts(random, text.size());
    ASSERT_EQ(disagreement(text, options, end, cuts), "") << "seed " << seed << ": " << text;
  }
}

// A JSON value whose strings like to end as closing tags begin.
Json random_json(Random& random, int depth) {
  static const char* const kPieces[] = {"2>&1",
                                        "a<",
                                        "a</",
                                        "&lt",
                                        "&lt;",
                                        "&",
                                        "</｜DSML｜",
                                        "</｜DSML｜parameter",
                                        "<｜DSML｜parameter",
                                        "</｜DSML｜parameter>",
                                        "</｜DSML｜invoke>",
                                        "</think>",
                                        "\n",
                                        " ",
                                        "\"",
                                        "\\",
                                        "é",
                                        "😀",
                                        "{",
                                        "}",
                                        "</parameter>",
                                        "\x01",
                                        "名",
                                        "plain words"};
  switch (below(random, depth > 3 ? 5 : 7)) {
    case 0:
      return Json(nullptr);
    case 1:
      return Json(below(random, 2) == 0);
    case 2:
      return Json(static_cast<std::int64_t>(random()));
    case 3:
      return Json(static_cast<double>(static_cast<std::int64_t>(random() % 2000) - 1000) / 8);
    case 4: {
      std::string text;
      for (std::size_t i = below(random, 5); i > 0; --i) {
        text += kPieces[below(random, std::size(kPieces))];
      }
      return Json(std::move(text));
    }
    case 5: {
      Json array = Json::array();
      for (std::size_t i = below(random, 4); i > 0; --i) array.push(random_json(random, depth + 1));
      return array;
    }
    default: {
      Json object = Json::object();
      for (std::size_t i = below(random, 4); i > 0; --i) {
        object.set("k<\"&>" + std::to_string(below(random, 9)), random_json(random, depth + 1));
      }
      return object;
    }
  }
}

// The escaped form of the closing tag cannot itself be told from the tag when it is read back.
bool spells_escape(const Json& value) {
  return to_text(value).find(kParameterCloseInString) != std::string::npos;
}

TEST(stream_parser, reads_back_what_is_rendered) {
  const int rounds = is_full() ? 200000 : 4000;
  int compared = 0;
  for (int seed = 0; seed < rounds; ++seed) {
    Random random(static_cast<std::uint64_t>(seed));
    std::vector<ToolCall> calls;
    for (std::size_t i = 1 + below(random, 3); i > 0; --i) {
      Json arguments = Json::object();
      for (std::size_t k = below(random, 4); k > 0; --k) {
        arguments.set("key<&\"" + std::to_string(below(random, 9)), random_json(random, 0));
      }
      if (spells_escape(arguments)) continue;
      calls.push_back(
          {"", "tool<\"" + std::to_string(i), to_text(arguments, JsonStyle::spaced), false});
    }
    if (calls.empty()) continue;
    SpanWriter out;
    out.content("prose\n\n");
    ASSERT_TRUE(write_tool_calls(out, calls).ok());
    std::string text;
    for (const Span& span : out.take()) text += span.bytes;

    ParseOptions options;
    options.history_has_tools = true;
    const ParsedTurn turn = parse_turn(text, options, TurnEnd::block_closed);
    EXPECT_EQ(turn.content, "prose");
    ASSERT_EQ(turn.calls.size(), calls.size()) << "seed " << seed << ": " << text;
    for (std::size_t i = 0; i < calls.size(); ++i) {
      EXPECT_EQ(turn.calls[i].name, calls[i].name);
      ASSERT_EQ(*parse_json(turn.calls[i].arguments), *parse_json(calls[i].arguments)) << text;
    }
    EXPECT_EQ(turn.repairs, 0);
    EXPECT_EQ(text.substr(turn.block_begin, turn.block_end - turn.block_begin), text.substr(5));
    ASSERT_EQ(disagreement(text, options, TurnEnd::eos, some_cuts(random, text.size())), "");

    // And what was read renders to the same bytes again.
    SpanWriter again;
    again.content("prose\n\n");
    ASSERT_TRUE(write_tool_calls(again, turn.calls).ok());
    std::string second;
    for (const Span& span : again.take()) second += span.bytes;
    ASSERT_EQ(second, text);
    ++compared;
  }
  EXPECT_GT(compared, rounds / 2);
}

// Render a conversation, read the answers back out of the prompt as if they were sampled, put what
// was read in their place: the prompt must not change by a byte.
TEST(stream_parser, a_conversation_survives_being_read_back) {
  static const char* const kProse[] = {"",          "Look.",        "a\n",
                                       "\n\nb\n\n", " <b> & </b> ", "2 < 3\n\n\n"};
  for (int seed = 0; seed < 2000; ++seed) {
    Random random(static_cast<std::uint64_t>(seed));
    const bool thinking = below(random, 2) == 0;
    std::vector<Message> messages(1);
    messages[0].role = Role::system;
    messages[0].tools = {Json(Json::Object{{"name", "f"}})};
    for (std::size_t turn = 0; turn < 3; ++turn) {
      Message user;
      user.content = "q";
      messages.push_back(user);
      Message answer;
      answer.role = Role::assistant;
      if (thinking) answer.reasoning = kProse[below(random, std::size(kProse))];
      answer.content = kProse[below(random, std::size(kProse))];
      for (std::size_t i = below(random, 3); i > 0; --i) {
        Json arguments = Json::object();
        arguments.set("v", random_json(random, 0));
        if (spells_escape(arguments)) continue;
        answer.tool_calls.push_back({"", "f", to_text(arguments), false});
      }
      messages.push_back(answer);
    }
    const RenderOptions options{.thinking = {.on = thinking}};
    const auto before = render(messages, options);
    ASSERT_TRUE(before.ok());

    ParseOptions parse;
    parse.thinking = thinking;
    parse.tools = OfferedTools(messages[0].tools);
    for (std::size_t i = 2; i < messages.size(); i += 2) {
      const std::vector<Message> until(messages.begin(), messages.begin() + static_cast<long>(i));
      const std::string prompt = render(until, options)->text();
      const std::string all = before->text();
      ASSERT_EQ(all.substr(0, prompt.size()), prompt);
      const std::size_t end = all.find(kEndOfSentence, prompt.size());
      const ParsedTurn turn =
          parse_turn(all.substr(prompt.size(), end - prompt.size()), parse, TurnEnd::eos);
      if (thinking) messages[i].reasoning = turn.reasoning;
      messages[i].content = turn.content;
      messages[i].tool_calls = turn.calls;
    }
    ASSERT_EQ(render(messages, options)->text(), before->text()) << "seed " << seed;
  }
}

TEST(stream_parser, long_monotonous_text_takes_linear_time) {
  using Clock = std::chrono::steady_clock;
  std::string escapes;
  std::string openers;
  std::string spaces =
      "<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"f\">\n<｜DSML｜parameter name=\"o\">";
  for (int i = 0; i < 60000; ++i) escapes += "&lt;/｜DSML｜";
  for (int i = 0; i < 60000; ++i) openers += "<tool_calls>";
  spaces += std::string(1 << 20, ' ');
  const std::string in_value =
      "<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"f\">\n<｜DSML｜parameter name=\"a\" "
      "string=\"true\">";
  std::string many_parameters = "<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"f\">\n";
  for (int i = 0; i < 20000; ++i) {
    many_parameters += "<｜DSML｜parameter name=\"p" + std::to_string(i) +
                       "\" string=\"true\"></｜DSML｜parameter>\n";
  }
  const std::string texts[] = {std::string(1 << 20, 'a'),
                               std::string(1 << 20, '\n'),
                               std::string(1 << 20, '\xE2'),
                               std::string(100000, '<'),
                               openers,
                               spaces,
                               in_value + std::string(1 << 20, '&'),
                               in_value + std::string(100000, '<'),
                               in_value + escapes,
                               "<｜DSML｜invoke name=\"" + std::string(1 << 20, 'x'),
                               many_parameters};
  for (const std::string& text : texts) {
    for (const bool thinking : {false, true}) {
      ParseOptions options;
      options.thinking = thinking;
      options.tools = two_tools();
      const auto begin = Clock::now();
      EXPECT_EQ(disagreement(text, options, TurnEnd::eos, every_byte(text.size())), "");
      const auto seconds = std::chrono::duration<double>(Clock::now() - begin).count();
      EXPECT_LT(seconds, 5.0) << text.substr(0, 80);
    }
  }
}

std::vector<StreamEvent> events_of(StreamParser& parser, std::string_view text) {
  std::vector<StreamEvent> events;
  parser.feed(text, events);
  return events;
}

template <class Event>
const Event& only(const std::vector<StreamEvent>& events) {
  EXPECT_EQ(events.size(), 1u);
  return std::get<Event>(events.at(0));
}

TEST(stream_parser, tells_early) {
  ParseOptions options;
  options.tools = two_tools();
  StreamParser parser(options, [] { return "id"; });
  EXPECT_EQ(only<TextDelta>(events_of(parser, "Look.\n\n")).text, "Look.");
  EXPECT_TRUE(events_of(parser, "<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"f").empty());
  const auto start = events_of(parser, "\">");
  ASSERT_EQ(start.size(), 2u);
  EXPECT_EQ(std::get<CallStart>(start[0]).name, "f");
  EXPECT_EQ(std::get<CallStart>(start[0]).id, "id");
  EXPECT_EQ(std::get<CallDelta>(start[1]).json, "{");
  EXPECT_EQ(
      only<CallDelta>(events_of(parser, "<｜DSML｜parameter name=\"a\" string=\"true\">l\n")).json,
      "\"a\": \"l\\n");
  EXPECT_TRUE(events_of(parser, "</").empty());
  EXPECT_EQ(only<CallDelta>(events_of(parser, "b>&")).json, "</b>");
  EXPECT_EQ(only<CallDelta>(events_of(parser, "1</｜DSML｜parameter>")).json, "&1\"");
  const auto end = events_of(parser, "\n</｜DSML｜invoke>");
  ASSERT_EQ(end.size(), 2u);
  EXPECT_EQ(std::get<CallDelta>(end[0]).json, "}");
  EXPECT_FALSE(parser.is_over());
  events_of(parser, "\n</｜DSML｜tool_calls>");
  EXPECT_TRUE(parser.is_over());
}

TEST(stream_parser, a_call_that_was_begun_ends_in_a_failure) {
  ParseOptions options;
  options.tools = two_tools();
  StreamParser parser(options, [] { return "id"; });
  events_of(parser, "A\n\n<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"f\">\n");
  const auto events = events_of(parser, "oh no");
  EXPECT_EQ(only<CallFailure>(events).index, 0);
  std::vector<StreamEvent> last;
  const ParsedTurn turn = parser.finish(TurnEnd::eos, last);
  EXPECT_TRUE(last.empty());
  EXPECT_EQ(turn.content, "A\n\n<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"f\">\noh no");
  EXPECT_EQ(turn.content.substr(0, turn.prose_bytes), "A");
  EXPECT_EQ(turn.failure, "text between the tags of a tool block");
}

TEST(stream_parser, marks_tell_the_end_of_reasoning_from_talk_about_it) {
  const auto run = [](bool token_comes) {
    ParseOptions options;
    options.thinking = true;
    options.knows_marks = true;
    StreamParser parser(options);
    std::vector<StreamEvent> events;
    Received received;
    parser.feed("the </think> mark", events);
    parser.feed_mark("<think>", events);
    if (token_comes) parser.feed_mark("</think>", events);
    parser.feed(" answer</think>", events);
    parser.feed_mark("</think>", events);
    const ParsedTurn turn = parser.finish(TurnEnd::eos, events);
    for (const StreamEvent& event : events) received.take(event);
    EXPECT_EQ(received.reasoning, turn.reasoning);
    EXPECT_EQ(received.text, turn.content);
    return turn.reasoning + "|" + turn.content;
  };
  EXPECT_EQ(run(true), "the </think> mark| answer</think>");
  // The late token is the first one that is a token.
  EXPECT_EQ(run(false), "the </think> mark answer</think>|");

  ParseOptions options;
  options.thinking = true;
  options.knows_marks = true;
  StreamParser parser(options);
  std::vector<StreamEvent> events;
  parser.feed("r</think>c", events);
  const ParsedTurn turn = parser.finish(TurnEnd::eos, events);
  EXPECT_EQ(turn.reasoning + "|" + turn.content, "r|c");
}

TEST(stream_parser, events_are_valid_utf8) {
  ParseOptions options;
  options.history_has_tools = true;
  const std::string text =
      "a\xF0\x9F\x98"
      "b\xC3\n\n<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"f\xFF\">\n"
      "<｜DSML｜parameter name=\"k\xE2\" string=\"true\">\x80\xE4\xBD</｜DSML｜parameter>\n"
      "<｜DSML｜parameter name=\"j\" string=\"false\">[\"\xFF\"]</｜DSML｜parameter>\n"
      "</｜DSML｜invoke>\n</｜DSML｜tool_calls>";
  EXPECT_EQ(disagreement(text, options, TurnEnd::eos, every_byte(text.size())), "");
  const ParsedTurn turn = parse_turn(text, options, TurnEnd::eos);
  EXPECT_EQ(turn.content,
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD");
  ASSERT_EQ(turn.calls.size(), 1u);
  EXPECT_EQ(turn.calls[0].name, "f\xEF\xBF\xBD");
  EXPECT_TRUE(turn.calls[0].repaired);
  EXPECT_TRUE(parse_json(turn.calls[0].arguments).ok()) << turn.calls[0].arguments;
}

}  // namespace
}  // namespace ds4::text
