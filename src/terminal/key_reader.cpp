#include "terminal/key_reader.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/utf8.h"
#include "terminal/display_width.h"

namespace ds4::terminal {
namespace {

constexpr char kEscape = '\x1b';
constexpr std::string_view kPasteEnd = "\x1b[201~";
constexpr std::size_t kSequenceBytesMax = 64;

Key control_key(char byte) {
  switch (byte) {
    case '\r':
      return {KeyCode::enter};
    case '\n':
      return {KeyCode::text, "j", /*ctrl=*/true};
    case '\t':
      return {KeyCode::tab};
    case '\x7f':
    case '\b':
      return {KeyCode::backspace};
    case '\0':
      return {KeyCode::text, " ", /*ctrl=*/true};
    default:
      return {KeyCode::text,
              std::string(1, static_cast<char>((byte | 0x40) | (byte < 0x1b ? 0x20 : 0))),
              /*ctrl=*/true};
  }
}

// A key by the final byte of its sequence, as in ESC [ A or ESC O A.
KeyCode code_of_letter(char final) {
  switch (final) {
    case 'A':
      return KeyCode::up;
    case 'B':
      return KeyCode::down;
    case 'C':
      return KeyCode::right;
    case 'D':
      return KeyCode::left;
    case 'H':
      return KeyCode::home;
    case 'F':
      return KeyCode::end;
    case 'M':
      return KeyCode::enter;
    case 'Z':
      return KeyCode::back_tab;
    default:
      return KeyCode::unknown;
  }
}

// As in ESC [ 3 ~.
KeyCode code_of_number(int number) {
  switch (number) {
    case 1:
    case 7:
      return KeyCode::home;
    case 4:
    case 8:
      return KeyCode::end;
    case 3:
      return KeyCode::del;
    case 5:
      return KeyCode::page_up;
    case 6:
      return KeyCode::page_down;
    default:
      return KeyCode::unknown;
  }
}

// A character told by number, as some terminals do for keys with modifiers.
Key key_of_character(int code) {
  if (code == 13 || code == 57414) return {KeyCode::enter};
  if (code == 9) return {KeyCode::tab};
  if (code == 27) return {KeyCode::escape};
  if (code == 127 || code == 8) return {KeyCode::backspace};
  if (code < 32 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return {KeyCode::unknown};
  Key key;
  append_utf8(key.text, static_cast<char32_t>(code));
  return key;
}

struct Numbers {
  int values[3] = {0, 0, 0};
  int count = 0;
};
Numbers read_numbers(std::string_view text) {
  Numbers numbers;
  while (!text.empty() && numbers.count < 3) {
    const std::size_t end = std::min(text.find(';'), text.size());
    // A number may have a colon and more behind it.
    std::from_chars(text.data(), text.data() + end, numbers.values[numbers.count++]);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return numbers;
}

void set_modifiers(Key& key, int number) {
  if (number < 2) return;
  const int bits = number - 1;
  key.shift = (bits & 1) != 0;
  key.alt = (bits & 2) != 0;
  key.ctrl = (bits & 4) != 0;
}

}  // namespace

std::string clean_input(std::string_view text) {
  const std::string valid = to_valid_utf8(text);
  std::string out;
  out.reserve(valid.size());
  for (std::size_t at = 0; at < valid.size();) {
    std::size_t length = 0;
    const char32_t code = decode_valid(valid.data() + at, length);
    if (code == '\r' || code == 0x2028 || code == 0x2029) {
      const bool is_pair = code == '\r' && at + 1 < valid.size() && valid[at + 1] == '\n';
      if (!is_pair) out += '\n';
    } else if (code == '\n' || code == '\t' || !is_control(code)) {
      out.append(valid, at, length);
    }
    at += length;
  }
  return out;
}

std::optional<Key> KeyReader::next() {
  std::optional<Key> key;
  if (in_paste_) {
    key = read_paste();
  } else if (!bytes_.empty()) {
    key = bytes_.front() == kEscape ? read_escape() : read_plain();
  }
  is_late_ = false;
  return key;
}

std::optional<Key> KeyReader::read_plain() {
  const auto is_plain = [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; };
  if (!is_plain(bytes_.front())) {
    const Key key = control_key(bytes_.front());
    take(1);
    return key;
  }
  // Text that arrives at once is one key: what is typed fast, or pasted, is drawn once.
  std::size_t size = 0;
  while (size < bytes_.size() && is_plain(bytes_[size])) ++size;
  std::string_view run(bytes_.data(), size);
  if (size == bytes_.size() && !is_late_) run.remove_suffix(incomplete_utf8_tail(run));
  if (run.empty()) return std::nullopt;
  Key key{KeyCode::text, clean_input(run)};
  take(run.size());
  if (key.text.empty()) key.code = KeyCode::unknown;
  return key;
}

std::optional<Key> KeyReader::read_escape() {
  if (bytes_.size() == 1) {
    if (!is_late_) return std::nullopt;
    take(1);
    return Key{KeyCode::escape};
  }
  if (bytes_[1] == '[' || bytes_[1] == 'O') {
    if (bytes_.size() == 2 && is_late_) {
      Key key{KeyCode::text, std::string(1, bytes_[1])};
      key.alt = true;
      take(2);
      return key;
    }
    return read_sequence(0);
  }
  // ESC before a key is Alt with it.
  if (bytes_[1] == kEscape && bytes_.size() > 2 && (bytes_[2] == '[' || bytes_[2] == 'O')) {
    auto key = read_sequence(1);
    if (key) key->alt = true;
    return key;
  }
  if (bytes_[1] == kEscape) {
    if (bytes_.size() == 2 && !is_late_) return std::nullopt;
    take(1);
    return Key{KeyCode::escape};
  }
  const Utf8Char character = decode_utf8(std::string_view(bytes_).substr(1));
  if (character.kind == Utf8Char::incomplete && !is_late_) return std::nullopt;
  Key key;
  if (character.kind != Utf8Char::valid) {
    key.code = KeyCode::unknown;
  } else if (is_control(character.code)) {
    key = control_key(bytes_[1]);
  } else {
    key.text = bytes_.substr(1, character.length);
  }
  key.alt = true;
  take(1 + character.length);
  return key;
}

std::optional<Key> KeyReader::read_sequence(std::size_t begin) {
  const bool is_short = bytes_[begin + 1] == 'O';
  std::size_t end = begin + 2;
  while (end < bytes_.size() && (bytes_[end] < 0x40 || bytes_[end] > 0x7e) &&
         static_cast<unsigned char>(bytes_[end]) >= 0x20 && end < begin + kSequenceBytesMax) {
    ++end;
  }
  if (end == bytes_.size() && !is_late_) return std::nullopt;
  if (end == bytes_.size() || bytes_[end] < 0x40 || bytes_[end] > 0x7e) {
    take(end);
    return Key{KeyCode::unknown};
  }
  const char final = bytes_[end];
  const std::string arguments = bytes_.substr(begin + 2, end - begin - 2);
  take(end + 1);
  const Numbers numbers = read_numbers(arguments);
  Key key;
  if (final == '~' && numbers.values[0] == 200) {
    in_paste_ = true;
    pasted_.clear();
    return read_paste();
  }
  if (final == '~' && numbers.values[0] == 27) {
    key = key_of_character(numbers.values[2]);
    set_modifiers(key, numbers.values[1]);
  } else if (final == 'u') {
    key = key_of_character(numbers.values[0]);
    set_modifiers(key, numbers.values[1]);
  } else if (final == '~') {
    key.code = code_of_number(numbers.values[0]);
    set_modifiers(key, numbers.values[1]);
  } else if (is_short && final >= 'a' && final <= 'd') {
    key.code = code_of_letter(static_cast<char>(final - 'a' + 'A'));
    key.ctrl = true;
  } else {
    key.code = code_of_letter(final);
    set_modifiers(key, numbers.values[1]);
  }
  return key.code == KeyCode::unknown ? Key{KeyCode::unknown} : key;
}

std::optional<Key> KeyReader::read_paste() {
  const std::size_t end = bytes_.find(kPasteEnd);
  const bool is_whole = end != std::string::npos;
  // The end mark may be cut: its first bytes stay for the next time.
  const std::size_t count =
      is_whole ? end : bytes_.size() - std::min(bytes_.size(), kPasteEnd.size() - 1);
  pasted_.append(bytes_, 0,
                 std::min(count, kPasteBytesMax - std::min(kPasteBytesMax, pasted_.size())));
  take(is_whole ? end + kPasteEnd.size() : count);
  if (!is_whole) return std::nullopt;
  in_paste_ = false;
  return Key{KeyCode::paste, clean_input(std::exchange(pasted_, {}))};
}

}  // namespace ds4::terminal
