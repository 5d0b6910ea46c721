#include "download/request.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstdlib>

#include "base/check.h"
#include "base/utf8.h"

namespace ds4::download {
namespace {

constexpr int kHopsMax = 10;
constexpr long kConnectSeconds = 20;
constexpr long kBufferBytes = 512 * 1024;
// Of a body that nobody wants (the page of an error or a redirect): read, so that the connection
// stays usable, up to here.
constexpr std::size_t kIgnoredBytesMax = 64 * 1024;

void initialise_once() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  CHECK(code == CURLE_OK);
}

// A file of certificates to trust in place of the system's, as curl's own command has it: networks
// that look into what passes need one.
const char* own_certificates() {
  for (const char* variable : {"CURL_CA_BUNDLE", "SSL_CERT_FILE"}) {
    const char* path = std::getenv(variable);
    if (path != nullptr && *path != '\0') return path;
  }
  return nullptr;
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool has_body_for_us(int status) {
  return status == 200 || status == 206;
}

// Errors that come again however often it is tried.
bool is_hopeless(CURLcode code) {
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return true;
    default:
      return false;
  }
}

}  // namespace

Request::Request(Source source, Wanted wanted, double stall_seconds, Judge judge, Take take)
    : source_(std::move(source)),
      wanted_(std::move(wanted)),
      stall_seconds_(stall_seconds),
      judge_(std::move(judge)),
      take_(std::move(take)),
      url_(source_.url),
      position_(wanted_.bytes.begin) {
  initialise_once();
  handle_ = curl_easy_init();
  CHECK(handle_ != nullptr);
  const auto address = parse_address(url_);
  CHECK(address.ok());  // whoever made the source has looked
  first_ = address_ = *address;
  CHECK(set_up());
}

Request::~Request() {
  curl_easy_cleanup(handle_);
  curl_slist_free_all(static_cast<curl_slist*>(headers_));
}

bool Request::set_up() {
  CURL* curl = handle_;
  curl_easy_reset(curl);
  curl_slist_free_all(static_cast<curl_slist*>(headers_));
  curl_slist* headers = curl_slist_append(nullptr, "Accept-Encoding: identity");
  if (!source_.token.empty() && address_.same_host(first_) && address_.is_private()) {
    headers = curl_slist_append(headers, ("Authorization: Bearer " + source_.token).c_str());
  }
  if (!wanted_.whole && !wanted_.if_version.empty()) {
    headers = curl_slist_append(headers, ("If-Range: " + wanted_.if_version).c_str());
  }
  headers_ = headers;
  const std::string range =
      std::to_string(wanted_.bytes.begin) + "-" + std::to_string(wanted_.bytes.end - 1);

  bool ok = true;
  const auto set = [&](CURLoption option, auto value) {
    ok = ok && curl_easy_setopt(curl, option, value) == CURLE_OK;
  };
  set(CURLOPT_URL, url_.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTPHEADER, headers);
  if (!wanted_.whole) set(CURLOPT_RANGE, range.c_str());
  if (const char* path = own_certificates()) set(CURLOPT_CAINFO, path);
  set(CURLOPT_USERAGENT, "ds4");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  // One connection for each part is the point of asking for parts; 2 would put all into one.
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(CURLOPT_BUFFERSIZE, kBufferBytes);
  set(CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(CURLOPT_LOW_SPEED_TIME, std::max(1L, static_cast<long>(stall_seconds_)));
  set(CURLOPT_ERRORBUFFER, error_text_);
  set(CURLOPT_HEADERFUNCTION, &Request::on_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_WRITEFUNCTION, &Request::on_body);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_PRIVATE, this);
  return ok;
}

std::size_t Request::on_header(char* bytes, std::size_t, std::size_t size, void* self) {
  auto* request = static_cast<Request*>(self);
  const std::string_view line(bytes, size);
  request->reply_.take(line);
  // Only the repository may speak for the file; who it sends us to serves bytes.
  if (request->address_.same_host(request->first_)) request->published_.take(line);
  return size;
}

std::size_t Request::on_body(char* bytes, std::size_t, std::size_t size, void* self) {
  return static_cast<Request*>(self)->body(std::as_bytes(std::span(bytes, size)));
}

std::size_t Request::body(std::span<const std::byte> bytes) {
  if (!has_body_for_us(reply_.status)) {
    ignored_bytes_ += bytes.size();
    return ignored_bytes_ <= kIgnoredBytesMax ? bytes.size() : 0;
  }
  if (!judged_) {
    judged_ = true;
    accepted_ = judge_(reply_, published_);
  }
  if (!accepted_) return 0;
  const std::uint64_t room = wanted_.bytes.end - position_;
  const auto used =
      bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), room)));
  if (!used.empty() && !take_(position_, used)) {
    accepted_ = false;
    return 0;
  }
  position_ += used.size();
  // More than was wanted is left behind, and the connection with it.
  return used.size() == bytes.size() ? bytes.size() : 0;
}

void Request::conclude(End end, std::string reason) {
  end_ = end;
  reason_ = std::move(reason);
}

bool Request::follow(const std::string& location) {
  const auto next = parse_address(location);
  if (!next.ok()) {
    conclude(End::hopeless, "the server sends us to " + printable(location));
    return false;
  }
  if (address_.is_private() && !next->is_private()) {
    conclude(End::hopeless, "the server sends us to " + printable(location) +
                                ", which anybody on the way could read and change");
    return false;
  }
  if (++hops_ > kHopsMax) {
    conclude(End::hopeless, "the server sends us from one address to the next without an end");
    return false;
  }
  url_ = location;
  address_ = *next;
  reply_ = {};
  ignored_bytes_ = 0;
  if (set_up()) return true;
  conclude(End::hopeless, "the server sends us to " + printable(location));
  return false;
}

bool Request::wants_another_run(int code) {
  curl_off_t wait = 0;
  curl_easy_getinfo(handle_, CURLINFO_RETRY_AFTER, &wait);
  retry_after_ = static_cast<double>(wait);
  const int status = reply_.status;
  if (is_redirect(status)) {
    char* location = nullptr;
    curl_easy_getinfo(handle_, CURLINFO_REDIRECT_URL, &location);
    return follow(location != nullptr ? location : "");
  }
  if (status != 0 && !has_body_for_us(status)) {
    conclude(End::status, "the server answers with status " + std::to_string(status));
    return false;
  }
  // An answer may be empty: its head is judged all the same.
  if (code == CURLE_OK && status != 0 && !judged_) {
    judged_ = true;
    accepted_ = judge_(reply_, published_);
  }
  if (judged_ && !accepted_) {
    conclude(End::refused, "");
  } else if (position_ == wanted_.bytes.end && status != 0) {
    conclude(End::complete, "");
  } else if (code == CURLE_OK || code == CURLE_PARTIAL_FILE) {
    conclude(End::broken, "the connection ended before all bytes had come");
  } else {
    const auto error = static_cast<CURLcode>(code);
    std::string text = *error_text_ != 0 ? error_text_ : curl_easy_strerror(error);
    if (error == CURLE_COULDNT_RESOLVE_HOST) {
      text = "no such host is known; is this machine online?";
    } else if (error == CURLE_PEER_FAILED_VERIFICATION) {
      text +=
          "; if your network puts a certificate of its own in between, name its file by "
          "SSL_CERT_FILE";
    }
    conclude(is_hopeless(error) ? End::hopeless : End::broken, printable(text));
  }
  return false;
}

}  // namespace ds4::download
