// What the jobs of `firstlight calibrate` share: which file they write and how they report.
#pragma once

#include <CLI/App.hpp>
#include <memory>
#include <string>
#include <vector>

#include "host/cli/command.hpp"
#include "host/cli/console.hpp"
#include "host/pipeline/calibration_job.hpp"

namespace firstlight::cli {

struct CalibrateOptions : CalibrationOptions {
    std::vector<std::string> files;
    std::string output, memory;
    bool update = false, force = false, json = false, quiet = false;
};

// Options that all jobs have.
void add_calibrate_options(CLI::App& command, CalibrateOptions& options, const std::string& files);
void add_capture_options(CLI::App& command, CalibrateOptions& options);

// Runs the job, writes the calibration file, reports.
int calibrate_and_report(const std::string& job, const CalibrateOptions& options, const CommandLine& line);

void add_calibrate_medium(CLI::App& calibrate, CommandLine& line);

}  // namespace firstlight::cli
