// The memory-bound passes of training on a CPU, each fused into one loop over tokens.
//
// passes.py compiles this file when it is first needed and falls back to PyTorch without it. Arrays
// are contiguous; `half` is bfloat16. Sums may be reordered by the compiler (-ffast-math).

#include <math.h>
#include <stdint.h>
#include <string.h>

#define STREAMS 4

typedef uint16_t half;

static inline float widen(half h) {
  const uint32_t bits = (uint32_t)h << 16;
  float f;
  memcpy(&f, &bits, sizeof f);
  return f;
}

static inline half narrow(float f) {
  uint32_t bits;
  memcpy(&bits, &f, sizeof bits);
  return (half)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
}

// x[n] = sum over m of pre[m][n] streams[m][n]
void collapse(const float* streams, const float* pre, float* x, long tokens, long width) {
  const long plane = tokens * width;
  for (long n = 0; n < tokens; ++n) {
    const float p0 = pre[n], p1 = pre[tokens + n], p2 = pre[2 * tokens + n],
                p3 = pre[3 * tokens + n];
    const float* s = streams + n * width;
    float* out = x + n * width;
    for (long d = 0; d < width; ++d) {
      out[d] = p0 * s[d] + p1 * s[plane + d] + p2 * s[2 * plane + d] + p3 * s[3 * plane + d];
    }
  }
}

// Adds to g_streams.
void collapse_back(const float* g, const float* streams, const float* pre, float* g_streams,
                   float* g_pre, long tokens, long width) {
  const long plane = tokens * width;
  for (long n = 0; n < tokens; ++n) {
    const float* gn = g + n * width;
    for (int m = 0; m < STREAMS; ++m) {
      const float* s = streams + m * plane + n * width;
      float* out = g_streams + m * plane + n * width;
      const float p = pre[m * tokens + n];
      float sum = 0;
      for (long d = 0; d < width; ++d) {
        out[d] += p * gn[d];
        sum += gn[d] * s[d];
      }
      g_pre[m * tokens + n] = sum;
    }
  }
}

// out[k][n] = post[k][n] y[n] + sum over i of comb[i][k][n] streams[i][n]
void expand(const float* y, const float* streams, const float* post, const float* comb, float* out,
            long tokens, long width) {
  const long plane = tokens * width;
  for (long n = 0; n < tokens; ++n) {
    const float *yn = y + n * width, *s = streams + n * width;
    for (int k = 0; k < STREAMS; ++k) {
      const float p = post[k * tokens + n];
      const float c0 = comb[k * tokens + n], c1 = comb[(4 + k) * tokens + n],
                  c2 = comb[(8 + k) * tokens + n], c3 = comb[(12 + k) * tokens + n];
      float* o = out + k * plane + n * width;
      for (long d = 0; d < width; ++d) {
        o[d] = p * yn[d] + c0 * s[d] + c1 * s[plane + d] + c2 * s[2 * plane + d] +
               c3 * s[3 * plane + d];
      }
    }
  }
}

