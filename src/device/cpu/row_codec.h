// Key rows and indexer rows as bytes, with the model's own rounding, and back to f32.
//
// A packed key row: an E4M3 code for every channel without position, a scale exponent (E8M0) for
// every 64 of them, the rope channels as binary16, zeros up to a multiple of 8 bytes. A packed
// indexer row: 16 bytes for every 32 channels, the low halves of which are the E2M1 codes of the
// first 16, then a scale exponent for every 32. Rows that are not packed are f32, unrounded.
#pragma once

#include <cstddef>
#include <cstdint>

#include "device/cpu/isa.h"
#include "device/device.h"

namespace ds4::device {

// Rope channels that binary16 cannot hold become the largest number of their sign that it can.
void encode_key(const RowFormat& format, const float* row, std::byte* out);
void encode_index_row(const RowFormat& format, const float* row, std::byte* out);

// Rounds 32 values to E2M1: codes[i] is twice the value of a code, and 2^exponent its scale.
int encode_index_group(Isa isa, const float* x, std::int8_t* codes);

// Floats between decoded key rows. More than a row needs, so that the same channel of many rows
// does not fall into few lines of a cache.
std::size_t decoded_stride(const RowFormat& format);

// Row i to out + i * decoded_stride(), with zeros behind it up to a multiple of 16 floats.
void decode_keys(Isa isa, const RowFormat& format, const std::byte* const* rows, std::size_t count,
                 float* out);

}  // namespace ds4::device
