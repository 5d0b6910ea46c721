#include "download/transfer.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>

#include "base/human.h"
#include "base/utf8.h"
#include "download/patience.h"
#include "download/request_loop.h"

namespace ds4::download {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kPieceBytesMin = std::uint64_t{8} << 20;
constexpr std::uint64_t kPieceBytesMax = std::uint64_t{256} << 20;
constexpr std::uint64_t kPiecesOfConnection = 8;
constexpr std::uint64_t kFirstBytes = 4;
constexpr int kFirstTriesMax = 4;
constexpr auto kKeepEvery = std::chrono::seconds(5);
// Waits shorter than this are nobody's concern.
constexpr double kTellOfSeconds = 1.5;

bool is_stopped(const TransferOptions& options) {
  return options.stop != nullptr && options.stop->load() != 0;
}

Error stopped() {
  return fail(Code::cancelled, "stopped");
}

Clock::duration seconds(double count) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(count));
}

// Small enough that all connections have work to the end, large enough that asking costs nothing.
std::uint64_t piece_bytes(std::uint64_t size, const TransferOptions& options) {
  if (options.piece_bytes > 0) return options.piece_bytes;
  const auto pieces = static_cast<std::uint64_t>(options.connections) * kPiecesOfConnection;
  return std::clamp(size / pieces, kPieceBytesMin, kPieceBytesMax);
}

// What the repository itself says of the content names it best: where the bytes come from may
// change from one request to the next.
std::string version_name(const Reply& reply, const Published& published) {
  return published.sha256.empty() ? reply.version() : "sha256:" + published.sha256;
}

// Whether the server may answer differently next time.
bool may_change(int status) {
  return status == 408 || status == 425 || status == 429 || status >= 500;
}

bool asks_for_less(int status) {
  return status == 429 || status == 503;
}

// "URL: ", and whom it sent us to, if it did.
std::string place(const Source& source, const Request& request) {
  std::string place = printable(source.url) + ": ";
  const auto address = parse_address(source.url);
  if (!address.ok() || address->host != request.host()) place += request.host() + ": ";
  return place;
}

Error refusal(const Source& source, const Request& request) {
  const int status = request.reply().status;
  const std::string where = place(source, request);
  if (status == 401 || status == 403) {
    return fail(Code::io, where, "the server does not let us have it (status ", status, "); ",
                source.token.empty()
                    ? "give your token by HF_TOKEN, if the repository asks for one"
                    : "the token may be wrong, or its owner has not accepted the model's terms");
  }
  if (status == 404 || status == 410) {
    return fail(Code::not_found, where, "there is no such file (status ", status, ")");
  }
  return fail(Code::io, where, request.reason());
}

Error gave_up(const Source& source, const Request& request, int tries) {
  const std::string where = place(source, request);
  if (request.retry_after() > 0 && tries == 1) {
    return fail(Code::io, where, request.reason(), " and asks us to come back in ",
                human_duration(request.retry_after()));
  }
  return fail(Code::io, where, request.reason(), " (", tries, tries == 1 ? " try)" : " tries)");
}

std::string wait_notice(const Request& request, double wait) {
  return request.host() + ": " + request.reason() + "; trying again in " + human_duration(wait);
}

// Why an answer is of no use, whatever the file; "" if it may be.
std::string complaint(const Reply& reply) {
  if (!reply.encoding.empty() && reply.encoding != "identity") {
    return "the server sends the file compressed (" + printable(reply.encoding, 40) +
           "), which nobody asked for";
  }
  if (reply.status == 206 && !reply.range) {
    return "the server sends a part and does not say rightly which one";
  }
  return "";
}

}  // namespace

