#include "engine/steering_build.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "base/json.h"
#include "base/utf8.h"
#include "text/message_json.h"
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

Result<void> run_all(Host& host, const text::Tokenizer& tokenizer,
                     const std::vector<text::Prompt>& prompts, LastRows& watcher,
                     const std::function<void()>& on_prompt) {
  model::Forward& forward = host.forward();
  for (const text::Prompt& prompt : prompts) {
    const std::vector<Token> tokens = tokenizer.encode_spans(prompt.spans);
    const std::uint64_t context = host.shared().context_tokens;
    if (tokens.size() > context) {
      return fail(Code::too_large, "the prompt '", printable(prompt.text(), 60), "...' has ",
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

Result<text::Prompt> steering_prompt(std::string_view line) {
  text::RenderRequest request;
  if (line.starts_with('{')) {
    TRY(const Json json, parse_json(line));
    TRY(request, text::read_render_request(json));
  } else {
    request.messages.emplace_back().content = line;
  }
  return text::render(request.messages, request.options, request.context);
}

Result<model::Steering> build_steering(Host& host, const SteeringPrompts& prompts,
                                       const std::function<void()>& on_prompt) {
  if (prompts.toward.empty() || prompts.away.empty()) {
    return fail(Code::bad_argument, "a direction needs prompts of both kinds; there are ",
                prompts.toward.size(), " to go toward and ", prompts.away.size(),
                " to go away from");
  }
  const std::uint32_t layers = host.model().shape().layers;
  for (const int layer : prompts.layers) {
    if (static_cast<std::uint32_t>(layer) < layers) continue;
    return fail(Code::bad_argument, "there is no layer ", layer, "; the model has 0 to ",
                layers - 1);
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
  const auto is_wanted = [&prompts](std::size_t layer) {
    return prompts.layers.empty() ||
           std::ranges::count(prompts.layers, static_cast<int>(layer)) > 0;
  };
  for (std::size_t layer = 0; layer < shape.layers; ++layer) {
    if (!is_wanted(layer)) continue;
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
