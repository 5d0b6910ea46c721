// The forms of one batch of rows that several products share: each is made once, when the first
// weight calls for it.
#pragma once

#include <cstddef>

#include "device/cpu/activations.h"
#include "device/weight.h"

namespace ds4::device {

class ActivationForms {
 public:
  // `x` [rows, columns]
  ActivationForms(Isa isa, Team& team, Activations& activations, const float* x, std::size_t rows,
                  std::size_t columns)
      : isa_(isa), team_(team), activations_(activations), x_(x), rows_(rows), columns_(columns) {}

  void need(quant::Type type) {
    const ActivationForm form = form_for(type);
    ActivationRows& made = made_[static_cast<int>(form)];
    if (made.columns != 0) return;
    made = activations_.make(isa_, team_, form, x_, rows_, columns_, columns_);
  }
  // What need() has made.
  const ActivationRows& of(quant::Type type) const {
    return made_[static_cast<int>(form_for(type))];
  }

 private:
  Isa isa_;
  Team& team_;
  Activations& activations_;
  const float* x_;
  std::size_t rows_, columns_;
  ActivationRows made_[3];
};

}  // namespace ds4::device