Result<RemoteFile> ask(const Source& source, const TransferOptions& options,
                       TransferWatcher& watcher) {
  // Somebody sits and waits for the first word.
  Patience patience(std::min(options.tries, kFirstTriesMax), options.wait_seconds);
  RequestLoop loop;
  while (true) {
    RemoteFile remote;
    std::string why;
    Request request(
        source, {.bytes = {0, kFirstBytes}}, options.stall_seconds,
        [&](const Reply& reply, const Published& published) {
          why = complaint(reply);
          if (why.empty() && reply.status == 200 && !reply.length) {
            why = "the server does not say how large the file is";
          }
          if (why.empty() && reply.status == 206 && reply.range->first != 0) {
            why = "the server sends another part than the one asked for";
          }
          if (!why.empty()) return false;
          remote.has_ranges = reply.status == 206;
          remote.version = {remote.has_ranges ? reply.range->total : *reply.length,
                            version_name(reply, published)};
          remote.sha256 = published.sha256;
          const bool is_weak = reply.etag.rfind("W/", 0) == 0;
          if (remote.sha256.empty() && !is_weak) remote.if_range = reply.version();
          return true;
        },
        [&](std::uint64_t, std::span<const std::byte> bytes) {
          remote.first_bytes.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
          return true;
        });
    loop.add(request);
    while (loop.step().empty()) {
      if (!is_stopped(options)) continue;
      loop.remove(request);
      return stopped();
    }
    const bool is_short = request.end() == Request::End::broken && remote.version.size > 0 &&
                          remote.version.size == remote.first_bytes.size();
    if (request.end() == Request::End::complete || is_short) return remote;
    if (request.end() == Request::End::refused) {
      return fail(Code::io, place(source, request), why);
    }
    const int status = request.reply().status;
    const bool is_last = request.end() == Request::End::hopeless ||
                         (request.end() == Request::End::status && !may_change(status));
    if (is_last) return refusal(source, request);
    const auto wait = patience.failed(request.retry_after());
    if (!wait) return gave_up(source, request, patience.failures());
    if (*wait >= kTellOfSeconds) watcher.notice(wait_notice(request, *wait));
    for (const auto end = Clock::now() + seconds(*wait); Clock::now() < end;) {
      if (is_stopped(options)) return stopped();
      loop.step();
    }
  }
}

namespace {

// One fetch(): its connections, each with a piece of its own.
class Fetch {
 public:
  Fetch(const Source& source, const RemoteFile& remote, PartFile& part,
        const TransferOptions& options, TransferWatcher& watcher)
      : source_(source), remote_(remote), part_(part), options_(options), watcher_(watcher) {}

  Result<Fetched> run() {
    const std::uint64_t size = remote_.version.size;
    const int count = remote_.has_ranges ? options_.connections : 1;
    if (!remote_.has_ranges) TRY_DO(part_.restart());
    for (const ByteRange& piece :
         part_.done().gaps(size, remote_.has_ranges ? piece_bytes(size, options_) : size)) {
      todo_.push_back(piece);
    }
    allowed_ = static_cast<std::size_t>(count);
    for (int i = 0; i < count; ++i) {
      connections_.push_back({.patience = Patience(options_.tries, options_.wait_seconds)});
    }

    auto next_keep = Clock::now() + kKeepEvery;
    while (!outcome_ && !error_ && part_.done().total() < size) {
      if (is_stopped(options_)) {
        error_ = stopped();
        break;
      }
      start_what_is_due();
      for (Request* request : loop_.step()) settle(*request);
      watcher_.progress(part_.done());
      if (Clock::now() < next_keep) continue;
      if (auto kept = part_.keep(); !kept.ok()) error_ = kept.error();
      next_keep = Clock::now() + kKeepEvery;
    }
    for (Connection& connection : connections_) {
      if (connection.request) loop_.remove(*connection.request);
    }
    auto kept = part_.keep();
    if (error_) return *error_;
    if (!kept.ok()) return std::move(kept).error();
    return outcome_.value_or(Fetched::complete);
  }

 private:
  struct Connection {
    Patience patience;
    std::optional<ByteRange> piece;  // what it still has to get
    std::unique_ptr<Request> request;
    Clock::time_point not_before;
    std::string why;  // it refused an answer
  };

  void start_what_is_due() {
    const auto now = Clock::now();
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      Connection& connection = connections_[i];
      if (connection.request) continue;
      if (i >= allowed_) {
        if (connection.piece) todo_.push_front(*connection.piece);
        connection.piece.reset();
        continue;
      }
      if (now < connection.not_before || now < all_wait_until_) continue;
      if (!connection.piece) {
        if (todo_.empty()) continue;
        connection.piece = todo_.front();
        todo_.pop_front();
      }
      start(connection);
    }
  }

