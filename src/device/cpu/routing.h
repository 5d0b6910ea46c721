// Which experts a row goes to, and with what weights.
#pragma once

#include "device/cpu/isa.h"
#include "device/cpu/scratch.h"
#include "device/cpu/team.h"
#include "device/device.h"

namespace ds4::device {

// The operation of the same name.
void route(Isa isa, Team& team, Scratch& scratch, const Batch& batch, const RouteArgs& args);

}  // namespace ds4::device
