#include "kernels/support/pooled_trace.hpp"

#include <algorithm>

#include "kernels/support/corrected_trace.hpp"

namespace firstlight {

PooledTrace pool_traces(const Scan& scan, const SurveySample* sample) {
    if (sample == nullptr) throw Error(ExitCode::internal, scan.name + ": a survey sample was asked for but not taken");
    PooledTrace pooled;
    pooled.counts.resize(static_cast<std::size_t>(scan.bins));
    std::vector<float> corrected(pooled.counts.size());
    std::vector<float> arrivals;
    for (const TraceTile& tile : sample->tiles)
        for (std::int64_t i = 0; i < tile.counts.traces; ++i) {
            const DetectorModel& m = tile.model;
            if (m.flags != nullptr && (m.flags[i] & masked_flags) != 0) continue;
            corrected_trace(tile, i, Interpolation::linear, corrected.data());
            for (std::size_t k = 0; k < corrected.size(); ++k) pooled.counts[k] += static_cast<double>(corrected[k]);
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
    if (!arrivals.empty()) {
        const auto middle = arrivals.begin() + static_cast<std::ptrdiff_t>(arrivals.size() / 2);
        std::nth_element(arrivals.begin(), middle, arrivals.end());
        pooled.arrival = static_cast<double>(*middle);
    }
    return pooled;
}

}  // namespace firstlight
