// `ds4-gguf vocab`.
#include "base/human.h"
#include "convert/tokenizer_keys.h"
#include "gguf/commands.h"
#include "shared/console.h"

namespace ds4::gguf_tool {

namespace {

Result<void> make_vocabulary(const VocabCommand& command) {
  TRY(const text::TokenizerFile file, convert::read_tokenizer(command.input, command.extend_to_v4));
  const std::string name = command.name.empty() ? "Tokenizer" : command.name;
  TRY_DO(convert::write_vocabulary_file(file, name, command.output));
  print(command.output + ": vocabulary only, " + human_count(file.tokens.size()) + " tokens, " +
        human_count(file.merges.size()) + " merges\n");
  return {};
}

}  // namespace

int run(const VocabCommand& command) {
  const auto done = make_vocabulary(command);
  return done.ok() ? 0 : report(done.error().message);
}

}  // namespace ds4::gguf_tool
