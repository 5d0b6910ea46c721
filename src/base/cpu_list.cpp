#include "base/cpu_list.h"

#include <bitset>
#include <charconv>

#include "base/utf8.h"

namespace ds4 {

namespace {

// Takes a number off the front of `text`; -1 if there is none below kCpusMax.
int take_number(std::string_view& text) {
  int value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end.ec != std::errc() || value < 0 || value >= kCpusMax || text.front() == '-') return -1;
  text.remove_prefix(static_cast<std::size_t>(end.ptr - text.data()));
  return value;
}

// Takes "5" or "5-7".
bool take_range(std::string_view& text, int& first, int& last) {
  first = take_number(text);
  last = first;
  if (first >= 0 && !text.empty() && text.front() == '-') {
    text.remove_prefix(1);
    last = take_number(text);
  }
  return first >= 0 && last >= first;
}

}  // namespace

Result<std::vector<int>> parse_cpu_list(std::string_view text) {
  const std::string whole = printable(text, 80);
  const auto bad = [&whole] {
    return fail(Code::bad_argument, "\"", whole,
                "\" is no list of processors; write their numbers like 0-7,16-23");
  };
  std::vector<int> cpus;
  std::bitset<kCpusMax> seen;
  while (true) {
    int first = 0;
    int last = 0;
    if (!take_range(text, first, last)) return bad();
    for (int cpu = first; cpu <= last; ++cpu) {
      if (seen[static_cast<std::size_t>(cpu)]) {
        return fail(Code::bad_argument, "processor ", cpu, " stands twice in \"", whole,
                    "\"; name each once");
      }
      seen.set(static_cast<std::size_t>(cpu));
      cpus.push_back(cpu);
    }
    if (text.empty() || text == "\n") return cpus;
    if (text.front() != ',') return bad();
    text.remove_prefix(1);
  }
}

std::string format_cpu_list(const std::vector<int>& cpus) {
  std::string text;
  for (std::size_t i = 0; i < cpus.size();) {
    std::size_t end = i + 1;
    while (end < cpus.size() && cpus[end] == cpus[end - 1] + 1) ++end;
    if (!text.empty()) text += ',';
    text += std::to_string(cpus[i]);
    if (end > i + 1) text += '-' + std::to_string(cpus[end - 1]);
    i = end;
  }
  return text.empty() ? "none" : text;
}

}  // namespace ds4
