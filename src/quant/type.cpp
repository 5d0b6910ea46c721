#include "quant/type.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace ds4::quant {

namespace {

constexpr Type other(std::uint32_t id) {
  return static_cast<Type>(id);
}

constexpr std::array kTypes = {
    TypeInfo{Type::f32, "F32", 1, 4, true},
    TypeInfo{Type::f16, "F16", 1, 2, true},
    TypeInfo{other(2), "Q4_0", 32, 18, false},
    TypeInfo{other(3), "Q4_1", 32, 20, false},
    TypeInfo{other(6), "Q5_0", 32, 22, false},
    TypeInfo{other(7), "Q5_1", 32, 24, false},
    TypeInfo{Type::q8_0, "Q8_0", 32, 34, true},
    TypeInfo{other(9), "Q8_1", 32, 36, false},
    TypeInfo{Type::q2_k, "Q2_K", 256, 84, true},
    TypeInfo{other(11), "Q3_K", 256, 110, false},
    TypeInfo{Type::q4_k, "Q4_K", 256, 144, true},
    TypeInfo{other(13), "Q5_K", 256, 176, false},
    TypeInfo{other(14), "Q6_K", 256, 210, false},
    TypeInfo{other(15), "Q8_K", 256, 292, false},
    TypeInfo{Type::iq2_xxs, "IQ2_XXS", 256, 66, true},
    TypeInfo{other(17), "IQ2_XS", 256, 74, false},
    TypeInfo{other(18), "IQ3_XXS", 256, 98, false},
    TypeInfo{other(19), "IQ1_S", 256, 50, false},
    TypeInfo{other(20), "IQ4_NL", 32, 18, false},
    TypeInfo{other(21), "IQ3_S", 256, 110, false},
    TypeInfo{other(22), "IQ2_S", 256, 82, false},
    TypeInfo{other(23), "IQ4_XS", 256, 136, false},
    TypeInfo{other(24), "I8", 1, 1, false},
    TypeInfo{other(25), "I16", 1, 2, false},
    TypeInfo{Type::i32, "I32", 1, 4, false},
    TypeInfo{other(27), "I64", 1, 8, false},
    TypeInfo{other(28), "F64", 1, 8, false},
    TypeInfo{other(29), "IQ1_M", 256, 56, false},
    TypeInfo{Type::bf16, "BF16", 1, 2, true},
    TypeInfo{other(34), "TQ1_0", 256, 54, false},
    TypeInfo{other(35), "TQ2_0", 256, 66, false},
    TypeInfo{Type::mxfp4, "MXFP4", 32, 17, true},
    TypeInfo{other(40), "NVFP4", 64, 36, false},
    TypeInfo{other(41), "Q1_0", 128, 18, false},
};

}  // namespace

const TypeInfo* find_type(std::uint32_t id) {
  const auto at = std::lower_bound(kTypes.begin(), kTypes.end(), id,
                                   [](const TypeInfo& entry, std::uint32_t wanted) {
                                     return static_cast<std::uint32_t>(entry.type) < wanted;
                                   });
  if (at == kTypes.end() || static_cast<std::uint32_t>(at->type) != id) return nullptr;
  return &*at;
}

const TypeInfo& info(Type type) {
  const TypeInfo* found = find_type(static_cast<std::uint32_t>(type));
  CHECK(found != nullptr);
  return *found;
}

std::span<const TypeInfo> all_types() {
  return kTypes;
}

std::uint64_t row_bytes(Type type, std::uint64_t columns) {
  const TypeInfo& format = info(type);
  CHECK(columns % format.block_elements == 0);
  return columns / format.block_elements * format.block_bytes;
}

}  // namespace ds4::quant
