// A model file made ready to run: opened, checked, its memory planned, bound to a device. What the
// face, and whoever evaluates tokens without a conversation, builds on.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "device/device.h"
#include "ds4/engine.h"
#include "engine/draft_policy.h"
#include "engine/shared_forward.h"
#include "model/forward.h"
#include "model/model_file.h"

namespace ds4::engine {

// Used by one thread at a time. Sessions of shared() must not outlive it.
class Host {
 public:
  // Fails with a sentence: a file that is damaged or does not fit, a context that the memory does
  // not hold, an option that this machine or this model does not know.
  static Result<std::unique_ptr<Host>> open(const std::string& path, const EngineOptions& options);

  const model::ModelFile& model() const { return model_; }
  const ModelFacts& facts() const { return facts_; }
  model::Forward& forward() { return *forward_; }
  SharedForward& shared() { return *shared_; }
  DraftPolicy& draft_policy() { return draft_policy_; }
  // Of a new conversation.
  float steering_scale() const { return steering_scale_; }

 private:
  Host(model::ModelFile model, std::uint32_t draft_tokens);

  Result<void> take_drafter(const EngineOptions& options);
  Result<void> take_steering(const EngineOptions& options);

  model::ModelFile model_;
  std::optional<model::DrafterFile> drafter_file_;
  const model::MtpWeights* drafter_ = nullptr;
  std::optional<model::Steering> steering_;
  float steering_scale_ = 1;
  std::unique_ptr<device::Device> device_;
  std::optional<model::Forward> forward_;
  std::optional<SharedForward> shared_;
  DraftPolicy draft_policy_;
  ModelFacts facts_;
};

}  // namespace ds4::engine
