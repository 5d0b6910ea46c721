// The whole of a download: asks, checks, resumes, fetches, compares the sum, gives the name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "download/transfer.h"

namespace ds4::download {

struct PullRequest {
  Source source;
  std::string target;                 // the file that shall be there at the end
  std::optional<std::uint64_t> size;  // if known beforehand; another one is refused
  std::string sha256;                 // the same
  bool is_gguf = true;                // it must begin as such files do
  TransferOptions transfer;
};

class PullWatcher : public TransferWatcher {
 public:
  // The file is `size` bytes, of which `there` need not be fetched.
  virtual void starts(std::uint64_t size, std::uint64_t there) = 0;
  virtual void fetched() = 0;
  // All bytes are there; their sum is still being taken. Like progress().
  virtual void checking(std::uint64_t added, std::uint64_t size) = 0;
};

struct Pulled {
  std::uint64_t bytes = 0;
  bool is_checked = false;  // against a sum that somebody vouched for
};

// After an error, Code::cancelled too, what has arrived waits for the next time; only a file whose
// sum is wrong is put aside.
Result<Pulled> pull(const PullRequest& request, PullWatcher& watcher);

}  // namespace ds4::download
