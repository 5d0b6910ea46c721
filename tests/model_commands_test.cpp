// The commands that look at a model, as a user runs them, against recorded numbers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "base/json.h"
#include "tests/golden_model.h"
#include "tests/shell.h"

namespace ds4 {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class model_commands : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return folder_.file(name); }
  // A golden model as a file.
  std::string golden() const { return tests::golden_model("mini").file().part(0).path(); }

  std::vector<float> read_rows(const std::string& name) const {
    const std::string bytes = tests::read_text(path(name));
    std::vector<float> out(bytes.size() / sizeof(float));
    std::memcpy(out.data(), bytes.data(), out.size() * sizeof(float));
    return out;
  }
  static std::string list_of(std::span<const std::int32_t> tokens) {
    std::string out;
    for (const std::int32_t token : tokens) out += (out.empty() ? "" : ",") + std::to_string(token);
    return out;
  }
  // Standard output of a run that ends well.
  static Json json_of(const std::string& command) {
    const Ran ran = run(command + " 2>/dev/null");
    EXPECT_EQ(ran.status, 0) << run(command).output;
    const auto json = parse_json(ran.output);
    EXPECT_TRUE(json.ok()) << ran.output;
    return json.ok() ? *json : Json();
  }
  static void expect_rows(std::span<const float> rows, const tests::GoldenArray& expected,
                          double tolerance) {
    ASSERT_EQ(rows.size(), expected.values.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      ASSERT_NEAR(rows[i], expected.values[i], tolerance) << i;
    }
  }

  const tests::TemporaryFolder folder_{"model_commands"};
};

TEST_F(model_commands, logits_are_those_recorded) {
  for (const auto& [mode, option, tolerance] :
       {std::tuple("f32", " --no-qat", 5e-4), std::tuple("qat", "", 1e-3)}) {
    SCOPED_TRACE(mode);
    const auto sequence = tests::golden_sequence({"mini", "len7_0", mode});
    const std::string command = kDs4 + "logits -m " + golden() + " --tokens " +
                                list_of(sequence.tokens) + option + " -o " + path("rows.f32");
    const Json all = json_of(command + " --positions all --chunk 3 --threads 2");
    expect_rows(read_rows("rows.f32"), sequence["logits"], tolerance);
    EXPECT_EQ(all.find("tokens")->as_int(), 7);
    EXPECT_EQ(all.find("vocabulary")->as_int(), 128);
    const Json::Array& positions = all.find("positions")->as_array();
    ASSERT_EQ(positions.size(), 7u);
    const Json::Array& top = positions[6].find("top")->as_array();
    ASSERT_EQ(top.size(), 5u);
    EXPECT_EQ(top[0].find("token")->as_int(), sequence.greedy[0]);
    EXPECT_GT(*top[0].find("logit")->as_double(), *top[1].find("logit")->as_double());

    // Only the last by default; else in the order asked, as often as asked.
    const std::vector<float> rows = read_rows("rows.f32");
    const auto row = [&](std::size_t p) { return std::span(rows).subspan(p * 128, 128); };
    json_of(command + " --isa portable");
    EXPECT_THAT(read_rows("rows.f32"), testing::ElementsAreArray(row(6)));
    const Json some = json_of(command + " --positions 5,0,5");
    std::vector<float> expected;
    for (const std::size_t p : {5, 0, 5})
      expected.insert(expected.end(), row(p).begin(), row(p).end());
    EXPECT_EQ(read_rows("rows.f32"), expected);
    EXPECT_EQ(some.find("positions")->as_array()[1].find("position")->as_int(), 0);

    // The drafter's: all rows that were recorded, the last told of the most likely token.
    std::string asked;
    for (const std::size_t p : sequence.positions("row_pos")) {
      asked += (asked.empty() ? "" : ",") + std::to_string(p);
    }
    for (const char* chunk : {"", " --chunk 2"}) {
      json_of(command + " --mtp --positions " + asked + chunk);
      expect_rows(read_rows("rows.f32"), sequence["mtp_logits"], tolerance);
    }
  }
}

TEST_F(model_commands, logits_takes_tokens_from_a_file_and_from_a_pipe) {
  const std::string command = kDs4 + "logits -m " + golden() + " -o " + path("rows.f32");
  json_of(command + " --tokens 89,4,60");
  const std::vector<float> expected = read_rows("rows.f32");
  std::ofstream(path("ids.txt")) << "[89, 4,\n60]\n";
  json_of(command + " --tokens @" + path("ids.txt"));
  EXPECT_EQ(read_rows("rows.f32"), expected);
  fs::remove(path("rows.f32"));
  json_of(command + " --tokens @- < " + path("ids.txt"));
  EXPECT_EQ(read_rows("rows.f32"), expected);
}

