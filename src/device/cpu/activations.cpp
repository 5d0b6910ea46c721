#include "device/cpu/activations.h"

#include <bit>
#include <cfloat>
#include <cmath>

#include "base/check.h"
#include "quant/numbers.h"
#include "quant/scalar.h"

#define DS4_BODY "device/cpu/activations.inc"
#include "device/cpu/for_each_isa.inc"

namespace ds4::device {

ActivationForm form_for(quant::Type type) {
  switch (type) {
    case quant::Type::q8_0:
    case quant::Type::mxfp4:
      return ActivationForm::groups;
    case quant::Type::q2_k:
    case quant::Type::q4_k:
    case quant::Type::iq2_xxs:
      return ActivationForm::blocks;
    default:
      return ActivationForm::plain;
  }
}

void Activations::reserve(std::size_t rows, std::size_t columns) {
  const std::size_t groups = rows * ((columns + 31) / 32);
  codes_.reserve(groups * 32);
  scales_.reserve(groups);
  sums_.reserve(groups);
  blocks_.reserve(rows * (columns / 256));
}

std::size_t Activations::bytes(std::size_t rows, std::size_t columns) {
  const std::size_t group = 32 + sizeof(float) + sizeof(std::int32_t);
  return rows * ((columns + 31) / 32 * group + columns / 256 * sizeof(quant::BlockQ8K));
}

void round_row(Isa isa, ActivationForm form, const float* x, const RoundedRows& to,
               std::size_t row) {
  if (form == ActivationForm::groups) {
    const std::size_t groups = (to.columns + 31) / 32;
    DS4_ON_ISA(isa, round_to_groups)
    (x, to.columns, to.codes + row * groups * 32, to.scales + row * groups, to.sums + row * groups);
  } else {
    CHECK(form == ActivationForm::blocks && to.columns % 256 == 0);
    DS4_ON_ISA(isa, round_to_blocks)(x, to.columns, to.blocks + row * (to.columns / 256));
  }
}

ActivationRows Activations::make(Isa isa, Team& team, ActivationForm form, const float* x,
                                 std::size_t rows, std::size_t columns, std::size_t stride) {
  if (form == ActivationForm::plain) return {columns, x, stride};
  CHECK(rows * ((columns + 31) / 32) <= scales_.size());
  CHECK(rows * (columns / 256) <= blocks_.size());
  const RoundedRows to = {columns, codes_.data(), scales_.data(), sums_.data(), blocks_.data()};
  team.run(static_cast<std::uint32_t>(rows),
           [&](std::uint32_t row, int) { round_row(isa, form, x + row * stride, to, row); });
  return to.rows();
}

}  // namespace ds4::device
