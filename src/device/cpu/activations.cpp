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
  const std::size_t blocks = rows * (columns / 256);
  if (scales_.size() < groups) {
    codes_.resize(groups * 32);
    scales_.resize(groups);
    sums_.resize(groups);
  }
  if (blocks_.size() < blocks) blocks_.resize(blocks);
}

ActivationRows Activations::make(Isa isa, Team& team, ActivationForm form, const float* x,
                                 std::size_t rows, std::size_t columns, std::size_t stride) {
  ActivationRows made;
  made.columns = columns;
  const auto tasks = static_cast<std::uint32_t>(rows);
  switch (form) {
    case ActivationForm::plain:
      made.plain = x;
      made.plain_stride = stride;
      break;
    case ActivationForm::groups: {
      const std::size_t groups = made.groups();
      CHECK(rows * groups <= scales_.size());
      const auto round = DS4_ON_ISA(isa, round_to_groups);
      team.run(tasks, [&](std::uint32_t row, int) {
        round(x + row * stride, columns, &codes_[row * groups * 32], &scales_[row * groups],
              &sums_[row * groups]);
      });
      made.codes = codes_.data();
      made.scales = scales_.data();
      made.sums = sums_.data();
      break;
    }
    case ActivationForm::blocks: {
      CHECK(columns % 256 == 0);
      CHECK(rows * (columns / 256) <= blocks_.size());
      const auto round = DS4_ON_ISA(isa, round_to_blocks);
      team.run(tasks, [&](std::uint32_t row, int) {
        round(x + row * stride, columns, &blocks_[row * (columns / 256)]);
      });
      made.blocks = blocks_.data();
      break;
    }
  }
  return made;
}

}  // namespace ds4::device
