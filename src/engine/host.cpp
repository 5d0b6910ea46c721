#include "engine/host.h"

#include <utility>

#include "base/system_memory.h"
#include "base/utf8.h"
#include "device/cpu/cpu_device.h"
#include "engine/context_fit.h"
#include "engine/session.h"
#include "engine/steering_file.h"

namespace ds4::engine {

namespace {

// More drafts than this seldom hold; the policy finds out how many of them pay.
constexpr int kDefaultDraftTokens = 3;

std::string name_of(const model::ModelFile& model) {
  const auto known = model::identify(model.shape());
  if (known.differences.empty()) return "DeepSeek V4 " + std::string(known.name);
  const auto stated = model.file().metadata().text("general.name");
  return stated.ok() ? printable(*stated) : std::string(known.name);
}

Result<std::uint32_t> draft_tokens_of(const EngineOptions& options) {
  const int count = options.draft_tokens.value_or(kDefaultDraftTokens);
  if (count < 0 || count > static_cast<int>(kDraftTokensMax)) {
    return fail(Code::bad_argument, count, " drafted tokens: 0, for none, to ", kDraftTokensMax,
                " are possible");
  }
  return static_cast<std::uint32_t>(count);
}

}  // namespace

Host::Host(model::ModelFile model, std::uint32_t draft_tokens)
    : model_(std::move(model)), draft_policy_(draft_tokens) {
  facts_.draft_tokens = static_cast<int>(draft_tokens);
}

Result<std::unique_ptr<Host>> Host::open(const std::string& path, const EngineOptions& options) {
  TRY(const std::uint32_t draft_tokens, draft_tokens_of(options));
  TRY(model::ModelFile model, model::ModelFile::open(path));
  std::unique_ptr<Host> host(new Host(std::move(model), draft_tokens));
  const model::Shape& shape = host->model_.shape();
  TRY_DO(host->take_drafter(options));
  TRY_DO(host->take_steering(options));
  TRY(const std::uint64_t context, fit_context(shape, host->model_.weight_bytes(),
                                               {.tokens = options.context_tokens,
                                                .rows_are_packed = options.round_rows,
                                                .available_bytes = available_memory()}));
  TRY(const device::CpuOptions cpu,
      device::read_cpu_options(options.isa, options.threads, options.cpus));
  host->device_ = std::make_unique<device::CpuDevice>(cpu);
  host->forward_.emplace(
      *host->device_, shape, host->model_.weights(),
      model::ForwardOptions{.round_rows = options.round_rows, .drafter = host->drafter_});
  host->shared_.emplace(SharedForward{.forward = *host->forward_,
                                      .context_tokens = context,
                                      .has_drafter = host->drafter_ != nullptr,
                                      .steering = host->steering_ ? &*host->steering_ : nullptr});
  ModelFacts& facts = host->facts_;
  facts.path = path;
  facts.name = name_of(host->model_);
  facts.device = host->device_->description();
  facts.file_bytes = host->model_.file().size_bytes();
  facts.context_tokens = context;
  facts.token_count = shape.vocabulary;
  facts.layers = static_cast<int>(shape.layers);
  facts.has_steering = host->steering_.has_value();
  return host;
}

Result<void> Host::take_drafter(const EngineOptions& options) {
  const model::MtpWeights* drafter = model_.mtp() ? &*model_.mtp() : nullptr;
  if (!options.drafter.empty()) {
    TRY(drafter_file_, model::open_drafter(options.drafter, model_));
    if (!drafter_file_->mtp) {
      return fail(Code::unsupported, options.drafter,
                  ": a DSpark drafter, which this program cannot run yet; leave it out");
    }
    drafter = &*drafter_file_->mtp;
  }
  facts_.has_drafter = drafter != nullptr;
  if (drafter == nullptr) facts_.draft_tokens = 0;
  // Without drafts nobody pays for the rows of a drafter.
  if (facts_.draft_tokens > 0) drafter_ = drafter;
  draft_policy_ = DraftPolicy(static_cast<std::uint32_t>(facts_.draft_tokens));
  return {};
}

Result<void> Host::take_steering(const EngineOptions& options) {
  if (options.steering.empty()) return {};
  TRY_DO(check_steering_scale(options.steering_scale));
  steering_scale_ = options.steering_scale;
  TRY(steering_, read_steering(options.steering, model_.shape()));
  return {};
}

}  // namespace ds4::engine
