// The command tree as a whole: parsing, help, and what to say about words that are not understood.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "host/cli/command.hpp"

namespace firstlight::cli {

// Every command added to a fresh program.
[[nodiscard]] std::unique_ptr<CLI::App> make_program(CommandLine& line);

// Runs the command that `words` (without the program's name) ask for and returns its exit code.
// Errors: ExitCode::usage, naming the nearest option or command; those of the command.
int run_program(std::vector<std::string> words);

// Commands and options that help shows, in order.
[[nodiscard]] std::vector<const CLI::App*> visible_commands(const CLI::App& app);
[[nodiscard]] std::vector<const CLI::Option*> visible_options(const CLI::App& app, bool positional);

// What an option wants: "FILE", "PS".
[[nodiscard]] std::string value_name(const CLI::Option& option);

}  // namespace firstlight::cli
