// What each family of operations borrows at most, for the plan that prepare() makes.
#pragma once

#include <cstddef>

#include "device/device.h"

namespace ds4::device {

struct ScratchNeeds {
  std::size_t worker_bytes = 0;  // for each worker
  std::size_t shared_bytes = 0;
};

ScratchNeeds multiply_needs(const Capacity& capacity);  // multiply.cpp
ScratchNeeds experts_needs(const Capacity& capacity);   // experts.cpp
ScratchNeeds mixing_needs(const Capacity& capacity);    // mixing.cpp
ScratchNeeds routing_needs(const Capacity& capacity);   // routing.cpp
ScratchNeeds compress_needs(const Capacity& capacity);  // compressor.cpp
ScratchNeeds select_needs(const Capacity& capacity);    // indexer.cpp
ScratchNeeds attend_needs(const Capacity& capacity);    // attention.cpp

}  // namespace ds4::device