void expand_back(const float* g, const float* y, const float* streams, const float* post,
                 const float* comb, float* g_y, float* g_streams, float* g_post, float* g_comb,
                 long tokens, long width) {
  const long plane = tokens * width;
  for (long n = 0; n < tokens; ++n) {
    const float *g0 = g + n * width, *g1 = g0 + plane, *g2 = g1 + plane, *g3 = g2 + plane;
    const float* yn = y + n * width;
    float* gy = g_y + n * width;
    const float p0 = post[n], p1 = post[tokens + n], p2 = post[2 * tokens + n],
                p3 = post[3 * tokens + n];
    float s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    for (long d = 0; d < width; ++d) {
      gy[d] = p0 * g0[d] + p1 * g1[d] + p2 * g2[d] + p3 * g3[d];
      s0 += g0[d] * yn[d];
      s1 += g1[d] * yn[d];
      s2 += g2[d] * yn[d];
      s3 += g3[d] * yn[d];
    }
    g_post[n] = s0;
    g_post[tokens + n] = s1;
    g_post[2 * tokens + n] = s2;
    g_post[3 * tokens + n] = s3;
    for (int i = 0; i < STREAMS; ++i) {
      const float* c = comb + i * 4 * tokens + n;
      const float c0 = c[0], c1 = c[tokens], c2 = c[2 * tokens], c3 = c[3 * tokens];
      const float* s = streams + i * plane + n * width;
      float* gs = g_streams + i * plane + n * width;
      s0 = s1 = s2 = s3 = 0;
      for (long d = 0; d < width; ++d) {
        gs[d] = c0 * g0[d] + c1 * g1[d] + c2 * g2[d] + c3 * g3[d];
        s0 += g0[d] * s[d];
        s1 += g1[d] * s[d];
        s2 += g2[d] * s[d];
        s3 += g3[d] * s[d];
      }
      float* gc = g_comb + i * 4 * tokens + n;
      gc[0] = s0;
      gc[tokens] = s1;
      gc[2 * tokens] = s2;
      gc[3 * tokens] = s3;
    }
  }
}

#define MIXES_MOST 24
#define AT_ONCE 4  // tokens that share what is read of fn; divides their number
#define BLOCK 16   // tokens
#define LANES 16   // four times as many divide the width

typedef float lanes __attribute__((vector_size(LANES * sizeof(float))));

static inline lanes load(const float* from) {
  lanes x;
  memcpy(&x, from, sizeof x);
  return x;
}

static inline void store(float* to, lanes x) { memcpy(to, &x, sizeof x); }

// What the streams of each token say about their mixing: raw[o][n] = fn[o] . streams of n, and
// rho[n], the reciprocal root of their mean square. Rows of fn hold the streams side by side.
void stream_mix(const float* streams, const float* fn, float* raw, float* rho, long outputs,
                long tokens, long width, float eps) {
  const long plane = tokens * width;
  for (long n = 0; n < tokens; n += AT_ONCE) {
    for (long t = n; t < n + AT_ONCE; ++t) {
      float square = 0;
      for (int m = 0; m < STREAMS; ++m) {
        const float* s = streams + m * plane + t * width;
        for (long d = 0; d < width; ++d) square += s[d] * s[d];
      }
      rho[t] = 1.0f / sqrtf(square / (float)(STREAMS * width) + eps);
    }
    for (long o = 0; o < outputs; ++o) {
      float a0 = 0, a1 = 0, a2 = 0, a3 = 0;
      for (int m = 0; m < STREAMS; ++m) {
        const float* f = fn + (o * STREAMS + m) * width;
        const float *s0 = streams + m * plane + n * width, *s1 = s0 + width, *s2 = s1 + width,
                    *s3 = s2 + width;
        for (long d = 0; d < width; ++d) {
          a0 += f[d] * s0[d];
          a1 += f[d] * s1[d];
          a2 += f[d] * s2[d];
          a3 += f[d] * s3[d];
        }
      }
      float* to = raw + o * tokens + n;
      to[0] = a0;
      to[1] = a1;
      to[2] = a2;
      to[3] = a3;
    }
  }
}

// Adds rows of 4 LANES channels, each times its weight.
static inline void add_scaled(float* to, const float* rows, long row_step, const float* by,
                              long by_step, long count) {
  lanes a = load(to), b = load(to + LANES), c = load(to + 2 * LANES), d = load(to + 3 * LANES);
  for (long i = 0; i < count; ++i) {
    const float* row = rows + i * row_step;
    const float weight = by[i * by_step];
    a += weight * load(row);
    b += weight * load(row + LANES);
    c += weight * load(row + 2 * LANES);
    d += weight * load(row + 3 * LANES);
  }
  store(to, a);
  store(to + LANES, b);
  store(to + 2 * LANES, c);
  store(to + 3 * LANES, d);
}

