// What CpuDevice does with key rows, as functions of the team and the memory they work with. The
// arguments are those of Device.
#pragma once

#include <span>

#include "device/cpu/isa.h"
#include "device/cpu/scratch.h"
#include "device/cpu/team.h"
#include "device/device.h"

namespace ds4::device {

// What the operations on rows run on.
struct Workplace {
  Isa isa;
  Team& team;
  Scratch& scratch;
};

void finish_keys(Workplace at, const Batch& batch, const KeyArgs& args);  // keys.cpp
void keep_keys(Workplace at, const Batch& batch, const std::byte* keys, const RowFormat& format,
               std::span<const LayerRows> states);
void compress(Workplace at, const Batch& batch, const CompressArgs& args);  // compressor.cpp
void select(Workplace at, const Batch& batch, const SelectArgs& args);      // indexer.cpp
void attend(Workplace at, const Batch& batch, const AttendArgs& args);      // attention.cpp

}  // namespace ds4::device
