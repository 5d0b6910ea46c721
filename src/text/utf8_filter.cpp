#include "text/utf8_filter.h"

namespace ds4::text {

namespace {
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
}

void Utf8Filter::push(std::string_view bytes, std::string& out) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    if (wanted_ == 0) {
      const std::size_t begin = at;
      while (at < bytes.size() && static_cast<unsigned char>(bytes[at]) < 0x80) ++at;
      out.append(bytes, begin, at - begin);
      if (at == bytes.size()) return;
    }
    take(static_cast<unsigned char>(bytes[at]), out);
    ++at;
  }
}

void Utf8Filter::take(unsigned char byte, std::string& out) {
  if (wanted_ != 0) {
    if (byte >= low_ && byte <= high_) {
      pending_[pending_count_++] = static_cast<char>(byte);
      low_ = 0x80;
      high_ = 0xBF;
      if (pending_count_ == wanted_) {
        out.append(pending_, static_cast<std::size_t>(wanted_));
        wanted_ = 0;
      }
      return;
    }
    finish(out);
  }
  if (byte < 0x80) {
    out += static_cast<char>(byte);
    return;
  }
  if (byte < 0xC2 || byte > 0xF4) {
    out += kReplacement;
    return;
  }
  wanted_ = byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
  if (byte == 0xE0) low_ = 0xA0;
  if (byte == 0xED) high_ = 0x9F;
  if (byte == 0xF0) low_ = 0x90;
  if (byte == 0xF4) high_ = 0x8F;
  pending_[0] = static_cast<char>(byte);
  pending_count_ = 1;
}

void Utf8Filter::finish(std::string& out) {
  if (wanted_ != 0) out += kReplacement;
  wanted_ = 0;
  low_ = 0x80;
  high_ = 0xBF;
}

std::string valid_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  Utf8Filter filter;
  filter.push(bytes, out);
  filter.finish(out);
  return out;
}

}  // namespace ds4::text
