#include "base/log.h"

#include <gtest/gtest.h>

#include <regex>

#include "base/json.h"
#include "base/terminal_fixture.h"

namespace ds4 {
namespace {

class log : public testing::Test {
 protected:
  ~log() override { set_log({}); }
  PipeEnd pipe_;
  Console console_{pipe_.descriptor()};
};

TEST_F(log, plain_lines_name_what_is_not_mere_information) {
  set_log({.level = LogLevel::debug, .console = &console_});
  log_debug("tensor ", 7);
  log_info("opened ", std::string("flash.gguf"), " in ", 35, " ms");
  log_warning("slow");
  log_error("gone");
  EXPECT_EQ(pipe_.text(),
            "debug: tensor 7\nopened flash.gguf in 35 ms\nwarning: slow\nerror: gone\n");
}

TEST_F(log, drops_what_is_below_the_level) {
  set_log({.level = LogLevel::error, .console = &console_});
  log_warning("slow");
  log_error("gone");
  set_log({.level = LogLevel::none, .console = &console_});
  log_error("unheard");
  EXPECT_EQ(pipe_.text(), "error: gone\n");
}

TEST_F(log, a_message_is_one_line_that_cannot_move_the_cursor) {
  set_log({.console = &console_});
  log_info("bad \x1b[2J name\nerror: forged");
  EXPECT_EQ(pipe_.text(), "bad \\x1b[2J name\\x0aerror: forged\n");
}

TEST_F(log, json_lines_are_json) {
  set_log({.format = LogFormat::json, .console = &console_});
  log_warning("a \"quoted\"\nname");
  const std::string text = pipe_.text();
  ASSERT_EQ(text.back(), '\n');
  EXPECT_EQ(text.find('\n'), text.size() - 1);
  const auto json = parse_json(text);
  ASSERT_TRUE(json.ok()) << json.error().message;
  ASSERT_NE(json->find("message"), nullptr);
  EXPECT_EQ(json->find("message")->as_string(), "a \"quoted\"\nname");
  EXPECT_EQ(json->find("level")->as_string(), "warning");
  EXPECT_TRUE(std::regex_match(json->find("time")->as_string(),
                               std::regex(R"(20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)")));
}

TEST_F(log, level_names_read_back) {
  const auto level = parse_log_level("warning");
  ASSERT_TRUE(level.ok());
  EXPECT_EQ(*level, LogLevel::warning);
  const auto unknown = parse_log_level("loud");
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().message,
            "unknown log level 'loud'; choose debug, info, warning, error or none");
}

}  // namespace
}  // namespace ds4
