#include "eval/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "terminal/display_width.h"

namespace ds4::eval {

namespace {

constexpr int kNameColumnsMin = 12, kNameColumnsMax = 48;
constexpr char kTotal[] = "all";

int whole_percent(double share) {
  const double scaled = share * 100;
  if (scaled > 0 && scaled < 1) return 1;
  if (scaled < 100 && scaled > 99) return 99;
  return static_cast<int>(std::lround(scaled));
}

// Numbers of tokens fit into five columns.
std::string short_number(double value) {
  if (value < 99.95) return fmt::format("{:.1f}", value);
  if (value < 99'999.5) return fmt::format("{:.0f}", value);
  return fmt::format("{:.0f}k", value / 1000);
}

std::string padded(std::string_view name, int columns, bool unicode) {
  std::string out(name);
  if (terminal::display_width(out) > columns) {
    const std::string_view mark = unicode ? "\u2026" : ".";
    out = std::string(terminal::fitting(out, columns - 1)) + std::string(mark);
  }
  const int width = terminal::display_width(out);
  out.append(static_cast<std::size_t>(std::max(0, columns - width)), ' ');
  return out;
}

std::string without_end_spaces(std::string line) {
  line.resize(line.find_last_not_of(' ') + 1);
  return line;
}

std::string done_of(const Tally& tally) {
  return fmt::format("{}/{}", tally.asked, tally.questions);
}

}  // namespace

std::string percent(double share) {
  return fmt::format("{} %", whole_percent(share));
}

Table::Table(const Tallies& tallies, int columns, bool unicode) : unicode_(unicode) {
  const Tally& all = tallies.total();
  has_form_ = all.has_form;
  has_reasoning_ = all.thinks;
  count_columns_ = std::max<int>(5, static_cast<int>(2 * std::to_string(all.questions).size() + 1));
  int longest = kNameColumnsMin;
  for (const Tally& tally : tallies.skills()) {
    has_chance_ |= tally.chances > 0;
    longest = std::max(longest, terminal::display_width(tally.skill));
  }
  const int others = 1 + count_columns_ + 6 + 7 + (has_chance_ ? 7 : 0) + (has_form_ ? 7 : 0) + 7 +
                     (has_reasoning_ ? 6 : 0) + 6;
  name_columns_ =
      std::clamp(columns - 1 - others, kNameColumnsMin, std::min(longest, kNameColumnsMax));
}

std::string Table::head() const {
  std::string out = fmt::format("{:<{}} {:>{}} {:>5} {:>6}", "skill", name_columns_, "done",
                                count_columns_, "right", "95 %");
  if (has_chance_) out += fmt::format(" {:>6}", "chance");
  if (has_form_) out += fmt::format(" {:>6}", "formed");
  out += fmt::format(" {:>6}", "tokens");
  if (has_reasoning_) out += fmt::format(" {:>5}", "think");
  return out + fmt::format(" {:>5}", "tok/s");
}

std::string Table::cells(const std::string& name, const Tally& tally) const {
  std::string out = fmt::format("{} {:>{}}", padded(name, name_columns_, unicode_), done_of(tally),
                                count_columns_);
  const bool has_any = tally.asked > 0;
  const Interval interval = tally.interval();
  const std::string bounds = fmt::format("{}{}{}", whole_percent(interval.low),
                                         unicode_ ? "\u2013" : "-", whole_percent(interval.high));
  out += fmt::format(" {:>5} {:>6}", has_any ? percent(tally.share()) : "", has_any ? bounds : "");
  if (has_chance_) {
    const auto chance = tally.chance();
    out += fmt::format(" {:>6}", chance ? percent(*chance) : "");
  }
  if (has_form_) {
    const double share = static_cast<double>(tally.formed) /
                         static_cast<double>(std::max<std::uint64_t>(1, tally.formable));
    out += fmt::format(" {:>6}", tally.formable > 0 ? percent(share) : "");
  }
  const auto mean = [&](std::uint64_t sum) {
    return has_any ? short_number(tally.per_answer(static_cast<double>(sum))) : std::string();
  };
  out += fmt::format(" {:>6}", mean(tally.answer_tokens));
  if (has_reasoning_) {
    out += fmt::format(" {:>5}", tally.reasoning_tokens > 0 ? mean(tally.reasoning_tokens) : "");
  }
  const double rate = tally.answer_rate();
  return out + fmt::format(" {:>5}", rate > 0 ? short_number(rate) : "");
}

std::string Table::row(const Tally& tally) const {
  return without_end_spaces(cells(tally.skill, tally));
}

std::string Table::total(const Tally& tally) const {
  return without_end_spaces(cells(kTotal, tally));
}

}  // namespace ds4::eval
