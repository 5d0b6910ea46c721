// The residual streams: from tokens, into the input of a sublayer, and back.
#pragma once

#include <cstdint>

#include "device/cpu/activations.h"
#include "device/cpu/isa.h"
#include "device/cpu/scratch.h"
#include "device/cpu/team.h"
#include "device/device.h"

namespace ds4::device {

// The operations of the same names.
void embed(Team& team, const Weight& table, const std::int32_t* tokens, std::uint32_t rows,
           std::uint32_t copies, float* out);
void collapse(Isa isa, Team& team, Activations& activations, Scratch& scratch,
              const CollapseArgs& args);
void collapse_head(Isa isa, Team& team, Activations& activations, Scratch& scratch,
                   const CollapseHeadArgs& args);
void expand(Isa isa, Team& team, const float* y, const float* post, const float* comb,
            std::uint32_t rows, std::uint32_t width, float* streams);
void add_direction(Isa isa, Team& team, const float* direction, float scale, std::uint32_t rows,
                   std::uint32_t width, float* out);

// How one row mixes its streams. `z` are the projected streams before their norm, whose factor is
// `rho`; pre and post [4], comb [4, 4]. Of `base` and `scale` as many are read as z has.
struct MixNumbers {
  float base[24] = {};
  float scale[3] = {};
};
void mix_row(Isa isa, const float* z, float rho, const MixNumbers& mix, float epsilon,
             std::uint32_t iterations, float* pre, float* post, float* comb);

}  // namespace ds4::device
