// One GET of a part of a file. Redirects are followed here and not by the library, so that the
// token goes to the host it is for and to no other.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "download/address.h"
#include "download/byte_ranges.h"
#include "download/reply.h"
#include "ds4/result.h"

namespace ds4::download {

// Where a file is published.
struct Source {
  std::string url;
  std::string token;  // for the host of the URL alone; empty: none
};

struct Wanted {
  ByteRange bytes;
  bool whole = false;      // asks for all of the file, without a range
  std::string if_version;  // a range of this version only; empty: any
};

class Request {
 public:
  // What became of it.
  enum class End {
    complete,  // all bytes that were wanted, or as many as were asked to be taken
    refused,   // `judge` said no
    status,    // the server answered with something that is no success
    broken,    // no answer, or it ended too early: another try may help
    hopeless,  // as wrong next time
  };

  // `judge` sees the head of an answer that has a body for us and says whether to take it; `take`
  // gets the body, at the offset in the file. Where it fails, the request ends as `refused`.
  using Judge = std::function<bool(const Reply&, const Published&)>;
  using Take = std::function<bool(std::uint64_t offset, std::span<const std::byte> bytes)>;

  Request(Source source, Wanted wanted, double stall_seconds, Judge judge, Take take);
  ~Request();
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  // curl's handle, for one run. `code` is what came of it. After a redirect there is nothing to
  // judge yet: it wants to be run again.
  void* handle() const { return handle_; }
  bool wants_another_run(int code);

  // After the last run.
  End end() const { return end_; }
  const std::string& reason() const { return reason_; }  // of what is not complete, a clause
  double retry_after() const { return retry_after_; }    // seconds that the server asked for, or 0
  const Reply& reply() const { return reply_; }
  const Published& published() const { return published_; }
  const std::string& host() const { return address_.host; }
  std::uint64_t position() const { return position_; }

 private:
  static std::size_t on_header(char* bytes, std::size_t one, std::size_t size, void* self);
  static std::size_t on_body(char* bytes, std::size_t one, std::size_t size, void* self);
  std::size_t body(std::span<const std::byte> bytes);
  bool set_up();
  bool follow(const std::string& location);
  void conclude(End end, std::string reason);

  const Source source_;
  const Wanted wanted_;
  const double stall_seconds_;
  const Judge judge_;
  const Take take_;
  void* handle_ = nullptr;
  void* headers_ = nullptr;
  std::string url_;
  Address first_, address_;
  int hops_ = 0;

  Reply reply_;
  Published published_;
  bool judged_ = false, accepted_ = false;
  std::size_t ignored_bytes_ = 0;
  std::uint64_t position_ = 0;
  End end_ = End::broken;
  std::string reason_;
  double retry_after_ = 0;
  char error_text_[256] = {};
};

}  // namespace ds4::download