// `g` is the gradient of raw rho. Adds to g_streams and to g_fn. Both are products with `by`, the
// gradient of raw; the parts of fn and of the streams that one block reads stay in the first cache.
void stream_mix_back(const float* g, const float* streams, const float* fn, const float* raw,
                     const float* rho, float* g_streams, float* g_fn, long outputs, long tokens,
                     long width) {
  const long plane = tokens * width, next = STREAMS * width;
  for (long n = 0; n < tokens; n += BLOCK) {
    const long count = tokens - n < BLOCK ? tokens - n : BLOCK;
    float by[BLOCK][MIXES_MOST], pull[BLOCK];
    for (long t = 0; t < count; ++t) {
      const float r = rho[n + t];
      float sum = 0;
      for (long o = 0; o < outputs; ++o) {
        const float go = g[o * tokens + n + t];
        sum += go * raw[o * tokens + n + t];
        by[t][o] = go * r;
      }
      pull[t] = sum * r * r * r / (float)(-STREAMS * width);
    }
    for (int m = 0; m < STREAMS; ++m) {
      const float* s = streams + m * plane + n * width;
      float* g_s = g_streams + m * plane + n * width;
      for (long d = 0; d < width; d += 4 * LANES) {
        for (long t = 0; t < count; ++t) {
          float* to = g_s + t * width + d;
          add_scaled(to, s + t * width + d, 0, pull + t, 0, 1);
          add_scaled(to, fn + m * width + d, next, by[t], 1, outputs);
        }
        for (long o = 0; o < outputs; ++o) {
          add_scaled(g_fn + o * next + m * width + d, s + d, width, by[0] + o, MIXES_MOST, count);
        }
      }
    }
  }
}

// Copies rows and turns the last pairs of channels of each; `turn` holds cosine and sine of each
// pair by position, `sign` -1 turns back.
void rotate(const float* x, const float* turn, float* y, long sequences, long positions,
            long heads, long width, long pairs, float sign) {
  const long plain = width - 2 * pairs;
  for (long row = 0; row < sequences * positions * heads; ++row) {
    const float *from = x + row * width, *by = turn + row / heads % positions * 2 * pairs;
    float* to = y + row * width;
    memcpy(to, from, (size_t)plain * sizeof *to);
    for (long p = 0; p < pairs; ++p) {
      const float a = from[plain + 2 * p], b = from[plain + 2 * p + 1];
      const float c = by[2 * p], s = sign * by[2 * p + 1];
      to[plain + 2 * p] = a * c - b * s;
      to[plain + 2 * p + 1] = a * s + b * c;
    }
  }
}

// The normalized Walsh-Hadamard transform of each row, whose width is a power of two.
void hadamard(const float* x, float* y, long rows, long width) {
  const float norm = 1.0f / sqrtf((float)width);
  for (long row = 0; row < rows; ++row) {
    float* to = y + row * width;
    for (long d = 0; d < width; ++d) to[d] = x[row * width + d] * norm;
    for (long stride = 1; stride < width; stride *= 2) {
      for (long at = 0; at < width; at += 2 * stride) {
        for (long d = at; d < at + stride; ++d) {
          const float a = to[d], b = to[d + stride];
          to[d] = a + b;
          to[d + stride] = a - b;
        }
      }
    }
  }
}

static inline float power_of_two(int exponent) {
  const uint32_t bits = (uint32_t)(exponent + 127) << 23;
  float f;
  memcpy(&f, &bits, sizeof f);
  return f;
}

static inline int exponent_of(float f) {
  uint32_t bits;
  memcpy(&bits, &f, sizeof bits);
  return (int)(bits >> 23 & 0xFF) - 127;
}

