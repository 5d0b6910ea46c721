// What the main()s of our programs share about their command lines. Only they include it: the
// library behind it is slow to compile.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "shared/console.h"

namespace ds4 {

// A command whose text is one paragraph of what it does, an empty line, and examples: the first is
// what the program's own help lists, the second ends the command's help.
inline CLI::App* add_command(CLI::App& app, const std::string& name, const std::string& about) {
  const std::size_t paragraph = about.find("\n\n");
  CLI::App* command = app.add_subcommand(name, about.substr(0, paragraph));
  if (paragraph != std::string::npos) command->footer(about.substr(paragraph + 2));
  return command;
}

// Parses, which runs the command given; without one, runs `otherwise` or, without that, shows the
// help. Returns the exit code of what could not be parsed (1) or of --help and --version (0), else
// `exit_code`, which commands set.
inline int run_command_line(CLI::App& app, int argc, char** argv, const int& exit_code,
                            const std::function<int()>& otherwise = {}) {
  app.require_subcommand(0, 1);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 1;
  }
  if (app.get_subcommands().empty()) return otherwise ? otherwise() : report(app.help());
  return exit_code;
}

}  // namespace ds4
