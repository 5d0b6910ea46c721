#include "bench/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <span>
#include <string_view>

#include "base/atomic_file.h"
#include "base/human.h"
#include "bench/report.h"
#include "shared/input.h"

namespace ds4::bench {

namespace {

struct Point {
  double context = 0, rate = 0;
};
struct Series {
  std::string name;
  std::vector<Point> points;
};
// By what was measured: "decode", "append of 256"...
using Charts = std::map<std::string, std::vector<Series>>;

// Fields of a line; quotes around one may hide commas.
std::vector<std::string> split_csv(std::string_view line) {
  std::vector<std::string> fields(1);
  bool is_quoted = false;
  for (const char c : line) {
    if (c == '"') {
      is_quoted = !is_quoted;
    } else if (c == ',' && !is_quoted) {
      fields.emplace_back();
    } else if (c != '\r') {
      fields.back() += c;
    }
  }
  return fields;
}

std::optional<double> number(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '&') {
      out += "&amp;";
    } else {
      out += c;
    }
  }
  return out;
}

Result<void> read_charts(const std::string& path, Charts& charts) {
  TRY(const std::string text, read_input(path));
  std::size_t line_number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = std::string_view(text).substr(begin, end - begin);
    begin = end + 1;
    if (++line_number == 1) {
      if (std::string(line) + "\n" != csv_head()) {
        return fail(Code::bad_file, path, ": the first line is not that of ds4-bench --csv");
      }
      continue;
    }
    if (line.empty()) continue;
    const std::vector<std::string> f = split_csv(line);
    const auto context = f.size() == 13 ? number(f[6]) : std::nullopt;
    const auto rate = f.size() == 13 ? number(f[8]) : std::nullopt;
    if (!context || !rate || *context < 0 || *rate < 0) {
      return fail(Code::bad_file, path, ", line ", line_number, ": not a line of ds4-bench --csv");
    }
    if (f[5] == "restore") continue;
    const std::string chart = f[5] == "decode" ? f[5] : f[5] + " of " + f[7];
    const std::string name = f[0] + ", " + f[1] + ", " + f[2] + " threads";
    std::vector<Series>& all = charts[chart];
    auto series = std::find_if(all.begin(), all.end(), [&](auto& s) { return s.name == name; });
    if (series == all.end()) series = all.insert(all.end(), Series{name, {}});
    series->points.push_back({*context, *rate});
  }
  return {};
}

constexpr double kWidth = 760, kHeight = 300, kLeft = 64, kRight = 24, kTop = 44, kBottom = 48;
constexpr std::string_view kColours[] = {"#2563eb", "#dc2626", "#16a34a",
                                         "#9333ea", "#d97706", "#0891b2"};

// A round number a little above `value`: 1, 2, 2.5 or 5 times a power of ten.
double round_up(double value) {
  const double power = std::pow(10, std::floor(std::log10(std::max(value, 1e-9))));
  for (const double step : {1.0, 2.0, 2.5, 5.0}) {
    if (step * power >= value) return step * power;
  }
  return 10 * power;
}

// Contexts are spread by their logarithm: 0 has a place beside 1,000 and 1,000,000.
double spread(double context) {
  return std::log2(context + 1024);
}

std::string draw_chart(const std::string& title, std::span<const Series> all, double y0) {
  double top = 0, first = spread(0), last = first + 1;
  for (const Series& series : all) {
    for (const Point& point : series.points) {
      top = std::max(top, point.rate);
      last = std::max(last, spread(point.context));
    }
  }
  top = round_up(top);
  const auto x_of = [&](double context) {
    return kLeft + (spread(context) - first) / (last - first) * (kWidth - kLeft - kRight);
  };
  const auto y_of = [&](double rate) {
    return y0 + kHeight - kBottom - rate / top * (kHeight - kTop - kBottom);
  };
  std::string out = fmt::format("<text x='{}' y='{}' class='title'>{}, tokens/s</text>\n", kLeft,
                                y0 + 22, escaped(title));
  for (int i = 0; i <= 4; ++i) {
    const double rate = top * i / 4;
    out += fmt::format(
        "<line x1='{}' y1='{:.1f}' x2='{}' y2='{:.1f}' class='grid'/>"
        "<text x='{}' y='{:.1f}' class='tick' text-anchor='end'>{:.4g}</text>\n",
        kLeft, y_of(rate), kWidth - kRight, y_of(rate), kLeft - 8, y_of(rate) + 4, rate);
  }
  std::vector<double> contexts;
  for (const Series& series : all) {
    for (const Point& point : series.points) contexts.push_back(point.context);
  }
  std::sort(contexts.begin(), contexts.end());
  double drawn = -1e9;
  for (const double context : contexts) {
    if (x_of(context) < drawn + 70) continue;
    drawn = x_of(context);
    out += fmt::format("<text x='{:.1f}' y='{:.1f}' class='tick' text-anchor='middle'>{}</text>\n",
                       drawn, y0 + kHeight - kBottom + 18,
                       human_count(static_cast<std::uint64_t>(context)));
  }
  out +=
      fmt::format("<text x='{}' y='{}' class='tick' text-anchor='middle'>context, tokens</text>\n",
                  (kLeft + kWidth - kRight) / 2, y0 + kHeight - kBottom + 36);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string_view colour = kColours[i % std::size(kColours)];
    std::string line;
    std::vector<Point> points = all[i].points;
    std::sort(points.begin(), points.end(),
              [](const Point& a, const Point& b) { return a.context < b.context; });
    for (const Point& point : points) {
      line += fmt::format("{:.1f},{:.1f} ", x_of(point.context), y_of(point.rate));
      out += fmt::format("<circle cx='{:.1f}' cy='{:.1f}' r='3' fill='{}'/>\n", x_of(point.context),
                         y_of(point.rate), colour);
    }
    out += fmt::format("<polyline points='{}' stroke='{}' class='line'/>\n", line, colour);
    out += fmt::format(
        "<text x='{}' y='{:.1f}' class='tick' text-anchor='end' fill='{}'>{}</text>\n",
        kWidth - kRight, y0 + 22 + 16 * static_cast<double>(i), colour, escaped(all[i].name));
  }
  return out;
}

}  // namespace

Result<void> plot(const std::vector<std::string>& csv_files, const std::string& out) {
  Charts charts;
  for (const std::string& file : csv_files) TRY_DO(read_charts(file, charts));
  std::string body;
  double y = 0;
  for (const auto& [title, all] : charts) {
    body += draw_chart(title, all, y);
    y += kHeight;
  }
  if (charts.empty()) return fail(Code::bad_file, "the files hold no figures to draw");
  const std::string svg = fmt::format(
      "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {0} {1}' width='{0}' height='{1}'>\n"
      "<style>text{{font-family:system-ui,sans-serif;font-size:12px}}"
      ".title{{font-size:15px;font-weight:600}}.tick{{fill:#555}}"
      ".grid{{stroke:#ddd}}.line{{fill:none;stroke-width:2}}</style>\n"
      "<rect width='100%' height='100%' fill='white'/>\n{2}</svg>\n",
      kWidth, y, body);
  TRY(AtomicFile file, AtomicFile::create(out));
  TRY_DO(file.write(svg));
  return file.commit();
}

}  // namespace ds4::bench
