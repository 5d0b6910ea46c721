// ds4: the command people type. Options are declared here; each command is a file of its own.

#include "cli/inspect.h"
#include "cli/logits.h"
#include "cli/perplexity.h"
#include "cli/pull.h"
#include "cli/render.h"
#include "cli/steer.h"
#include "cli/talk.h"
#include "cli/tokenize.h"
#include "shared/command_line.h"

namespace {

constexpr char kAbout[] =
    "DwarfStar: DeepSeek V4 on your own machine.\n"
    "\n"
    "Examples:\n"
    "  ds4 pull                            the published models, and which of them fit here\n"
    "  ds4                                 chat with the one that was pulled last\n"
    "  ds4 -m model.gguf                   chat; /help lists what else can be typed\n"
    "  ds4 -m model.gguf -p 'Why?'         one answer to standard output\n"
    "  ds4 -m model.gguf < question.txt    the same; thinking goes to standard error\n"
    "  ds4 inspect model.gguf              what a file is, and what running it takes\n"
    "  ds4 tokenize -m model.gguf 'Hello'  the tokens of a text\n"
    "  ds4 render chat.json                the prompt that a conversation becomes\n"
    "  ds4 logits -m model.gguf --tokens 0,5,7 -o out.f32   what the model says behind tokens\n"
    "  ds4 perplexity -m model.gguf --text notes.txt        how well it predicts a text\n";

constexpr char kAboutPull[] =
    "Lists the published model files and whether they fit this machine; with a name, downloads "
    "one,\n"
    "checks it, and makes it the model that ds4 uses when -m is not given.\n"
    "\n"
    "A download that breaks or is stopped goes on when the same command is given again. HF_TOKEN "
    "or\n"
    "the file of `hf auth login` gives the token, https_proxy and no_proxy the proxy. The path of "
    "the\n"
    "file goes to standard output, all else to standard error.\n"
    "\n"
    "Examples:\n"
    "  ds4 pull                                   what there is, and what fits\n"
    "  ds4 pull ds4f-q2                           get it, and use it from now on\n"
    "  ds4 pull ds4f-dspark --dir /data/models    into another folder\n"
    "  ds4 pull ds4f-q2 --base-url https://mirror.example/gguf\n"
    "  ds4 pull https://example.org/small.gguf    any file\n"
    "  ds4 pull --set-default old.gguf            use a file that is here already\n"
    "  ds4 pull --json                            the list for a program\n";

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

constexpr char kAboutSteerBuild[] =
    "Finds the direction from what a model says to one kind of prompts to what it says to "
    "another,\n"
    "for `ds4 --steer`. Each file has one prompt a line: what a user says, or a conversation as\n"
    "`ds4 render` reads it, {\"messages\": [...]}. Some dozens of each kind, alike in all but "
    "what\n"
    "shall differ, give a clear direction.\n"
    "\n"
    "Examples:\n"
    "  ds4 steer build -m flash.gguf --toward formal.txt --away casual.txt -o formal.gguf\n"
    "  ds4 -m flash.gguf --steer formal.gguf --steer-scale 0.5\n";

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

constexpr char kAboutLogits[] =
    "Writes what a model says behind given tokens: a row of 32-bit little-endian floats for each\n"
    "position asked, in the order asked, one float for each token of the vocabulary. Standard "
    "output\n"
    "gets a summary as JSON: the most likely tokens of each position.\n"
    "With --mtp the rows are the drafter's: row i was told token i + 1 and speaks of token i + 2; "
    "the\n"
    "last token's successor is the model's own most likely one.\n"
    "\n"
    "Examples:\n"
    "  ds4 logits -m flash.gguf --tokens 0,671,6102 -o last.f32\n"
    "  ds4 logits -m flash.gguf --tokens @ids.txt --positions all -o all.f32\n"
    "  ds4 tokenize -m flash.gguf --ids Hello | ds4 logits -m flash.gguf --tokens @- -o a.f32\n"
    "  ds4 logits -m flash.gguf --tokens @ids.txt --mtp --drafter mtp.gguf -o draft.f32\n"
    "  ds4 logits -m flash.gguf --tokens @ids.txt --no-qat --isa portable -o plain.f32\n";

constexpr char kAboutPerplexity[] =
    "Measures how well a model predicts a text: the mean over its tokens of -log(probability), in\n"
    "nats, and e to the power of it, each with its standard error (tokens taken as independent).\n"
    "\n"
    "The text becomes tokens once, as plain text. A window is a session of its own: a beginning "
    "of\n"
    "sentence and at most --ctx tokens, each predicted from those before it. Windows begin "
    "--stride\n"
    "tokens apart; every token counts once, in the first window that reaches it, so behind the "
    "first\n"
    "window each is predicted from at least ctx - stride tokens.\n"
    "\n"
    "Examples:\n"
    "  ds4 perplexity -m flash.gguf --text notes.txt\n"
    "  ds4 perplexity -m flash.gguf --text notes.txt --ctx 8192 --stride 8192 --json\n";

// What commands that run the model have in common.
void add_runner(CLI::App* command, ds4::cli::RunnerOptions& options) {
  command->add_option("-m,--model", options.model, "The model file")->required();
  command->add_option("--chunk", options.batch_tokens, "Tokens of a batch [512]")
      ->check(CLI::Range(1, 4096));
  command->add_option(
      "--isa", options.isa,
      "Kernels: portable, avx2, avx512, amx, neon or neon-i8mm [the fastest; all give the same]");
  command->add_option("--threads", options.threads, "Threads [one for each full-size core]")
      ->check(CLI::Range(1, 1024));
  command->add_option("--cpus", options.cpus, "Processors to keep them on, like 0-7,16-23 [any]");
}

void add_logits(CLI::App& app, ds4::cli::LogitsOptions& options, int& exit_code) {
  CLI::App* command = ds4::add_command(app, "logits", kAboutLogits);
  add_runner(command, options.runner);
  command->add_option("--tokens", options.tokens, "Their ids, or @FILE; @- is standard input")
      ->required();
  command->add_option("--positions", options.positions, "all, last, or numbers from 0 [last]");
  command->add_flag_callback(
      "--no-qat", [&options] { options.runner.round_rows = false; },
      "Round nothing to FP8 or FP4, and keep rows as 32-bit floats");
  auto* mtp = command->add_flag_callback(
      "--mtp", [&options] { options.runner.speaker = ds4::cli::Speaker::drafter; },
      "The drafter's logits instead");
  command->add_option("--drafter", options.runner.drafter, "Its file [the one inside the model]")
      ->needs(mtp);
  command->add_option("-o,--output", options.output, "The file to write")->required();
  command->callback([&options, &exit_code] { exit_code = ds4::cli::logits(options); });
}

void add_perplexity(CLI::App& app, ds4::cli::PerplexityOptions& options, int& exit_code) {
  CLI::App* command = ds4::add_command(app, "perplexity", kAboutPerplexity);
  add_runner(command, options.runner);
  command->add_option("--text", options.text, "The text; - is standard input")->required();
  command->add_option("--ctx", options.window, "Tokens of a window [2048]")
      ->check(CLI::Range(1, 1 << 24));
  command->add_option("--stride", options.stride, "From one window to the next [half a window]")
      ->check(CLI::Range(1, 1 << 24));
  command->add_flag("--json", options.json, "Print JSON");
  command->callback([&options, &exit_code] { exit_code = ds4::cli::perplexity(options); });
}

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

void add_talk_prompt(CLI::App& app, ds4::cli::TalkOptions& options) {
  const std::string group = "One answer";
  auto* prompt = app.add_option("-p,--prompt", options.prompt, "Answer this and end")->group(group);
  app.add_option("--prompt-file", options.prompt_file,
                 "Answer this file's text; - is standard input")
      ->group(group)
      ->excludes(prompt);
  app.add_flag("--raw", options.raw, "Go on from the prompt as it is, without any template")
      ->group(group);
  app.add_flag("--json", options.json, "Print each event as a line of JSON")->group(group);
  app.add_flag("--trace", options.trace, "Print prompt, tokens and timings to standard error")
      ->group(group);
}

void add_talk_conversation(CLI::App& app, ds4::cli::TalkOptions& options) {
  const std::string group = "Conversation";
  auto& chat = options.chat;
  app.add_option("--system", options.system, "Instructions to the model")->group(group);
  const auto effort = [&](const char* name, const char* word, const char* about) {
    return app
        .add_flag_callback(
            name, [&options, word] { options.thinking = word; }, about)
        ->group(group);
  };
  auto* think = effort("--think", "high", "Think before answering [yes]");
  auto* no_think = effort("--nothink", "off", "Answer at once")->excludes(think);
  auto* think_max = effort("--think-max", "max", "Think as long as it takes")
                        ->excludes(think)
                        ->excludes(no_think);
  app.add_option("--effort", options.thinking,
                 "Of thinking: off, low, high, max or another word [high]")
      ->group(group)
      ->excludes(think)
      ->excludes(no_think)
      ->excludes(think_max);
  app.add_flag("--hide-thinking", options.hide_thinking, "Do not show it")->group(group);
  app.add_option("-n", chat.answer_tokens_max, "Tokens of an answer at most [to the end]")
      ->group(group);
  app.add_option("--save-session", options.save_session,
                 "Keep it under this name or path at the end")
      ->group(group);
  app.add_option("--load-session", options.load_session, "Go on with the one kept so")
      ->group(group);
}

void add_talk_sampling(CLI::App& app, ds4::SamplingOptions& sampling) {
  const std::string group = "Sampling";
  app.add_option("--temp", sampling.temperature, "Temperature; 0 takes the best token [1]")
      ->group(group);
  app.add_option("--top-k", sampling.top_k, "Only the so many best tokens [all]")->group(group);
  app.add_option("--top-p", sampling.top_p, "Only the best tokens of this share together [1]")
      ->check(CLI::Range(0.0F, 1.0F))
      ->group(group);
  app.add_option("--min-p", sampling.min_p, "Only tokens of this share of the best one [0]")
      ->check(CLI::Range(0.0F, 1.0F))
      ->group(group);
  app.add_option("--typical", sampling.typical, "Only the most typical tokens of this share [1]")
      ->check(CLI::Range(0.0F, 1.0F))
      ->group(group);
  app.add_option("--repeat-penalty", sampling.repetition_penalty, "On tokens that just came [1]")
      ->group(group);
  app.add_option("--presence-penalty", sampling.presence_penalty, "On tokens of the answer [0]")
      ->group(group);
  app.add_option("--frequency-penalty", sampling.frequency_penalty, "On them for each time [0]")
      ->group(group);
  app.add_option("--seed", sampling.seed, "Makes answers repeatable [from the system]")
      ->group(group);
}

void add_talk_engine(CLI::App& app, ds4::cli::TalkOptions& options) {
  auto& engine = options.engine;
  const std::string group = "Engine";
  app.add_option("--ctx", engine.context_tokens, "Tokens of the context [32768]")
      ->check(CLI::Range(1, 1 << 24))
      ->group(group);
  app.add_option("--threads", engine.threads, "Threads [one for each full-size core]")
      ->check(CLI::Range(1, 1024))
      ->group(group);
  app.add_option("--cpus", engine.cpus, "Processors to keep them on, like 0-7,16-23 [any]")
      ->group(group);
  app.add_option("--isa", engine.isa, "Instruction set of the kernels [the best there is]")
      ->group(group);
  app.add_option("--mtp", engine.drafter, "A drafter's file [the one in the model, if any]")
      ->group(group);
  app.add_option("--mtp-draft", engine.draft_tokens, "Tokens drafted at a time; 0 is none")
      ->group(group);
  auto* steer = app.add_option("--steer", engine.steering, "A direction's file")->group(group);
  app.add_option("--steer-scale", options.steering_scale, "Strength of the direction [1]")
      ->group(group)
      ->needs(steer);
  app.add_flag_callback(
         "--no-qat", [&engine] { engine.round_rows = false; },
         "Leave out the roundings of the state that the model was trained with")
      ->group(group);
}

void add_pull(CLI::App& app, ds4::cli::PullOptions& options, int& exit_code) {
  CLI::App* command = ds4::add_command(app, "pull", kAboutPull);
  command->add_option("NAME", options.name, "A name of the list, a file's name, or a URL");
  command->add_flag("--list", options.list, "List, whatever else is given");
  command->add_flag("--all", options.all, "List also what newer files took the place of");
  command->add_option("--dir", options.folder, "Where files are kept [the user's data folder]");
  command->add_option("--base-url", options.base_url,
                      "The folder of a mirror [DS4_PULL_URL, else the repository]");
  command->add_option("--connections", options.connections, "Parts fetched side by side [4]")
      ->check(CLI::Range(1, 32));
  command->add_option("--tries", options.tries, "Of a part in a row before giving up [8]")
      ->check(CLI::Range(1, 1000));
  command->add_option("--sha256", options.sha256, "The sum the file must have [the known one]");
  auto* no_default =
      command->add_flag("--no-default", options.keep_default, "Leave the default model as it is");
  command->add_flag("--set-default", options.set_default, "Download nothing; NAME is a file here")
      ->excludes(no_default);
  command->add_flag("--json", options.json, "Print JSON");
  command->add_flag("--plain", options.plain, "Lines instead of a bar");
  command->callback([&options, &exit_code] { exit_code = ds4::cli::pull(options); });
}

void add_steer(CLI::App& app, ds4::cli::SteerBuildCommand& options, int& exit_code) {
  CLI::App* steer = ds4::add_command(app, "steer", "Directions that push what a model says.");
  steer->require_subcommand(1);
  CLI::App* command = ds4::add_command(*steer, "build", kAboutSteerBuild);
  command->add_option("-m,--model", options.model, "A model file [as for a chat]");
  command->add_option("--toward", options.toward, "Prompts of the kind to go toward")->required();
  command->add_option("--away", options.away, "Prompts of the kind to go away from")->required();
  command->add_option("--layers", options.layers, "Layers that get a push, like 10-20,30 [all]");
  command->add_option("-o,--output", options.output, "The direction's file")->required();
  command->add_option("--threads", options.threads, "Threads [one for each full-size core]")
      ->check(CLI::Range(1, 1024));
  command->callback([&options, &exit_code] { exit_code = ds4::cli::steer_build(options); });
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(kAbout, "ds4");
  app.set_version_flag("--version", "ds4 " DS4_VERSION);
  int exit_code = 0;

  ds4::cli::PullOptions pull;
  add_pull(app, pull, exit_code);

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

  ds4::cli::LogitsOptions logits;
  add_logits(app, logits, exit_code);
  ds4::cli::PerplexityOptions perplexity;
  add_perplexity(app, perplexity, exit_code);

  ds4::cli::SteerBuildCommand steer;
  add_steer(app, steer, exit_code);

  ds4::cli::TalkOptions talk;
  app.add_option("-m,--model", talk.model, "A model file, or any part of a split one");
  add_talk_prompt(app, talk);
  add_talk_conversation(app, talk);
  add_talk_sampling(app, talk.chat.sampling);
  add_talk_engine(app, talk);

  return ds4::run_command_line(app, argc, argv, exit_code, [&] { return ds4::cli::talk(talk); });
}
