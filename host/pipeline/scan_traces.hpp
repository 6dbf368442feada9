// The traces of a file that a calibration is made from, whatever it holds: an acquisition of histograms or of photon
// events, or a MATLAB v7.3 calibration capture (one trace). Traces come in the order of view, y and x however the file
// stores them, so that the same counts give the same calibration to the last bit.
//
//   TraceOptions options;
//   options.cancelled = &stop;
//   const TraceInput input = open_traces("dark.h5", options);
//   input.visit([&](std::int64_t view, std::int64_t pixel, const std::vector<double>& counts) { ... });
//
// Memory does not grow with the scan: a few rows are read at a time, and of events in random order as many rows are
// counted at once as event_source.hpp has room for. Events are looked at once here (event_survey.hpp).
// Errors: those of reading; usage where a capture needs --bin-width-ps; bad_input for frames of a gated camera
// where they were not asked for; Interrupted.
#pragma once

#include <atomic>
#include <cstddef>
#include <filesystem>

#include "host/calibration/traces.hpp"

namespace firstlight {

struct TraceOptions {
    CaptureOptions capture;
    std::size_t memory_bytes = 0;  // 0: half of the machine's
    bool frames = false;           // those of a gated camera too: bin i of a trace is gate i
    const std::atomic<bool>* cancelled = nullptr;
};

[[nodiscard]] TraceInput open_traces(const std::filesystem::path& path, const TraceOptions& options);

}  // namespace firstlight
