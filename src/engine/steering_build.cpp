#include "engine/steering_build.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "base/utf8.h"
#include "text/render.h"
#include "text/tokenizer.h"

namespace ds4::engine {

namespace {

// Sums the experts' output at the last row of each batch it is told to look at.
class LastRows final : public model::Watcher {
 public:
  explicit LastRows(const model::Shape& shape)
      : layers_(shape.layers), width_(shape.width), sums_(layers_ * width_), lengths_(layers_) {}

  void look(bool is_looking) { is_looking_ = is_looking; }
  const std::vector<double>& sums() const { return sums_; }
  const std::vector<double>& lengths() const { return lengths_; }  // of the outputs, summed

  void see(model::Point point, std::uint32_t layer, std::span<const float> values) override {
    if (!is_looking_ || point != model::Point::expert_out || layer >= layers_) return;
    const std::span<const float> row = values.last(width_);
    double square = 0;
    for (std::size_t i = 0; i < width_; ++i) {
      sums_[layer * width_ + i] += row[i];
      square += double{row[i]} * row[i];
    }
    lengths_[layer] += std::sqrt(square);
  }
  void see_routes(std::uint32_t, std::span<const std::uint32_t>) override {}
  void see_chosen(std::uint32_t, std::uint32_t, std::span<const std::uint32_t>) override {}

 private:
  std::size_t layers_, width_;
  std::vector<double> sums_, lengths_;
  bool is_looking_ = false;
};

// As a chat would show it to the model, which then answers at once.
Result<std::vector<Token>> prompt_of(const text::Tokenizer& tokenizer, const std::string& message) {
  text::Message user;
  user.content = message;
  TRY(const text::Prompt prompt, text::render({user}));
  return tokenizer.encode_spans(prompt.spans);
}

Result<void> run_all(Host& host, const text::Tokenizer& tokenizer,
                     const std::vector<std::string>& messages, LastRows& watcher,
                     const std::function<void()>& on_prompt) {
  model::Forward& forward = host.forward();
  for (const std::string& message : messages) {
    TRY(const std::vector<Token> tokens, prompt_of(tokenizer, message));
    const std::uint64_t context = host.shared().context_tokens;
    if (tokens.size() > context) {
      return fail(Code::too_large, "the prompt '", printable(message, 40), "...' has ",
                  tokens.size(), " tokens, the context ", context);
    }
    model::SessionState state(forward.layout());
    for (std::span<const Token> rest(tokens); !rest.empty();) {
      const std::size_t count = std::min<std::size_t>(rest.size(), forward.rows_max());
      watcher.look(count == rest.size());
      const model::Chunk chunk{&state, rest.first(count)};
      forward.evaluate({&chunk, 1});
      rest = rest.subspan(count);
    }
    on_prompt();
  }
  return {};
}

}  // namespace

Result<model::Steering> build_steering(Host& host, const SteeringPrompts& prompts,
                                       const std::function<void()>& on_prompt) {
  if (prompts.toward.empty() || prompts.away.empty()) {
    return fail(Code::bad_argument, "a direction needs prompts of both kinds; there are ",
                prompts.toward.size(), " to go toward and ", prompts.away.size(),
                " to go away from");
  }
  if (!host.model().vocabulary()) {
    return fail(Code::unsupported, host.facts().path, ": has no tokenizer, so it reads no prompts");
  }
  const text::Tokenizer tokenizer(*host.model().vocabulary());
  const model::Shape& shape = host.model().shape();
  LastRows toward(shape), away(shape);
  const auto run = [&]() -> Result<void> {
    host.forward().watch(&toward);
    TRY_DO(run_all(host, tokenizer, prompts.toward, toward, on_prompt));
    host.forward().watch(&away);
    return run_all(host, tokenizer, prompts.away, away, on_prompt);
  };
  const auto done = run();
  host.forward().watch(nullptr);
  TRY_DO(done);

  const auto n = static_cast<double>(prompts.toward.size());
  const auto m = static_cast<double>(prompts.away.size());
  model::Steering out;
  out.directions.assign(std::size_t{shape.layers} * shape.width, 0.0f);
  std::vector<double> difference(shape.width);
  for (std::size_t layer = 0; layer < shape.layers; ++layer) {
    double square = 0;
    for (std::size_t i = 0; i < shape.width; ++i) {
      const std::size_t at = layer * shape.width + i;
      difference[i] = toward.sums()[at] / n - away.sums()[at] / m;
      square += difference[i] * difference[i];
    }
    if (square == 0) continue;
    const double length = (toward.lengths()[layer] + away.lengths()[layer]) / (n + m);
    for (std::size_t i = 0; i < shape.width; ++i) {
      out.directions[layer * shape.width + i] =
          static_cast<float>(difference[i] / std::sqrt(square) * length);
    }
  }
  return out;
}

}  // namespace ds4::engine
