#include "base/human.h"

#include <cmath>
#include <cstdio>

namespace ds4 {
namespace {

template <class... Args>
std::string print(const char* format, Args... args) {
  char text[64];
  const int length = std::snprintf(text, sizeof text, format, args...);
  return {text, static_cast<std::size_t>(length)};
}

}  // namespace

std::string human_bytes(std::uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  const char* const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes) / 1024;
  int unit = 0;
  // 1023.995 would print as "1024.00" of the smaller unit.
  while (value >= 1023.995 && unit < 5) {
    value /= 1024;
    ++unit;
  }
  return print("%.2f %s", value, units[unit]);
}

std::string human_count(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t at = text.size(); at > 3;) {
    at -= 3;
    text.insert(at, 1, ',');
  }
  return text;
}

std::string human_duration(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0 || seconds > 1e12) return "?";
  if (seconds < 0.9995) return print("%.0f ms", seconds * 1000);
  if (seconds < 9.95) return print("%.1f s", seconds);
  const long long whole = std::llround(seconds);
  if (whole < 60) return print("%lld s", whole);
  if (whole < 3600) return print("%lld min %02lld s", whole / 60, whole % 60);
  const long long minutes = std::llround(seconds / 60);
  if (minutes < 24 * 60) return print("%lld h %02lld min", minutes / 60, minutes % 60);
  const long long hours = std::llround(seconds / 3600);
  return print("%lld d %02lld h", hours / 24, hours % 24);
}

}  // namespace ds4
