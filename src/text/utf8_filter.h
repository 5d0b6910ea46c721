// Makes a byte stream valid UTF-8 as it passes: each maximal invalid part becomes U+FFFD, and an
// unfinished character waits for its rest. What comes out does not depend on where the input was
// cut.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ds4::text {

class Utf8Filter {
 public:
  void push(std::string_view bytes, std::string& out);
  // Ends the stream: an unfinished character becomes U+FFFD. The filter is then as new.
  void finish(std::string& out);

 private:
  void take(unsigned char byte, std::string& out);

  char pending_[4] = {};
  int pending_count_ = 0;
  int wanted_ = 0;  // bytes of the character that began; 0 between characters
  // Which next byte is allowed: rules out overlong forms, surrogates and code points too large.
  unsigned char low_ = 0x80;
  unsigned char high_ = 0xBF;
};

std::string valid_utf8(std::string_view bytes);

}  // namespace ds4::text