  void start(Connection& connection) {
    connection.why.clear();
    connection.request = std::make_unique<Request>(
        source_,
        Wanted{.bytes = *connection.piece,
               .whole = !remote_.has_ranges,
               .if_version = remote_.if_range},
        options_.stall_seconds,
        [this, &connection](const Reply& reply, const Published& published) {
          return judge(connection, reply, published);
        },
        [this, &connection](std::uint64_t offset, std::span<const std::byte> bytes) {
          return take(connection, offset, bytes);
        });
    loop_.add(*connection.request);
  }

  bool judge(Connection& connection, const Reply& reply, const Published& published) {
    connection.why = complaint(reply);
    if (!connection.why.empty()) return false;
    const std::uint64_t size = remote_.version.size;
    const bool is_part = reply.status == 206;
    const std::uint64_t told = is_part ? reply.range->total : reply.length.value_or(size);
    if (told != size || version_name(reply, published) != remote_.version.name) {
      outcome_ = Fetched::changed;
      return false;
    }
    if (!is_part && remote_.has_ranges) {
      outcome_ = Fetched::no_ranges;
      return false;
    }
    if (is_part && (reply.range->first != connection.piece->begin ||
                    reply.range->last >= connection.piece->end)) {
      connection.why = "the server sends another part than the one asked for";
      return false;
    }
    return true;
  }

  bool take(Connection& connection, std::uint64_t offset, std::span<const std::byte> bytes) {
    auto written = part_.write(offset, bytes);
    if (!written.ok()) {
      error_ = std::move(written).error();
      return false;
    }
    connection.patience.succeeded();
    watcher_.progress(part_.done());
    return true;
  }

  void settle(Request& request) {
    const auto found = std::find_if(
        connections_.begin(), connections_.end(),
        [&](const Connection& connection) { return connection.request.get() == &request; });
    Connection& connection = *found;
    const std::unique_ptr<Request> ended = std::move(connection.request);
    if (outcome_ || error_) return;
    if (request.end() == Request::End::complete) {
      connection.piece.reset();
      return;
    }
    if (remote_.has_ranges) {
      connection.piece->begin = request.position();
    } else if (auto restarted = part_.restart(); !restarted.ok()) {
      error_ = std::move(restarted).error();
      return;
    }
    const int status = request.end() == Request::End::status ? request.reply().status : 0;
    if (status == 416) {
      outcome_ = Fetched::changed;
      return;
    }
    if (request.end() == Request::End::hopeless || (status != 0 && !may_change(status))) {
      error_ = refusal(source_, request);
      return;
    }
    be_patient(connection, request);
  }

  void be_patient(Connection& connection, const Request& request) {
    const auto wait = connection.patience.failed(request.retry_after());
    if (!connection.why.empty()) {
      if (!wait) {
        error_ = fail(Code::io, place(source_, request), connection.why);
        return;
      }
    } else if (!wait) {
      error_ = gave_up(source_, request, connection.patience.failures());
      return;
    } else if (*wait >= kTellOfSeconds) {
      tell(wait_notice(request, *wait), *wait);
    }
    connection.not_before = Clock::now() + seconds(*wait);
    if (request.end() == Request::End::status && asks_for_less(request.reply().status)) {
      allowed_ = std::max<std::size_t>(1, allowed_ / 2);
      all_wait_until_ = std::max(all_wait_until_, connection.not_before);
    }
  }

  // Connections that break together are told of once.
  void tell(const std::string& sentence, double wait) {
    if (Clock::now() < told_until_) return;
    told_until_ = Clock::now() + seconds(wait * 0.75);
    watcher_.notice(sentence);
  }

  const Source& source_;
  const RemoteFile& remote_;
  PartFile& part_;
  const TransferOptions& options_;
  TransferWatcher& watcher_;

  RequestLoop loop_;
  std::deque<ByteRange> todo_;
  std::deque<Connection> connections_;  // addresses stay: requests refer to them
  std::size_t allowed_ = 1;
  Clock::time_point all_wait_until_, told_until_;
  std::optional<Fetched> outcome_;
  std::optional<Error> error_;
};

}  // namespace

Result<Fetched> fetch(const Source& source, const RemoteFile& remote, PartFile& part,
                      const TransferOptions& options, TransferWatcher& watcher) {
  return Fetch(source, remote, part, options, watcher).run();
}

}  // namespace ds4::download
