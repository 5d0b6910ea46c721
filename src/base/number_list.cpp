#include "base/number_list.h"

#include <bitset>
#include <charconv>

#include "base/utf8.h"

namespace ds4 {

namespace {

// Takes a number off the front of `text`; -1 if there is none below kListedNumberEnd.
int take_number(std::string_view& text) {
  int value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end.ec != std::errc() || value < 0 || value >= kListedNumberEnd || text.front() == '-')
    return -1;
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

Result<std::vector<int>> parse_number_list(std::string_view text, std::string_view noun) {
  const std::string whole = printable(text, 80);
  const auto bad = [&whole, noun] {
    return fail(Code::bad_argument, "\"", whole, "\" is no list of ", noun,
                "s; write their numbers like 0-7,16-23");
  };
  std::vector<int> numbers;
  std::bitset<kListedNumberEnd> seen;
  while (true) {
    int first = 0;
    int last = 0;
    if (!take_range(text, first, last)) return bad();
    for (int number = first; number <= last; ++number) {
      if (seen[static_cast<std::size_t>(number)]) {
        return fail(Code::bad_argument, noun, " ", number, " stands twice in \"", whole,
                    "\"; name each once");
      }
      seen.set(static_cast<std::size_t>(number));
      numbers.push_back(number);
    }
    if (text.empty() || text == "\n") return numbers;
    if (text.front() != ',') return bad();
    text.remove_prefix(1);
  }
}

std::string format_number_list(const std::vector<int>& numbers) {
  std::string text;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t end = i + 1;
    while (end < numbers.size() && numbers[end] == numbers[end - 1] + 1) ++end;
    if (!text.empty()) text += ',';
    text += std::to_string(numbers[i]);
    if (end > i + 1) text += '-' + std::to_string(numbers[end - 1]);
    i = end;
  }
  return text.empty() ? "none" : text;
}

}  // namespace ds4
