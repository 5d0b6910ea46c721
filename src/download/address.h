// What the rules of a download ask of a URL: how it is reached, whose host it is, which file it
// names.
#pragma once

#include <string>
#include <string_view>

#include "ds4/result.h"

namespace ds4::download {

struct Address {
  std::string scheme;  // "https" or "http"
  std::string host;    // in small letters
  std::string port;    // always given
  std::string path;    // begins with a slash, no query

  // The same server: what is told to one may be told to the other.
  bool same_host(const Address& other) const {
    return scheme == other.scheme && host == other.host && port == other.port;
  }
  bool is_this_machine() const;
  // Nobody on the way can read or change what is sent.
  bool is_private() const { return scheme == "https" || is_this_machine(); }
};

// Fails for what is no URL, for other schemes, and for one with a user name or password.
Result<Address> parse_address(const std::string& url);

// "https://host/a" and "b.gguf" give "https://host/a/b.gguf".
std::string join_url(std::string_view base, std::string_view name);

// A name that a file in a folder of ours may have.
bool is_plain_file_name(std::string_view name);

}  // namespace ds4::download
