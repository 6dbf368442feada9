// dark_counts: how many counts a bin collects without any light.
//
// Physics: a detector fires by itself at a rate r (Hz), so a bin of width w expects r * pulses * w dark counts. Where
// no rate map was measured, the bins before the first light tell: their *mean* (of counts over live fraction) is the
// rate; the median of sparse counts would be 0. The bins before the light end where the pooled trace of the survey
// sample first rises five standard deviations above the bins before it, less `guard_ps`.
// Means are per unit of true width (model.edges), their variance sum y / live^2 over the width squared. Frames of a
// gated camera collect dark counts while they are exposed: rate * exposure in a frame of mean exposure (gate_sweep).
// Fills model.dark [counts per bin of width 1] and model.dark_variance; counts stay as measured.
// Effect: minus the dark counts expected in the whole trace.
// Shapes: per trace. Errors: a rate map without /entry/exposure/pulses, or `before_light` with fewer than 8 such bins.
// Agreement of CPU and CUDA: relative 1e-6. Source: W. Becker, Advanced TCSPC Techniques (2005), section 7.
//
//   bins 2 4 3 3 | 80 200 …, light from bin 4 on  ->  dark = 3, dark_variance = 3 / 4
#pragma once

#include "kernels/support/stage.hpp"

namespace firstlight {

struct DarkCounts {
    static constexpr StageInfo info{"dark_counts", "corrections", "Expected dark counts per bin"};

    enum class Source : std::uint8_t { automatic, rate, before_light };
    struct Params {
        Source source = Source::automatic;
        double guard_ps = 200;
        static const ParamTable& table();
    };
    struct Coefficients {
        const float* per_pixel = nullptr;  // [pixels] dark counts per bin; null: measured in the bins before the light
        std::int64_t lead_bins = 0;        // number of bins before the light
    };

    static Survey survey(const Params&, const Scan&);
    static std::vector<Layer> layers(const Params&) { return {}; }
    static Coefficients prepare(const Params&, StageContext&);
    static void on_cpu(const TraceTile&, const Coefficients&);

    FL_HD static double lead_width(const DetectorModel& model, std::int64_t lead_bins) {
        return model.edges == nullptr
                   ? static_cast<double>(lead_bins)
                   : static_cast<double>(model.edges[lead_bins]) - static_cast<double>(model.edges[0]);
    }
    // Of counts over live fraction; `at` is the bin's place in model.live.
    FL_HD static double lead_variance(const DetectorModel& model, std::int64_t at, double count) {
        const double live = static_cast<double>(model.live[at]);
        return count / (live * live);
    }
};

}  // namespace firstlight
