#include "quant/q4_k.h"

#include <algorithm>
#include <cmath>

#include "base/bytes.h"
#include "quant/affine_fit.h"
#include "quant/numbers.h"
#include "quant/scalar.h"
#include "quant/scale_fit.h"

namespace ds4::quant {

namespace {

// Blocks go through the search eight at a time: their 64 sub-blocks are lanes of the affine fit,
// and their scales and minimums 16 lanes of the scale fit.
constexpr int kBatch = 8;
constexpr int kSubs = kBatch * 8;

struct Work {
  alignas(64) float row[kBatch * 256];
  alignas(64) float x[32][kSubs];  // [element of the sub-block][block * 8 + sub-block]
  alignas(64) float w[32][kSubs];
  alignas(64) float codes[32][kSubs];
  alignas(64) float scale[kSubs];
  alignas(64) float minimum[kSubs];
  // For the second search: [sub-block][block, then kBatch + block for the minimums].
  alignas(64) float fits[8][2 * kBatch];
  alignas(64) float fit_weights[8][2 * kBatch];
  alignas(64) std::int32_t fit_codes[8][2 * kBatch];
  alignas(64) float fit_scale[2 * kBatch];
};

// Codes of scales and minimums, and the scales of those, as they are stored.
struct Scales {
  SixBits codes;
  std::uint16_t d;
  std::uint16_t dmin;
};

DS4_INLINE void load_row(const float* row, int blocks, Work& work) {
  for (int i = 0; i < blocks * 256; ++i) work.row[i] = tame(row[i]);
  for (int i = blocks * 256; i < kBatch * 256; ++i) work.row[i] = 0.0f;
  for (int s = 0; s < kSubs; ++s) {
    for (int i = 0; i < 32; ++i) work.x[i][s] = work.row[s * 32 + i];
  }
}

DS4_INLINE void weigh_plain(Work& work) {
  float sums[kSubs] = {};
  for (int i = 0; i < 32; ++i) {
    for (int s = 0; s < kSubs; ++s) sums[s] += work.x[i][s] * work.x[i][s];
  }
  for (int s = 0; s < kSubs; ++s) sums[s] = __builtin_sqrtf(sums[s] / 32.0f);
  for (int i = 0; i < 32; ++i) {
    for (int s = 0; s < kSubs; ++s) work.w[i][s] = sums[s] + std::fabs(work.x[i][s]);
  }
}

DS4_INLINE void weigh_by_importance(const float* importance, int blocks, Work& work) {
  // The sums of eight blocks run side by side, each in order.
  float sums[kBatch] = {};
  for (int i = 0; i < 256; ++i) {
    for (int b = 0; b < kBatch; ++b) {
      const float x = work.row[b * 256 + i];
      sums[b] += x * x;
    }
  }
  for (int b = 0; b < kBatch; ++b) {
    const float variance = 2.0f * sums[b] / 256.0f;
    alignas(64) float w[256];
    for (int i = 0; i < 256; ++i) {
      const float x = work.row[b * 256 + i];
      const float weight = b < blocks ? tame_importance(importance[b * 256 + i]) : 0.0f;
      w[i] = weight * __builtin_sqrtf(variance + x * x);
    }
    for (int s = 0; s < 8; ++s) {
      for (int i = 0; i < 32; ++i) work.w[i][b * 8 + s] = w[s * 32 + i];
    }
  }
}

// Linear codes against the largest scale of the block.
DS4_INLINE std::uint16_t plain_codes(const float* fits, std::uint8_t* codes) {
  const float largest = std::max(0.0f, *std::max_element(fits, fits + 8));
  const float inverse = largest > 0 ? 63.0f / largest : 0.0f;
  for (int s = 0; s < 8; ++s) {
    codes[s] = static_cast<std::uint8_t>(std::clamp(round_even(inverse * fits[s]), 0.0f, 63.0f));
  }
  return scale_to_f16(largest / 63.0f);
}

template <int W>
DS4_INLINE void weighted_codes(Work& work, Scales* scales) {
  for (int b = 0; b < kBatch; ++b) {
    for (int s = 0; s < 8; ++s) {
      float sum = 0;
      for (int i = 0; i < 32; ++i) sum += work.w[i][b * 8 + s];
      work.fits[s][b] = work.scale[b * 8 + s];
      work.fits[s][kBatch + b] = work.minimum[b * 8 + s];
      work.fit_weights[s][b] = sum;
      work.fit_weights[s][kBatch + b] = sum;
    }
  }
  for (int lane = 0; lane < 2 * kBatch; lane += W) {
    fit_scale<W, 8>(63, &work.fits[0][lane], &work.fit_weights[0][lane], 2 * kBatch,
                    &work.fit_codes[0][lane], &work.fit_scale[lane]);
  }
  for (int b = 0; b < kBatch; ++b) {
    for (int s = 0; s < 8; ++s) {
      scales[b].codes.scale[s] = static_cast<std::uint8_t>(work.fit_codes[s][b] & 63);
      scales[b].codes.minimum[s] = static_cast<std::uint8_t>(work.fit_codes[s][kBatch + b] & 63);
    }
    scales[b].d = scale_to_f16(work.fit_scale[b]);
    scales[b].dmin = scale_to_f16(work.fit_scale[kBatch + b]);
  }
}

// The codes once more, now that the scales are what a reader will see.
DS4_INLINE void write_block(const Work& work, int b, const Scales& from, std::byte* out) {
  BlockQ4K block{};
  block.d = from.d;
  block.dmin = from.dmin;
  pack_six_bits(from.codes, block.scales);
  const float d = f16_to_f32(from.d);
  const float dmin = f16_to_f32(from.dmin);
  for (int s = 0; s < 8; ++s) {
    const float scale = d * static_cast<float>(from.codes.scale[s]);
    const float minimum = dmin * static_cast<float>(from.codes.minimum[s]);
    std::uint8_t* bytes = block.q + 32 * (s / 2);
    for (int i = 0; i < 32; ++i) {
      const float l = round_even((work.row[b * 256 + s * 32 + i] + minimum) / scale);
      const float above = l > 0.0f ? l : 0.0f;
      const float refreshed = above < 15.0f ? above : 15.0f;
      const int code = static_cast<int>(scale != 0.0f ? refreshed : work.codes[i][b * 8 + s]);
      bytes[i] = static_cast<std::uint8_t>(bytes[i] | code << (4 * (s % 2)));
    }
  }
  store(out, block);
}

template <int W>
DS4_INLINE void encode_body(const float* row, std::size_t columns, const float* importance,
                            std::byte* out) {
  Work work;
  for (std::size_t at = 0; at < columns; at += kBatch * 256) {
    const int blocks = static_cast<int>(std::min<std::size_t>(kBatch, (columns - at) / 256));
    const int subs = (blocks * 8 + W - 1) / W * W;
    Scales scales[kBatch];
    load_row(row + at, blocks, work);
    if (importance != nullptr) {
      weigh_by_importance(importance + at, blocks, work);
      for (int s = 0; s < subs; s += W) {
        fit_affine<W, 32, FitError::squared>({15, -0.9f, 0.05f, 36}, &work.x[0][s], &work.w[0][s],
                                             kSubs, &work.codes[0][s], &work.scale[s],
                                             &work.minimum[s]);
      }
      std::fill(work.scale + subs, work.scale + kSubs, 0.0f);
      std::fill(work.minimum + subs, work.minimum + kSubs, 0.0f);
      weighted_codes<W>(work, scales);
    } else {
      weigh_plain(work);
      for (int s = 0; s < subs; s += W) {
        fit_affine<W, 32, FitError::squared>({15, -1.0f, 0.1f, 20}, &work.x[0][s], &work.w[0][s],
                                             kSubs, &work.codes[0][s], &work.scale[s],
                                             &work.minimum[s]);
      }
      for (int b = 0; b < blocks; ++b) {
        scales[b].d = plain_codes(work.scale + b * 8, scales[b].codes.scale);
        scales[b].dmin = plain_codes(work.minimum + b * 8, scales[b].codes.minimum);
      }
    }
    for (int b = 0; b < blocks; ++b, out += sizeof(BlockQ4K)) {
      write_block(work, b, scales[b], out);
    }
  }
}

DS4_TARGET_VERSIONS(encode, encode_body,
                    (const float* row, std::size_t columns, const float* importance,
                     std::byte* out),
                    (row, columns, importance, out))

}  // namespace

SixBits unpack_six_bits(const std::uint8_t* packed) {
  SixBits to;
  for (int j = 0; j < 4; ++j) {
    to.scale[j] = packed[j] & 63;
    to.minimum[j] = packed[j + 4] & 63;
    to.scale[j + 4] = static_cast<std::uint8_t>((packed[j + 8] & 15) | (packed[j] >> 6) << 4);
    to.minimum[j + 4] = static_cast<std::uint8_t>(packed[j + 8] >> 4 | (packed[j + 4] >> 6) << 4);
  }
  return to;
}

void pack_six_bits(const SixBits& from, std::uint8_t* packed) {
  for (int j = 0; j < 4; ++j) {
    packed[j] = static_cast<std::uint8_t>(from.scale[j] | (from.scale[j + 4] >> 4) << 6);
    packed[j + 4] = static_cast<std::uint8_t>(from.minimum[j] | (from.minimum[j + 4] >> 4) << 6);
    packed[j + 8] =
        static_cast<std::uint8_t>((from.scale[j + 4] & 15) | (from.minimum[j + 4] & 15) << 4);
  }
}

void decode(const BlockQ4K& block, float* out) {
  const float d = f16_to_f32(block.d);
  const float dmin = f16_to_f32(block.dmin);
  const SixBits bits = unpack_six_bits(block.scales);
  for (int j = 0; j < 8; ++j) {
    const float scale = d * static_cast<float>(bits.scale[j]);
    const float minimum = dmin * static_cast<float>(bits.minimum[j]);
    const std::uint8_t* q = block.q + 32 * (j / 2);
    const int shift = 4 * (j % 2);
    for (int i = 0; i < 32; ++i) {
      out[32 * j + i] = scale * static_cast<float>((q[i] >> shift) & 15) - minimum;
    }
  }
}

void encode_q4_k(const float* row, std::size_t columns, const float* importance, std::byte* out,
                 Target target) {
  encode_at(target)(row, columns, importance, out);
}

}  // namespace ds4::quant
