// Gets a file from a server in parts, side by side, with patience: what breaks is tried again, what
// is there is never asked for twice.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "download/part_file.h"
#include "download/request.h"
#include "ds4/result.h"

namespace ds4::download {

struct TransferOptions {
  int connections = 4;
  int tries = 8;                  // of a part, none of which brings a byte, before it gives up
  double wait_seconds = 1;        // before the second try; doubled for each further one
  double stall_seconds = 30;      // without a byte, after which a connection counts as broken
  std::uint64_t piece_bytes = 0;  // a part's size; 0: chosen by the size of the file
  const std::atomic<int>* stop = nullptr;  // not 0: end soon, as `cancelled`
};

// What somebody who waits wants to hear. Called in the thread of the transfer.
class TransferWatcher {
 public:
  virtual ~TransferWatcher() = default;
  // So much of the file is there. Comes often, also while nothing arrives.
  virtual void progress(const ByteRanges& done) = 0;
  // A sentence about something that takes longer or goes another way than usual.
  virtual void notice(std::string_view sentence) = 0;
};

// What a server says of a file before any of it is fetched.
struct RemoteFile {
  FileVersion version;
  std::string if_range;     // what a range of this very version is asked for by; "" if impossible
  std::string sha256;       // "" if the server does not say
  bool has_ranges = true;   // else the file comes in one piece, from its start
  std::string first_bytes;  // up to four
};
Result<RemoteFile> ask(const Source& source, const TransferOptions& options,
                       TransferWatcher& watcher);

enum class Fetched {
  complete,
  changed,    // the server has another version now
  no_ranges,  // the server sends the whole file only
};
// Fetches what `part` lacks of `remote`, which it was started for. Whatever comes of it, what has
// arrived is kept.
Result<Fetched> fetch(const Source& source, const RemoteFile& remote, PartFile& part,
                      const TransferOptions& options, TransferWatcher& watcher);

}  // namespace ds4::download
