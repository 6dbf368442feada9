// The instrument response (IRF) as stages use it: resampled to the data's bins, with its place relative to arrival.
//
// Physics: unscattered light in a pixel is expected as a * irf(t - arrival), irf tabulated over irf_t. A tabulated
// value is the light of one sample's width around its time; between samples the *integral* of the response is
// interpolated by a monotone cubic, so that rebinning conserves photons exactly and shares stay within 0..1. Units: x
// is in bins of the data after the arrival (irf_t = 0 is x = 0). A constant offset in the IRF is left in it. Errors
// (ExitCode::bad_input): values negative, not finite or all 0; irf_t of another length or not evenly spaced.
//
//   irf 1 2 1 at irf_t -10, 0, 10 ps, bins of 10 ps  ->  taps 0.25 0.5 0.25, zero = 1.5, FWHM = 2 bins
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/support/scan.hpp"

namespace firstlight {

// Share of unscattered light that has come by x; 0 before the response starts, 1 after it ends.
class CumulativeResponse {
  public:
    CumulativeResponse(const double* values, std::int64_t n, double start_bins, double step_bins);
    [[nodiscard]] double at(double x) const;
    [[nodiscard]] double between(double from, double to) const { return at(to) - at(from); }
    [[nodiscard]] double start() const { return start_; }
    [[nodiscard]] double step() const { return step_; }
    [[nodiscard]] double end() const { return start_ + step_ * static_cast<double>(share_.size() - 1); }

  private:
    std::vector<double> share_, slope_;  // at sample edges; slope per sample
    double start_, step_;
};

struct BinnedResponse {
    CumulativeResponse cumulative;
    std::vector<float> taps;            // light in bins side by side, sum 1
    double zero = 0;                    // position of irf_t = 0, in bins from the start of taps[0]
    double fwhm_bins = 0;               // full width at half maximum, crossings interpolated linearly
    std::vector<std::string> messages;  // what was resampled, assumed or cut, for people and provenance
};

// The scan's response; the mean over pixels where it was measured per pixel. The scan must have one.
BinnedResponse binned_response(const Scan& scan);

// The response of one pixel; the mean for a pixel without light in its own.
CumulativeResponse pixel_response(const Scan& scan, const BinnedResponse& mean, std::int64_t pixel);

// A Gaussian response of this width around irf_t = 0.
Response gaussian_response(double fwhm_s);

// First and one past the last bin of the shortest run of taps that holds at least `share` of their sum.
struct TapSpan {
    std::int64_t first = 0, last = 0;
};
TapSpan shortest_span(const std::vector<float>& taps, double share);

// Full width at half maximum of a sampled curve, in samples.
double full_width_at_half_maximum(const std::vector<double>& values);

}  // namespace firstlight
