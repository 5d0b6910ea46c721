#include "download/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ds4::download {
namespace {

using testing::HasSubstr;

TEST(address, is_taken_apart) {
  const auto address = parse_address("https://Models.Example:444/a/b%20c.gguf?key=1#x");
  ASSERT_TRUE(address.ok());
  EXPECT_EQ(address->scheme, "https");
  EXPECT_EQ(address->host, "models.example");
  EXPECT_EQ(address->port, "444");
  EXPECT_EQ(address->path, "/a/b c.gguf");
}

TEST(address, same_host_is_scheme_name_and_port) {
  const auto of = [](const char* url) { return *parse_address(url); };
  EXPECT_TRUE(of("https://a.example/1").same_host(of("https://A.example:443/2")));
  EXPECT_FALSE(of("https://a.example/1").same_host(of("http://a.example/1")));
  EXPECT_FALSE(of("https://a.example/1").same_host(of("https://a.example:444/1")));
  EXPECT_FALSE(of("https://a.example/1").same_host(of("https://a.example.evil/1")));
}

TEST(address, the_way_is_private_by_tls_or_inside_the_machine) {
  for (const char* url : {"https://a.example/", "http://localhost:80/", "http://127.0.0.1/",
                          "http://127.9.9.9:1/", "http://[::1]:8/"}) {
    EXPECT_TRUE(parse_address(url)->is_private()) << url;
  }
  for (const char* url : {"http://a.example/", "http://127.0.0.1.evil.example/",
                          "http://localhost.example/", "http://10.0.0.1/"}) {
    EXPECT_FALSE(parse_address(url)->is_private()) << url;
  }
}

TEST(address, others_are_refused) {
  EXPECT_THAT(parse_address("file:///etc/passwd").error().message, HasSubstr("neither https nor"));
  EXPECT_THAT(parse_address("ftp://a.example/").error().message, HasSubstr("neither https nor"));
  EXPECT_THAT(parse_address("https://me:secret@a.example/").error().message,
              HasSubstr("name or a password"));
  for (const char* url : {"", "a.gguf", "https://", "https:// a/"}) {
    EXPECT_FALSE(parse_address(url).ok()) << url;
  }
}

TEST(join_url, puts_one_slash_between) {
  EXPECT_EQ(join_url("https://a.example/x", "b"), "https://a.example/x/b");
  EXPECT_EQ(join_url("https://a.example/x//", "b"), "https://a.example/x/b");
}

TEST(plain_file_name, is_one_that_stays_in_its_folder) {
  EXPECT_TRUE(is_plain_file_name("DeepSeek-V4 \u00e9.gguf"));
  for (const std::string& name :
       {std::string(), std::string(".."), std::string(".hidden"), std::string("a/b"),
        std::string("a\nb"), std::string("a\0b", 3), std::string("\xff"), std::string(201, 'a')}) {
    EXPECT_FALSE(is_plain_file_name(name)) << name;
  }
}

}  // namespace
}  // namespace ds4::download
