// Where the programs are that belong to the one that runs: beside it, or in ../libexec/firstlight.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace firstlight {

// The program `name` (firstlight-probe), from `variable` of the environment where that is set, else near the running
// program or library; empty where there is none that can be run.
[[nodiscard]] std::filesystem::path find_neighbour_program(const std::string& name, const char* variable);

struct ProgramOutput {
    int code = -1;     // exit code; -1: it could not be started, or a signal ended it
    std::string text;  // what it wrote to its output and errors, without the last line break
};

// Runs a program to its end, at most so many seconds, with nothing to read.
[[nodiscard]] ProgramOutput output_of(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                                      double most_seconds = 10);

}  // namespace firstlight
