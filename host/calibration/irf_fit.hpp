// The instrument response from a scan, or a capture, of unscattered light: pulse, detector and electronics together.
//
// Each pixel's pile-up is taken out (first-photon law, where pulses are known), its delay too (t0_map, where the scan
// has one), its background subtracted; the sum over unmasked pixels is kept from the first to the last block of 16 bins
// that stands out by three standard deviations or lies before one that does within 256 bins, so that an afterglow is
// kept whole and noise is not; negative bins within become 0; the sum is 1. irf_t = 0 is the vertex of the parabola
// through the highest bin and its neighbours. Per pixel: responses [y, x, k] on the same irf_t, each with a peak of its
// own at 0; a pixel with fewer than `least_counts` above background has none (all 0), for which stages use the mean.
// Sources: P. B. Coates, J. Phys. E 1, 878 (1968); W. Becker, The bh TCSPC Handbook, on measuring the IRF.
// Errors (bad_input): no light stands out from the background.
//
//   fit_response(open_traces("direct.h5", {}), {}).fwhm_s  ->  51e-12
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/calibration/traces.hpp"

namespace firstlight {

struct ResponseOptions {
    bool per_pixel = false;
    double least_counts = 10000;
    std::vector<std::uint8_t> mask;  // [pixels] pixels with a flag stay out; empty: the scan's own mask
    std::vector<double> t0_map_s;    // [pixels]; empty: the scan's own
};

struct ResponseFit {
    Response irf;
    std::int64_t first_bin = 0;  // of the kept part, on the data's axis
    double peak_bins = 0;        // where irf_t = 0 lay on the data's axis, from the start of bin 0
    double fwhm_s = 0, light = 0, background_per_bin = 0;
    std::vector<double> whole;         // [bins] light above background on the data's axis, nothing cut or clipped
    std::int64_t pixels = 0;           // that gave light
    std::int64_t pixels_with_own = 0;  // with a response of their own
};

[[nodiscard]] ResponseFit fit_response(const TraceInput& input, const ResponseOptions& options);

// The same from one trace with its share of live pulses (empty: 1).
[[nodiscard]] ResponseFit response_of(const std::string& name, const std::vector<double>& counts,
                                      const std::vector<double>& live, double bin_width_s);

}  // namespace firstlight
