// The light behind one slab, ready for a fit: counts of the seconds that agree with each other, and the share of laser
// pulses in which each bin could still count.
//
// Seconds of a capture differ when the lamp drifts, the sample moves, or when a recording buffer still held the capture
// before it (then they are of another slab). A second agrees with another when its rate is within `rate_tolerance` and
// its shape, in 128 parts of the trace, is within `shape_tolerance` of total variation plus what counting statistics
// explain. Kept are the seconds that agree with the first half of what agrees with the first second, or, when those are
// less than 40 % of all, the largest such group; the rest is dropped by number and said.
// Pile-up: P. B. Coates, J. Phys. E 1, 878 (1968): one detection per pulse at most; see pile_up.hpp for the equation.
//
//   SlabTrace slab = make_slab_trace("2 inch", 0.0508, capture, 1e7, {});
//   slab.remarks  ->  {"2 inch: seconds 121..240 of 240 dropped: their light has another shape ..."}
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "host/io/importers/capture_seconds.hpp"

namespace firstlight {

struct SlabTrace {
    std::string name;
    double thickness_m = 0;
    std::vector<double> counts;  // [bins]
    std::vector<double> live;    // [bins] 1 where pile-up cannot be known
    std::int64_t seconds_kept = 0, seconds_dropped = 0;
    double half_width_bins = 0;  // between a quarter and three quarters of the light above background
    std::vector<std::string> remarks;
};

struct SecondsOptions {
    double rate_tolerance = 0.05;
    double shape_tolerance = 0.02;
    bool keep_all = false;
    std::int64_t draw = 0;   // so many of the kept seconds at random; 0: all
    std::uint64_t seed = 0;  // of the draw
};

// Which seconds belong together, in order.
[[nodiscard]] std::vector<std::size_t> consistent_seconds(const std::vector<std::vector<std::uint32_t>>& seconds,
                                                          const SecondsOptions& options);

// pulses_per_second: without it (or without seconds) live is 1 and a remark says so.
[[nodiscard]] SlabTrace make_slab_trace(const std::string& name, double thickness_m, const CaptureSeconds& capture,
                                        std::optional<double> pulses_per_second, const SecondsOptions& options);

// A trace that was recorded whole, `pulses` laser pulses long (0: not known).
[[nodiscard]] SlabTrace make_slab_trace(const std::string& name, double thickness_m, std::vector<double> counts,
                                        double pulses);

// Drops slabs whose light is spread less than a thinner slab's: thickness and capture do not belong together. One that
// is out of place goes alone; of two that are swapped both go. Returns a sentence for each.
[[nodiscard]] std::vector<std::string> drop_misplaced_slabs(std::vector<SlabTrace>& slabs);

// Counts per bin that every bin has: the mean of those 64-bin means that agree with each other within three standard
// deviations, from the lowest quarter up. Light that fills less than half of the trace leaves it alone.
[[nodiscard]] double background_of(const std::vector<double>& counts);

}  // namespace firstlight
