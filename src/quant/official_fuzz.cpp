// Official FP8 and FP4 rows of any bytes: decoded twice, once by the fields of the formats; FP4
// must survive repacking.
#include "quant/block_fuzz.h"
#include "quant/official.h"

namespace {

using namespace ds4::quant;

float power(std::uint8_t bits) {
  return bits == 255 ? NAN : std::ldexp(1.0f, bits - 127);
}

float e4m3(int code) {
  if ((code & 127) == 127) return 0.0f;
  const int exponent = code >> 3 & 15;
  const auto mantissa = static_cast<float>(code & 7);
  const float magnitude =
      exponent == 0 ? std::ldexp(mantissa, -9) : std::ldexp(1.0f + mantissa / 8.0f, exponent - 7);
  return code >= 128 ? -magnitude : magnitude;
}

float e2m1(int code) {
  constexpr float kValues[] = {0.0f, 0.5f, 1.0f, 1.5f, 2.0f, 3.0f, 4.0f, 6.0f};
  return code > 8 ? -kValues[code - 8] : kValues[code & 7];
}

const std::byte* bytes(const std::uint8_t* data) {
  return reinterpret_cast<const std::byte*>(data);
}

void fuzz_fp8(const std::uint8_t* data, std::size_t size, TileScale type) {
  const std::size_t scale_bytes = type == TileScale::e8m0 ? 1 : 4;
  // As many columns as leave room for their scales.
  std::size_t columns = size;
  while (columns > 0 && columns + fp8_tiles(columns) * scale_bytes > size) --columns;
  const std::uint8_t* scales = data + columns;
  std::vector<float> out(columns);
  decode_fp8_row(bytes(data), type, bytes(scales), columns, out.data());
  for (std::size_t c = 0; c < columns; ++c) {
    float scale;
    if (type == TileScale::e8m0) {
      scale = power(scales[c / 128]);
    } else {
      std::memcpy(&scale, scales + c / 128 * 4, 4);
    }
    CHECK(same_number(out[c], e4m3(data[c]) * scale));
  }
}

void fuzz_fp4(const std::uint8_t* data, std::size_t size) {
  const std::size_t groups = size / 17;
  const std::size_t columns = groups * 32;
  const std::uint8_t* scales = data + groups * 16;
  std::vector<float> out(columns);
  decode_fp4_row(bytes(data), bytes(scales), columns, out.data());
  for (std::size_t c = 0; c < columns; ++c) {
    const int code = c % 2 == 0 ? data[c / 2] % 16 : data[c / 2] / 16;
    CHECK(same_number(out[c], e2m1(code) * power(scales[c / 32])));
  }
  std::vector<std::byte> blocks(row_bytes(Type::mxfp4, columns));
  std::vector<float> repacked(columns);
  repack_fp4_row(bytes(data), bytes(scales), columns, blocks.data());
  decode_row(Type::mxfp4, blocks.data(), repacked.data(), columns);
  for (std::size_t c = 0; c < columns; ++c) CHECK(same_number(repacked[c], out[c]));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz_fp8(data, std::min<std::size_t>(size, 2000), TileScale::e8m0);
  fuzz_fp8(data, std::min<std::size_t>(size, 2000), TileScale::f32);
  fuzz_fp4(data, std::min<std::size_t>(size, 2000));
  return 0;
}
