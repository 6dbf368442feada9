// What the jobs of `firstlight calibrate` share: which file they write and how they report.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/cli/command.hpp"
#include "host/cli/console.hpp"
#include "host/io/calibration_file.hpp"
#include "host/pipeline/scan_traces.hpp"

namespace firstlight::cli {

struct CalibrateOptions {
    std::vector<std::string> files;
    std::string output, memory;
    std::optional<double> bin_width_ps, repetition_rate_hz;
    bool update = false, force = false, json = false, quiet = false;
    [[nodiscard]] TraceOptions traces() const;
};

struct JobReport {
    Facts facts;
    Json json;
    std::vector<std::string> remarks;
    std::vector<std::string> inputs;  // paths of files that were read
};

// Options that all jobs have.
void add_calibrate_options(CLI::App& command, CalibrateOptions& options, const std::string& files);
void add_capture_options(CLI::App& command, CalibrateOptions& options);

// Opens or starts the calibration file, runs the job on it, writes it, reports. `job` is "irf", "dark", ...
int run_calibration(const std::string& job, const CalibrateOptions& options, const CommandLine& line,
                    const std::function<JobReport(Calibration&)>& work);

void add_calibrate_medium(CLI::App& calibrate, CommandLine& line);

}  // namespace firstlight::cli
