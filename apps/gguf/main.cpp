// ds4-gguf: makes and compares model files. Options are declared here; each command is a file of
// its own.

#include "gguf/commands.h"
#include "shared/command_line.h"

namespace {

constexpr char kAbout[] =
    "Makes and compares DeepSeek V4 model files.\n"
    "\n"
    "Examples:\n"
    "  ds4-gguf convert DeepSeek-V4-Flash -o flash-q2.gguf --recipe q2\n"
    "  ds4-gguf synth -o synth.gguf --shape flash --layers 4 --seed 1\n"
    "  ds4-gguf vocab tokenizer.json -o vocab.gguf\n"
    "  ds4-gguf compare flash-q8.gguf flash-q2.gguf\n";

constexpr char kAboutConvert[] =
    "Makes a model file from an official checkpoint folder (config.json, *.safetensors, and\n"
    "tokenizer.json when there). Rows stream through the encoders on all cores; the file appears\n"
    "under its name only when it is complete.\n"
    "\n"
    "Examples:\n"
    "  ds4-gguf convert DeepSeek-V4-Flash -o flash.gguf --recipe q2 --dry-run\n"
    "  ds4-gguf convert DeepSeek-V4-Flash -o flash.gguf --recipe q2 --imatrix flash.dat\n"
    "  ds4-gguf convert DeepSeek-V4-Flash -o flash.gguf --recipe q2 --layers 37-42=q4\n";

constexpr char kRecipes[] =
    "Number types: f32, bf16 (every matrix), or by the routed experts, all else as in the "
    "published files: q8, q4, q2 (IQ2_XXS and Q2_K), mxfp4 (the official FP4, unchanged)";

constexpr char kAboutSynth[] =
    "Makes a valid model file of true layer dimensions with random weights, for measuring speed\n"
    "and memory. The bytes depend on shape, seed and recipe alone.\n"
    "\n"
    "Examples:\n"
    "  ds4-gguf synth -o bench.gguf --shape flash --layers 4 --seed 1 --recipe q2\n"
    "  ds4-gguf synth -o small.gguf --shape tiny\n"
    "  ds4-gguf synth -o mine.gguf --shape config.json --recipe q8\n";

constexpr char kAboutVocab[] =
    "Makes a file that holds a tokenizer and no model, from a tokenizer.json: enough for\n"
    "ds4 tokenize and ds4 render.\n"
    "\n"
    "Examples:\n"
    "  ds4-gguf vocab DeepSeek-V4-Flash/tokenizer.json -o vocab.gguf\n"
    "  ds4-gguf vocab v3-tokenizer.json -o vocab.gguf --extend-to-v4\n";

constexpr char kAboutCompare[] =
    "Compares two model files tensor by tensor: largest and mean error, and direction (cosine).\n"
    "\n"
    "Examples:\n"
    "  ds4-gguf compare flash-f32.gguf flash-q2.gguf       a summary by kind of tensor\n"
    "  ds4-gguf compare a.gguf b.gguf --tensors            every tensor\n";

void add_threads(CLI::App* command, int& threads) {
  command->add_option("--threads", threads, "Threads [all processors]")->check(CLI::Range(1, 1024));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(kAbout, "ds4-gguf");
  app.set_version_flag("--version", "ds4-gguf " DS4_VERSION);
  int exit_code = 0;

  ds4::gguf_tool::ConvertCommand convert;
  CLI::App* command = ds4::add_command(app, "convert", kAboutConvert);
  command->add_option("DIR", convert.folder, "The checkpoint's folder")->required();
  command->add_option("-o,--output", convert.output, "The new file")->required();
  command->add_option("--recipe", convert.recipe, kRecipes)->required();
  command->add_option("--imatrix", convert.importance, "Measured importance of columns");
  command->add_option("--layers", convert.layers,
                      "Layers whose routed experts get another recipe, as 37-42=q4");
  command->add_option("--name", convert.name, "general.name of the file");
  command->add_option("--template-revision", convert.revision,
                      "Prompt template the checkpoint was trained with: preview or 0731");
  command->add_flag("--strict", convert.strict, "With --imatrix: fail where it has no entry");
  command->add_flag("--dry-run", convert.dry_run,
                    "Print the plan and the exact size, write nothing");
  add_threads(command, convert.threads);
  command->callback([&] { exit_code = run(convert); });

  ds4::gguf_tool::SynthCommand synth;
  command = ds4::add_command(app, "synth", kAboutSynth);
  command->add_option("-o,--output", synth.output, "The new file")->required();
  command->add_option("--shape", synth.shape, "flash, pro, tiny, or the path of a config.json")
      ->required();
  command->add_option("--layers", synth.layers, "Layers to keep [all]")->check(CLI::Range(1, 512));
  command->add_option("--seed", synth.seed, "Seed of the random weights [1]");
  command->add_option("--recipe", synth.recipe, kRecipes);
  command->add_flag("--mtp", synth.with_drafter, "Add an MTP drafter block");
  add_threads(command, synth.threads);
  command->callback([&] { exit_code = run(synth); });

  ds4::gguf_tool::VocabCommand vocab;
  command = ds4::add_command(app, "vocab", kAboutVocab);
  command->add_option("TOKENIZER.json", vocab.input, "The tokenizer's file")->required();
  command->add_option("-o,--output", vocab.output, "The new file")->required();
  command->add_option("--name", vocab.name, "general.name of the file");
  command->add_flag("--extend-to-v4", vocab.extend_to_v4,
                    "The file is DeepSeek V3's: add the special tokens that V4 has besides");
  command->callback([&] { exit_code = run(vocab); });

  ds4::gguf_tool::CompareCommand compare;
  command = ds4::add_command(app, "compare", kAboutCompare);
  command->add_option("A", compare.a, "The reference")->required();
  command->add_option("B", compare.b, "The other file")->required();
  command->add_flag("--tensors", compare.tensors, "List every tensor");
  command->add_flag("--json", compare.json, "Print JSON");
  add_threads(command, compare.threads);
  command->callback([&] { exit_code = run(compare); });

  return ds4::run_command_line(app, argc, argv, exit_code);
}
