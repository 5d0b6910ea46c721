#include "text/thinking.h"

#include <charconv>

namespace ds4::text {

namespace {

constexpr std::string_view kAbsoluteMaximum =
    "Reasoning Effort: Absolute maximum with no shortcuts permitted.\n"
    "You MUST be very thorough in your thinking and comprehensively decompose the problem to "
    "resolve the root cause, rigorously stress-testing your logic against all potential paths, "
    "edge cases, and adversarial scenarios.\n"
    "Explicitly write out your entire deliberation process, documenting every intermediate step, "
    "considered alternative, and rejected hypothesis to ensure absolutely no assumption is left "
    "unchecked.\n\n";

constexpr std::string_view kBeyondMaximum =
    "Reasoning Effort: Beyond maximum — exhaustive, relentless, and uncompromising.\n"
    "You MUST reason with the utmost depth and rigor, leaving absolutely nothing to chance: "
    "exhaustively decompose the problem into its most fundamental components, trace every causal "
    "chain to its root, and resolve the underlying cause rather than any surface symptom.\n"
    "Do not stop reasoning until you have independently verified the solution from multiple "
    "angles and are certain that no assumption remains unchecked and no error remains "
    "undiscovered.\n\n";

Thinking thinking_from_level(int level) {
  if (level == 0) return {};
  if (level <= 33) return {true, Effort::low};
  if (level <= 79) return {true, Effort::high};
  return {true, Effort::max};
}

}  // namespace

Result<TemplateRevision> template_revision(std::string_view name) {
  if (name == "preview") return TemplateRevision::preview;
  if (name == "0731") return TemplateRevision::r0731;
  return fail(Code::bad_argument, "template revision \"", name, "\" is not known: preview or 0731");
}

std::string_view name_of(TemplateRevision revision) {
  return revision == TemplateRevision::preview ? "preview" : "0731";
}

Result<Thinking> thinking_from_effort(std::string_view word) {
  if (word == "none" || word == "off") return Thinking{};
  if (word == "minimal" || word == "low") return Thinking{true, Effort::low};
  if (word == "medium" || word == "high" || word == "xhigh") return Thinking{true, Effort::high};
  if (word == "max" || word == "ultra") return Thinking{true, Effort::max};
  int level = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), level);
  if (error == std::errc() && end == word.data() + word.size() && level >= 0 && level <= 100) {
    return thinking_from_level(level);
  }
  return fail(Code::bad_argument, "reasoning effort \"", word,
              "\" is not known: none, low, high, max or a number from 0 to 100");
}

std::string_view name_of(Thinking thinking) {
  if (!thinking.on) return "off";
  switch (thinking.effort) {
    case Effort::low:
      return "low";
    case Effort::high:
      return "high";
    case Effort::max:
      return "max";
    case Effort::unset:
      break;
  }
  return "on";
}

std::string_view effort_text(Thinking thinking, TemplateRevision revision) {
  if (!thinking.on) return {};
  if (revision == TemplateRevision::preview) {
    return thinking.effort == Effort::max ? kAbsoluteMaximum : std::string_view();
  }
  if (thinking.effort == Effort::high) return kAbsoluteMaximum;
  if (thinking.effort == Effort::max) return kBeyondMaximum;
  return {};
}

}  // namespace ds4::text
