// ds4: the command people type. Options are declared here; each command is a file of its own.

#include "cli/inspect.h"
#include "cli/render.h"
#include "cli/tokenize.h"
#include "shared/command_line.h"

namespace {

constexpr char kAbout[] =
    "DwarfStar: DeepSeek V4 on your own machine.\n"
    "\n"
    "Examples:\n"
    "  ds4 inspect model.gguf              what a file is, and what running it takes\n"
    "  ds4 inspect model.gguf --ctx 262144 the same for a longer session\n"
    "  ds4 tokenize -m model.gguf 'Hello'  the tokens of a text\n"
    "  ds4 render chat.json                the prompt that a conversation becomes\n";

constexpr char kAboutInspect[] =
    "Says what a model file is, checks all that loading it would check, and plans the memory.\n"
    "\n"
    "Examples:\n"
    "  ds4 inspect flash.gguf                     a page to read\n"
    "  ds4 inspect flash.gguf --ctx 1000000       memory of a session of a million tokens\n"
    "  ds4 inspect flash.gguf --tensors           every tensor, then the page\n"
    "  ds4 inspect flash.gguf --json              the same facts for a program\n"
    "  ds4 inspect flash.gguf --mtp mtp.gguf      whether this drafter fits it\n"
    "  ds4 inspect big-00001-of-00004.gguf        any part opens the whole split model\n";

constexpr char kAboutTokenize[] =
    "Shows the tokens of a text, one a line: id, input bytes, piece. Text comes from the "
    "argument,\n"
    "a file, or standard input. Special tokens are plain text unless --special is given, as they\n"
    "are in what a user says.\n"
    "\n"
    "Examples:\n"
    "  ds4 tokenize -m flash.gguf 'Hello, world'\n"
    "  ds4 tokenize -m flash.gguf --file notes.txt --ids | wc -w     count them\n"
    "  ds4 tokenize -m vocab.gguf --special '<｜User｜>Hi'\n"
    "  ds4 tokenize -m vocab.gguf --decode 19923 14 2058\n"
    "  ds4 tokenize -m vocab.gguf --file a.txt --ids | ds4 tokenize -m vocab.gguf --decode\n";

constexpr char kAboutRender[] =
    "Prints the prompt that a conversation becomes, byte for byte. FILE.json holds \"messages\" "
    "as\n"
    "in a chat request and, as wanted, \"tools\", \"response_format\", \"revision\" and\n"
    "\"options\" (thinking_mode, reasoning_effort, drop_thinking, add_bos, sticky_tools,\n"
    "tools_position, raw).\n"
    "\n"
    "Examples:\n"
    "  ds4 render chat.json\n"
    "  echo '{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}' | ds4 render -\n"
    "  ds4 render chat.json --tokens -m flash.gguf     the ids\n"
    "  ds4 render chat.json --spans                    which bytes may be special tokens\n";

void add_tokenize(CLI::App& app, ds4::cli::TokenizeOptions& options, int& exit_code) {
  CLI::App* command = ds4::add_command(app, "tokenize", kAboutTokenize);
  command->add_option("-m,--model", options.vocabulary, "A model or a vocabulary-only file")
      ->required();
  auto* words = command->add_option("TEXT", options.words, "The text, or the ids to --decode");
  command->add_option("--file", options.input, "Read from this file [standard input]")
      ->excludes(words);
  auto* special = command->add_flag("--special", options.special, "Recognise special tokens");
  auto* ids = command->add_flag("--ids", options.ids, "Print the ids only, on one line");
  command->add_flag("--json", options.json, "Print JSON")->excludes(ids);
  command->add_flag("--decode", options.decode, "From ids to text")->excludes(special, ids);
  command->callback([&options, &exit_code] { exit_code = ds4::cli::tokenize(options); });
}

void add_render(CLI::App& app, ds4::cli::RenderCommand& options, int& exit_code) {
  CLI::App* command = ds4::add_command(app, "render", kAboutRender);
  command->add_option("FILE", options.input, "The conversation; - is standard input")->required();
  auto* tokens = command->add_flag("--tokens", options.tokens, "Print the ids of the tokens");
  auto* model = command->add_option("-m,--model", options.vocabulary,
                                    "For --tokens: a model or a vocabulary-only file");
  tokens->needs(model);
  model->needs(tokens);
  command->add_option("--template-revision", options.revision,
                      "Template of the weights: preview or 0731 [as in the file, else 0731]");
  auto* spans = command->add_flag("--spans", options.spans, "Print the parts and their trust");
  spans->excludes(tokens);
  command->add_flag("--json", options.json, "Print text, parts and (with --tokens) tokens as JSON")
      ->excludes(spans);
  command->callback([&options, &exit_code] { exit_code = ds4::cli::render(options); });
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(kAbout, "ds4");
  app.set_version_flag("--version", "ds4 " DS4_VERSION);
  int exit_code = 0;

  ds4::cli::InspectOptions inspect;
  CLI::App* command = ds4::add_command(app, "inspect", kAboutInspect);
  command->add_option("FILE", inspect.path, "A GGUF file, or any part of a split one")->required();
  command->add_option("--ctx", inspect.context_tokens, "Tokens of the planned session [32768]")
      ->check(CLI::Range(1, 1 << 24));
  command->add_option("--mtp", inspect.drafter_path, "A drafter's support file to go with it");
  command->add_flag("--tensors", inspect.tensors, "List every tensor");
  command->add_flag("--json", inspect.json, "Print JSON");
  command->callback([&] { exit_code = ds4::cli::inspect(inspect); });

  ds4::cli::TokenizeOptions tokenize;
  add_tokenize(app, tokenize, exit_code);
  ds4::cli::RenderCommand render;
  add_render(app, render, exit_code);

  return ds4::run_command_line(app, argc, argv, exit_code);
}
