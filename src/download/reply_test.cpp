#include "download/reply.h"

#include <gtest/gtest.h>

namespace ds4::download {
namespace {

Reply reply_of(std::initializer_list<const char*> lines) {
  Reply reply;
  for (const char* line : lines) reply.take(line);
  return reply;
}

TEST(content_range, is_read_or_refused_whole) {
  const auto range = parse_content_range("bytes 5-9/100");
  ASSERT_TRUE(range);
  EXPECT_EQ(range->first, 5u);
  EXPECT_EQ(range->last, 9u);
  EXPECT_EQ(range->total, 100u);
  EXPECT_TRUE(parse_content_range("Bytes 0-0/1"));
  for (const char* wrong :
       {"", "bytes", "bytes ", "bytes 5-9", "bytes 5-9/", "bytes 5-9/*", "bytes */100",
        "bytes 9-5/100", "bytes 5-100/100", "bytes 5-9/100x", "bytes -5-9/100", "bytes 5-9/-1",
        "bytes 5- 9/100", "bytes 5-9/99999999999999999999", "items 5-9/100"}) {
    EXPECT_FALSE(parse_content_range(wrong)) << wrong;
  }
}

TEST(reply, takes_the_headers_that_matter) {
  const Reply reply = reply_of({"HTTP/1.1 206 Partial Content\r\n", "CONTENT-LENGTH:  10 \r\n",
                                "content-range: bytes 0-9/20\r\n", "ETag: \"abc\"\r\n",
                                "Last-Modified: Mon\r\n", "Content-Encoding: GZip\r\n", "\r\n"});
  EXPECT_EQ(reply.status, 206);
  EXPECT_EQ(reply.length, 10u);
  ASSERT_TRUE(reply.range);
  EXPECT_EQ(reply.range->total, 20u);
  EXPECT_EQ(reply.version(), "\"abc\"");
  EXPECT_EQ(reply.encoding, "gzip");
}

TEST(reply, without_a_tag_the_date_is_the_version) {
  EXPECT_EQ(reply_of({"HTTP/1.1 200 OK", "Last-Modified: Mon"}).version(), "Mon");
  EXPECT_EQ(reply_of({"HTTP/1.1 200 OK"}).version(), "");
}

TEST(reply, a_new_one_forgets_the_one_before) {
  const Reply reply =
      reply_of({"HTTP/1.1 100 Continue", "ETag: \"old\"", "Content-Length: 4", "HTTP/1.1 200 OK"});
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.version(), "");
  EXPECT_FALSE(reply.length);
}

TEST(reply, wrong_numbers_are_none) {
  for (const char* wrong : {"Content-Length: -1", "Content-Length: 1 2", "Content-Length: x",
                            "Content-Length:", "Content-Length: 99999999999999999999"}) {
    EXPECT_FALSE(reply_of({"HTTP/1.1 200 OK", wrong}).length) << wrong;
  }
  EXPECT_EQ(reply_of({"HTTP/1.1"}).status, 0);
  EXPECT_EQ(reply_of({"HTTP/1.1 abc"}).status, 0);
  EXPECT_EQ(reply_of({"HTTP/1.1 123456"}).status, 999);
}

TEST(published, takes_sums_and_nothing_that_looks_like_one) {
  const std::string sum(64, 'a');
  Published published;
  published.take("X-Linked-ETag: \"abc\"\r\n");
  EXPECT_EQ(published.sha256, "");
  published.take("X-Linked-ETag: \"" + std::string(64, 'A') + "\"\r\n");
  EXPECT_EQ(published.sha256, sum);
}

}  // namespace
}  // namespace ds4::download
