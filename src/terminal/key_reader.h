// Keys out of the bytes that a terminal sends: letters, control keys, the sequences of cursor keys
// with their modifiers, pasted text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ds4::terminal {

enum class KeyCode : std::uint8_t {
  text,   // `text` is one or more printable characters, or one letter with Ctrl or Alt
  paste,  // `text` is what was pasted, made harmless
  enter,
  tab,
  back_tab,
  backspace,
  del,
  left,
  right,
  up,
  down,
  home,
  end,
  page_up,
  page_down,
  escape,
  unknown,  // a sequence that means nothing here
};

struct Key {
  KeyCode code = KeyCode::text;
  std::string text = {};
  bool ctrl = false, alt = false, shift = false;
  bool operator==(const Key&) const = default;
};

inline constexpr std::size_t kPasteBytesMax = std::size_t{4} << 20;

// Bytes in, keys out, wherever the input was cut.
class KeyReader {
 public:
  void push(std::string_view bytes) { bytes_ += bytes; }
  // The next key; nothing if more bytes are needed.
  std::optional<Key> next();
  // Only the beginning of a sequence is there: what it means if nothing follows soon is next().
  bool is_waiting() const { return !bytes_.empty() && !in_paste_; }
  void no_more_soon() { is_late_ = true; }

 private:
  std::optional<Key> read_plain();
  std::optional<Key> read_escape();
  std::optional<Key> read_sequence(std::size_t begin);
  std::optional<Key> read_paste();
  void take(std::size_t count) { bytes_.erase(0, count); }

  std::string bytes_;
  bool is_late_ = false;
  bool in_paste_ = false;
  std::string pasted_;
};

// Pasted or loaded text as it may stand in a line that is edited: valid UTF-8, line breaks as \n,
// no other control characters but tabs.
std::string clean_input(std::string_view text);

}  // namespace ds4::terminal
