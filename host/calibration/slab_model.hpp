// The light of one slab as a detector sees it: diffusion convolved with the response, in bins, with its derivatives.
// Convolution and shift by FFT in double precision, zero-padded, so that nothing wraps around.
//
//   SlabModel model(response, bins, bin_width_s);
//   model.light({d, n, mu_a, mu_s_prime}, t0_bins)   ->  [bins], sum 1 where all of it lies within the trace
#pragma once

#include <complex>
#include <vector>

#include "host/calibration/medium_fit.hpp"
#include "kernels/support/slab_curve.hpp"

namespace firstlight {

class SlabModel {
  public:
    SlabModel(const MediumResponse& response, std::int64_t bins, double bin_width_s, bool whole_plane);

    using Spectrum = std::vector<std::complex<double>>;
    // Light per bin, convolved, not shifted; scaled so that all of it is 1.
    [[nodiscard]] Spectrum spectrum(const Slab& slab) const;
    [[nodiscard]] std::vector<double> shifted(const Spectrum& spectrum, double t0_bins) const;
    [[nodiscard]] std::vector<double> slope(const Spectrum& spectrum, double t0_bins) const;  // d/dt0
    [[nodiscard]] std::vector<double> light(const Slab& slab, double t0_bins) const {
        return shifted(spectrum(slab), t0_bins);
    }

  private:
    [[nodiscard]] std::vector<double> back(Spectrum spectrum, double t0_bins, bool slope) const;
    std::int64_t bins_, padded_;
    double bin_width_s_;
    bool whole_plane_;
    Spectrum response_;
};

}  // namespace firstlight
