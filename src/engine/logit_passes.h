// The passes over a whole vocabulary that choosing a token takes, in vectors. They give the same
// bits on every instruction set.
#pragma once

#include <cstddef>
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

// out[i] = exp(-distances[i]), as canonical_exp() gives it.
void exp_of_negatives(std::span<const float> distances, float* out,
                      device::Isa isa = device::best_isa());

}  // namespace ds4::engine
