#include "cli/perplexity.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/human.h"
#include "base/json.h"
#include "base/progress.h"
#include "base/utf8.h"
#include "shared/console.h"
#include "shared/input.h"
#include "text/tokenizer.h"

namespace ds4::cli {

namespace {

constexpr std::uint64_t kWindowDefault = 2048;

// Tokens [first, end) of the text are predicted, behind a beginning of sentence; those from
// `scored` on count.
struct Window {
  std::size_t first, end, scored;
};

// Every token counts once: in the first window that reaches it.
std::vector<Window> plan_windows(std::size_t tokens, std::size_t size, std::size_t stride) {
  std::vector<Window> out;
  for (std::size_t first = 0, scored = 0; scored < tokens; first += stride) {
    const std::size_t end = std::min(tokens, first + size);
    out.push_back({first, end, scored});
    scored = end;
  }
  return out;
}

// -log of the probability of one token, in nats.
double loss_of(std::span<const float> logits, std::int32_t token) {
  const float largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(static_cast<double>(logit) - largest);
  return std::log(sum) + largest - logits[static_cast<std::size_t>(token)];
}

struct Mean {
  double value = 0;
  double error = 0;  // standard error
};

Mean mean_of(std::span<const double> values) {
  const auto count = static_cast<double>(values.size());
  Mean out;
  for (const double value : values) out.value += value / count;
  double squares = 0;
  for (const double value : values) squares += (value - out.value) * (value - out.value);
  out.error = std::sqrt(squares / (count - 1) / count);
  return out;
}

struct Sizes {
  std::size_t window, stride;
};

Result<Sizes> read_sizes(const PerplexityOptions& options, const model::Shape& shape) {
  const std::uint64_t window =
      options.window > 0 ? options.window : std::min(kWindowDefault, shape.context_tokens);
  const std::uint64_t stride = options.stride > 0 ? options.stride : std::max(window / 2, {1});
  if (window > shape.context_tokens) {
    return fail(Code::too_large, "--ctx ", human_count(window), " is more than the ",
                human_count(shape.context_tokens), " tokens this model was made for");
  }
  if (stride > window) {
    return fail(Code::bad_argument, "--stride ", human_count(stride), " is more than a window of ",
                human_count(window), " tokens, so tokens between would not count");
  }
  return Sizes{window, stride};
}

Result<std::vector<std::int32_t>> read_tokens(const PerplexityOptions& options,
                                              const text::Tokenizer& tokenizer) {
  TRY(const std::string text, read_input(options.text));
  std::vector<std::int32_t> tokens = tokenizer.encode(text);
  if (tokens.size() < 2) {
    return fail(Code::bad_argument, options.text, ": it has ", tokens.size(),
                tokens.empty() ? " tokens" : " token", "; a mean with its error takes at least 2");
  }
  return tokens;
}

void show(const PerplexityOptions& options, const Sizes& sizes, std::size_t windows,
          std::size_t tokens, const Mean& loss) {
  const double perplexity = std::exp(loss.value);
  if (!options.json) {
    print(
        fmt::format("{}: {} tokens in {} windows of up to {}, {} apart\n"
                    "loss        {:.5f} +- {:.5f} nats a token\n"
                    "perplexity  {:.5f} +- {:.5f}\n",
                    printable(options.text, 300), human_count(tokens), human_count(windows),
                    human_count(sizes.window), human_count(sizes.stride), loss.value, loss.error,
                    perplexity, perplexity * loss.error));
    return;
  }
  Json out = Json::object();
  out.set("text", to_valid_utf8(options.text));
  out.set("tokens", static_cast<std::uint64_t>(tokens));
  out.set("windows", static_cast<std::uint64_t>(windows));
  out.set("ctx", static_cast<std::uint64_t>(sizes.window));
  out.set("stride", static_cast<std::uint64_t>(sizes.stride));
  out.set("loss", loss.value);
  out.set("loss_error", loss.error);
  out.set("perplexity", perplexity);
  out.set("perplexity_error", perplexity * loss.error);
  print(to_text(out) + "\n");
}

Result<void> carry_out(const PerplexityOptions& options) {
  TRY(const auto runner, ModelRunner::open(options.runner));
  if (!runner->file().vocabulary()) {
    return fail(Code::unsupported, options.runner.model,
                ": it has no tokenizer, so a text cannot become tokens");
  }
  const text::Tokenizer tokenizer(*runner->file().vocabulary());
  TRY(const Sizes sizes, read_sizes(options, runner->shape()));
  TRY(const auto tokens, read_tokens(options, tokenizer));
  const std::vector<Window> windows = plan_windows(tokens.size(), sizes.window, sizes.stride);

  std::uint64_t evaluated = 0;
  for (const Window& window : windows) evaluated += window.end - window.first;
  ProgressBar progress(
      {.label = "evaluating", .total = evaluated, .unit = ProgressUnit::items, .items = "tokens"});
  std::vector<double> losses;
  losses.reserve(tokens.size());
  for (const Window& window : windows) {
    // Row i sees the beginning of sentence and i tokens, and predicts token first + i.
    std::vector<std::int32_t> inputs = {tokenizer.vocabulary().special().begin_of_sentence};
    inputs.insert(inputs.end(), tokens.begin() + static_cast<std::ptrdiff_t>(window.first),
                  tokens.begin() + static_cast<std::ptrdiff_t>(window.end) - 1);
    std::vector<std::uint32_t> positions;
    for (std::size_t t = window.scored; t < window.end; ++t) {
      positions.push_back(static_cast<std::uint32_t>(t - window.first));
    }
    const auto see = [&](std::uint32_t row, std::span<const float> logits) -> Result<void> {
      losses.push_back(loss_of(logits, tokens[window.first + row]));
      return {};
    };
    TRY_DO(runner->run(inputs, positions, see, [&](std::uint64_t done) { progress.add(done); }));
  }
  progress.finish();
  show(options, sizes, windows.size(), tokens.size(), mean_of(losses));
  return {};
}

}  // namespace

int perplexity(const PerplexityOptions& options) {
  const auto done = carry_out(options);
  return done.ok() ? 0 : report(done.error().message);
}

}  // namespace ds4::cli
