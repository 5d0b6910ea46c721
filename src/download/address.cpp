#include "download/address.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

#include "base/utf8.h"

namespace ds4::download {
namespace {

constexpr std::size_t kNameBytesMax = 200;  // room for endings, of the usual 255

std::string part_of(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return "";
  std::string copy = text;
  curl_free(text);
  return copy;
}

}  // namespace

bool Address::is_this_machine() const {
  return host == "localhost" || host == "[::1]" ||
         (host.rfind("127.", 0) == 0 && host.find_first_not_of("0123456789.") == host.npos);
}

Result<Address> parse_address(const std::string& url) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed(curl_url(), curl_url_cleanup);
  const auto refuse = [&url](const char* why) {
    return fail(Code::bad_argument, "'", printable(url), "' ", why);
  };
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
    return refuse("is no URL such as https://host/folder/file.gguf");
  }
  Address address;
  address.scheme = part_of(parsed.get(), CURLUPART_SCHEME);
  address.host = part_of(parsed.get(), CURLUPART_HOST);
  address.port = part_of(parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  address.path = part_of(parsed.get(), CURLUPART_PATH, CURLU_URLDECODE);
  std::transform(address.host.begin(), address.host.end(), address.host.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (address.scheme != "https" && address.scheme != "http") {
    return refuse("is neither https nor http");
  }
  if (address.host.empty()) return refuse("names no host");
  if (!part_of(parsed.get(), CURLUPART_USER).empty() ||
      !part_of(parsed.get(), CURLUPART_PASSWORD).empty()) {
    return refuse("holds a name or a password, which others could see; give a token by HF_TOKEN");
  }
  return address;
}

std::string join_url(std::string_view base, std::string_view name) {
  std::string url(base);
  while (!url.empty() && url.back() == '/') url.pop_back();
  return url + "/" + std::string(name);
}

bool is_plain_file_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax && name.front() != '.' &&
         name.find('/') == name.npos && is_valid_utf8(name) && printable(name) == name;
}

}  // namespace ds4::download