// rounding.py's formats: the first `plain` channels of each row in blocks, the others copied.
void round_rows(const float* x, float* y, long rows, long width, long plain, long block,
                float largest, float least_peak, long mantissa_bits, long least_exponent) {
  const float share = 1.0f / largest;
  for (long row = 0; row < rows; ++row) {
    for (long at = 0; at < plain; at += block) {
      const float* from = x + row * width + at;
      float* to = y + row * width + at;
      float peak = least_peak;
      for (long d = 0; d < block; ++d) peak = fabsf(from[d]) > peak ? fabsf(from[d]) : peak;
      peak *= share;
      int power = exponent_of(peak);
      power += peak > power_of_two(power);  // at or above `peak`
      const float scale = power_of_two(power), inverse = power_of_two(-power);
      for (long d = 0; d < block; ++d) {
        float v = from[d] * inverse;
        v = v > largest ? largest : v < -largest ? -largest : v;
        int binade = exponent_of(v);
        binade = (binade < least_exponent ? (int)least_exponent : binade) - (int)mantissa_bits;
        to[d] = rintf(v * power_of_two(-binade)) * power_of_two(binade) * scale;
      }
    }
    memcpy(y + row * width + plain, x + row * width + plain,
           (size_t)(width - plain) * sizeof *y);
  }
}

// y[n] = the sum of the `used` rows of x that `place` names for token n
void gather_sum(const half* x, const int64_t* place, float* y, long tokens, long used,
                long width) {
  for (long n = 0; n < tokens; ++n) {
    float* to = y + n * width;
    memset(to, 0, (size_t)width * sizeof *to);
    for (long u = 0; u < used; ++u) {
      const half* from = x + place[n * used + u] * width;
      for (long d = 0; d < width; ++d) to[d] += widen(from[d]);
    }
  }
}

// y = x rho weight; weight may be null. Keeps rho.
void rms(const float* x, const float* weight, float* y, float* rho, long rows, long width,
         float eps) {
  for (long n = 0; n < rows; ++n) {
    const float* xn = x + n * width;
    float* yn = y + n * width;
    float sum = 0;
    for (long d = 0; d < width; ++d) sum += xn[d] * xn[d];
    const float r = 1.0f / sqrtf(sum / (float)width + eps);
    rho[n] = r;
    if (weight) {
      for (long d = 0; d < width; ++d) yn[d] = xn[d] * r * weight[d];
    } else {
      for (long d = 0; d < width; ++d) yn[d] = xn[d] * r;
    }
  }
}

void rms_back(const float* g, const float* x, const float* weight, const float* rho, float* g_x,
              float* g_weight, long rows, long width) {
  for (long n = 0; n < rows; ++n) {
    const float *gn = g + n * width, *xn = x + n * width;
    float* out = g_x + n * width;
    const float r = rho[n];
    float sum = 0;
    if (weight) {
      for (long d = 0; d < width; ++d) {
        const float gw = gn[d] * weight[d];
        sum += gw * xn[d];
        g_weight[d] += gn[d] * xn[d] * r;
      }
      const float pull = sum * r * r / (float)width;
      for (long d = 0; d < width; ++d) out[d] = r * (gn[d] * weight[d] - xn[d] * pull);
    } else {
      for (long d = 0; d < width; ++d) sum += gn[d] * xn[d];
      const float pull = sum * r * r / (float)width;
      for (long d = 0; d < width; ++d) out[d] = r * (gn[d] - xn[d] * pull);
    }
  }
}

static inline float least(float a, float b) { return a < b ? a : b; }
static inline float bound(float x, float limit) {
  return x > limit ? limit : x < -limit ? -limit : x;
}

// `both` holds gate and up side by side; middle = share silu(min(gate, limit)) clamp(up)
void swiglu(const half* both, const float* share, half* middle, long rows, long inner,
            float limit) {
  for (long n = 0; n < rows; ++n) {
    const half *gate = both + n * 2 * inner, *up = gate + inner;
    half* out = middle + n * inner;
    const float by = share[n];
    for (long d = 0; d < inner; ++d) {
      const float low = least(widen(gate[d]), limit);
      out[d] = narrow(by * low / (1.0f + expf(-low)) * bound(widen(up[d]), limit));
    }
  }
}

