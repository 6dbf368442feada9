// corrected_light: the light in each bin as the counts say it, with the detector's model taken out and nothing else.
//
// Physics: a bin is expected to hold live * (gain * light + dark * width); so light = (y / live - dark * width) / gain,
// a density that is even within the true bin, summed over the even bins that it overlaps. The instrument's response
// stays in it: this is the estimate of the light for stages that deconvolve space and time at once (confocal_diffuse).
// Fills tile.signal [traces][bins], counts per even bin on the trace's own clock; NaN in masked pixels. It can be
// negative. Layer: counts (all counts of the trace, as measured). Effect: 0. Errors: none.
// Agreement of CPU and CUDA: to the bit.
//
//   y = 0 15 3, live 1 1 0.5, gain 2, dark 1 per bin  ->  (0 - 1)/2 (15 - 1)/2 (6 - 1)/2 = -0.5 7 2.5
#pragma once

#include <limits>

#include "kernels/deconvolution/even_bins.hpp"
#include "kernels/support/stage.hpp"
#include "kernels/support/trace_sums.hpp"

namespace firstlight {

struct CorrectedLight {
    static constexpr StageInfo info{"corrected_light", "deconvolution",
                                    "Light in each bin, with the detector's model taken out of the counts"};
    struct Params {
        static const ParamTable& table();
    };
    struct Coefficients {};

    static Survey survey(const Params&, const Scan&) { return Survey::none; }
    static std::vector<Layer> layers(const Params&) { return {Layer::counts}; }
    static Coefficients prepare(const Params&, StageContext&) { return {}; }
    static void on_cpu(const TraceTile&, const Coefficients&);

    // Light per width in true bin i.
    FL_HD static float density(const TraceTile& tile, std::int64_t trace, std::int64_t i) {
        const DetectorModel& model = tile.model;
        const float live = model.live == nullptr ? 1.0F : model.live[trace * tile.counts.bins + i];
        const float dark = model.dark == nullptr ? 0.0F : model.dark[trace];
        const float gain = model.gain == nullptr ? 1.0F : model.gain[trace];
        return (count_at(tile.counts, trace, i) / live / bin_width(model.edges, i) - dark) / gain;
    }

    FL_HD static float bin(const TraceTile& tile, std::int64_t trace, std::int64_t j) {
        if (tile.is_masked(trace)) return std::numeric_limits<float>::quiet_NaN();
        if (tile.model.edges == nullptr) return density(tile, trace, j);
        const BinRange range = true_bins_of(tile.model.edges, tile.counts.bins, j);
        float sum = 0;
        for (std::int64_t i = range.first; i < range.last; ++i) {
            const float part = overlap(tile.model.edges, i, j);
            if (part > 0) sum += part * density(tile, trace, i);
        }
        return sum;
    }
};

}  // namespace firstlight
