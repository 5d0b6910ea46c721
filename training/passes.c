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
