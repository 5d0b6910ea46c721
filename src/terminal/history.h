// What was typed before: in memory, and in a file that several programs may share.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ds4/result.h"

namespace ds4::terminal {

struct HistoryLimits {
  std::size_t entries = 2000;
  std::size_t file_bytes = std::size_t{1} << 20;
  std::size_t entry_bytes = std::size_t{1} << 16;  // longer ones are not kept
};

class History {
 public:
  // Kept in memory only.
  explicit History(HistoryLimits limits = {}) : limits_(limits) {}
  // Reads the file, which need not exist; add() appends to it. A file over the limits is rewritten
  // with the newest entries. It can be read by its owner only.
  static Result<History> open(const std::string& path, HistoryLimits limits = {});

  const std::vector<std::string>& entries() const { return entries_; }  // oldest first
  // Drops what is empty, too long, or the same as the newest entry. On error it is in memory only.
  Result<void> add(std::string_view text);
  // The newest entry before `end` that contains `words`.
  std::optional<std::size_t> find_before(std::size_t end, std::string_view words) const;

 private:
  bool remember(std::string_view text);
  Result<void> rewrite() const;

  HistoryLimits limits_;
  std::string path_;
  std::vector<std::string> entries_;
};

}  // namespace ds4::terminal
