// What a TextModel holds, for the parts of the face that build on it.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "ds4/text.h"
#include "grammar/vocabulary.h"
#include "text/tokenizer.h"

namespace ds4 {

struct TextModel::State {
  explicit State(text::Vocabulary vocabulary)
      : tokenizer(std::make_shared<const text::Tokenizer>(std::move(vocabulary))) {}

  const std::shared_ptr<const text::Tokenizer> tokenizer;  // constraints keep it

  // The tokens as grammars see them: made when first asked for, as few programs ask.
  Result<std::shared_ptr<const grammar::Vocabulary>> grammar_vocabulary();

 private:
  std::mutex mutex_;
  std::shared_ptr<const grammar::Vocabulary> grammar_vocabulary_;
};

}  // namespace ds4
