// What a detector, and a medium, do to light, from scans made for that: the jobs of `firstlight calibrate` and of
// firstlight.calibrate in Python.
//
//   CalibrationRequest request;
//   request.job = "irf";
//   request.files = {"open.h5"};
//   request.output = "calibration.h5";
//   Calibration made;
//   const CalibrationReport report = run_calibration(request, made);
//   write_calibration(request.output, made, report.replaces);
//
// A job starts a calibration or, with `update`, adds to the file that is there and uses what it holds. Nothing is
// written here but `curves`. Errors: usage (no such job, an option that it does not take or that is missing), those of
// reading and of the fits, output (the target could not be written, or is an input), Interrupted.
#pragma once

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "host/io/calibration_file.hpp"
#include "host/pipeline/scan_traces.hpp"
#include "kernels/support/param.hpp"

namespace firstlight {

using CalibrationJson = nlohmann::ordered_json;

struct CalibrationOptions {
    static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    double bin_width_ps = unknown, repetition_rate_hz = unknown;  // what captures do not say
    bool per_pixel = false, arrival = false;
    double least_counts = 10000, least_snr = 5;
    std::string even_light;
    double threshold = 6;
    std::vector<double> thickness_mm;  // not in the table: one for each file
    std::string direct, estimator = "quasi";
    double model_error = 2;  // percent
    double refractive_index = unknown;
    bool whole_plane = false, no_jackknife = false, all_seconds = false;
    std::int64_t seconds = 0;
    std::int64_t seed = 1;
    std::string curves;
    static const ParamTable& table();
};

struct CalibrationRequest {
    std::string job;
    std::vector<std::string> files;
    CalibrationOptions options;
    std::filesystem::path output;
    bool update = false, force = false;
    std::size_t memory_bytes = 0;  // 0: half of the machine's
    std::string command;           // for the provenance
    const std::atomic<bool>* cancelled = nullptr;
};

struct CalibrationReport {
    std::vector<std::pair<std::string, std::string>> facts;  // for people
    CalibrationJson json;                                    // figures for programs
    std::vector<std::string> remarks;
    std::vector<std::string> inputs;  // paths of files that were read
    bool added = false;               // to a file that was there
    bool replaces = false;            // the output may be there already
};

// "irf", "t0", ..., and the options that mean something to each.
[[nodiscard]] const std::vector<std::pair<std::string, std::vector<std::string>>>& calibration_jobs();

// Checked by the table and by what the job takes; thickness_mm is set by hand.
void set_calibration_option(CalibrationRequest& request, const std::string& name, const ParamValue& value);

[[nodiscard]] CalibrationReport run_calibration(const CalibrationRequest& request, Calibration& made);

// Each of one job, into the calibration (detector_calibration.cpp, medium_calibration.cpp).
CalibrationReport calibrate_irf(const CalibrationRequest& request, Calibration& calibration);
CalibrationReport calibrate_t0(const CalibrationRequest& request, Calibration& calibration);
CalibrationReport calibrate_dark(const CalibrationRequest& request, Calibration& calibration);
CalibrationReport calibrate_flat(const CalibrationRequest& request, Calibration& calibration);
CalibrationReport calibrate_mask(const CalibrationRequest& request, Calibration& calibration);
CalibrationReport calibrate_medium(const CalibrationRequest& request, Calibration& calibration);
[[nodiscard]] TraceOptions trace_options(const CalibrationRequest& request);

}  // namespace firstlight
