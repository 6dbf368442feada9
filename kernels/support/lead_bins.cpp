#include "kernels/support/lead_bins.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/support/gate_axis.hpp"
#include "kernels/support/trace_sums.hpp"

namespace firstlight {

std::vector<double> pooled_trace(const SurveySample& sample, std::int64_t bins) {
    std::vector<double> pooled(static_cast<std::size_t>(bins));
    for (const TraceTile& tile : sample.tiles)
        for (std::int64_t i = 0; i < tile.counts.traces; ++i)
            if (tile.model.flags == nullptr || (tile.model.flags[i] & masked_flags) == 0)
                add_trace(tile.counts, i, pooled.data());
    return pooled;
}

std::int64_t bins_before_light(const std::vector<double>& pooled) {
    const auto bins = static_cast<std::int64_t>(pooled.size());
    double before = 0;
    for (std::int64_t i = 0; i < bins; ++i) {
        const double here = pooled[static_cast<std::size_t>(i)];
        const double next = i + 1 < bins ? pooled[static_cast<std::size_t>(i + 1)] : here;
        if (i >= fewest_lead_bins) {
            const double mean = before / static_cast<double>(i);
            const double limit = mean + 5 * std::sqrt(std::max(mean, 1.0) * (1 + 1 / static_cast<double>(i)));
            if (here > limit && next > limit) return i;
        }
        before += here;
    }
    return 0;  // no rise after a lead-in: the light may be there from the start
}

std::int64_t lead_bins(const StageContext& context, double guard_ps) {
    const double guard_bins = guard_ps * 1e-12 / context.scan.bin_width_s;
    const auto guard =
        static_cast<std::int64_t>(std::ceil(guard_bins - 1e-9 * guard_bins));  // 20.000000000000004 is 20
    std::vector<double> pooled = pooled_trace(*context.sample, context.scan.bins);
    if (!context.scan.gates.empty()) {
        // Frames of unlike exposure as if all had the least: their noise is then below the Poisson noise looked for.
        const std::vector<double> exposure = gate_bins(context.scan.gates).exposure;
        const double least = *std::min_element(exposure.begin(), exposure.end());
        for (std::size_t i = 0; i < pooled.size(); ++i) pooled[i] *= least / exposure[i];
    }
    const std::int64_t before = bins_before_light(pooled);
    return std::max<std::int64_t>(0, before - guard);
}

}  // namespace firstlight
