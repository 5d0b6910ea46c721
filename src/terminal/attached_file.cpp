#include "terminal/attached_file.h"

#include <algorithm>
#include <string_view>

#include "base/human.h"
#include "base/mapped_file.h"
#include "base/utf8.h"

namespace ds4::terminal {
namespace {

// Longer than any run of backticks in the text.
std::string fence_for(std::string_view text) {
  std::size_t longest = 0, run = 0;
  for (char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return std::string(std::max<std::size_t>(3, longest + 1), '`');
}

}  // namespace

Result<std::string> attach_file(const std::string& path) {
  TRY(const MappedFile file, MappedFile::open(path));
  const std::size_t size = file.bytes().size();
  if (size > kAttachedBytesMax) {
    return fail(Code::too_large, path, ": ", human_bytes(size), ", but at most ",
                human_bytes(kAttachedBytesMax), " can be put into a message");
  }
  const std::string_view text(reinterpret_cast<const char*>(file.bytes().data()), size);
  const std::size_t bad = std::min(valid_utf8_prefix(text), text.find('\0'));
  if (bad < size) {
    return fail(Code::bad_file, path, ": not a text file: byte ", bad, " is no UTF-8 text");
  }
  if (size == 0) return fail(Code::bad_file, path, ": the file is empty");
  const std::string fence = fence_for(text);
  const std::string name = path.substr(path.rfind('/') + 1);
  std::string out = "File " + printable(name) + ":\n" + fence + "\n" + std::string(text);
  if (text.back() != '\n') out += '\n';
  return out + fence + "\n\n";
}

}  // namespace ds4::terminal
