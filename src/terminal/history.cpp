#include "terminal/history.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/atomic_file.h"
#include "base/system_error.h"
#include "terminal/key_reader.h"

namespace ds4::terminal {
namespace {

// One line of the file is one entry; a backslash before n and itself keeps line breaks.
std::string escaped(std::string_view text) {
  std::string line;
  for (char c : text) {
    if (c == '\n') {
      line += "\\n";
    } else {
      if (c == '\\') line += '\\';
      line += c;
    }
  }
  return line + '\n';
}

std::string unescaped(std::string_view line) {
  std::string text;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\' && i + 1 < line.size()) {
      ++i;
      text += line[i] == 'n' ? '\n' : line[i];
    } else {
      text += line[i];
    }
  }
  return text;
}

Error failed(const std::string& path, const char* what) {
  return fail(Code::io, path, ": cannot ", what, " the history: ", system_reason(errno));
}

Result<std::string> read_end(const std::string& path, std::size_t bytes_max) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    if (errno == ENOENT) return std::string();
    return failed(path, "read");
  }
  std::string text;
  // The newest entries are at the end; a byte more tells that something was left out.
  const off_t size = ::lseek(descriptor, 0, SEEK_END);
  const auto keep = static_cast<off_t>(bytes_max + 1);
  ::lseek(descriptor, size > keep ? size - keep : 0, SEEK_SET);
  char buffer[1 << 14];
  ssize_t count = 0;
  while ((count = ::read(descriptor, buffer, sizeof buffer)) > 0) {
    text.append(buffer, static_cast<std::size_t>(count));
  }
  const bool ok = count == 0;
  const auto error = failed(path, "read");
  ::close(descriptor);
  if (!ok) return error;
  return text;
}

}  // namespace

bool History::remember(std::string_view text) {
  const bool is_same = !entries_.empty() && entries_.back() == text;
  if (text.empty() || text.size() > limits_.entry_bytes || is_same) return false;
  if (entries_.size() >= limits_.entries) entries_.erase(entries_.begin());
  entries_.emplace_back(text);
  return true;
}

Result<History> History::open(const std::string& path, HistoryLimits limits) {
  History history(limits);
  TRY(const std::string text, read_end(path, limits.file_bytes));
  std::string_view rest = text;
  const bool was_cut = text.size() > limits.file_bytes;
  if (was_cut) rest.remove_prefix(std::min(rest.find('\n'), rest.size() - 1) + 1);
  std::size_t lines = 0;
  for (; !rest.empty(); ++lines) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    history.remember(clean_input(unescaped(rest.substr(0, end))));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  history.path_ = path;
  if (was_cut || lines > limits.entries) TRY_DO(history.rewrite());
  return history;
}

Result<void> History::rewrite() const {
  // The file exists, so the new one keeps its permissions. Half the limit leaves room to append.
  std::size_t bytes = 0, first = entries_.size();
  while (first > 0 && first + limits_.entries / 2 > entries_.size()) {
    bytes += escaped(entries_[first - 1]).size();
    if (bytes > limits_.file_bytes / 2) break;
    --first;
  }
  TRY(AtomicFile file, AtomicFile::create(path_));
  for (std::size_t i = first; i < entries_.size(); ++i) TRY_DO(file.write(escaped(entries_[i])));
  return file.commit();
}

Result<void> History::add(std::string_view text) {
  if (!remember(text) || path_.empty()) return {};
  const int descriptor = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (descriptor < 0) return failed(path_, "write");
  // One write for a line, so that lines of several programs do not mix.
  const std::string line = escaped(text);
  const bool ok =
      ::write(descriptor, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  const auto error = failed(path_, "write");
  ::close(descriptor);
  if (!ok) return error;
  return {};
}

std::optional<std::size_t> History::find_before(std::size_t end, std::string_view words) const {
  for (std::size_t i = std::min(end, entries_.size()); i > 0; --i) {
    if (entries_[i - 1].find(words) != std::string::npos) return i - 1;
  }
  return std::nullopt;
}

}  // namespace ds4::terminal
