// Options that several commands share: which recipe, which backend, how much memory.
#pragma once

#include <CLI/App.hpp>
#include <memory>
#include <string>

#include "host/cli/command.hpp"
#include "host/pipeline/job.hpp"

namespace firstlight::cli {

struct JobOptions {
    std::string recipe;  // empty: the one that suits the scan
    std::string backend = "auto";
    std::string memory;
    std::string calibration;
    int threads = 0;
};

void add_recipe_option(CLI::App& command, JobOptions& options);
void add_calibration_option(CLI::App& command, JobOptions& options);
void add_backend_options(CLI::App& command, JobOptions& options);  // --backend, --threads, --memory

// The recipe as the options and stage flags say, or the one that suits the scan, checked. Errors: ExitCode::usage.
[[nodiscard]] Recipe recipe_of(const JobOptions& options, const std::vector<StageFlag>& flags, const Scan& scan);
[[nodiscard]] std::size_t memory_of(const JobOptions& options);  // 0: not given

}  // namespace firstlight::cli
