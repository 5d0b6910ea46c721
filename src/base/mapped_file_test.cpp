#include "base/mapped_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace ds4 {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class mapped_file : public testing::Test {
 protected:
  mapped_file() {
    std::string name = (std::filesystem::temp_directory_path() / "ds4-mapped-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    ::chmod(folder_.c_str(), 0755);
  }
  ~mapped_file() override { std::filesystem::remove_all(folder_); }

  std::string path(const char* name) const { return folder_ + "/" + name; }
  std::string file(const char* name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }
  static Error refusal(const std::string& path) {
    auto result = MappedFile::open(path);
    EXPECT_FALSE(result.ok());
    return result.ok() ? Error{} : result.error();
  }

  std::string folder_;
};

std::string text_of(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

TEST_F(mapped_file, shows_the_bytes) {
  auto result = MappedFile::open(file("a", "hello"));
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(text_of(*result), "hello");
  EXPECT_EQ(result->path(), path("a"));
}

TEST_F(mapped_file, an_empty_file_is_an_empty_span) {
  auto result = MappedFile::open(file("empty", ""));
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_TRUE(result->bytes().empty());
  result->advise(Access::soon);
}

TEST_F(mapped_file, moves_with_its_views) {
  auto first = MappedFile::open(file("a", "hello"));
  auto second = MappedFile::open(file("b", "world"));
  ASSERT_TRUE(first.ok() && second.ok());
  const auto* address = first->bytes().data();
  MappedFile moved = *std::move(first);
  EXPECT_EQ(moved.bytes().data(), address);
  MappedFile target = *std::move(second);
  target = std::move(moved);
  EXPECT_EQ(target.bytes().data(), address);
  EXPECT_EQ(text_of(target), "hello");
}

TEST_F(mapped_file, advice_keeps_the_bytes_whatever_the_range) {
  const std::string text(100000, 'x');
  auto result = MappedFile::open(file("a", text));
  ASSERT_TRUE(result.ok());
  for (Access access :
       {Access::normal, Access::sequential, Access::random, Access::soon, Access::done}) {
    result->advise(access);
    result->advise(access, 5000, 1);
    result->advise(access, 99999, UINT64_MAX);
    result->advise(access, UINT64_MAX, 1);
  }
  EXPECT_EQ(text_of(*result), text);
}

TEST_F(mapped_file, names_what_is_missing) {
  const Error error = refusal(path("absent"));
  EXPECT_EQ(error.code, Code::not_found);
  EXPECT_EQ(error.message, path("absent") + ": cannot open file: no such file or folder");
}

TEST_F(mapped_file, refuses_a_folder) {
  const Error error = refusal(folder_);
  EXPECT_EQ(error.code, Code::bad_file);
  EXPECT_EQ(error.message, folder_ + ": is a folder; name a file inside it");
}

TEST_F(mapped_file, refuses_a_pipe_without_waiting_for_a_writer) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_THAT(refusal(path("pipe")).message, StartsWith(path("pipe") + ": is a named pipe;"));
}

TEST_F(mapped_file, refuses_a_socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  ASSERT_LT(path("socket").size(), sizeof address.sun_path);
  path("socket").copy(address.sun_path, sizeof address.sun_path - 1);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_THAT(refusal(path("socket")).message, HasSubstr(": is a socket;"));
  ::close(socket);
}

TEST_F(mapped_file, refuses_a_device) {
  EXPECT_EQ(refusal("/dev/zero").message,
            "/dev/zero: is a device; it is mapped into memory, which takes a regular file");
}

TEST_F(mapped_file, says_when_permission_is_missing) {
  const std::string secret = file("secret", "x");
  ASSERT_EQ(::chmod(secret.c_str(), 0), 0);
  const std::string expected = secret + ": cannot open file: permission denied";
  // Root may read everything, so root's test becomes somebody else first.
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(3);
    const auto result = MappedFile::open(secret);
    ::_exit(!result.ok() && result.error().message == expected ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace ds4
