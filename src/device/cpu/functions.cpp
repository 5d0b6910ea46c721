#include "device/cpu/functions.h"

#define DS4_BODY "device/cpu/functions_one.inc"
#include "device/cpu/for_each_isa.inc"

namespace ds4::device {

float canonical_exp(float x) {
  return DS4_ON_ISA(best_isa(), one_exp)(x);
}

float canonical_log1p(float x) {
  return DS4_ON_ISA(best_isa(), one_log1p)(x);
}

void canonical_sincos(float angle, float& sine, float& cosine) {
  DS4_ON_ISA(best_isa(), one_sincos)(angle, sine, cosine);
}

float canonical_sigmoid(float x) {
  return DS4_ON_ISA(best_isa(), one_sigmoid)(x);
}

float canonical_softplus(float x) {
  return DS4_ON_ISA(best_isa(), one_softplus)(x);
}

}  // namespace ds4::device
