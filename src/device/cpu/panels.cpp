#include "device/cpu/panels.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace ds4::device {

namespace {

// From so many rows on they are faster: measured with bench_kernels.
constexpr std::uint32_t kFewestRows = 6;

using Codes = const std::int8_t* [kRowsOfPanel];

// `bytes` columns of all rows, from column `first` on.
std::int8_t* interleave(const Codes& rows, std::size_t first, std::size_t bytes, std::int8_t* to) {
  for (std::size_t at = first; at < first + bytes; at += 4, to += 4 * kRowsOfPanel) {
    for (std::size_t i = 0; i < kRowsOfPanel; ++i) std::memcpy(to + 4 * i, rows[i] + at, 4);
  }
  return to;
}

void fill_group(const ActivationRows& x, const std::size_t (&rows)[kRowsOfPanel], std::size_t group,
                std::int8_t* to) {
  Codes codes;
  float scales[kRowsOfPanel];
  for (std::size_t i = 0; i < kRowsOfPanel; ++i) {
    const std::size_t at = rows[i] * x.groups() + group;
    codes[i] = x.codes + 32 * at;
    scales[i] = x.scales[at];
  }
  to = interleave(codes, 0, 32, to);
  std::memcpy(to, scales, sizeof scales);
}

void fill_block(const ActivationRows& x, const std::size_t (&rows)[kRowsOfPanel], std::size_t block,
                std::int8_t* to) {
  Codes codes, digits;
  float scales[kRowsOfPanel];
  std::int8_t digits_of[kRowsOfPanel][32];
  for (std::size_t i = 0; i < kRowsOfPanel; ++i) {
    const quant::BlockQ8K& from = x.blocks[rows[i] * (x.columns / 256) + block];
    codes[i] = from.q;
    digits[i] = digits_of[i];
    // A sum is within -2032..2032.
    for (int run = 0; run < 16; ++run) {
      digits_of[i][run] = static_cast<std::int8_t>(from.sums[run] >> 4);
      digits_of[i][16 + run] = static_cast<std::int8_t>(from.sums[run] & 15);
    }
    scales[i] = from.d;
  }
  for (std::size_t part = 0; part < 4; ++part) {
    to = interleave(codes, 32 * part, 32, to);
    to = interleave(codes, 128 + 32 * part, 32, to);
  }
  to = interleave(digits, 0, 32, to);
  std::memcpy(to, scales, sizeof scales);
}

std::size_t blocks_of_row(ActivationForm form, std::size_t columns) {
  return form == ActivationForm::groups ? (columns + 31) / 32 : columns / 256;
}

}  // namespace

bool wants_panels(Isa isa, quant::Type type, std::uint32_t inputs) {
  return isa == Isa::amx && form_for(type) != ActivationForm::plain && inputs >= kFewestRows;
}

std::size_t panel_bytes(ActivationForm form, std::size_t columns) {
  return blocks_of_row(form, columns) *
         (form == ActivationForm::groups ? kPanelGroupBytes : kPanelBlockBytes);
}

void make_panel(ActivationForm form, const ActivationRows& x, const std::uint32_t* x_rows,
                std::uint32_t inputs, std::uint32_t index, std::byte* panels) {
  CHECK(form != ActivationForm::plain && index < panels_of(inputs));
  std::size_t rows[kRowsOfPanel];
  for (std::uint32_t i = 0; i < kRowsOfPanel; ++i) {
    // Behind the last row stands the last row again.
    const std::uint32_t input = std::min(index * kRowsOfPanel + i, inputs - 1);
    rows[i] = x_rows != nullptr ? x_rows[input] : input;
  }
  const std::size_t blocks = blocks_of_row(form, x.columns);
  auto* to = reinterpret_cast<std::int8_t*>(panels + index * panel_bytes(form, x.columns));
  for (std::size_t chain = 0; chain < 4; ++chain) {
    for (std::size_t block = chain; block < blocks; block += 4) {
      if (form == ActivationForm::groups) {
        fill_group(x, rows, block, to);
        to += kPanelGroupBytes;
      } else {
        fill_block(x, rows, block, to);
        to += kPanelBlockBytes;
      }
    }
  }
}

}  // namespace ds4::device
