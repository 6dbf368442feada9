// The traces of a file that a calibration is made from: an acquisition, or a MATLAB v7.3 calibration capture (one
// trace). Visited one after the other, tile by tile, so that a scan larger than memory can be calibrated with too.
//
//   const TraceInput input = open_traces("dark.h5", {});
//   input.visit([&](std::int64_t view, std::int64_t pixel, const std::vector<double>& counts) { ... });
//
// Errors: those of reading; usage where a capture needs --bin-width-ps.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "kernels/support/scan.hpp"

namespace firstlight {

struct CaptureOptions {
    std::optional<double> bin_width_s, repetition_rate_hz;  // what captures do not say
};

using TraceVisitor = std::function<void(std::int64_t view, std::int64_t pixel, const std::vector<double>& counts)>;

struct TraceInput {
    Scan scan;
    std::filesystem::path path;
    bool is_capture = false;
    std::function<void(const TraceVisitor&)> visit;
    std::vector<std::string> remarks;
};

[[nodiscard]] bool is_capture_file(const std::filesystem::path& path);
[[nodiscard]] TraceInput open_traces(const std::filesystem::path& path, const CaptureOptions& options);

// Share of pulses in which each bin could still count (first-photon law); 1 everywhere for unknown pulses (0).
[[nodiscard]] std::vector<double> live_shares(const std::vector<double>& counts, double pulses);

}  // namespace firstlight
