#include "kernels/support/pooled_trace.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/support/corrected_trace.hpp"
#include "kernels/support/trace_sums.hpp"

namespace firstlight {
namespace {

// Adds a trace's counts / (live gain) and their variance, each bin to the nominal one under its middle.
void add_noise(const TraceTile& tile, std::int64_t trace, std::vector<double>& value, std::vector<double>& variance) {
    const DetectorModel& m = tile.model;
    const std::int64_t bins = tile.counts.bins;
    const double gain = m.gain == nullptr ? 1 : static_cast<double>(m.gain[trace]);
    const double shift = m.shift == nullptr ? 0 : static_cast<double>(m.shift[trace]);
    for (std::int64_t i = 0; i < bins; ++i) {
        const double middle = m.edges == nullptr
                                  ? static_cast<double>(i) + 0.5
                                  : 0.5 * (static_cast<double>(m.edges[i]) + static_cast<double>(m.edges[i + 1]));
        const double to = std::floor(middle - shift);
        if (!(to >= 0 && to < static_cast<double>(bins))) continue;
        const double live = (m.live == nullptr ? 1 : static_cast<double>(m.live[trace * bins + i])) * gain;
        const double counts = static_cast<double>(count_at(tile.counts, trace, i)) / live;
        value[static_cast<std::size_t>(to)] += counts;
        variance[static_cast<std::size_t>(to)] += counts / live;
    }
}

}  // namespace

PooledTrace pool_traces(const Scan& scan, const SurveySample* sample) {
    if (sample == nullptr) throw Error(ExitCode::internal, scan.name + ": a survey sample was asked for but not taken");
    PooledTrace pooled;
    pooled.counts.resize(static_cast<std::size_t>(scan.bins));
    std::vector<float> corrected(pooled.counts.size());
    std::vector<double> value(corrected.size());
    std::vector<double> variance(corrected.size());
    std::vector<float> arrivals;
    for (const TraceTile& tile : sample->tiles)
        for (std::int64_t i = 0; i < tile.counts.traces; ++i) {
            const DetectorModel& m = tile.model;
            if (tile.is_masked(i)) continue;
            corrected_trace(tile, i, Interpolation::linear, corrected.data());
            for (std::size_t k = 0; k < corrected.size(); ++k) pooled.counts[k] += static_cast<double>(corrected[k]);
            add_noise(tile, i, value, variance);
            if (m.dark != nullptr)
                pooled.dark_per_bin +=
                    static_cast<double>(m.dark[i]) / (m.gain == nullptr ? 1.0 : static_cast<double>(m.gain[i]));
            if (m.arrival != nullptr) arrivals.push_back(m.arrival[i] - (m.shift == nullptr ? 0.0F : m.shift[i]));
            ++pooled.traces;
        }
    if (pooled.traces == 0)
        throw Error(ExitCode::bad_input, scan.name + ": every pixel of the survey sample is masked",
                    "the arrival and the gate are found from unmasked pixels",
                    "check /entry/calibration/pixel_mask and the limits of pixel_mask");
    float live = 1;  // a bin without counts is taken to be as the one before
    for (std::size_t k = 0; k < value.size(); ++k) {
        if (variance[k] > 0) live = static_cast<float>(value[k] / variance[k]);
        pooled.live.push_back(live);
    }
    if (!arrivals.empty()) {
        const auto middle = arrivals.begin() + static_cast<std::ptrdiff_t>(arrivals.size() / 2);
        std::nth_element(arrivals.begin(), middle, arrivals.end());
        pooled.arrival = static_cast<double>(*middle);
    }
    return pooled;
}

}  // namespace firstlight
