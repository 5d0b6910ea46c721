// The canonical exp, log1p, sin and cos as plain functions, for code that is not a kernel. The
// kernels' vector copies in functions.inc give the same bits.
#pragma once

namespace ds4::device {

float canonical_exp(float x);
float canonical_log1p(float x);
// Any finite angle that a position below 2^24 and a frequency of at most 1 make.
void canonical_sincos(float angle, float& sine, float& cosine);
float canonical_sigmoid(float x);
float canonical_softplus(float x);

}  // namespace ds4::device
