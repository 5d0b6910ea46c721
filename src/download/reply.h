// What a server says about the bytes it is going to send: the headers that matter, none trusted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ds4::download {

// "bytes 0-99/1000".
struct ContentRange {
  std::uint64_t first = 0, last = 0, total = 0;
};
// Nothing for anything else, as an unknown total.
std::optional<ContentRange> parse_content_range(std::string_view text);

struct Reply {
  int status = 0;
  std::optional<std::uint64_t> length;
  bool has_range = false;             // some Content-Range, right or not
  std::optional<ContentRange> range;  // a right one
  std::string etag, modified, encoding, location;

  // Takes a line of the header; one that begins a new reply forgets the one before.
  void take(std::string_view line);
  // Names the version of the file: its ETag, else its date; "" where the server says neither.
  const std::string& version() const { return etag.empty() ? modified : etag; }
};

// What the repository says of a file when it sends us on to where the bytes are.
struct Published {
  std::optional<std::uint64_t> size;
  std::string sha256;  // "" if it does not say

  void take(std::string_view line);
};

}  // namespace ds4::download
