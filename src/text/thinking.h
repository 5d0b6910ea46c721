// Thinking mode and effort as data: what a front end chooses, and what text a choice adds to the
// prompt under each revision of the chat template.
#pragma once

#include <string_view>

#include "ds4/result.h"

namespace ds4::text {

// Weights of April 2026 know one effort text; those since 0731 know two.
enum class TemplateRevision { preview, r0731 };

// From the value of GGUF key `deepseek4.template_revision` or of `--template-revision`.
Result<TemplateRevision> template_revision(std::string_view name);
std::string_view name_of(TemplateRevision revision);

enum class Effort { unset, low, high, max };

struct Thinking {
  bool on = false;
  Effort effort = Effort::unset;  // without effect while off

  bool operator==(const Thinking&) const = default;
};

// Where nobody says otherwise: the server, the terminal chat and the agent.
inline constexpr Thinking kDefaultThinking{true, Effort::high};

// What a request means by an effort: none, off; minimal, low; medium, high, xhigh; max, ultra; or
// a number from 0 to 100 (0 off, 1-33 low, 34-79 high, 80-100 max). Other words are refused by
// name.
Result<Thinking> thinking_from_effort(std::string_view word);

// `off`, `low`, `high`, `max`, or `on` where the effort is unset.
std::string_view name_of(Thinking thinking);

// The text that stands between the begin-of-sentence mark and the system text; empty for most.
std::string_view effort_text(Thinking thinking, TemplateRevision revision);

}  // namespace ds4::text
