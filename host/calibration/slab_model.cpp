#include "host/calibration/slab_model.hpp"

#include <cmath>
#include <numbers>
#include <numeric>
#include <unsupported/Eigen/FFT>

#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

Eigen::FFT<double>& transform() {  // keeps its tables
    thread_local Eigen::FFT<double> fft(Eigen::FFT<double>::impl_type(), Eigen::FFT<double>::HalfSpectrum);
    return fft;
}

}  // namespace

SlabModel::SlabModel(const MediumResponse& response, std::int64_t bins, double bin_width_s, bool whole_plane)
    : bins_(bins), padded_(1), bin_width_s_(bin_width_s), whole_plane_(whole_plane) {
    const auto n = static_cast<std::int64_t>(response.light.size());
    while (padded_ < 2 * bins || padded_ < bins + n) padded_ *= 2;
    std::vector<double> light(static_cast<std::size_t>(padded_));
    const double sum = std::accumulate(response.light.begin(), response.light.end(), 0.0);
    if (!(sum > 0 && std::isfinite(sum)))
        throw Error(ExitCode::bad_input, "the response holds no light", "every slab's light is convolved with it",
                    "check the capture of the bare detector");
    for (std::int64_t i = 0; i < n; ++i)
        light[static_cast<std::size_t>(i)] = response.light[static_cast<std::size_t>(i)] / sum;
    transform().fwd(response_, light);
    // Position 0 of the response; and light that enters at a time leaves `lag` bins later, where a curve's bin i holds
    // the lags from i to i + 1: half a bin.
    for (std::size_t k = 0; k < response_.size(); ++k)
        response_[k] *= std::polar(
            1.0, 2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(padded_) * (response.peak - 0.5));
}

SlabModel::Spectrum SlabModel::spectrum(const Slab& slab) const {
    std::vector<double> curve = slab_curve(slab, bin_width_s_, bins_, whole_plane_);
    const double sum = std::accumulate(curve.begin(), curve.end(), 0.0);
    curve.resize(static_cast<std::size_t>(padded_));
    Spectrum out;
    transform().fwd(out, curve);
    for (std::size_t k = 0; k < out.size(); ++k) out[k] *= response_[k] / sum;
    return out;
}

std::vector<double> SlabModel::back(Spectrum spectrum, double t0_bins, bool slope) const {
    const double unit = 2 * std::numbers::pi / static_cast<double>(padded_);
    const std::complex<double> turn = std::polar(1.0, -unit * t0_bins);
    std::complex<double> phase = 1;
    for (std::size_t k = 0; k < spectrum.size(); ++k, phase *= turn) {
        if (k % 64 == 0) phase = std::polar(1.0, -unit * t0_bins * static_cast<double>(k));
        spectrum[k] *= phase;
        if (slope) spectrum[k] *= std::complex<double>(0, -unit * static_cast<double>(k));
    }
    std::vector<double> out(static_cast<std::size_t>(padded_));
    transform().inv(out, spectrum, padded_);
    out.resize(static_cast<std::size_t>(bins_));
    return out;
}

std::vector<double> SlabModel::shifted(const Spectrum& spectrum, double t0_bins) const {
    return back(spectrum, t0_bins, false);
}
std::vector<double> SlabModel::slope(const Spectrum& spectrum, double t0_bins) const {
    return back(spectrum, t0_bins, true);
}

}  // namespace firstlight
