// Any bytes as a suite: refused with a sentence that names a line, or every question can be judged.
// And any bytes as results.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "eval/results.h"
#include "eval/suite.h"

using namespace ds4;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto results = eval::read_results(bytes, {.model = "m"});
  CHECK(results.ok() ? results->whole_bytes <= size : !results.error().message.empty());

  const auto suite = eval::read_suite(bytes, "fuzz");
  if (!suite.ok()) {
    CHECK(!suite.error().message.empty());
    return 0;
  }
  for (const eval::Question& question : suite->questions) {
    CHECK(!question.id.empty() && !question.skill.empty() && !question.request.empty());
    static_cast<void>(eval::expected_text(question.checker));
    // The line itself, and what it asks, as answers.
    for (const std::string_view answer :
         {bytes.substr(0, 4096), std::string_view(question.asked)}) {
      Turn turn{.answer = std::string(answer)};
      const eval::Verdict words = eval::judge(question.checker, turn, question.tools);
      CHECK(words.is_right == words.why.empty());
      turn.calls.push_back({"id", question.tools.empty() ? "f" : question.tools.begin()->first,
                            std::string(answer)});
      const eval::Verdict called = eval::judge(question.checker, turn, question.tools);
      CHECK(called.is_right == called.why.empty());
    }
  }
  return 0;
}
