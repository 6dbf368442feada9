// Small acquisitions on disk for tests of the program: a scan with closed-form content, changed as a test wishes.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "host/io/acquisition_writer.hpp"
#include "tests/host/pipeline/synthetic_scan.hpp"

namespace firstlight {

// The truth of a SyntheticScan: 300 ballistic counts where the target is open.
inline Truth truth_of(const SyntheticScan& s) {
    Truth truth;
    truth.transmission = s.transmission;
    for (const double t : s.transmission) {
        truth.ballistic.push_back(300 * t);
        // Scan and reference: 300 of 1e6 pulses against 3000 of 2e5 through a filter of 0.1.
        truth.optical_depth.push_back(t > 0 ? std::log(3000.0 / 2e5 / 0.1 / (300.0 / 1e6)) : 99);
    }
    return truth;
}

inline void write_scan(const std::filesystem::path& path, const SyntheticScan& s, bool with_truth = false) {
    AcquisitionInfo about;
    about.title = "synthetic scan";
    WriteOptions options;
    options.force = true;
    AcquisitionWriter writer(path, s.scan, about, options);
    writer.write_all(s.cube);
    if (s.scan.has_reference) writer.write_all_reference(s.reference);
    if (with_truth) writer.set_truth(truth_of(s));
    writer.commit();
}

inline void write_small_scan(const std::filesystem::path& path, const std::function<void(SyntheticScan&)>& change = {},
                             bool with_truth = false) {
    SyntheticScan s(16, 24);
    if (change) change(s);
    write_scan(path, s, with_truth);
}

}  // namespace firstlight
