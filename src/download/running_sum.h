// The SHA-256 of a file that is still growing: a thread of its own adds what has arrived, in order,
// so that little is left to do at the end.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include "download/sha256.h"
#include "ds4/result.h"

namespace ds4::download {

class RunningSum {
 public:
  // Opens `path` when there is something to read.
  explicit RunningSum(std::string path);
  ~RunningSum();
  RunningSum(const RunningSum&) = delete;
  RunningSum& operator=(const RunningSum&) = delete;

  // The first `bytes` of the file are what they will be.
  void reach(std::uint64_t bytes);
  // So much is added.
  std::uint64_t added() const;
  // Nothing has gone wrong so far.
  bool ok() const;
  // The sum of what was reached, once all of that is added; or why it could not be read.
  Result<std::string> finish();

 private:
  void work();

  const std::string path_;
  mutable std::mutex mutex_;  // guards:
  std::condition_variable changed_;
  std::uint64_t reached_ = 0, added_ = 0;
  bool ends_ = false;
  Result<void> state_;

  Sha256 sum_;  // the thread's
  std::thread thread_;
};

}  // namespace ds4::download
