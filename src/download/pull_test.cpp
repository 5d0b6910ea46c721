// Downloads from a server on this machine that behaves well, badly, and worse.
#include "download/pull.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "base/terminal_fixture.h"
#include "download/sha256.h"
#include "tests/http_server.h"

namespace ds4::download {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr char kTag[] = "\"v1\"";

std::string random_content(unsigned seed, std::size_t size) {
  std::mt19937 random(seed);
  std::string content = "GGUF";
  while (content.size() < size) content += static_cast<char>(random());
  return content;
}

std::string sha256_of(const std::string& content) {
  Sha256 sum;
  sum.add(std::as_bytes(std::span(content)));
  return sum.finish();
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Writes down what it is told, and stops the download once `stop_at` bytes are there.
class Notes : public PullWatcher {
 public:
  void starts(std::uint64_t size, std::uint64_t there) override {
    size_told = size;
    there_at_start.push_back(there);
  }
  void progress(const ByteRanges& done) override {
    last = done.total();
    if (last >= stop_at) stop = 2;
  }
  void fetched() override {}
  void checking(std::uint64_t, std::uint64_t) override {}
  void notice(std::string_view sentence) override { notices.emplace_back(sentence); }

  std::uint64_t size_told = 0, last = 0;
  std::uint64_t stop_at = ~std::uint64_t{0};
  std::vector<std::uint64_t> there_at_start;
  std::vector<std::string> notices;
  std::atomic<int> stop = 0;
};

class pull_test : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("ds4_pull_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string target() const { return (folder_ / "model.gguf").string(); }
  bool exists(const std::string& ending) const { return fs::exists(target() + ending); }
  // Nothing but these.
  std::vector<std::string> names() const {
    std::vector<std::string> list;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      list.push_back(entry.path().filename().string());
    }
    std::sort(list.begin(), list.end());
    return list;
  }

  // Small parts and short waits.
  PullRequest request(const HttpServer& server) {
    return {.source = {.url = server.url("/model.gguf")},
            .target = target(),
            .transfer = {.connections = 3,
                         .tries = 4,
                         .wait_seconds = 0.01,
                         .stall_seconds = 1,
                         .piece_bytes = 20'000,
                         .stop = &notes.stop}};
  }
  Result<Pulled> pull_from(const HttpServer& server) {
    notes.stop = 0;
    return pull(request(server), notes);
  }
  // The complaint of a download that must fail, leaving no file under its name.
  std::string failure(const HttpServer& server) { return failure(request(server)); }
  std::string failure(const PullRequest& wanted) {
    const auto pulled = pull(wanted, notes);
    EXPECT_FALSE(pulled.ok());
    EXPECT_FALSE(exists(""));
    return pulled.ok() ? "" : pulled.error().message;
  }
  void expect_complete(const Result<Pulled>& pulled, const std::string& content) {
    ASSERT_TRUE(pulled.ok()) << pulled.error().message;
    EXPECT_EQ(pulled->bytes, content.size());
    EXPECT_TRUE(read_file(target()) == content);
    EXPECT_THAT(names(), testing::ElementsAre("model.gguf"));
  }

  fs::path folder_;
  Notes notes;
  std::string content_ = random_content(1, 200'001);
};

TEST_F(pull_test, gets_a_file_in_parts_and_asks_for_no_byte_twice) {
  HttpServer server([&](const HttpAsk& ask) { return serve_file(ask, content_, kTag); });
  PullRequest wanted = request(server);
  wanted.sha256 = sha256_of(content_);
  const auto pulled = pull(wanted, notes);
  expect_complete(pulled, content_);
  EXPECT_TRUE(pulled->is_checked);
  EXPECT_EQ(notes.size_told, content_.size());
  EXPECT_EQ(notes.last, content_.size());
  EXPECT_THAT(notes.notices, IsEmpty());

  const auto asked = server.asked();
  EXPECT_EQ(asked.size(), 1u + 11);  // the question, and parts of 20,000
  ByteRanges parts;
  std::uint64_t bytes = 0;
  for (const HttpAsk& ask : asked) {
    EXPECT_EQ(ask.header("accept-encoding"), "identity");
    if (ask.number == 0) continue;
    EXPECT_EQ(ask.header("if-range"), kTag);
    parts.add({ask.range()->first, ask.range()->second + 1});
    bytes += ask.range()->second + 1 - ask.range()->first;
  }
  EXPECT_EQ(bytes, content_.size());
  EXPECT_EQ(parts.prefix(), content_.size());
}

TEST_F(pull_test, connections_that_are_cut_are_taken_up_where_they_broke) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  HttpServer server([&](const HttpAsk& ask) {
    HttpAnswer answer = serve_file(ask, content_, kTag);
    if (ask.number > 0 && random() % 3 != 0) answer.cut_after = 1 + random() % 8000;
    return answer;
  });
  expect_complete(pull_from(server), content_);
  // What had come before a cut did not come again, but for what a broken connection swallows.
  EXPECT_LT(server.sent_bytes(), content_.size() * 3 / 2);
}

TEST_F(pull_test, a_server_that_only_cuts_is_given_up_and_the_part_is_kept) {
  HttpServer server([&](const HttpAsk& ask) {
    HttpAnswer answer = serve_file(ask, content_, kTag);
    if (ask.number > 0) answer.cut_after = ask.range()->first < 40'000 ? answer.body.size() : 0;
    return answer;
  });
  EXPECT_THAT(failure(server), AllOf(HasSubstr("127.0.0.1"), HasSubstr("4 tries")));
  EXPECT_TRUE(exists(".part"));
  EXPECT_GE(notes.last, 20'000u);
}

TEST_F(pull_test, goes_on_where_it_was_stopped) {
  HttpServer server([&](const HttpAsk& ask) {
    HttpAnswer answer = serve_file(ask, content_, kTag);
    answer.step_bytes = 2000;
    return answer;
  });
  notes.stop_at = 70'000;
  const auto stopped = pull_from(server);
  ASSERT_FALSE(stopped.ok());
  EXPECT_EQ(stopped.error().code, Code::cancelled);
  EXPECT_THAT(names(), testing::ElementsAre("model.gguf.part", "model.gguf.part.json"));

  notes.stop_at = ~std::uint64_t{0};
  const std::uint64_t kept = notes.last;
  const std::size_t asked = server.asked().size();
  PullRequest wanted = request(server);
  wanted.sha256 = sha256_of(content_);
  notes.stop = 0;
  expect_complete(pull(wanted, notes), content_);
  EXPECT_EQ(notes.there_at_start, (std::vector<std::uint64_t>{0, kept}));
  EXPECT_LE(server.sent_bytes(asked), content_.size() - kept + 4);
}

TEST_F(pull_test, a_file_that_changed_between_two_runs_begins_anew) {
  std::string tag = kTag;
  HttpServer server([&](const HttpAsk& ask) {
    HttpAnswer answer = serve_file(ask, content_, tag);
    answer.step_bytes = 2000;
    return answer;
  });
  notes.stop_at = 70'000;
  EXPECT_FALSE(pull_from(server).ok());
  notes.stop_at = ~std::uint64_t{0};
  content_ = random_content(2, content_.size());
  tag = "\"v2\"";
  expect_complete(pull_from(server), content_);
  EXPECT_THAT(notes.notices, Contains(HasSubstr("is another one than before")));
  EXPECT_EQ(notes.there_at_start.back(), 0u);
}

TEST_F(pull_test, a_file_that_changes_while_it_comes_begins_anew) {
  // One server keeps to If-Range, the other sends parts of whatever there is now.
  for (const bool knows_if_range : {true, false}) {
    for (const std::size_t new_size : {content_.size(), content_.size() / 2, content_.size() * 2}) {
      const std::string before = content_;
      const std::string after = random_content(3, new_size);
      HttpServer server([&](HttpAsk ask) {
        if (!knows_if_range) ask.headers.erase("if-range");
        return ask.number < 5 ? serve_file(ask, before, kTag) : serve_file(ask, after, "\"v2\"");
      });
      expect_complete(pull_from(server), after);
      EXPECT_THAT(notes.notices, Contains(HasSubstr("is another one than before")));
      fs::remove(target());
    }
  }
}

TEST_F(pull_test, a_file_that_changes_all_the_time_is_given_up) {
  HttpServer server([&](const HttpAsk& ask) {
    return serve_file(ask, content_, "\"" + std::to_string(ask.number) + "\"");
  });
  EXPECT_THAT(failure(server), HasSubstr("something else of this file each time"));
}

TEST_F(pull_test, without_any_word_for_its_version_the_size_must_do) {
  HttpServer server([&](const HttpAsk& ask) { return serve_file(ask, content_, ""); });
  expect_complete(pull_from(server), content_);
  EXPECT_EQ(server.asked().back().header("if-range"), "");
}

TEST_F(pull_test, a_weak_tag_names_the_version_and_is_no_condition) {
  HttpServer server([&](const HttpAsk& ask) { return serve_file(ask, content_, "W/\"v1\""); });
  expect_complete(pull_from(server), content_);
  EXPECT_EQ(server.asked().back().header("if-range"), "");
}

TEST_F(pull_test, a_server_without_ranges_sends_all_in_one_piece) {
  HttpServer server([&](HttpAsk ask) {
    ask.headers.erase("range");
    return serve_file(ask, content_, kTag);
  });
  expect_complete(pull_from(server), content_);
  EXPECT_THAT(notes.notices, Contains(HasSubstr("in one piece only")));
  EXPECT_EQ(server.asked().size(), 2u);
}

TEST_F(pull_test, one_piece_that_breaks_begins_anew) {
  HttpServer server([&](HttpAsk ask) {
    ask.headers.erase("range");
    HttpAnswer answer = serve_file(ask, content_, kTag);
    if (ask.number < 4) answer.cut_after = 30'000;
    return answer;
  });
  PullRequest wanted = request(server);
  wanted.sha256 = sha256_of(content_);
  expect_complete(pull(wanted, notes), content_);
}

TEST_F(pull_test, a_server_that_gives_up_ranges_on_the_way_is_followed) {
  HttpServer server([&](HttpAsk ask) {
    if (ask.number > 4) ask.headers.erase("range");
    return serve_file(ask, content_, kTag);
  });
  expect_complete(pull_from(server), content_);
  // It says so at the first question again, or while parts are asked for.
  EXPECT_THAT(notes.notices, Contains(HasSubstr("in one piece only")));
}

TEST_F(pull_test, lies_about_the_length_are_found_out) {
  // More than there is, less than was asked for.
  for (const int difference : {+5000, -5000}) {
    HttpServer server([&](const HttpAsk& ask) {
      HttpAnswer answer = serve_file(ask, content_, kTag);
      if (ask.number > 0 && ask.number < 9 && answer.body.size() > 5000) {
        answer.told_length = answer.body.size() + static_cast<std::size_t>(difference);
      }
      return answer;
    });
    expect_complete(pull_from(server), content_);
    fs::remove(target());
  }
}

TEST_F(pull_test, a_file_that_is_shorter_than_announced_never_gets_its_name) {
  // Every range says that the file is longer; its end cannot be got.
  HttpServer server([&](const HttpAsk& ask) {
    HttpAnswer answer = serve_file(ask, content_ + std::string(5000, 'x'), kTag);
    const auto range = ask.range();
    if (ask.number > 0 && range->second >= content_.size()) {
      answer.cut_after = content_.size() > range->first ? content_.size() - range->first : 0;
    }
    return answer;
  });
  EXPECT_THAT(failure(server), HasSubstr("4 tries"));
  EXPECT_TRUE(exists(".part"));
}

TEST_F(pull_test, a_wrong_range_is_never_written) {
  for (const std::string& wrong :
       {std::string("bytes 0-19999/200001"), std::string("bytes 5-1/200001"),
        std::string("bytes */200001"), std::string("pages 1-2/3"), std::string("")}) {
    HttpServer server([&](const HttpAsk& ask) {
      HttpAnswer answer = serve_file(ask, content_, kTag);
      if (ask.number > 0 && ask.range()->first >= 60'000) answer.set("Content-Range", wrong);
      return answer;
    });
    EXPECT_THAT(failure(server), testing::AnyOf(HasSubstr("another part than the one asked for"),
                                                HasSubstr("does not say rightly which one")))
        << wrong;
    const std::string part = read_file(target() + ".part");
    EXPECT_EQ(part.substr(0, 60'000), content_.substr(0, part.size()).substr(0, 60'000));
    EXPECT_LE(part.size(), 60'000u);
    fs::remove(target() + ".part");
    fs::remove(target() + ".part.json");
  }
}

TEST_F(pull_test, compressed_answers_are_refused) {
  HttpServer server([&](const HttpAsk& ask) {
    HttpAnswer answer = serve_file(ask, content_, kTag);
    return answer.set("Content-Encoding", "gzip");
  });
  EXPECT_THAT(failure(server), HasSubstr("compressed (gzip)"));
}

TEST_F(pull_test, refusals_are_said_in_a_sentence_and_not_repeated) {
  const std::pair<int, const char*> cases[] = {{401, "give your token by HF_TOKEN"},
                                               {403, "give your token by HF_TOKEN"},
                                               {404, "there is no such file (status 404)"},
                                               {400, "the server answers with status 400"}};
  for (const auto& [status, sentence] : cases) {
    HttpServer server([&, answer_status = status](const HttpAsk&) {
      HttpAnswer answer;
      answer.status = answer_status;
      answer.body = "<html>no</html>";
      return answer;
    });
    EXPECT_THAT(failure(server), HasSubstr(sentence));
    EXPECT_EQ(server.asked().size(), 1u);
    EXPECT_THAT(names(), IsEmpty());
  }
}

TEST_F(pull_test, a_token_that_does_not_do_is_told_apart) {
  HttpServer server([&](const HttpAsk&) {
    HttpAnswer answer;
    answer.status = 403;
    return answer;
  });
  PullRequest wanted = request(server);
  wanted.source.token = "hf_secret";
  EXPECT_THAT(failure(wanted), AllOf(HasSubstr("token may be wrong"), Not(HasSubstr("hf_secret"))));
}

TEST_F(pull_test, a_range_that_is_refused_makes_it_ask_again) {
  // 416 in the middle: the file became shorter.
  const std::string shorter = random_content(5, 90'000);
  HttpServer server([&](const HttpAsk& ask) {
    HttpAsk plain = ask;
    plain.headers.erase("if-range");
    return ask.number < 6 ? serve_file(plain, content_, kTag)
                          : serve_file(plain, shorter, "\"v2\"");
  });
  expect_complete(pull_from(server), shorter);
}

TEST_F(pull_test, busy_servers_are_given_time) {
  for (const int status : {429, 503, 500, 408}) {
    HttpServer server([&, busy = status](const HttpAsk& ask) {
      HttpAnswer answer = serve_file(ask, content_, kTag);
      if (ask.number % 3 == 0) {
        answer = {};
        answer.status = busy;
        answer.body = "later";
      }
      return answer;
    });
    expect_complete(pull_from(server), content_);
    fs::remove(target());
  }
}

TEST_F(pull_test, retry_after_is_kept_to) {
  using Clock = std::chrono::steady_clock;
  Clock::time_point told;
  double waited = 0;
  HttpServer server([&](const HttpAsk& ask) {
    HttpAnswer answer = serve_file(ask, content_, kTag);
    if (ask.number == 0) {
      told = Clock::now();
      answer = {};
      answer.status = 429;
      answer.set("Retry-After", "2");
    } else if (ask.number == 1) {
      waited = std::chrono::duration<double>(Clock::now() - told).count();
    }
    return answer;
  });
  expect_complete(pull_from(server), content_);
  EXPECT_GE(waited, 1.9);
  EXPECT_THAT(notes.notices, Contains(HasSubstr("status 429; trying again in 2.0 s")));
}

TEST_F(pull_test, a_long_retry_after_is_told_and_not_waited_for) {
  HttpServer server([&](const HttpAsk&) {
    HttpAnswer answer;
    answer.status = 503;
    answer.set("Retry-After", "7200");
    return answer;
  });
  EXPECT_THAT(failure(server), HasSubstr("come back in 2 h 00 min"));
}

TEST_F(pull_test, a_slow_server_is_waited_for_and_a_silent_one_is_not) {
  HttpServer server([&](const HttpAsk& ask) {
    HttpAnswer answer = serve_file(ask, content_, kTag);
    if (ask.number == 2) answer.wait_in_body_ms = 60'000;
    if (ask.number == 3) answer.wait_ms = 60'000;
    answer.step_bytes = 500;
    return answer;
  });
  const auto begin = std::chrono::steady_clock::now();
  expect_complete(pull_from(server), content_);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

TEST_F(pull_test, redirects_are_followed) {
  HttpServer store([&](const HttpAsk& ask) { return serve_file(ask, content_, kTag); });
  HttpServer server([&](const HttpAsk& ask) {
    HttpAnswer answer;
    answer.body = "moved";
    answer.status = ask.target == "/model.gguf" ? 302 : 307;
    answer.set("Location", ask.target == "/model.gguf" ? "/there" : store.url("/blob?key=1"));
    return answer;
  });
  expect_complete(pull_from(server), content_);
  EXPECT_EQ(store.asked().front().target, "/blob?key=1");
}

TEST_F(pull_test, the_token_goes_to_its_host_alone) {
  HttpServer store([&](const HttpAsk& ask) { return serve_file(ask, content_, kTag); });
  HttpServer server([&](const HttpAsk& ask) {
    HttpAnswer answer;
    answer.status = 302;
    answer.set("Location", ask.target == "/model.gguf" ? "/there" : store.url("/blob"));
    return answer;
  });
  PullRequest wanted = request(server);
  wanted.source.token = "hf_secret";
  expect_complete(pull(wanted, notes), content_);
  for (const HttpAsk& ask : server.asked()) {
    EXPECT_EQ(ask.header("authorization"), "Bearer hf_secret");
  }
  EXPECT_GT(store.asked().size(), 5u);
  for (const HttpAsk& ask : store.asked()) {
    for (const auto& [name, value] : ask.headers) EXPECT_THAT(value, Not(HasSubstr("hf_secret")));
  }
}

TEST_F(pull_test, redirects_that_lead_nowhere_are_refused) {
  const std::pair<const char*, const char*> cases[] = {
      {"/model.gguf", "from one address to the next without an end"},
      {"http://models.invalid/a", "anybody on the way could read and change"},
      {"file:///etc/passwd", "sends us to file:///etc/passwd"},
      {"http://somebody:secret@127.0.0.1/a", "sends us to "},
      {"", "sends us to"}};
  for (const auto& [location, sentence] : cases) {
    HttpServer server([&, to = std::string(location)](const HttpAsk&) {
      HttpAnswer answer;
      answer.status = 302;
      if (!to.empty()) answer.set("Location", to);
      return answer;
    });
    EXPECT_THAT(failure(server), HasSubstr(sentence));
    EXPECT_LE(server.asked().size(), 12u);
  }
}

TEST_F(pull_test, a_wrong_sum_puts_the_file_aside) {
  HttpServer server([&](const HttpAsk& ask) { return serve_file(ask, content_, kTag); });
  PullRequest wanted = request(server);
  wanted.sha256 = sha256_of("something else");
  EXPECT_THAT(failure(wanted), AllOf(HasSubstr(sha256_of(content_)), HasSubstr(wanted.sha256),
                                     HasSubstr("model.gguf.rejected")));
  EXPECT_THAT(names(), testing::ElementsAre("model.gguf.rejected"));
}

// As the repository's own server says it, beside a redirect to where the bytes are.
HttpAnswer published(const std::string& location, const std::string& sum) {
  HttpAnswer answer;
  answer.status = 302;
  answer.set("Location", location).set("X-Linked-Etag", "\"" + sum + "\"");
  return answer;
}

TEST_F(pull_test, the_sum_that_the_repository_tells_is_checked) {
  HttpServer store([&](const HttpAsk& ask) {
    // Where the bytes come from may call them by another name each time.
    return serve_file(ask, content_, "\"" + std::to_string(ask.number) + "\"");
  });
  std::string sum = sha256_of(content_);
  HttpServer server([&](const HttpAsk&) { return published(store.url("/blob"), sum); });
  const auto pulled = pull_from(server);
  expect_complete(pulled, content_);
  EXPECT_TRUE(pulled->is_checked);
  fs::remove(target());

  sum = sha256_of("another");
  EXPECT_THAT(failure(server), HasSubstr("put aside"));
}

TEST_F(pull_test, only_the_repository_may_speak_for_the_sum) {
  HttpServer store([&](const HttpAsk& ask) {
    return serve_file(ask, content_, kTag).set("X-Linked-Etag", sha256_of("lie"));
  });
  HttpServer server([&](const HttpAsk&) {
    HttpAnswer answer;
    answer.status = 302;
    return answer.set("Location", store.url("/blob"));
  });
  const auto pulled = pull_from(server);
  expect_complete(pulled, content_);
  EXPECT_FALSE(pulled->is_checked);
}

TEST_F(pull_test, another_file_than_the_known_one_is_refused_before_it_comes) {
  HttpServer store([&](const HttpAsk& ask) { return serve_file(ask, content_, kTag); });
  HttpServer server(
      [&](const HttpAsk&) { return published(store.url("/blob"), sha256_of(content_)); });
  PullRequest wanted = request(server);
  wanted.sha256 = sha256_of("the one we know");
  EXPECT_THAT(failure(wanted), AllOf(HasSubstr(wanted.sha256), HasSubstr("--sha256")));
  wanted.sha256.clear();
  wanted.size = content_.size() + 1;
  EXPECT_THAT(failure(wanted), AllOf(HasSubstr("200,001"), HasSubstr("200,002")));
  EXPECT_EQ(store.sent_bytes(), 8u);
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(pull_test, what_is_no_model_is_refused_before_it_comes) {
  HttpServer server([&](const HttpAsk&) {
    HttpAnswer answer;
    answer.body = "<html>Please log in</html>";
    return answer;
  });
  EXPECT_THAT(failure(server), HasSubstr("no GGUF file"));
  HttpServer empty([&](const HttpAsk& ask) { return serve_file(ask, "", kTag); });
  EXPECT_THAT(failure(empty), Not(IsEmpty()));
  HttpServer boundless([&](const HttpAsk&) {
    HttpAnswer answer;
    answer.body = content_;
    answer.tells_length = false;
    return answer;
  });
  EXPECT_THAT(failure(boundless), HasSubstr("how large the file is"));
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(pull_test, a_disk_that_is_too_small_is_known_before_anything_comes) {
  HttpServer server([&](const HttpAsk& ask) {
    HttpAnswer answer = serve_file(ask, content_, kTag);
    return answer.set("Content-Range", "bytes 0-3/9000000000000000");
  });
  EXPECT_THAT(failure(server), AllOf(HasSubstr("it takes 7.99 PiB"), HasSubstr(" free")));
  EXPECT_EQ(server.asked().size(), 1u);
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(pull_test, two_at_once_are_refused) {
  HttpServer server([&](const HttpAsk& ask) { return serve_file(ask, content_, kTag); });
  const auto first = PartFile::open(target());
  ASSERT_TRUE(first.ok());
  EXPECT_THAT(failure(server), HasSubstr("is being downloaded by another process"));
  EXPECT_THAT(server.asked(), IsEmpty());
}

TEST_F(pull_test, unfinished_files_of_other_programs_are_left_alone) {
  HttpServer server([&](const HttpAsk& ask) { return serve_file(ask, content_, kTag); });
  for (const char* ending : {".part", ".incomplete", ".aria2"}) {
    std::ofstream(target() + ending) << "theirs";
    EXPECT_THAT(failure(server), AllOf(HasSubstr(ending), HasSubstr("another program")));
    EXPECT_EQ(read_file(target() + ending), "theirs");
    fs::remove(target() + ending);
  }
}

TEST_F(pull_test, a_damaged_journal_is_not_believed) {
  HttpServer server([&](const HttpAsk& ask) { return serve_file(ask, content_, kTag); });
  for (const char* journal : {"", "{", "[]", "{\"format\":1,\"size\":10}",
                              "{\"format\":2,\"size\":10,\"version\":\"\",\"done\":[]}",
                              "{\"format\":1,\"size\":10,\"version\":\"\",\"done\":[[0,11]]}",
                              "{\"format\":1,\"size\":10,\"version\":\"\",\"done\":[[5,5]]}",
                              "{\"format\":1,\"size\":10,\"version\":\"\",\"done\":[[-1,5]]}",
                              "{\"format\":1,\"size\":10,\"version\":\"\",\"done\":[[0,9]]}",
                              "{\"format\":1,\"size\":-1,\"version\":\"\",\"done\":[]}"}) {
    std::ofstream(target() + ".part") << "12345";
    std::ofstream(target() + ".part.json") << journal;
    EXPECT_THAT(failure(server), HasSubstr("is damaged; remove it")) << journal;
  }
}

TEST_F(pull_test, nobody_there_is_said_after_some_tries) {
  std::string url;
  {
    HttpServer server([&](const HttpAsk&) { return HttpAnswer{}; });
    url = server.url("/model.gguf");
    PullRequest wanted = request(server);
    wanted.source.url = url;
  }
  PullRequest wanted{
      .source = {.url = url}, .target = target(), .transfer = {.tries = 3, .wait_seconds = 0.01}};
  EXPECT_THAT(failure(wanted), AllOf(HasSubstr("127.0.0.1"), HasSubstr("3 tries")));
}

TEST_F(pull_test, a_proxy_of_the_environment_is_used) {
  HttpServer proxy([&](const HttpAsk& ask) { return serve_file(ask, content_, kTag); });
  const SavedVariable variable("http_proxy", proxy.url().c_str());
  const SavedVariable none("no_proxy", "");
  PullRequest wanted = request(proxy);
  wanted.source = {.url = "http://models.invalid/model.gguf", .token = "hf_secret"};
  expect_complete(pull(wanted, notes), content_);
  EXPECT_EQ(proxy.asked().front().target, "http://models.invalid/model.gguf");
  // In the open, a token would be everybody's.
  EXPECT_EQ(proxy.asked().front().header("authorization"), "");
}

}  // namespace
}  // namespace ds4::download
