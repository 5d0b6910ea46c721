#include "eval/results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace ds4::eval {
namespace {

using testing::HasSubstr;

class results : public testing::Test {
 protected:
  ~results() override { std::filesystem::remove(path_); }

  static RunHead head() {
    RunHead out;
    out.model = "M";
    out.fingerprint = "f";
    out.suites = {{"s", 17}, {"t", ~std::uint64_t{0}}};
    out.settings.set("temperature", 0.0);
    out.settings.set("seed", 3);
    return out;
  }
  static Answered answered(const std::string& id, bool is_right) {
    Answered out;
    out.suite = "s";
    out.id = id;
    out.skill = "skill";
    out.outcome = {.is_right = is_right,
                   .is_well_formed = false,
                   .is_cut_off = true,
                   .prompt_tokens = 5,
                   .answer_tokens = 6,
                   .reasoning_tokens = 4,
                   .prompt_seconds = 0.5,
                   .answer_seconds = 0.25};
    out.why = "because";
    out.expected = "a\nb";
    out.got = "\"c\"";
    out.reasoning = "hm";
    return out;
  }
  std::string bytes() const {
    std::ifstream in(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write(const std::string& text) const { std::ofstream(path_, std::ios::binary) << text; }
  std::string refusal(const RunHead& of) const {
    const auto file = ResultsFile::open(path_, of);
    return file.ok() ? "it was opened" : file.error().message;
  }

  const std::string path_ = (std::filesystem::temp_directory_path() /
                             ("ds4_results_" + std::to_string(::getpid()) + ".jsonl"))
                                .string();
};

TEST_F(results, what_was_written_is_there_the_next_time) {
  {
    auto file = ResultsFile::open(path_, head());
    ASSERT_TRUE(file.ok()) << file.error().message;
    EXPECT_TRUE(file->earlier().empty());
    ASSERT_TRUE(file->append(answered("1", true)).ok());
    ASSERT_TRUE(file->append(answered("2", false)).ok());
  }
  auto file = ResultsFile::open(path_, head());
  ASSERT_TRUE(file.ok()) << file.error().message;
  ASSERT_EQ(file->earlier().size(), 2u);
  const Answered& one = file->earlier().at({"s", "1"});
  EXPECT_EQ(answered_json(one), answered_json(answered("1", true)));
  EXPECT_FALSE(file->earlier().at({"s", "2"}).outcome.is_right);
  ASSERT_TRUE(file->append(answered("3", true)).ok());
  EXPECT_EQ(read_results(bytes(), head())->answers.size(), 3u);
}

TEST_F(results, a_torn_line_is_dropped_and_written_anew) {
  { ASSERT_TRUE(ResultsFile::open(path_, head())->append(answered("1", true)).ok()); }
  const std::string whole = bytes();
  { ASSERT_TRUE(ResultsFile::open(path_, head())->append(answered("2", true)).ok()); }
  const std::string more = bytes();
  for (std::size_t size = 0; size < more.size(); ++size) {
    write(more.substr(0, size));
    const auto file = ResultsFile::open(path_, head());
    ASSERT_TRUE(file.ok()) << size << ": " << file.error().message;
    EXPECT_EQ(file->earlier().size(), size >= whole.size() ? 1u : 0u);
    EXPECT_EQ(bytes().back(), '\n');
  }
}

TEST_F(results, those_of_another_run_are_refused_and_kept) {
  { ASSERT_TRUE(ResultsFile::open(path_, head())->append(answered("1", true)).ok()); }
  const std::string before = bytes();
  RunHead other = head();
  other.model = "N";
  EXPECT_THAT(refusal(other), HasSubstr("of another model"));
  other = head();
  other.fingerprint = "g";
  EXPECT_THAT(refusal(other), HasSubstr("of another model"));
  other = head();
  other.suites[1].second = 1;
  EXPECT_THAT(refusal(other), HasSubstr("of other suites"));
  other = head();
  other.settings.set("seed", 4);
  EXPECT_THAT(refusal(other), HasSubstr("under other settings: seed was 3 and is 4"));
  EXPECT_EQ(bytes(), before);
}

TEST_F(results, other_files_are_refused_and_kept) {
  for (const char* text : {"my diary", "my diary\n", "{\"a\":1}\n", "[1]\n", "\n"}) {
    write(text);
    EXPECT_THAT(refusal(head()), HasSubstr(path_)) << text;
    EXPECT_EQ(bytes(), text);
  }
  EXPECT_THAT(
      ResultsFile::open(std::filesystem::temp_directory_path().string(), head()).error().message,
      HasSubstr("cannot open results"));
}

TEST_F(results, bad_lines_are_named) {
  { ASSERT_TRUE(ResultsFile::open(path_, head()).ok()); }
  const std::string start = bytes();
  Json line = answered_json(answered("1", true));
  line.set("answer_tokens", -3);
  write(start + to_text(line) + "\n");
  EXPECT_THAT(refusal(head()), HasSubstr("line 2: \"answer_tokens\" is missing or not what"));
  write(start + "{}\n");
  EXPECT_THAT(refusal(head()), HasSubstr("line 2: "));
}

TEST_F(results, two_runs_do_not_share_a_file) {
  const auto file = ResultsFile::open(path_, head());
  ASSERT_TRUE(file.ok());
  EXPECT_THAT(refusal(head()), HasSubstr("another run is writing"));
}

}  // namespace
}  // namespace ds4::eval
