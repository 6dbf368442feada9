#include "kernels/support/corrected_trace.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <map>
#include <vector>

#include "kernels/support/fft.hpp"
#include "kernels/support/trace_sums.hpp"

namespace firstlight {
namespace {

// Adds `value`, spread evenly over [begin, end) in bins, to the bins that it overlaps.
void spread(double value, double begin, double end, std::vector<double>& bins) {
    const auto n = static_cast<std::int64_t>(bins.size());
    const double density = value / (end - begin);
    const auto first = static_cast<std::int64_t>(std::floor(begin));
    const auto last = static_cast<std::int64_t>(std::ceil(end));
    for (std::int64_t i = std::max<std::int64_t>(0, first); i < std::min(n, last); ++i) {
        const double overlap = std::min(end, static_cast<double>(i + 1)) - std::max(begin, static_cast<double>(i));
        if (overlap > 0) bins[static_cast<std::size_t>(i)] += density * overlap;
    }
}

const RealFft& transform_of(std::int64_t n) {
    thread_local std::map<std::int64_t, RealFft> plans;
    return plans.try_emplace(n, n).first->second;
}

// values(t + shift), by the shift theorem on a zero-padded copy.
void shift_by_phase(std::vector<double>& values, double shift) {
    std::int64_t padded = 1;
    while (padded < 2 * static_cast<std::int64_t>(values.size())) padded *= 2;
    std::vector<float> rows(static_cast<std::size_t>(padded), 0.0F);
    for (std::size_t i = 0; i < values.size(); ++i) rows[i] = static_cast<float>(values[i]);
    const RealFft& fft = transform_of(padded);
    std::vector<std::complex<float>> spectrum(static_cast<std::size_t>(fft.spectrum_size()));
    fft.forward(rows.data(), spectrum.data(), 1);
    const double step = 2 * M_PI * shift / static_cast<double>(padded);
    for (std::size_t k = 0; k < spectrum.size(); ++k) {
        const double angle = step * static_cast<double>(k);
        spectrum[k] *= std::complex<float>(static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle)));
    }
    fft.inverse(spectrum.data(), rows.data(), 1);
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = static_cast<double>(rows[i]) / static_cast<double>(padded);
}

}  // namespace

void corrected_trace(const TraceTile& tile, std::int64_t trace, Interpolation how, float* out) {
    const DetectorModel& model = tile.model;
    const std::int64_t n = tile.counts.bins;
    const double gain = model.gain == nullptr ? 1 : static_cast<double>(model.gain[trace]);
    const double dark = model.dark == nullptr ? 0 : static_cast<double>(model.dark[trace]);
    const double shift = model.shift == nullptr ? 0 : static_cast<double>(model.shift[trace]);
    const double moved = how == Interpolation::linear ? shift : 0;
    std::vector<double> bins(static_cast<std::size_t>(n), 0.0);
    for (std::int64_t i = 0; i < n; ++i) {
        const double begin = model.edges == nullptr ? static_cast<double>(i) : static_cast<double>(model.edges[i]);
        const double end =
            model.edges == nullptr ? static_cast<double>(i + 1) : static_cast<double>(model.edges[i + 1]);
        const double live = model.live == nullptr ? 1 : static_cast<double>(model.live[trace * n + i]);
        const double value =
            (static_cast<double>(count_at(tile.counts, trace, i)) / live - dark * (end - begin)) / gain;
        spread(value, begin - moved, end - moved, bins);
    }
    if (how == Interpolation::fourier && shift != 0) shift_by_phase(bins, shift);
    for (std::int64_t i = 0; i < n; ++i) out[i] = static_cast<float>(bins[static_cast<std::size_t>(i)]);
}

}  // namespace firstlight
