// Rotary frequencies, made in f32 as the published program makes them: far positions feel the last
// bit of them.
#pragma once

#include <vector>

#include "model/shape.h"

namespace ds4::model {

// One frequency for each pair of the rope channels. Layers without compression use the plain base;
// all others their own base, stretched by YaRN, with no scaling of the magnitude.
std::vector<float> plain_frequencies(const Shape& shape);
std::vector<float> stretched_frequencies(const Shape& shape);

}  // namespace ds4::model
