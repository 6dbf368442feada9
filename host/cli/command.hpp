// The program `firstlight`, one command per file. A command adds itself to the command tree and, when chosen, says
// what to run; main() runs it once everything on the line has been understood.
//
//   void add_info(CLI::App& program, CommandLine& line) {
//       auto options = std::make_shared<InfoOptions>();
//       CLI::App* command = program.add_subcommand("info", "What a file holds");
//       command->add_option("FILE", options->path, "acquisition or result")->required();
//       command->callback([options, &line] { line.run = [options] { return show(*options); }; });
//   }
//
// Data goes to stdout, messages to stderr. Errors are exceptions (kernels/support/error.hpp); the value that run()
// returns is the exit code.
#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <functional>
#include <string>
#include <vector>

#include "host/cli/stage_flags.hpp"

namespace firstlight::cli {

struct CommandLine {
    std::string typed;                   // as typed, for provenance
    std::vector<StageFlag> stage_flags;  // --stage.parameter value, taken out before CLI11 looks
    std::function<int()> run;            // set by the command that was chosen
};

void add_info(CLI::App& program, CommandLine& line);
void add_validate(CLI::App& program, CommandLine& line);
void add_plan(CLI::App& program, CommandLine& line);
void add_reconstruct(CLI::App& program, CommandLine& line);
void add_batch(CLI::App& program, CommandLine& line);
void add_simulate(CLI::App& program, CommandLine& line);
void add_calibrate(CLI::App& program, CommandLine& line);
void add_import(CLI::App& program, CommandLine& line);
void add_export(CLI::App& program, CommandLine& line);
void add_compare(CLI::App& program, CommandLine& line);
void add_diff(CLI::App& program, CommandLine& line);
void add_rerun(CLI::App& program, CommandLine& line);
void add_view(CLI::App& program, CommandLine& line);
void add_recipe(CLI::App& program, CommandLine& line);
void add_schema(CLI::App& program, CommandLine& line);
void add_doctor(CLI::App& program, CommandLine& line);
void add_completion(CLI::App& program, CommandLine& line);
void add_man(CLI::App& program, CommandLine& line);

// True for commands that take --stage.parameter flags.
[[nodiscard]] bool takes_stage_flags(const CLI::App& command);

}  // namespace firstlight::cli
