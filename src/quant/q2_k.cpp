#include "quant/q2_k.h"

#include <algorithm>
#include <cmath>

#include "base/bytes.h"
#include "quant/affine_fit.h"
#include "quant/numbers.h"
#include "quant/scalar.h"
#include "quant/scale_fit.h"

namespace ds4::quant {

namespace {

// Blocks go through the search eight at a time: their 128 sub-blocks are lanes of the affine fit,
// and their scales and minimums 16 lanes of the scale fit.
constexpr int kBatch = 8;
constexpr int kSubs = kBatch * 16;

struct Work {
  alignas(64) float x[16][kSubs];  // [element of the sub-block][block * 16 + sub-block]
  alignas(64) float w[16][kSubs];
  alignas(64) float codes[16][kSubs];
  alignas(64) float scale[kSubs];
  alignas(64) float minimum[kSubs];
  // For the second search: [sub-block][block, then kBatch + block for the minimums].
  alignas(64) float fits[16][2 * kBatch];
  alignas(64) float fit_weights[16][2 * kBatch];
  alignas(64) std::int32_t fit_codes[16][2 * kBatch];
  alignas(64) float fit_scale[2 * kBatch];
};

// Codes of scales and minimums, and the scales of those, as they are stored.
struct Scales {
  std::uint8_t scale[16];
  std::uint8_t minimum[16];
  std::uint16_t d;
  std::uint16_t dmin;
};

DS4_INLINE void load_plain(const float* row, int blocks, Work& work) {
  for (int s = 0; s < kSubs; ++s) {
    for (int i = 0; i < 16; ++i) {
      const float x = s < blocks * 16 ? tame(row[s * 16 + i]) : 0.0f;
      work.x[i][s] = x;
      work.w[i][s] = std::fabs(x);
    }
  }
}

DS4_INLINE void load_weighted(const float* row, const float* importance, int blocks, Work& work) {
  for (int b = 0; b < kBatch; ++b) {
    alignas(64) float x[256];
    alignas(64) float w[256];
    for (int i = 0; i < 256; ++i) x[i] = b < blocks ? tame(row[b * 256 + i]) : 0.0f;
    float sum = 0;
    for (const float value : x) sum += value * value;
    const float variance = sum / 256.0f;
    for (int i = 0; i < 256; ++i) {
      const float weight = b < blocks ? tame_importance(importance[b * 256 + i]) : 0.0f;
      w[i] = weight * __builtin_sqrtf(variance + x[i] * x[i]);
    }
    for (int s = 0; s < 16; ++s) {
      for (int i = 0; i < 16; ++i) {
        work.x[i][b * 16 + s] = x[s * 16 + i];
        work.w[i][b * 16 + s] = w[s * 16 + i];
      }
    }
  }
}

// Linear codes against the largest scale of the block.
DS4_INLINE std::uint16_t plain_codes(const float* fits, std::uint8_t* codes) {
  const float largest = std::max(0.0f, *std::max_element(fits, fits + 16));
  const float inverse = largest > 0 ? 15.0f / largest : 0.0f;
  for (int s = 0; s < 16; ++s) {
    codes[s] = static_cast<std::uint8_t>(std::clamp(round_even(inverse * fits[s]), 0.0f, 15.0f));
  }
  return scale_to_f16(largest / 15.0f);
}

template <int W>
DS4_INLINE void weighted_codes(Work& work, Scales* scales) {
  for (int b = 0; b < kBatch; ++b) {
    for (int s = 0; s < 16; ++s) {
      float sum = 0;
      for (int i = 0; i < 16; ++i) sum += work.w[i][b * 16 + s];
      work.fits[s][b] = work.scale[b * 16 + s];
      work.fits[s][kBatch + b] = work.minimum[b * 16 + s];
      work.fit_weights[s][b] = sum;
      work.fit_weights[s][kBatch + b] = sum;
    }
  }
  for (int lane = 0; lane < 2 * kBatch; lane += W) {
    fit_scale<W, 16>(15, &work.fits[0][lane], &work.fit_weights[0][lane], 2 * kBatch,
                     &work.fit_codes[0][lane], &work.fit_scale[lane]);
  }
  for (int b = 0; b < kBatch; ++b) {
    for (int s = 0; s < 16; ++s) {
      scales[b].scale[s] = static_cast<std::uint8_t>(work.fit_codes[s][b] & 15);
      scales[b].minimum[s] = static_cast<std::uint8_t>(work.fit_codes[s][kBatch + b] & 15);
    }
    scales[b].d = scale_to_f16(work.fit_scale[b]);
    scales[b].dmin = scale_to_f16(work.fit_scale[kBatch + b]);
  }
}

// The codes once more, now that the scales are what a reader will see.
DS4_INLINE void write_block(const Work& work, int b, const Scales& from, std::byte* out) {
  BlockQ2K block{};
  block.d = from.d;
  block.dmin = from.dmin;
  const float d = f16_to_f32(from.d);
  const float dmin = f16_to_f32(from.dmin);
  float scale[16];
  float minimum[16];
  for (int s = 0; s < 16; ++s) {
    scale[s] = d * static_cast<float>(from.scale[s]);
    minimum[s] = dmin * static_cast<float>(from.minimum[s]);
    block.scales[s] = static_cast<std::uint8_t>(from.scale[s] | from.minimum[s] << 4);
  }
  alignas(64) std::int32_t codes[16][16];  // [element][sub-block]
  for (int i = 0; i < 16; ++i) {
    for (int s = 0; s < 16; ++s) {
      const float l = round_even((work.x[i][b * 16 + s] + minimum[s]) / scale[s]);
      const float above = l > 0.0f ? l : 0.0f;
      const float refreshed = above < 3.0f ? above : 3.0f;
      codes[i][s] =
          static_cast<std::int32_t>(scale[s] != 0.0f ? refreshed : work.codes[i][b * 16 + s]);
    }
  }
  for (int half = 0; half < 2; ++half) {
    for (int lane = 0; lane < 32; ++lane) {
      int byte = 0;
      for (int plane = 0; plane < 4; ++plane) {
        byte |= codes[lane % 16][half * 8 + plane * 2 + lane / 16] << (2 * plane);
      }
      block.q[half * 32 + lane] = static_cast<std::uint8_t>(byte);
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
    Scales scales[kBatch];
    if (importance != nullptr) {
      load_weighted(row + at, importance + at, blocks, work);
      for (int s = 0; s < blocks * 16; s += W) {
        fit_affine<W, 16, FitError::squared>({3, -0.9f, 0.05f, 36}, &work.x[0][s], &work.w[0][s],
                                             kSubs, &work.codes[0][s], &work.scale[s],
                                             &work.minimum[s]);
      }
      std::fill(work.scale + blocks * 16, work.scale + kSubs, 0.0f);
      std::fill(work.minimum + blocks * 16, work.minimum + kSubs, 0.0f);
      weighted_codes<W>(work, scales);
    } else {
      load_plain(row + at, blocks, work);
      for (int s = 0; s < blocks * 16; s += W) {
        fit_affine<W, 16, FitError::absolute>({3, -0.5f, 0.1f, 15}, &work.x[0][s], &work.w[0][s],
                                              kSubs, &work.codes[0][s], &work.scale[s],
                                              &work.minimum[s]);
      }
      for (int b = 0; b < blocks; ++b) {
        scales[b].d = plain_codes(work.scale + b * 16, scales[b].scale);
        scales[b].dmin = plain_codes(work.minimum + b * 16, scales[b].minimum);
      }
    }
    for (int b = 0; b < blocks; ++b, out += sizeof(BlockQ2K)) {
      write_block(work, b, scales[b], out);
    }
  }
}

DS4_TARGET_VERSIONS(encode, encode_body,
                    (const float* row, std::size_t columns, const float* importance,
                     std::byte* out),
                    (row, columns, importance, out))

}  // namespace

void decode(const BlockQ2K& block, float* out) {
  const float d = f16_to_f32(block.d);
  const float dmin = f16_to_f32(block.dmin);
  for (int s = 0; s < 16; ++s) {
    const float scale = d * static_cast<float>(block.scales[s] & 15);
    const float minimum = dmin * static_cast<float>(block.scales[s] >> 4);
    const std::uint8_t* q = block.q + 32 * (s / 8) + 16 * (s % 2);
    const int shift = 2 * (s / 2 % 4);
    for (int i = 0; i < 16; ++i) {
      out[16 * s + i] = scale * static_cast<float>((q[i] >> shift) & 3) - minimum;
    }
  }
}

void encode_q2_k(const float* row, std::size_t columns, const float* importance, std::byte* out,
                 Target target) {
  encode_at(target)(row, columns, importance, out);
}

}  // namespace ds4::quant
