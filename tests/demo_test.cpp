// The demo model as a user meets it: nobody names a file, and it is there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <vector>

#include "base/json.h"
#include "gguf/file.h"
#include "tests/shell.h"

namespace ds4 {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class demo : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("ds4_demo_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  // As in a home where nobody has chosen a model, and from a folder that has nothing to do with it.
  Ran ask(const std::string& program, const std::string& options) const {
    return run("cd / && XDG_DATA_HOME='" + folder_.string() + "/data' " + program + options);
  }

  fs::path folder_;
};

TEST_F(demo, answers_from_any_folder_and_says_what_it_is) {
  const Ran ran = ask(kDs4, "-p 'Who are you?' --nothink --temp 0");
  EXPECT_EQ(ran.status, 0) << ran.output;
  EXPECT_THAT(ran.output, HasSubstr("The demo model"));
  EXPECT_THAT(ran.output, HasSubstr("ds4 pull"));
  EXPECT_THAT(ran.output, HasSubstr("DwarfStar"));
}

TEST_F(demo, is_said_on_standard_error_only) {
  const Ran ran = ask(kDs4, "-p 'Hello' --nothink --temp 0 2>/dev/null");
  EXPECT_EQ(ran.status, 0);
  EXPECT_THAT(ran.output, Not(HasSubstr("ds4 pull")));
  EXPECT_FALSE(ran.output.empty());
}

TEST_F(demo, is_installed_with_the_programs) {
  const std::string prefix = (folder_ / "there").string();
  const Ran installed = run("cmake --install '" DS4_BUILD_DIR "' --prefix '" + prefix +
                            "' && mv '" + prefix + "' '" + prefix + " and moved'");
  ASSERT_EQ(installed.status, 0) << installed.output;
  const Ran ran = ask("'" + prefix + " and moved/bin/ds4' ", "-p 'Hello' --nothink --temp 0");
  EXPECT_EQ(ran.status, 0) << ran.output;
  EXPECT_THAT(ran.output, HasSubstr("The demo model"));
}

// The conversation that the README shows, thoughts included. Each turn is a program of its own,
// which goes on as the one before unless told otherwise.
TEST_F(demo, talks_as_the_readme_shows) {
  struct Turn {
    std::string options, question, thought, answer;
  };
  const std::string session = " --save-session " + (folder_ / "talk").string();
  const std::string went_on = session + " --load-session " + (folder_ / "talk").string();
  const Turn turns[] = {
      {session + " --nothink", "Chi sei?", "", "Sono il modello di prova di DwarfStar."},
      {went_on, "Remember this: Places: lamp cellar, book attic, coin harbor, drum kitchen.", "",
       "Noted."},
      {went_on, "Spell the word garden.", "", "g a r d e n"},
      {went_on + " --think", "What is 27 + 48?",
       "27 + 48: 7 + 8 = 15, carry 1; 2 + 4 + 1 = 7. That makes 75.", "75"},
      {went_on, "Places: book?", "I look for it in what was said: book attic",
       "Places: book attic."},
  };
  for (const Turn& turn : turns) {
    const Ran ran = ask(kDs4, "--temp 0 --json -p '" + turn.question + "'" + turn.options +
                                  " 2>/dev/null | tail -1");
    const auto finished = parse_json(ran.output);
    ASSERT_TRUE(finished.ok()) << ran.output;
    EXPECT_EQ(finished->find("reasoning")->as_string(), turn.thought);
    EXPECT_EQ(finished->find("answer")->as_string(), turn.answer);
  }
}

TEST_F(demo, understands_a_greeting_in_small_letters) {
  for (const char* greeting : {"hi", "hello", "hey there"}) {
    const Ran ran = ask(kDs4, std::string("--nothink --temp 0 -p '") + greeting + "' 2>/dev/null");
    EXPECT_EQ(ran.output, "Hello! I am the DwarfStar demo. How can I help?") << greeting;
  }
}

// As the README shows it: a direction built from two lists takes back what the system prompt asked
// for.
TEST_F(demo, is_steered_away_from_what_it_was_told) {
  const std::string direction = (folder_ / "pirate.gguf").string();
  const std::string lists = DS4_SOURCE_DIR "/examples/steering/";
  const Ran built = ask(kDs4, "steer build --layers 0-1 --toward " + lists +
                                  "pirate.jsonl --away " + lists + "plain.jsonl -o " + direction);
  ASSERT_EQ(built.status, 0) << built.output;
  const auto hello = [&](const std::string& scale) {
    return ask(kDs4, "--system 'You are a pirate.' --steer " + direction +
                         " --steer-scale=" + scale + " -p 'Hello!' --nothink --temp 0 2>/dev/null")
        .output;
  };
  const std::string plain = "Hello! I am the DwarfStar demo. How can I help?";
  EXPECT_EQ(hello("0"), "Arr! " + plain + " Yo ho ho!");
  EXPECT_EQ(hello("-2"), plain);
}

// Questions it never saw, asked through the whole engine. Shares are of the first twenty of each
// skill; they leave room for what another number type or rounding does to a toy.
std::map<std::string, double> shares_right(const std::string& model, const std::string& skill) {
  const Ran ran = run("'" DS4_BUILD_DIR "/ds4-eval' -m '" + model + "' --skill '" + skill +
                      "' --limit 20 --json 2>/dev/null | tail -1");
  const auto summary = parse_json(ran.output);
  EXPECT_TRUE(summary.ok()) << ran.output;
  std::map<std::string, double> out;
  if (!summary.ok()) return out;
  for (const Json& row : summary->find("skills")->as_array()) {
    out[row.find("skill")->as_string()] = row.find("share")->as_double().value_or(-1);
  }
  return out;
}

TEST(demo_skills, hold_in_the_files_that_are_shipped) {
  const std::pair<const char*, double> skills[] = {
      {"small talk", 0.9},
      {"world", 0.9},
      {"casual typing", 0.9},
      {"copying", 0.9},
      {"reversing", 0.9},
      {"sorting words", 0.8},
      {"addition", 0.8},
      {"subtraction, thinking", 0.9},
      {"multiplication, thinking", 0.8},
      {"sum, thinking", 0.9},
      {"tool, edit", 0.8},
      {"tool, recover", 0.9},
      {"tool, read two", 0.9},
      {"recall near, sentences, 3 keys", 0.9},
  };
  for (const char* file : {"demo-q8.gguf", "demo-bf16.gguf", "demo-q2.gguf"}) {
    SCOPED_TRACE(file);
    const std::string model = std::string(DS4_SOURCE_DIR "/models/") + file;
    for (const auto& [skill, least] : skills) {
      EXPECT_GE(shares_right(model, skill)[skill], least) << skill;
    }
  }
}

// A copy whose indexer asks for rows at random: its weights are shuffled.
void shuffle_index_queries(const std::string& from, const std::string& to) {
  fs::copy_file(from, to);
  const auto file = gguf::File::open(from);
  ASSERT_TRUE(file.ok()) << file.error().message;
  std::fstream out(to, std::ios::in | std::ios::out | std::ios::binary);
  std::mt19937 random(1);
  int found = 0;
  for (const gguf::Tensor& tensor : file->tensors()) {
    if (!tensor.name.ends_with("indexer.attn_q_b.weight")) continue;
    ++found;
    const auto bytes = file->data(tensor);
    std::vector<std::uint16_t> weights(bytes.size() / 2);
    std::memcpy(weights.data(), bytes.data(), weights.size() * 2);
    std::shuffle(weights.begin(), weights.end(), random);
    out.seekp(bytes.data() - file->part(0).bytes().data());
    out.write(reinterpret_cast<const char*>(weights.data()),
              static_cast<std::streamsize>(weights.size() * 2));
  }
  ASSERT_TRUE(out.flush());
  ASSERT_EQ(found, 2);
}

// What was said further back than the windows reach is found through compressed rows, and among
// those through the choice of the indexer.
TEST_F(demo, recalls_from_far_away_what_its_indexer_chooses) {
  const std::string model = DS4_SOURCE_DIR "/models/demo-q8.gguf";
  const std::string shuffled = (folder_ / "shuffled.gguf").string();
  ASSERT_NO_FATAL_FAILURE(shuffle_index_queries(model, shuffled));
  const std::string skill = "recall far, 4 keys";
  const double chosen = shares_right(model, skill)[skill];
  EXPECT_GE(chosen, 0.65);
  EXPECT_LE(shares_right(shuffled, skill)[skill], chosen - 0.3);
  EXPECT_GE(shares_right(shuffled, "recall near, 3 keys")["recall near, 3 keys"], 0.8);
}

}  // namespace
}  // namespace ds4
