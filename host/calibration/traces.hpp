// The traces that a calibration is made from, visited one after the other, so that a scan larger than memory can be
// calibrated with too. Where they come from is not known here: host/pipeline/scan_traces.hpp opens files.
//
//   input.visit([&](std::int64_t view, std::int64_t pixel, const std::vector<double>& counts) { ... });
//
// A visit may be repeated, and brings the same traces in the same order.
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
// One trace. Errors: those of reading; usage without a bin width.
[[nodiscard]] TraceInput open_capture(const std::filesystem::path& path, const CaptureOptions& options);

// Share of pulses in which each bin could still count (first-photon law); 1 everywhere for unknown pulses (0).
[[nodiscard]] std::vector<double> live_shares(const std::vector<double>& counts, double pulses);

}  // namespace firstlight
