// `ds4 pull` as a user runs it: against a server on this machine, killed, stopped, out of room.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "base/json.h"
#include "terminal/terminal_child.h"
#include "tests/http_server.h"
#include "tests/shell.h"

namespace ds4 {
namespace {

namespace fs = std::filesystem;
using terminal::TerminalChild;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

constexpr char kProgram[] = DS4_BUILD_DIR "/ds4";
constexpr char kTag[] = "\"v1\"";
constexpr char kDrafter[] = "DeepSeek-V4-Flash-DSpark-support-0731.gguf";

class pull_command : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("ds4_pull_command_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
    std::mt19937 random(1);
    content_ = "GGUF";
    while (content_.size() < 3'000'000) content_ += static_cast<char>(random());
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string models(const std::string& name) const { return path("data/ds4/models/" + name); }
  std::string read(const std::string& file) const {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // Nothing of this machine's user, and no memory of other tests.
  std::string environment() const {
    return "env -u HF_ENDPOINT -u DS4_PULL_URL -u HF_TOKEN_PATH -u HF_HOME -u http_proxy "
           "HF_TOKEN= HUGGING_FACE_HUB_TOKEN= XDG_CACHE_HOME=" +
           path("cache") + " XDG_DATA_HOME=" + path("data") + " XDG_STATE_HOME=" + path("state") +
           " ";
  }
  Ran pull(const std::string& arguments, const std::string& before = "") const {
    return run(before + environment() + kDs4 + "pull " + arguments);
  }
  static std::string from(const HttpServer& server) { return " --base-url " + server.url() + " "; }

  HttpAnswer slowly(const HttpAsk& ask) const {
    HttpAnswer answer = serve_file(ask, content_, kTag);
    answer.step_bytes = 4000;
    return answer;
  }
  // In a process of its own, until so much was sent to it.
  pid_t start_and_wait(const HttpServer& server, std::uint64_t bytes) const {
    const std::size_t asked = server.asked().size();
    const pid_t child = ::fork();
    if (child == 0) {
      const int nothing = ::open("/dev/null", O_RDWR);
      ::dup2(nothing, STDOUT_FILENO);
      ::dup2(nothing, STDERR_FILENO);
      ::setenv("XDG_DATA_HOME", path("data").c_str(), 1);
      ::execl(kProgram, "ds4", "pull", "a.gguf", "--base-url", server.url().c_str(), nullptr);
      ::_exit(7);
    }
    while (server.sent_bytes(asked) < bytes) ::usleep(2000);
    return child;
  }
  static int end_of(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

  fs::path folder_;
  std::string content_;
};

TEST_F(pull_command, lists_what_there_is_within_80_columns) {
  for (const char* options : {"", "--all", "--list x"}) {
    const Ran ran = pull(options);
    EXPECT_EQ(ran.status, 0);
    EXPECT_THAT(ran.output, AllOf(HasSubstr("ds4f-q2 "), HasSubstr("pro-q2 "),
                                  HasSubstr("This machine has "), Not(HasSubstr("\033"))));
    std::istringstream lines(ran.output);
    for (std::string line; std::getline(lines, line);) {
      EXPECT_TRUE(line.size() < 80 || line.find("Files are kept") == 0) << line;
    }
  }
  EXPECT_THAT(pull("").output, Not(HasSubstr("q4-imatrix")));
  EXPECT_THAT(pull("--all").output, HasSubstr("q4-imatrix"));
}

TEST_F(pull_command, the_list_for_programs_agrees_with_itself) {
  const Ran ran = pull("--json --all");
  const auto list = parse_json(ran.output);
  ASSERT_TRUE(list.ok()) << ran.output;
  const auto number = [](const Json& object, const char* key) {
    return *object.find(key)->as_int();
  };
  const std::int64_t machine = number(*list, "machine_bytes");
  EXPECT_GT(machine, 0);
  int recommended = 0;
  for (const Json& file : list->find("files")->as_array()) {
    const std::string name = file.find("name")->as_string();
    recommended += file.find("recommended")->as_bool() ? 1 : 0;
    if (file.find("kind")->as_string() != "main") {
      EXPECT_EQ(file.find("fit"), nullptr) << name;
      continue;
    }
    const std::int64_t all = number(file, "memory_bytes");
    const std::int64_t least = number(file, "memory_from_disk_bytes");
    EXPECT_GT(all, number(file, "bytes")) << name;
    EXPECT_LT(all, number(file, "bytes") * 12 / 10) << name;
    const char* fit = all <= machine ? "fits" : least <= machine ? "from disk" : "too large";
    EXPECT_EQ(file.find("fit")->as_string(), fit) << name;
    // Where the experts are not held, all recipes of a model need the same.
    EXPECT_NEAR(static_cast<double>(least) / (1 << 30), name.rfind("pro", 0) == 0 ? 30 : 10, 3)
        << name;
  }
  EXPECT_LE(recommended, 1);
}

TEST_F(pull_command, gets_a_file_and_prints_its_path_alone) {
  HttpServer server([&](const HttpAsk& ask) { return serve_file(ask, content_, kTag); });
  const Ran ran = pull("a.gguf" + from(server) + "2>/dev/null");
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(ran.output, models("a.gguf") + "\n");
  EXPECT_TRUE(read(models("a.gguf")) == content_);
  const std::size_t asked = server.asked().size();
  const Ran again = pull("a.gguf" + from(server));
  EXPECT_EQ(again.status, 0);
  EXPECT_THAT(again.output, HasSubstr("it is here already"));
  EXPECT_EQ(server.asked().size(), asked);
}

TEST_F(pull_command, a_url_is_a_name_too_and_the_environment_names_a_mirror) {
  HttpServer server([&](const HttpAsk& ask) { return serve_file(ask, content_, kTag); });
  EXPECT_EQ(pull(server.url("/x/y/b.gguf?download=true") + " --dir " + path("here")).status, 0);
  EXPECT_TRUE(read(path("here/b.gguf")) == content_);
  EXPECT_EQ(server.asked().front().target, "/x/y/b.gguf?download=true");

  const Ran mirror =
      run(environment() + "DS4_PULL_URL=" + server.url("/mirror/") + " " + kDs4 + "pull a.gguf");
  EXPECT_EQ(mirror.status, 0) << mirror.output;
  EXPECT_EQ(server.asked().back().target, "/mirror/a.gguf");
  const Ran endpoint =
      run(environment() + "HF_ENDPOINT=" + server.url() + " " + kDs4 + "pull c.gguf");
  EXPECT_EQ(endpoint.status, 0) << endpoint.output;
  EXPECT_EQ(server.asked().back().target, "/antirez/deepseek-v4-gguf/resolve/main/c.gguf");
}

TEST_F(pull_command, the_token_goes_to_the_repository_only) {
  HttpServer server([&](const HttpAsk& ask) { return serve_file(ask, content_, kTag); });
  EXPECT_EQ(run(environment() + "HF_TOKEN=hf_secret " + kDs4 + "pull a.gguf" + from(server)).status,
            0);
  for (const HttpAsk& ask : server.asked()) {
    EXPECT_EQ(ask.header("authorization"), "Bearer hf_secret");
  }
  const std::size_t before = server.asked().size();
  EXPECT_EQ(
      run(environment() + "HF_TOKEN=hf_secret " + kDs4 + "pull " + server.url("/b.gguf")).status,
      0);
  const auto asked = server.asked();
  for (std::size_t i = before; i < asked.size(); ++i)
    EXPECT_EQ(asked[i].header("authorization"), "");
}

TEST_F(pull_command, the_last_model_becomes_the_one_that_ds4_uses) {
  const Ran made = run(kDs4Gguf + "synth -o " + path("real.gguf") +
                       " --shape tiny --layers 1 --recipe q2 --seed 3");
  ASSERT_EQ(made.status, 0) << made.output;
  HttpServer server(
      [&](const HttpAsk& ask) { return serve_file(ask, read(path("real.gguf")), ""); });
  const std::string talk = environment() + kDs4 + "-n 3 --nothink -p Hi";
  EXPECT_THAT(run(talk).output, HasSubstr("The demo model"));

  const Ran kept = pull("other.gguf --no-default" + from(server));
  EXPECT_EQ(kept.status, 0);
  EXPECT_THAT(run(talk).output, HasSubstr("The demo model"));
  const Ran ran = pull("tiny.gguf" + from(server));
  EXPECT_EQ(ran.status, 0) << ran.output;
  EXPECT_THAT(ran.output, HasSubstr("this is the default model now"));
  // The end of a context or of -n: it has answered.
  const Ran talked = run(talk);
  EXPECT_EQ(talked.status, 0) << talked.output;
  EXPECT_THAT(talked.output, Not(HasSubstr("The demo model")));
  EXPECT_THAT(parse_json(pull("--json").output)->find("default_model")->as_string(),
              EndsWith("/tiny.gguf"));

  const Ran other = pull("--set-default " + models("other.gguf"));
  EXPECT_EQ(other.status, 0) << other.output;
  fs::remove(models("other.gguf"));
  EXPECT_THAT(run(talk).output, HasSubstr("other.gguf: the default model is gone"));
  EXPECT_EQ(pull("--set-default " + path("none.gguf")).status, 1);
}

TEST_F(pull_command, what_is_no_model_does_not_become_the_default) {
  HttpServer server([&](const HttpAsk& ask) { return serve_file(ask, content_, kTag); });
  const Ran ran = pull("a.gguf" + from(server));
  EXPECT_EQ(ran.status, 0);
  EXPECT_THAT(ran.output, HasSubstr("the default model stays as it is"));
  EXPECT_FALSE(fs::exists(path("data/ds4/default-model")));
}

TEST_F(pull_command, another_file_under_a_known_name_is_refused) {
  HttpServer server([&](const HttpAsk& ask) { return serve_file(ask, content_, kTag); });
  const Ran ran = pull("ds4f-dspark" + from(server));
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.output, AllOf(HasSubstr("5,989,114,272"), HasSubstr("--sha256")));
  // With a sum of its own it may be another one; here the sum is wrong.
  const std::string zeros(64, '0');
  const Ran own = pull("ds4f-dspark --sha256 " + zeros + from(server));
  EXPECT_EQ(own.status, 1);
  EXPECT_THAT(own.output, AllOf(HasSubstr(zeros), HasSubstr("put aside")));
  EXPECT_FALSE(fs::exists(models(kDrafter)));
  EXPECT_TRUE(fs::exists(models(kDrafter) + ".rejected"));

  std::ofstream(models(kDrafter)) << "GGUF";
  EXPECT_THAT(pull("ds4f-dspark" + from(server)).output, HasSubstr("is not the published file"));
}

TEST_F(pull_command, killed_in_the_middle_goes_on) {
  HttpServer server([&](const HttpAsk& ask) { return slowly(ask); });
  // What it had written down when it was killed counts: it does so every five seconds and whenever
  // it ends. Stopped once, it has.
  pid_t child = start_and_wait(server, 1'000'000);
  ::kill(child, SIGTERM);
  EXPECT_EQ(end_of(child), 128 + SIGTERM);
  EXPECT_TRUE(fs::exists(models("a.gguf.part.json")));
  child = start_and_wait(server, 500'000);
  ::kill(child, SIGKILL);
  EXPECT_EQ(end_of(child), 128 + SIGKILL);
  EXPECT_FALSE(fs::exists(models("a.gguf")));

  const std::size_t asked = server.asked().size();
  const Ran ran = pull("a.gguf" + from(server));
  EXPECT_EQ(ran.status, 0) << ran.output;
  EXPECT_THAT(ran.output, HasSubstr("going on where it ended: "));
  EXPECT_LT(server.sent_bytes(asked), content_.size() - 800'000);
  EXPECT_TRUE(read(models("a.gguf")) == content_);
  EXPECT_FALSE(fs::exists(models("a.gguf.part")));
  EXPECT_FALSE(fs::exists(models("a.gguf.part.json")));
}

TEST_F(pull_command, what_shall_not_end_it_does_not) {
  // As nohup starts it.
  HttpServer server([&](const HttpAsk& ask) { return slowly(ask); });
  ::signal(SIGHUP, SIG_IGN);
  const pid_t child = start_and_wait(server, 100'000);
  ::signal(SIGHUP, SIG_DFL);
  ::kill(child, SIGHUP);
  EXPECT_EQ(end_of(child), 0);
  EXPECT_TRUE(read(models("a.gguf")) == content_);
}

TEST_F(pull_command, a_second_one_at_the_same_time_is_refused) {
  HttpServer server([&](const HttpAsk& ask) { return slowly(ask); });
  const pid_t child = start_and_wait(server, 100'000);
  const Ran ran = pull("a.gguf" + from(server));
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.output, HasSubstr("is being downloaded by another process"));
  ::kill(child, SIGINT);
  EXPECT_EQ(end_of(child), 130);
}

TEST_F(pull_command, a_file_too_large_for_the_disk_is_said_in_a_sentence) {
  HttpServer server([&](const HttpAsk& ask) { return serve_file(ask, content_, kTag); });
  const Ran ran = pull("a.gguf" + from(server), "ulimit -f 500; ");  // blocks of 1 or 0.5 KiB
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.output, HasSubstr("`ulimit -f` allows"));
  EXPECT_EQ(pull("a.gguf" + from(server)).status, 0);
}

TEST_F(pull_command, says_in_a_sentence_what_is_wrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"ds4f-q3", "no file is called 'ds4f-q3'"},
      {"http://models.invalid/a.gguf", "use https"},
      {"ftp://models.invalid/a.gguf", "neither https nor http"},
      {"https://models.invalid/", "cannot be the name of a file"},
      {"a.gguf --base-url models", "is no URL"},
      {"a.gguf --sha256 12", "64 hexadecimal digits"},
      {"--set-default", "needs the NAME"},
      {"../a.gguf --base-url http://127.0.0.1:1", "cannot be the name of a file"}};
  for (const auto& [arguments, sentence] : cases) {
    const Ran ran = pull(arguments);
    EXPECT_EQ(ran.status, 1) << arguments;
    EXPECT_THAT(ran.output, HasSubstr(sentence));
  }
  const Ran homeless = run("env -u HOME -u XDG_DATA_HOME " + kDs4 + "pull");
  EXPECT_EQ(homeless.status, 1);
  EXPECT_THAT(homeless.output, HasSubstr("--dir"));
}

TEST_F(pull_command, at_a_terminal_there_is_a_bar_and_ctrl_c_keeps_what_came) {
  HttpServer server([&](const HttpAsk& ask) { return slowly(ask); });
  const auto start = [&] {
    ::setenv("XDG_DATA_HOME", path("data").c_str(), 1);
    ::setenv("TERM", "xterm", 1);
    ::setenv("LC_ALL", "C.UTF-8", 1);
    ::dup2(STDOUT_FILENO, STDERR_FILENO);
    ::execl(kProgram, "ds4", "pull", "a.gguf", "--base-url", server.url().c_str(), nullptr);
  };
  TerminalChild child(start);
  if (!child.ok()) GTEST_SKIP() << "this system gives no pseudo-terminal";
  EXPECT_TRUE(child.wait_for("left"));
  EXPECT_THAT(child.seen(), AllOf(HasSubstr("━"), HasSubstr("%")));
  child.type("\x03");
  EXPECT_EQ(child.wait_for_end(), 130) << child.seen();
  EXPECT_THAT(child.seen(), HasSubstr("are kept; the same command goes on from there"));
}

}  // namespace
}  // namespace ds4
