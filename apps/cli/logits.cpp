#include "cli/logits.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "base/atomic_file.h"
#include "base/human.h"
#include "base/json.h"
#include "base/progress.h"
#include "base/utf8.h"
#include "cli/token_list.h"
#include "shared/console.h"
#include "shared/input.h"

namespace ds4::cli {

namespace {

constexpr std::size_t kBest = 5;

Result<std::vector<std::int32_t>> read_tokens(const std::string& tokens,
                                              const model::Shape& shape) {
  std::string text = tokens;
  if (tokens.starts_with('@')) {
    TRY(text, read_input(tokens.substr(1)));
  }
  TRY(auto ids, read_token_ids(text, shape.vocabulary));
  if (ids.empty()) return fail(Code::bad_argument, "--tokens names no token");
  if (ids.size() > shape.context_tokens) {
    return fail(Code::too_large, human_count(ids.size()), " tokens are more than the ",
                human_count(shape.context_tokens), " this model was made for");
  }
  return ids;
}

// The positions in the order asked.
Result<std::vector<std::uint32_t>> read_positions(std::string_view text, std::size_t tokens) {
  const auto end = static_cast<std::uint32_t>(tokens);
  std::vector<std::uint32_t> out;
  if (text == "last") return std::vector<std::uint32_t>{end - 1};
  if (text == "all") {
    for (std::uint32_t position = 0; position < end; ++position) out.push_back(position);
    return out;
  }
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t comma = std::min(text.find(',', begin), text.size());
    const std::string_view word = text.substr(begin, comma - begin);
    std::uint32_t position = 0;
    const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), position);
    if (error == std::errc::invalid_argument || stop != word.data() + word.size()) {
      return fail(Code::bad_argument, "'", printable(word, 40),
                  "' is not a position (write all, last, or numbers like 0,5,5)");
    }
    if (error != std::errc() || position >= end) {
      return fail(Code::bad_argument, "there is no position ", printable(word, 40), ", only 0 to ",
                  end - 1);
    }
    out.push_back(position);
    begin = comma + 1;
  }
  return out;
}

// The largest logits, best first and equal ones by id; what is no finite number is counted instead.
Json summary_of(std::uint32_t position, std::span<const float> logits) {
  std::vector<std::int32_t> ids;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    if (std::isfinite(logits[i])) ids.push_back(static_cast<std::int32_t>(i));
  }
  const auto value = [&](std::int32_t id) { return logits[static_cast<std::size_t>(id)]; };
  const auto best = ids.begin() + static_cast<std::ptrdiff_t>(std::min(kBest, ids.size()));
  std::partial_sort(ids.begin(), best, ids.end(), [&](std::int32_t a, std::int32_t b) {
    return value(a) > value(b) || (value(a) == value(b) && a < b);
  });
  Json top = Json::array();
  for (auto id = ids.begin(); id != best; ++id) {
    Json entry = Json::object();
    entry.set("token", *id);
    entry.set("logit", static_cast<double>(value(*id)));
    top.push(std::move(entry));
  }
  Json out = Json::object();
  out.set("position", static_cast<std::uint64_t>(position));
  out.set("top", std::move(top));
  if (ids.size() < logits.size()) {
    out.set("not_finite", static_cast<std::uint64_t>(logits.size() - ids.size()));
  }
  return out;
}

Result<void> carry_out(const LogitsOptions& options) {
  TRY(const auto runner, ModelRunner::open(options.runner));
  TRY(const auto tokens, read_tokens(options.tokens, runner->shape()));
  TRY(const auto asked, read_positions(options.positions, tokens.size()));
  std::vector<std::uint32_t> ascending = asked;
  std::sort(ascending.begin(), ascending.end());
  ascending.erase(std::unique(ascending.begin(), ascending.end()), ascending.end());

  const std::uint64_t row_bytes = std::uint64_t{runner->shape().vocabulary} * sizeof(float);
  TRY(AtomicFile file, AtomicFile::create(options.output, asked.size() * row_bytes));
  std::vector<Json> summaries(asked.size());
  const auto see = [&](std::uint32_t position, std::span<const float> logits) -> Result<void> {
    for (std::size_t i = 0; i < asked.size(); ++i) {
      if (asked[i] != position) continue;
      TRY_DO(file.write_at(i * row_bytes, std::as_bytes(logits)));
      summaries[i] = summary_of(position, logits);
    }
    return {};
  };
  ProgressBar progress({.label = "evaluating",
                        .total = tokens.size(),
                        .unit = ProgressUnit::items,
                        .items = "tokens"});
  TRY_DO(runner->run(tokens, ascending, see, [&](std::uint64_t done) { progress.add(done); }));
  TRY_DO(file.commit());
  progress.finish();

  Json out = Json::object();
  out.set("tokens", static_cast<std::uint64_t>(tokens.size()));
  out.set("vocabulary", static_cast<std::uint64_t>(runner->shape().vocabulary));
  out.set("positions", Json(std::move(summaries)));
  print(to_text(out) + "\n");
  return {};
}

}  // namespace

int logits(const LogitsOptions& options) {
  const auto done = carry_out(options);
  return done.ok() ? 0 : report(done.error().message);
}

}  // namespace ds4::cli
