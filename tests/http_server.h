// For tests of downloads: an HTTP/1.1 server on this machine that does what a test tells it to,
// also what no server should.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <limits>
#include <map>
#include <mutex>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/check.h"

namespace ds4 {

struct HttpAsk {
  std::string target;                          // "/folder/file.gguf", or a URL for a proxy
  std::map<std::string, std::string> headers;  // names in small letters
  int number = 0;                              // of those that this server was asked, from 0

  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
  // What "Range: bytes=A-B" asks for.
  std::optional<std::pair<std::uint64_t, std::uint64_t>> range() const {
    const std::string text = header("range");
    unsigned long long first = 0, last = 0;
    if (std::sscanf(text.c_str(), "bytes=%llu-%llu", &first, &last) != 2) return std::nullopt;
    return std::pair<std::uint64_t, std::uint64_t>{first, last};
  }
};

struct HttpAnswer {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::optional<std::uint64_t> told_length;  // instead of the true one
  bool tells_length = true;
  std::size_t cut_after = std::numeric_limits<std::size_t>::max();  // of the body; then it hangs up
  int wait_ms = 0;                                                  // before the first byte
  int wait_in_body_ms = 0;     // behind the first half of what is sent
  std::size_t step_bytes = 0;  // sends so much at a time, a millisecond between; 0: at once

