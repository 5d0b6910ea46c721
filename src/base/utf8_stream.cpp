#include "base/utf8_stream.h"

#include "base/utf8.h"

namespace ds4 {

void Utf8Stream::push(std::string_view bytes, std::string& out) {
  // Complete or refute the character held back, a byte at a time: at most three are needed.
  while (!pending_.empty() && !bytes.empty()) {
    pending_.push_back(bytes.front());
    const Utf8Char c = decode_utf8(pending_);
    if (c.kind == Utf8Char::invalid) {
      // The new byte does not belong to it, and begins something of its own.
      pending_.clear();
      out += kReplacement;
      break;
    }
    bytes.remove_prefix(1);
    if (c.kind == Utf8Char::valid) {
      out += pending_;
      pending_.clear();
    }
  }
  while (!bytes.empty()) {
    const std::size_t good = valid_utf8_prefix(bytes);
    out += bytes.substr(0, good);
    bytes.remove_prefix(good);
    if (bytes.empty()) return;
    const Utf8Char c = decode_utf8(bytes);
    if (c.kind == Utf8Char::incomplete) {
      pending_ = bytes;
      return;
    }
    out += kReplacement;
    bytes.remove_prefix(c.length);
  }
}

void Utf8Stream::finish(std::string& out) {
  if (!pending_.empty()) out += kReplacement;
  pending_.clear();
}

}  // namespace ds4
