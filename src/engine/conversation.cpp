#include "engine/conversation.h"

#include <utility>

#include "engine/sampler.h"

namespace ds4::engine {

text::TemplateRevision revision_of(const model::Shape& shape) {
  return shape.revision == model::TemplateRevision::preview ? text::TemplateRevision::preview
                                                            : text::TemplateRevision::r0731;
}

Conversation::Conversation(Parts& shared, ChatOptions chat_options)
    : parts(shared),
      options(std::move(chat_options)),
      transcript(*shared.tokenizer, revision_of(shared.host->model().shape())),
      session(shared.host->shared()),
      steering_scale(shared.host->steering_scale()) {}

std::unique_ptr<Conversation> Conversation::fork() const {
  auto copy = std::make_unique<Conversation>(parts, options);
  copy->transcript = transcript;
  copy->session = session.fork();
  copy->constraint = constraint;
  copy->steering_scale = steering_scale;
  return copy;
}

Result<void> check_options(const ChatOptions& options, const Parts& parts) {
  TRY_DO(text::thinking_from_effort(options.thinking));
  return check_sampling(options.sampling, parts.tokenizer->vocabulary().size());
}

}  // namespace ds4::engine