  HttpAnswer& set(const std::string& name, const std::string& value) {
    std::erase_if(headers, [&](const auto& header) { return header.first == name; });
    headers.emplace_back(name, value);
    return *this;
  }
};

// What a good server answers for a file.
inline HttpAnswer serve_file(const HttpAsk& ask, const std::string& content,
                             const std::string& etag) {
  HttpAnswer answer;
  if (!etag.empty()) answer.set("ETag", etag);
  const auto range = ask.range();
  const std::string condition = ask.header("if-range");
  if (!range || (!condition.empty() && condition != etag)) {
    answer.body = content;
    return answer;
  }
  if (range->first >= content.size()) {
    answer.status = 416;
    answer.set("Content-Range", "bytes */" + std::to_string(content.size()));
    return answer;
  }
  const std::uint64_t last = std::min<std::uint64_t>(range->second, content.size() - 1);
  answer.status = 206;
  answer.set("Content-Range", "bytes " + std::to_string(range->first) + "-" + std::to_string(last) +
                                  "/" + std::to_string(content.size()));
  answer.body = content.substr(range->first, last - range->first + 1);
  return answer;
}

class HttpServer {
 public:
  // `handler` is called by many threads at once, but never by two at the same time.
  explicit HttpServer(std::function<HttpAnswer(const HttpAsk&)> handler)
      : handler_(std::move(handler)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    CHECK(listener_ >= 0 && ::fcntl(listener_, F_SETFD, FD_CLOEXEC) == 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    CHECK(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    CHECK(::listen(listener_, 64) == 0);
    CHECK(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~HttpServer() {
    ends_ = true;
    acceptor_.join();
    for (std::thread& thread : threads_) thread.join();
    ::close(listener_);
  }
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::string host() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url(const std::string& path = "") const { return "http://" + host() + path; }
  std::vector<HttpAsk> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  // Of the bodies of all answers from the `first` on: what still leaves for a client that has gone
  // is counted with the answer it belongs to.
  std::uint64_t sent_bytes(std::size_t first = 0) const {
    const std::lock_guard lock(mutex_);
    return std::accumulate(sent_.begin() + static_cast<std::ptrdiff_t>(first), sent_.end(),
                           std::uint64_t{0});
  }

 private:
  void accept_all() {
    while (!ends_) {
      pollfd source{listener_, POLLIN, 0};
      if (::poll(&source, 1, 20) <= 0) continue;
      const int connection = ::accept(listener_, nullptr, nullptr);
      if (connection < 0) continue;
      ::fcntl(connection, F_SETFD, FD_CLOEXEC);
      const int yes = 1;
#ifdef SO_NOSIGPIPE
      ::setsockopt(connection, SOL_SOCKET, SO_NOSIGPIPE, &yes, sizeof yes);
#endif
      ::setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      threads_.emplace_back([this, connection] {
        while (serve_one(connection)) {
        }
        ::close(connection);
      });
    }
  }

  // The head of a request; nothing when the other side has gone.
  std::optional<std::string> read_head(int connection) const {
    std::string head;
    while (head.find("\r\n\r\n") == head.npos) {
      pollfd source{connection, POLLIN, 0};
      if (ends_) return std::nullopt;
      if (::poll(&source, 1, 20) <= 0) continue;
      char byte = 0;
      if (::recv(connection, &byte, 1, 0) <= 0) return std::nullopt;
      head += byte;
    }
    return head;
  }

  static HttpAsk parse(const std::string& head) {
    HttpAsk ask;
    std::size_t at = head.find("\r\n");
    const std::string first = head.substr(0, at);
    const std::size_t blank = first.find(' ');
    ask.target = first.substr(blank + 1, first.rfind(' ') - blank - 1);
    for (at += 2; at < head.size();) {
      const std::size_t end = head.find("\r\n", at);
      const std::string line = head.substr(at, end - at);
      at = end + 2;
      const std::size_t colon = line.find(": ");
      if (colon == line.npos) continue;
      std::string name = line.substr(0, colon);
      std::transform(name.begin(), name.end(), name.begin(),
                     [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
      ask.headers[name] = line.substr(colon + 2);
    }
    return ask;
  }

  bool serve_one(int connection) {
    const auto head = read_head(connection);
    if (!head) return false;
    HttpAsk ask = parse(*head);
    HttpAnswer answer;
    {
      const std::lock_guard lock(mutex_);
      ask.number = static_cast<int>(asked_.size());
      asked_.push_back(ask);
      sent_.push_back(0);
      answer = handler_(ask);
    }
    sleep_ms(answer.wait_ms);
    std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " As Told\r\n";
    for (const auto& [name, value] : answer.headers) text += name + ": " + value + "\r\n";
    if (answer.tells_length) {
      text += "Content-Length: " + std::to_string(answer.told_length.value_or(answer.body.size())) +
              "\r\n";
    } else {
      text += "Connection: close\r\n";
    }
    if (!send_all(connection, text + "\r\n")) return false;

    const std::string_view body =
        std::string_view(answer.body).substr(0, std::min(answer.cut_after, answer.body.size()));
    const std::size_t half = answer.wait_in_body_ms > 0 ? body.size() / 2 : body.size();
    if (!send_body(connection, body.substr(0, half), answer.step_bytes, ask.number)) return false;
    sleep_ms(answer.wait_in_body_ms);
    if (!send_body(connection, body.substr(half), answer.step_bytes, ask.number)) return false;
    return answer.tells_length && body.size() == answer.body.size() && !answer.told_length;
  }

  void sleep_ms(int count) const {
    for (; count > 0 && !ends_; count -= 5)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }

  bool send_body(int connection, std::string_view bytes, std::size_t step, int number) {
    while (!bytes.empty() && !ends_) {
      const std::string_view now = bytes.substr(0, step == 0 ? 65536 : step);
      count_sent(number, now.size());  // before a client that has them can ask for the count
      if (!send_all(connection, now)) return false;
      bytes.remove_prefix(now.size());
      if (step > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return !ends_;
  }

  void count_sent(int number, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    sent_[static_cast<std::size_t>(number)] += bytes;
  }

  static bool send_all(int connection, std::string_view bytes) {
#ifdef MSG_NOSIGNAL
    constexpr int kFlags = MSG_NOSIGNAL;
#else
    constexpr int kFlags = 0;
#endif
    while (!bytes.empty()) {
      const ssize_t count = ::send(connection, bytes.data(), bytes.size(), kFlags);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  const std::function<HttpAnswer(const HttpAsk&)> handler_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> ends_ = false;
  std::thread acceptor_;
  std::vector<std::thread> threads_;  // the acceptor's

  mutable std::mutex mutex_;  // guards, and keeps `handler_` to one at a time:
  std::vector<HttpAsk> asked_;
  std::vector<std::uint64_t> sent_;  // of the body of each answer
};

}  // namespace ds4