TEST_F(model_commands, logits_says_in_a_sentence_what_is_wrong) {
  const auto expect = [&](const std::string& arguments, const std::string& message) {
    const Ran ran = run(kDs4 + "logits -m " + golden() + " -o " + path("none.f32") + arguments);
    EXPECT_EQ(ran.status, 1);
    EXPECT_EQ(ran.output, message);
    EXPECT_FALSE(fs::exists(path("none.f32")));
  };
  expect(" --tokens 1,128", "there is no token 128, only 0 to 127\n");
  expect(" --tokens 1,x", "'x' is not a token id\n");
  expect(" --tokens ,", "--tokens names no token\n");
  expect(" --tokens 1,2 --positions 2", "there is no position 2, only 0 to 1\n");
  expect(" --tokens 1,2 --positions 0,,1",
         "'' is not a position (write all, last, or numbers like 0,5,5)\n");
  expect(" --tokens @" + path("absent"),
         path("absent") + ": cannot open file: no such file or folder\n");
  std::ofstream ids(path("ids.txt"));
  for (int i = 0; i < 4097; ++i) ids << "5\n";
  ids.close();
  expect(" --tokens @" + path("ids.txt"),
         "4,097 tokens are more than the 4,096 this model was made for\n");
  expect(" --tokens 1 --mtp --drafter " + golden(), golden() +
                                                        ": architecture 'deepseek4' is not a "
                                                        "drafter\n");
  const std::string nowhere = path("none");
  const Ran ran = run(kDs4 + "logits -m " + golden() + " --tokens 1 -o " + nowhere + "/rows.f32");
  EXPECT_EQ(ran.status, 1);
  EXPECT_EQ(ran.output, "cannot write into folder " + nowhere + ": no such file or folder\n");
}

TEST_F(model_commands, perplexity_is_the_mean_of_what_logits_say) {
  const std::string model = path("tiny.gguf");
  ASSERT_EQ(run(kDs4Gguf + "synth -o " + model + " --shape tiny --layers 3 --recipe q8").status, 0);
  std::ofstream(path("text.txt")) << "The rain in Spain stays mainly in the plain; 12 + 30 = 42.\n";
  const auto ids =
      parse_json(run(kDs4 + "tokenize --json -m " + model + " --file " + path("text.txt")).output);
  ASSERT_TRUE(ids.ok());
  std::vector<std::int32_t> tokens;
  for (const Json& token : ids->find("tokens")->as_array()) {
    tokens.push_back(static_cast<std::int32_t>(*token.find("id")->as_int()));
  }
  const auto begin = parse_json(
      run(kDs4 + "tokenize --json --special -m " + model + " '<｜begin▁of▁sentence｜>'").output);
  ASSERT_TRUE(begin.ok());
  const auto first_token =
      static_cast<std::int32_t>(*begin->find("tokens")->as_array()[0].find("id")->as_int());

  // Windows of 16 tokens, 5 apart, each evaluated by itself.
  constexpr std::size_t kWindow = 16, kStride = 5;
  std::vector<double> losses;
  std::size_t windows = 0;
  for (std::size_t first = 0; losses.size() < tokens.size(); first += kStride, ++windows) {
    const std::size_t end = std::min(first + kWindow, tokens.size());
    std::vector<std::int32_t> inputs = {first_token};
    inputs.insert(inputs.end(), tokens.begin() + static_cast<std::ptrdiff_t>(first),
                  tokens.begin() + static_cast<std::ptrdiff_t>(end) - 1);
    json_of(kDs4 + "logits -m " + model + " --positions all --tokens " + list_of(inputs) + " -o " +
            path("rows.f32"));
    const std::vector<float> rows = read_rows("rows.f32");
    const std::size_t vocabulary = rows.size() / inputs.size();
    for (std::size_t t = losses.size(); t < end; ++t) {
      long double sum = 0;
      const float* row = rows.data() + (t - first) * vocabulary;
      for (std::size_t i = 0; i < vocabulary; ++i)
        sum += std::exp(static_cast<long double>(row[i]));
      losses.push_back(static_cast<double>(std::log(sum) - row[tokens[t]]));
    }
  }
  const auto count = static_cast<double>(losses.size());
  double mean = 0, squares = 0;
  for (const double loss : losses) mean += loss / count;
  for (const double loss : losses) squares += (loss - mean) * (loss - mean);
  const double error = std::sqrt(squares / (count - 1) / count);

  const std::string command = kDs4 + "perplexity -m " + model + " --text " + path("text.txt");
  const Json json = json_of(command + " --ctx 16 --stride 5 --json");
  EXPECT_EQ(json.find("tokens")->as_int(), tokens.size());
  EXPECT_EQ(json.find("windows")->as_int(), windows);
  EXPECT_GT(windows, 2u);
  EXPECT_NEAR(*json.find("loss")->as_double(), mean, 1e-9);
  EXPECT_NEAR(*json.find("loss_error")->as_double(), error, 1e-9);
  EXPECT_NEAR(*json.find("perplexity")->as_double(), std::exp(mean), 1e-6);
  EXPECT_NEAR(*json.find("perplexity_error")->as_double(), std::exp(mean) * error, 1e-6);
  EXPECT_THAT(run(command + " --ctx 16 --stride 5 2>/dev/null").output, HasSubstr("perplexity  "));

  const auto expect = [](const Ran& ran, const std::string& message) {
    EXPECT_EQ(ran.status, 1);
    EXPECT_EQ(ran.output, message);
  };
  expect(run(command + " --ctx 16 --stride 17"),
         "--stride 17 is more than a window of 16 tokens, so tokens between would not count\n");
  expect(run(command + " --ctx 2000000"),
         "--ctx 2,000,000 is more than the 1,048,576 tokens this model was made for\n");
  expect(run(kDs4 + "perplexity -m " + model + " --text /dev/null"),
         "/dev/null: it has 0 tokens; a mean with its error takes at least 2\n");
  expect(run(kDs4 + "perplexity -m " + golden() + " --text " + path("text.txt")),
         golden() + ": it has no tokenizer, so a text cannot become tokens\n");
}

}  // namespace
}  // namespace ds4