void swiglu_back(const half* g, const half* both, const float* share, half* g_both, float* g_share,
                 long rows, long inner, float limit) {
  for (long n = 0; n < rows; ++n) {
    const half *gate = both + n * 2 * inner, *up = gate + inner, *gn = g + n * inner;
    half *g_gate = g_both + n * 2 * inner, *g_up = g_gate + inner;
    const float by = share[n];
    float sum = 0;
    for (long d = 0; d < inner; ++d) {
      const float raw = widen(gate[d]), wide = widen(up[d]), low = least(raw, limit);
      const float s = 1.0f / (1.0f + expf(-low)), act = s * low, u = bound(wide, limit);
      const float gd = widen(gn[d]), gb = gd * by;
      sum += gd * act * u;
      g_gate[d] = narrow(raw <= limit ? gb * u * (s + act * (1.0f - s)) : 0.0f);
      g_up[d] = narrow(wide <= limit && wide >= -limit ? gb * act : 0.0f);
    }
    g_share[n] = sum;
  }
}

// Softmax of every query row over its window, its visible compressed rows and the sink, in place:
// scores become weights. Rows are [batch, tokens, heads]; `near` has 2 window columns, of which
// query w of a block sees w+1 to w+window; `far` has `rows` columns and may be null.
void softmax(half* near, half* far, const float* sink, const uint8_t* visible, float* to_sink,
             float* mass, long sequences, long tokens, long heads, long window, long rows,
             float scale) {
  float buffer[8192];
  for (long t = 0; t < sequences * tokens; ++t) {
    const long at = t % tokens, w = at % window;
    const long begin = at < window ? window : w + 1, end = w + window + 1;
    const uint8_t* seen = far ? visible + t * rows : 0;
    for (long h = 0; h < heads; ++h) {
      half* to_near = near + (t * heads + h) * 2 * window;
      half* to_far = far ? far + (t * heads + h) * rows : 0;
      float largest = sink[h];
      for (long j = begin; j < end; ++j) {
        buffer[j] = widen(to_near[j]) * scale;
        largest = buffer[j] > largest ? buffer[j] : largest;
      }
      float* more = buffer + 2 * window;
      for (long j = 0; j < rows; ++j) {
        more[j] = seen[j] ? widen(to_far[j]) * scale : -1e30f;
        largest = more[j] > largest ? more[j] : largest;
      }
      float sum = 0;
      for (long j = begin; j < end; ++j) {
        buffer[j] = expf(buffer[j] - largest);
        sum += buffer[j];
      }
      for (long j = 0; j < rows; ++j) {
        more[j] = seen[j] ? expf(more[j] - largest) : 0.0f;
        sum += more[j];
      }
      const float own = expf(sink[h] - largest), inverse = 1.0f / (sum + own);
      to_sink[t * heads + h] = own * inverse;
      memset(to_near, 0, (size_t)(2 * window) * sizeof *to_near);
      for (long j = begin; j < end; ++j) to_near[j] = narrow(buffer[j] * inverse);
      float* m = mass + t * rows;
      for (long j = 0; j < rows; ++j) {
        const float weight = more[j] * inverse;
        to_far[j] = narrow(weight);
        m[j] = h ? m[j] + weight : weight;
      }
    }
  }
}

// The gradients of weights become gradients of scores, in place; `pull` is, for each query row,
// the gradient of the output times the output.
void softmax_back(half* g_near, half* g_far, const half* near, const half* far, const float* pull,
                  long query_rows, long window, long rows, float scale) {
  for (long q = 0; q < query_rows; ++q) {
    half* g = g_near + q * 2 * window;
    const half* weight = near + q * 2 * window;
    const float p = pull[q];
    for (long j = 0; j < 2 * window; ++j) {
      g[j] = narrow((widen(g[j]) - p) * widen(weight[j]) * scale);
    }
    if (!far) continue;
    g = g_far + q * rows;
    weight = far + q * rows;
    for (long j = 0; j < rows; ++j) {
      g[j] = narrow((widen(g[j]) - p) * widen(weight[j]) * scale);
    }
  }
}
