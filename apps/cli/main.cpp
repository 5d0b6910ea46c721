// ds4: the command people type. Options are declared here; each command is a file of its own.
#include <CLI/CLI.hpp>
#include <cstdlib>

#include "cli/inspect.h"
#include "shared/console.h"

namespace {

constexpr char kAbout[] =
    "DwarfStar: DeepSeek V4 on your own machine.\n"
    "\n"
    "Examples:\n"
    "  ds4 inspect model.gguf              what a file is, and what running it takes\n"
    "  ds4 inspect model.gguf --ctx 262144 the same for a longer session\n";

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

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(kAbout, "ds4");
  app.set_version_flag("--version", "ds4 " DS4_VERSION);
  app.require_subcommand(1);
  int exit_code = 0;

  ds4::cli::InspectOptions inspect;
  CLI::App* command = app.add_subcommand("inspect", kAboutInspect);
  command->add_option("FILE", inspect.path, "A GGUF file, or any part of a split one")->required();
  command->add_option("--ctx", inspect.context_tokens, "Tokens of the planned session [32768]")
      ->check(CLI::PositiveNumber);
  command->add_option("--mtp", inspect.drafter_path, "A drafter's support file to go with it");
  command->add_flag("--tensors", inspect.tensors, "List every tensor");
  command->add_flag("--json", inspect.json, "Print JSON");
  command->callback([&] { exit_code = ds4::cli::inspect(inspect); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // 0 for --help and --version, 1 for what cannot be read.
    return app.exit(error) == 0 ? 0 : 1;
  }
  return exit_code;
}
