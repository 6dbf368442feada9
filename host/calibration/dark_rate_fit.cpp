#include "host/calibration/dark_rate_fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

}  // namespace

DarkRateFit fit_dark_rate(const TraceInput& input) {
    const Scan& scan = input.scan;
    if (scan.pulses.empty())
        throw Error(ExitCode::bad_input, scan.name + ": /entry/exposure/pulses is missing",
                    "a dark rate is counts per time that the laser's pulses measure",
                    "store the number of laser pulses per pixel");
    const auto pixels = static_cast<std::size_t>(scan.pixels());
    std::vector<double> counts(pixels), seconds(pixels);
    const std::size_t parts = static_cast<std::size_t>(std::min<std::int64_t>(32, scan.bins));
    std::vector<double> in_time(parts), bins_in(parts);
    input.visit([&](std::int64_t view, std::int64_t pixel, const std::vector<double>& y) {
        const auto p = static_cast<std::size_t>(pixel);
        counts[p] += std::accumulate(y.begin(), y.end(), 0.0);
        seconds[p] += scan.pulses_at(view, pixel) * static_cast<double>(scan.bins) * scan.bin_width_s;
        for (std::size_t i = 0; i < y.size(); ++i) in_time[i * parts / y.size()] += y[i];
    });
    for (std::size_t i = 0; i < static_cast<std::size_t>(scan.bins); ++i)
        bins_in[i * parts / static_cast<std::size_t>(scan.bins)] += 1;
    const double total = std::accumulate(counts.begin(), counts.end(), 0.0);
    if (!(total > 0))
        throw Error(ExitCode::bad_input, scan.name + ": holds no counts at all", "dark rates cannot be told from none",
                    "record it longer");
    DarkRateFit fit;
    for (std::size_t p = 0; p < pixels; ++p) {
        if (!(seconds[p] > 0))
            throw Error(ExitCode::bad_input, fmt::format("{}: pixel {} was given no pulses", scan.name, p),
                        "its dark rate cannot be told", "correct /entry/exposure/pulses");
        fit.rate_hz.push_back(counts[p] / seconds[p]);
        fit.sigma_hz.push_back(std::sqrt(counts[p]) / seconds[p]);
    }
    fit.counts = counts;
    fit.median_hz = median(fit.rate_hz);
    fit.median_sigma_hz = median(fit.sigma_hz);
    fit.highest_hz = *std::max_element(fit.rate_hz.begin(), fit.rate_hz.end());
    double chi_square = 0;
    for (std::size_t k = 0; k < parts; ++k) {
        const double expected = total * bins_in[k] / static_cast<double>(scan.bins);
        chi_square += (in_time[k] - expected) * (in_time[k] - expected) / expected;
    }
    const double freedom = std::max<double>(1, static_cast<double>(parts) - 1);
    fit.chi_square_z = (chi_square - freedom) / std::sqrt(2 * freedom);
    if (fit.chi_square_z > 6)
        fit.remarks.push_back(
            fmt::format("{}: its counts are not even in time ({:.0f} standard deviations): was there light?", scan.name,
                        fit.chi_square_z));
    return fit;
}

}  // namespace firstlight
