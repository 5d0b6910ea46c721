#include "text/byte_alphabet.h"

#include "base/utf8.h"

namespace ds4::text {

namespace {

constexpr int kLetters = 0x144;  // the largest letter is U+0143

struct Alphabet {
  std::array<char32_t, 256> letter{};
  std::array<std::int16_t, kLetters> byte{};
  std::array<std::uint8_t, 256> order{};
};

// Printable Latin-1 stands for itself; the others, in byte order, take U+0100 and on.
constexpr Alphabet make_alphabet() {
  Alphabet a;
  a.byte.fill(-1);
  char32_t next = 0x100;
  std::size_t own = 0, moved = 188;
  for (int byte = 0; byte < 256; ++byte) {
    const bool itself = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) ||
                        (byte >= 0xAE && byte <= 0xFF);
    const auto index = static_cast<std::size_t>(byte);
    a.letter[index] = itself ? static_cast<char32_t>(byte) : next++;
    a.byte[a.letter[index]] = static_cast<std::int16_t>(byte);
    a.order[itself ? own++ : moved++] = static_cast<std::uint8_t>(byte);
  }
  return a;
}

constexpr Alphabet kAlphabet = make_alphabet();
static_assert(kAlphabet.letter[0xAD] == 0x143 && kAlphabet.letter[0x7F] == 0x121);
static_assert(kAlphabet.order[0] == '!' && kAlphabet.order[220] == ' ');

}  // namespace

bool append_spelled_bytes(std::string& bytes, std::string_view spelled) {
  for (std::size_t at = 0; at < spelled.size();) {
    const auto lead = static_cast<unsigned char>(spelled[at]);
    std::uint32_t letter = lead;
    if (lead < 0x80) {
      at += 1;
    } else {
      // Two bytes reach U+07FF, past every letter.
      if (lead < 0xC2 || lead > 0xDF || at + 1 == spelled.size()) return false;
      const auto second = static_cast<unsigned char>(spelled[at + 1]);
      if ((second & 0xC0) != 0x80) return false;
      letter = (lead & 0x1Fu) << 6 | (second & 0x3Fu);
      at += 2;
    }
    if (letter >= kLetters || kAlphabet.byte[letter] < 0) return false;
    bytes.push_back(static_cast<char>(kAlphabet.byte[letter]));
  }
  return true;
}

std::string spell_bytes(std::string_view bytes) {
  std::string spelled;
  for (const char byte : bytes) {
    append_utf8(spelled, kAlphabet.letter[static_cast<unsigned char>(byte)]);
  }
  return spelled;
}

const std::array<std::uint8_t, 256>& bytes_in_token_order() {
  return kAlphabet.order;
}

}  // namespace ds4::text
