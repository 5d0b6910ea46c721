// The alphabet in which vocabulary files spell bytes: each byte is one printable character, so that
// a token is text even when its bytes are half a character ("Ġ" is a space, "Ċ" a line feed).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace ds4::text {

// Appends the bytes that `spelled` stands for. False if it holds a character outside the alphabet
// or is not UTF-8; `bytes` then has a part of them.
bool append_spelled_bytes(std::string& bytes, std::string_view spelled);

// `bytes` spelled in the alphabet.
std::string spell_bytes(std::string_view bytes);

// All 256 bytes in the order of their token ids in the DeepSeek vocabulary (the first has id 3).
const std::array<std::uint8_t, 256>& bytes_in_token_order();

}  // namespace ds4::text
