// What a TextModel and a Prompt hold, for the parts of the face that build on it.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "ds4/text.h"
#include "grammar/vocabulary.h"
#include "text/parsed_turn.h"
#include "text/tokenizer.h"

namespace ds4 {

struct Prompt::State {
  std::string text;
  std::vector<Token> tokens;
  text::ParseOptions options;
  bool is_answerable = false;  // an assistant's turn is open at its end
};

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
