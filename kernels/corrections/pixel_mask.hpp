// pixel_mask: which pixels are not to be believed.
//
// Physics: single-photon arrays have pixels with a dark rate far above the others' (hot), pixels that never fire (dead)
// and pixels that count more than their number type holds (saturated). They are flagged, take part in no likelihood
// and no statistic, and are filled in only in images. Flags come from /entry/calibration/pixel_mask and are found in
// the data, N being counts, the statistic taken over the survey sample per laser pulse where pulses are given:
//   hot        N > median + threshold_mad * max(1.4826 MAD, sqrt(max(m, 1))), m the mean of N without outliers, so
//              that the Poisson spread of low, even counts flags nothing. N is counted *before the light*, where scenes
//              look alike however bright their parts are; where fewer than 16 such bins exist N is the whole trace,
//              which also flags the bright parts of a scene mostly dark; a warning says how many
//   dead       no counts at all though nine of ten sampled pixels have 30 or more (in the reference scan, where nothing
//              stands in the way of the light: half of them); in a scene with a large dark part no pixel is called dead
//   saturated  a bin holds the largest number its type can (u1, u2, u4); in gated scans gate_sweep says what is
//   noisy      float counts that do not add up to a finite number
// Sets bits of model.flags; bits that are set stay. Effect: minus the counts of masked traces, 0 for others.
// Shapes: per trace. Errors: `given` without a map; a map of another size. Agreement of CPU and CUDA: exact.
// Source: the median and MAD rule as in P. J. Rousseeuw and C. Croux, J. Am. Stat. Assoc. 88, 1273 (1993).
//
//   counts before the light 3 4 2 3 60 (median 3, spread 1.7)  ->  flags 0 0 0 0 hot
#pragma once

#include "kernels/support/stage.hpp"

namespace firstlight {

struct PixelMask {
    static constexpr StageInfo info{"pixel_mask", "corrections", "Flags of hot, dead and saturated pixels"};

    enum class Source : std::uint8_t { automatic, given, measured };
    enum class Statistic : std::uint8_t { automatic, before_light, total };
    struct Params {
        Source source = Source::automatic;
        Statistic statistic = Statistic::automatic;
        double threshold_mad = 6;
        double guard_ps = 200;
        static const ParamTable& table();
    };
    struct Coefficients {
        const std::uint8_t* given = nullptr;  // [pixels] flags of the file; null: none
        bool measured = false;                // look at the counts at all
        std::int64_t hot_bins = 0;            // bins [0, hot_bins) decide what is hot
        double median = 0;                    // of their counts per unit of exposure
        double spread = 0;                    // 1.4826 MAD of the same
        double mean = 0;                      // mean of the same without outliers
        double threshold = 0;
        const double* exposure = nullptr;  // [pixels] laser pulses; null: 1 everywhere
        bool zero_is_dead = false;
        bool maximum_is_saturated = true;
    };

    static Survey survey(const Params&, const Scan&);
    static std::vector<Layer> layers(const Params&) { return {}; }
    static Coefficients prepare(const Params&, StageContext&);
    static void on_cpu(const TraceTile&, const Coefficients&);
};

// Flags of a pixel that has `total` counts in all and `first` in the bins that decide what is hot.
FL_HD inline std::uint8_t measured_flags(const PixelMask::Coefficients& c, std::int64_t pixel, double total,
                                         double first, bool at_maximum) {
    unsigned flags = 0;
    if (at_maximum && c.maximum_is_saturated) flags |= saturated;
    if (!(total - total == 0)) return static_cast<std::uint8_t>(flags | noisy);  // NaN or infinite
    const double exposure = c.exposure == nullptr ? 1.0 : c.exposure[pixel];
    const double floor = c.mean * exposure > 1 ? c.mean * exposure : 1.0;
    const double excess = first - c.median * exposure;
    const double limit = c.threshold * c.spread * exposure;
    if (excess > limit && excess * excess > c.threshold * c.threshold * floor) flags |= hot;
    if (c.zero_is_dead && total == 0) flags |= dead;
    return static_cast<std::uint8_t>(flags);
}

}  // namespace firstlight
