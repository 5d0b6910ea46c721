// Makes a byte stream valid UTF-8 as it passes. What comes out in the end does not depend on where
// the input was cut.
#pragma once

#include <string>
#include <string_view>

namespace ds4 {

// Bytes in, valid UTF-8 out. A character is held back until its last byte is there; bytes that
// cannot become one turn into U+FFFD as soon as that is certain, one per maximal invalid subpart.
class Utf8Stream {
 public:
  // Appends to `out` what is complete now.
  void push(std::string_view bytes, std::string& out);
  // The end: a character that lacks bytes becomes U+FFFD. Ready for another text after.
  void finish(std::string& out);

  // The bytes held back, at most three.
  std::string_view pending() const { return pending_; }

 private:
  std::string pending_;
};

}  // namespace ds4
