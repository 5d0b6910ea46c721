// The passes over a whole vocabulary that choosing a token takes, in vectors. They give the same
// bits on every instruction set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "device/cpu/isa.h"

namespace ds4::engine {

// The index of the largest number, of equals the first. Nothing if all are NaN or minus infinity.
std::optional<std::size_t> find_largest(std::span<const float> row,
                                        device::Isa isa = device::best_isa());

// out[i] = (largest - row[i]) / scale: 0 for the largest, infinity for minus infinity and NaN.
void measure_distances(std::span<const float> row, float largest, float scale, float* out,
                       device::Isa isa = device::best_isa());

// out[i] = exp(-distances[i]), as canonical_exp() gives it, in units of 2^-44, to the nearest.
void weights_of_distances(std::span<const float> distances, std::uint64_t* out,
                          device::Isa isa = device::best_isa());

// out[i] = row[i] where `mask` has bit i, which is bit i % 64 of word i / 64; else, and behind the
// mask's end, minus infinity.
void copy_where(std::span<const float> row, std::span<const std::uint64_t> mask, float* out,
                device::Isa isa = device::best_isa());

}  // namespace ds4::engine
