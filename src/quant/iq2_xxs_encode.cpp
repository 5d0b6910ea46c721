// The IQ2_XXS encoder, compiled for every instruction set.
#include <algorithm>
#include <bit>
#include <cfloat>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/bytes.h"
#include "base/check.h"
#include "quant/iq2_xxs.h"
#include "quant/iq2_xxs_grid.h"
#include "quant/iq2_xxs_neighbours.h"
#include "quant/numbers.h"
#include "quant/scalar.h"

#define DS4_BODY "quant/iq2_xxs_encode.inc"
#include "quant/for_each_target.inc"

namespace ds4::quant {

void encode_iq2_xxs(const float* row, std::size_t columns, const float* importance, std::byte* out,
                    Target target) {
  CHECK(importance != nullptr);
  DS4_ON_TARGET(target, encode)(row, columns, importance, out);
}

}  // namespace ds4::quant
