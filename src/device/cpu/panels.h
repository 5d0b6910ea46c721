// Rounded rows of activations laid out for products of byte matrices: panels of sixteen rows, in
// which a vector holds four bytes, or one number, of each of them. They are made once for all the
// weight rows that they meet.
#pragma once

#include <cstddef>
#include <cstdint>

#include "device/cpu/activations.h"
#include "device/cpu/isa.h"
#include "quant/type.h"

namespace ds4::device {

constexpr std::uint32_t kRowsOfPanel = 16;

// A block in a panel. Of a group of 32: codes and scales. Of a block of 256: its codes in four
// parts, part k being columns 32 * k, ... and 128 + 32 * k, ...; then the sums of its runs of 16,
// each as two signed bytes, first the sixteen sixteenths of them, rounded down, then what is left;
// then the scales.
constexpr std::size_t kPanelGroupBytes = 16 * 32 + 64;
constexpr std::size_t kPanelBlockBytes = 16 * 256 + 16 * 32 + 64;

// A panel, like the weights that it meets, holds the blocks of chain 0 first, then those of chain
// 1, and so on.
constexpr std::size_t blocks_in_chain(std::size_t blocks, std::size_t chain) {
  return (blocks + 3 - chain) / 4;
}
constexpr std::size_t blocks_before_chain(std::size_t blocks, std::size_t chain) {
  std::size_t before = 0;
  for (std::size_t c = 0; c < chain; ++c) before += blocks_in_chain(blocks, c);
  return before;
}

// Weight rows that product() takes apart for them: sixteen in a strip, some strips at a time.
constexpr std::size_t kStripsMax = 4, kStripBlockBytesMax = 2 * 16 * 256 + 2 * 16 * 32 + 2 * 64;

// Whether product() takes that many rows faster as panels.
bool wants_panels(Isa isa, quant::Type type, std::uint32_t inputs);

constexpr std::uint32_t panels_of(std::uint32_t inputs) {
  return (inputs + kRowsOfPanel - 1) / kRowsOfPanel;
}
std::size_t panel_bytes(ActivationForm form, std::size_t columns);

// Panel `index` of `inputs` rows of x (those that x_rows names, if it is not null), written to its
// place behind `panels`, which are aligned to 64 bytes.
void make_panel(ActivationForm form, const ActivationRows& x, const std::uint32_t* x_rows,
                std::uint32_t inputs, std::uint32_t index, std::byte* panels);

}  // namespace ds4::device
