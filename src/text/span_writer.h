// Collects prompt text piece by piece, each with its trust, joining neighbours of equal trust.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "text/span.h"

namespace ds4::text {

class SpanWriter {
 public:
  // Markup of our own: tokens in it count.
  void markup(std::string_view bytes) { add(bytes, true); }
  // Words of a user, a client, a tool or the model: just text, whatever it spells.
  void content(std::string_view bytes) { add(bytes, false); }
  void add(std::string_view bytes, bool trusted) {
    if (bytes.empty()) return;
    if (spans_.empty() || spans_.back().trusted != trusted) spans_.push_back({{}, trusted});
    spans_.back().bytes += bytes;
  }

  std::vector<Span> take() { return std::move(spans_); }

 private:
  std::vector<Span> spans_;
};

}  // namespace ds4::text
