#include "download/pull.h"

#include <chrono>
#include <memory>
#include <thread>

#include "base/human.h"
#include "base/utf8.h"
#include "download/running_sum.h"

namespace ds4::download {
namespace {

constexpr int kBeginningsMax = 3;  // of a file that changes while it is fetched
constexpr auto kLookEvery = std::chrono::milliseconds(100);

// Sees all progress first: the sum follows the bytes.
class Follower : public TransferWatcher {
 public:
  Follower(PullWatcher& watcher, RunningSum* sum) : watcher_(watcher), sum_(sum) {}
  void progress(const ByteRanges& done) override {
    if (sum_ != nullptr) sum_->reach(done.prefix());
    watcher_.progress(done);
  }
  void notice(std::string_view sentence) override { watcher_.notice(sentence); }

 private:
  PullWatcher& watcher_;
  RunningSum* sum_;
};

Result<void> check_offer(const PullRequest& request, const RemoteFile& remote) {
  const std::string url = printable(request.source.url);
  if (remote.version.size == 0) return fail(Code::bad_file, url, ": the file there is empty");
  if (request.is_gguf && remote.first_bytes != "GGUF") {
    return fail(Code::bad_file, url,
                ": what comes is no GGUF file; it may be the page of a login or of an error");
  }
  if (request.size && *request.size != remote.version.size) {
    return fail(Code::bad_file, url, ": the file there has ", human_count(remote.version.size),
                " bytes and the one that is known has ", human_count(*request.size),
                "; it is another version, or not the file at all. To take it all the same, give "
                "its own sum by --sha256");
  }
  if (!request.sha256.empty() && !remote.sha256.empty() && request.sha256 != remote.sha256) {
    return fail(Code::bad_file, url, ": the file there has the SHA-256 ", remote.sha256,
                " and the one that is known has ", request.sha256,
                "; it is another version. To take it all the same, give that sum by --sha256");
  }
  return {};
}

Result<std::string> finish_sum(const PullRequest& request, RunningSum& sum, std::uint64_t size,
                               PullWatcher& watcher) {
  sum.reach(size);
  for (std::uint64_t added; (added = sum.added()) < size; std::this_thread::sleep_for(kLookEvery)) {
    if (request.transfer.stop != nullptr && request.transfer.stop->load() != 0) {
      return fail(Code::cancelled, "stopped");
    }
    if (!sum.ok()) break;
    watcher.checking(added, size);
  }
  return sum.finish();
}

}  // namespace

Result<Pulled> pull(const PullRequest& request, PullWatcher& watcher) {
  TRY(PartFile part, PartFile::open(request.target));
  bool in_one_piece = false;
  for (int beginning = 1;; ++beginning) {
    Follower asking(watcher, nullptr);
    TRY(RemoteFile remote, ask(request.source, request.transfer, asking));
    TRY_DO(check_offer(request, remote));
    if (in_one_piece) remote.has_ranges = false;
    if (part.version().size > 0 && !(part.version() == remote.version)) {
      watcher.notice(
          "the file on the server is another one than before; starting from its beginning");
    }
    const std::uint64_t size = remote.version.size;
    TRY_DO(part.start(remote.version));

    const std::string& expected = request.sha256.empty() ? remote.sha256 : request.sha256;
    const auto sum = expected.empty() ? nullptr : std::make_unique<RunningSum>(part.path());
    Follower follower(watcher, sum.get());
    if (!remote.has_ranges) {
      watcher.notice("the server sends this file in one piece only: a break begins it anew");
    }
    watcher.starts(size, remote.has_ranges ? part.done().total() : 0);
    TRY(Fetched fetched, fetch(request.source, remote, part, request.transfer, follower));
    if (fetched != Fetched::complete) {
      if (beginning == kBeginningsMax) {
        return fail(Code::io, printable(request.source.url),
                    ": the server says something else of this file each time; try again later");
      }
      in_one_piece = in_one_piece || fetched == Fetched::no_ranges;
      continue;
    }
    watcher.fetched();
    if (sum) {
      TRY(const std::string found, finish_sum(request, *sum, size, watcher));
      if (found != expected) {
        TRY(const std::string aside, part.reject());
        return fail(Code::bad_file,
                    "the file that came is not the one that was published: its "
                    "SHA-256 is ",
                    found, ", it should be ", expected, "; it was put aside as ", aside,
                    ", for you to remove");
      }
    }
    TRY_DO(part.finish());
    return Pulled{.bytes = size, .is_checked = sum != nullptr};
  }
}

}  // namespace ds4::download
