// What is wrong with the options of an answer, in words.
#include <cmath>
#include <string_view>

#include "engine/sampler.h"

namespace ds4::engine {
namespace {

constexpr std::size_t kBiasesMax = 1024;
constexpr std::uint32_t kLogprobsMax = 20;

Result<void> check_range(std::string_view name, float value, float least, float most) {
  if (value >= least && value <= most) return {};
  return fail(Code::bad_argument, name, " is ", value, "; it goes from ", least, " to ", most);
}

Result<void> check_bias(Token token, float bias, std::size_t token_count) {
  if (token < 0 || static_cast<std::size_t>(token) >= token_count) {
    return fail(Code::bad_argument, "logit_bias names token ", token,
                "; the model's tokens are 0 to ", token_count - 1);
  }
  if (!std::isfinite(bias) || bias > 100) {
    return fail(Code::bad_argument, "logit_bias of token ", token, " is ", bias,
                "; it is a finite number, at most 100, and -100 or less bans the token");
  }
  return {};
}

}  // namespace

Result<void> check_sampling(const SamplingOptions& options, std::size_t token_count) {
  TRY_DO(check_range("temperature", options.temperature, 0, 2));
  if (!(options.top_p > 0 && options.top_p <= 1)) {
    return fail(Code::bad_argument, "top_p is ", options.top_p,
                "; it is above 0 and at most 1, which keeps every token");
  }
  TRY_DO(check_range("min_p", options.min_p, 0, 1));
  TRY_DO(check_range("typical", options.typical, 0, 1));
  TRY_DO(check_range("repetition_penalty", options.repetition_penalty, 0.5f, 2));
  TRY_DO(check_range("presence_penalty", options.presence_penalty, -2, 2));
  TRY_DO(check_range("frequency_penalty", options.frequency_penalty, -2, 2));
  if (options.logprobs.value_or(0) > kLogprobsMax) {
    return fail(Code::bad_argument, "logprobs is ", *options.logprobs, "; at most ", kLogprobsMax,
                " alternatives are reported");
  }
  if (options.logit_bias.size() > kBiasesMax) {
    return fail(Code::bad_argument, "logit_bias has ", options.logit_bias.size(),
                " entries; at most ", kBiasesMax, " are taken");
  }
  for (const auto& [token, bias] : options.logit_bias) {
    TRY_DO(check_bias(token, bias, token_count));
  }
  return {};
}

}  // namespace ds4::engine
