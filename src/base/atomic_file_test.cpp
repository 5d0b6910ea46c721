#include "base/atomic_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "base/parallel.h"

namespace ds4 {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
namespace fs = std::filesystem;

class atomic_file : public testing::Test {
 protected:
  atomic_file() {
    std::string name = (fs::temp_directory_path() / "ds4-atomic-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~atomic_file() override { fs::remove_all(folder_); }

  std::string path(const char* name) const { return folder_ + "/" + name; }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }
  static std::string read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void put(const char* name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
  }
  AtomicFile create(const std::string& path) const {
    auto file = AtomicFile::create(path);
    EXPECT_TRUE(file.ok()) << file.error().message;
    return *std::move(file);
  }

  // Runs `body` in a child process; its exit status, or 128 + the signal that ended it.
  static int in_child(const std::function<int()>& body) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(body());
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

  std::string folder_;
};

TEST_F(atomic_file, appears_whole_and_leaves_nothing_beside_it) {
  {
    AtomicFile file = create(path("out"));
    ASSERT_TRUE(file.write("hello ").ok());
    ASSERT_TRUE(file.write("world").ok());
    EXPECT_EQ(file.position(), 11U);
    EXPECT_FALSE(fs::exists(path("out")));
    ASSERT_TRUE(file.commit().ok());
    EXPECT_EQ(read(path("out")), "hello world");
  }
  EXPECT_THAT(names(), testing::ElementsAre("out"));
}

TEST_F(atomic_file, keeps_the_old_file_until_commit_and_removes_what_is_not_committed) {
  put("out", "old");
  {
    AtomicFile file = create(path("out"));
    ASSERT_TRUE(file.write("new").ok());
    AtomicFile moved = std::move(file);
    EXPECT_EQ(read(path("out")), "old");
    EXPECT_EQ(names().size(), 2U);
  }
  EXPECT_EQ(read(path("out")), "old");
  EXPECT_THAT(names(), testing::ElementsAre("out"));
}

TEST_F(atomic_file, writes_in_any_order_from_many_threads) {
  constexpr std::size_t kBlock = 1000;
  AtomicFile file = create(path("out"));
  const auto result =
      for_each_item(200, {.threads = 8}, [&](std::size_t item, int) -> Result<void> {
        const std::size_t at = 199 - item;
        const std::string block(kBlock, static_cast<char>('a' + at % 26));
        return file.write_at(at * kBlock, std::as_bytes(std::span(block)));
      });
  ASSERT_TRUE(result.ok());
  ASSERT_TRUE(file.commit().ok());
  const std::string text = read(path("out"));
  ASSERT_EQ(text.size(), 200 * kBlock);
  for (std::size_t i = 0; i < text.size(); ++i) {
    ASSERT_EQ(text[i], static_cast<char>('a' + i / kBlock % 26)) << i;
  }
}

TEST_F(atomic_file, reserving_more_than_is_written_leaves_the_true_size) {
  auto file = AtomicFile::create(path("out"), 1 << 20);
  ASSERT_TRUE(file.ok()) << file.error().message;
  ASSERT_TRUE(file->write("short").ok());
  ASSERT_TRUE(file->commit().ok());
  struct stat status {};
  ASSERT_EQ(::stat(path("out").c_str(), &status), 0);
  EXPECT_EQ(status.st_size, 5);
  EXPECT_LT(status.st_blocks, 2048);  // 512 bytes each
}

TEST_F(atomic_file, a_disk_too_small_is_said_at_once_with_the_numbers) {
  const auto file = AtomicFile::create(path("out"), std::uint64_t{1} << 60);
  ASSERT_FALSE(file.ok());
  EXPECT_THAT(file.error().message,
              StartsWith("cannot write " + path("out") + ": it takes 1.00 EiB and its disk has "));
  EXPECT_THAT(names(), testing::IsEmpty());
}

TEST_F(atomic_file, a_write_that_finds_no_room_is_one_sentence) {
  const int status = in_child([this] {
    // As a full disk does, the limit lets a part in and refuses the rest.
    const rlimit limit{4096, 4096};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 3;
    AtomicFile file = create(path("out"));
    const std::string text(10000, 'x');
    const auto result = file.write(text);
    if (result.ok()) return 4;
    return result.error().message ==
                   "cannot write " + path("out") +
                       " at byte 4096: the file would be larger than the file system or "
                       "`ulimit -f` allows"
               ? 0
               : 1;
  });
  EXPECT_EQ(status, 0);
  EXPECT_THAT(names(), testing::IsEmpty());
}

TEST_F(atomic_file, a_folder_that_may_not_be_written_is_named) {
  ASSERT_EQ(::chmod(folder_.c_str(), 0555), 0);
  const int status = in_child([this] {
    if (::geteuid() == 0 && ::setuid(65534) != 0) return 3;
    const auto file = AtomicFile::create(path("out"));
    if (file.ok()) return 4;
    return file.error().message == "cannot write into folder " + folder_ + ": permission denied"
               ? 0
               : 1;
  });
  EXPECT_EQ(status, 0);
  ASSERT_EQ(::chmod(folder_.c_str(), 0755), 0);
}

TEST_F(atomic_file, refuses_what_is_no_file_name) {
  const auto message = [](const std::string& path) {
    const auto file = AtomicFile::create(path);
    return file.ok() ? "accepted" : file.error().message;
  };
  EXPECT_THAT(message(""), HasSubstr("a file name is missing"));
  EXPECT_THAT(message(folder_ + "/"), HasSubstr("a file name is missing"));
  EXPECT_THAT(message(folder_), HasSubstr("it is a folder"));
  EXPECT_THAT(message("/dev/null"), HasSubstr("it is a device or a pipe"));
  EXPECT_EQ(message(path("none/out")),
            "cannot write into folder " + path("none") + ": no such file or folder");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(atomic_file, follows_a_link_and_keeps_permissions) {
  put("real", "old");
  ASSERT_EQ(::chmod(path("real").c_str(), 0640), 0);
  ASSERT_EQ(::symlink("real", path("link").c_str()), 0);
  AtomicFile file = create(path("link"));
  ASSERT_TRUE(file.write("new").ok());
  ASSERT_TRUE(file.commit().ok());
  EXPECT_TRUE(fs::is_symlink(path("link")));
  EXPECT_EQ(read(path("real")), "new");
  struct stat status {};
  ASSERT_EQ(::stat(path("real").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0640U);
}

TEST_F(atomic_file, a_long_name_still_fits) {
  const std::string name = path(std::string(255, 'n').c_str());
  AtomicFile file = create(name);
  ASSERT_TRUE(file.commit().ok());
  EXPECT_TRUE(fs::exists(name));
}

TEST_F(atomic_file, what_a_killed_process_left_is_no_obstacle) {
  std::string taken;
  {
    AtomicFile first = create(path("out"));
    taken = first.temporary_path();
  }
  // The names count up: occupy the next ones.
  const auto dash = taken.rfind('-');
  const int number = std::stoi(taken.substr(dash + 1));
  for (int i = 1; i <= 3; ++i) {
    std::ofstream(taken.substr(0, dash + 1) + std::to_string(number + i)) << "left over";
  }
  AtomicFile file = create(path("out"));
  ASSERT_TRUE(file.write("fine").ok());
  ASSERT_TRUE(file.commit().ok());
  EXPECT_EQ(read(path("out")), "fine");
}

TEST_F(atomic_file, a_signal_removes_unfinished_files_and_ends_the_program_as_usual) {
  for (int number : {SIGINT, SIGTERM, SIGHUP}) {
    put("out", "old");
    const int status = in_child([this, number] {
      ::signal(number, SIG_DFL);
      AtomicFile first = create(path("out"));
      AtomicFile second = create(path("other"));
      (void)first.write("half");
      (void)second.write("half");
      ::raise(number);
      return 0;
    });
    EXPECT_EQ(status, 128 + number);
    EXPECT_THAT(names(), testing::ElementsAre("out"));
    EXPECT_EQ(read(path("out")), "old");
  }
}

TEST_F(atomic_file, a_forked_child_that_is_killed_leaves_the_parents_file_alone) {
  AtomicFile file = create(path("out"));
  ASSERT_TRUE(file.write("whole").ok());
  EXPECT_EQ(in_child([] {
              ::raise(SIGTERM);
              return 0;
            }),
            128 + SIGTERM);
  ASSERT_TRUE(file.commit().ok());
  EXPECT_EQ(read(path("out")), "whole");
}

}  // namespace
}  // namespace ds4
