#include "host/calibration/dark_rate_fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "host/data/median.hpp"
#include "kernels/support/error.hpp"
#include "kernels/support/gate_axis.hpp"

namespace firstlight {

DarkRateFit fit_dark_rate(const TraceInput& input) {
    const Scan& scan = input.scan;
    const bool gated = scan.kind == ScanKind::gated;
    if (!gated && scan.pulses.empty())
        throw Error(ExitCode::bad_input, scan.name + ": /entry/exposure/pulses is missing",
                    "a dark rate is counts per time that the laser's pulses measure",
                    "store the number of laser pulses per pixel");
    const double frames_s = std::accumulate(scan.gates.exposure_s.begin(), scan.gates.exposure_s.end(), 0.0);
    const double full = gated ? saturation_of(scan.gates, scan.type) : 0;
    const auto pixels = static_cast<std::size_t>(scan.pixels());
    std::vector<double> counts(pixels), seconds(pixels);
    const std::size_t parts = static_cast<std::size_t>(std::min<std::int64_t>(32, scan.bins));
    std::vector<double> in_time(parts), time_in(parts);
    std::vector<bool> saturates(pixels);
    input.visit([&](std::int64_t view, std::int64_t pixel, const std::vector<double>& y) {
        const auto p = static_cast<std::size_t>(pixel);
        counts[p] += std::accumulate(y.begin(), y.end(), 0.0);
        seconds[p] +=
            gated ? frames_s : scan.pulses_at(view, pixel) * static_cast<double>(scan.bins) * scan.bin_width_s;
        if (full > 0 && *std::max_element(y.begin(), y.end()) >= full) saturates[p] = true;
        else
            for (std::size_t i = 0; i < y.size(); ++i) in_time[i * parts / y.size()] += y[i];
    });
    for (std::size_t i = 0; i < static_cast<std::size_t>(scan.bins); ++i)
        time_in[i * parts / static_cast<std::size_t>(scan.bins)] += gated ? scan.gates.exposure_s[i] : 1;
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
    const double seen = std::accumulate(in_time.begin(), in_time.end(), 0.0);
    for (std::size_t k = 0; k < parts; ++k) {
        const double expected = seen * time_in[k] / (gated ? frames_s : static_cast<double>(scan.bins));
        if (expected > 0) chi_square += (in_time[k] - expected) * (in_time[k] - expected) / expected;
    }
    const double freedom = std::max<double>(1, static_cast<double>(parts) - 1);
    fit.chi_square_z = (chi_square - freedom) / std::sqrt(2 * freedom);
    if (fit.chi_square_z > 6)
        fit.remarks.push_back(
            fmt::format("{}: its counts are not even in time ({:.0f} standard deviations): was there light?", scan.name,
                        fit.chi_square_z));
    if (const auto number = std::count(saturates.begin(), saturates.end(), true); number > 0)
        fit.remarks.push_back(fmt::format(
            "{}: {} pixels have saturated frames: their dark rates are at least what is given", scan.name, number));
    return fit;
}

}  // namespace firstlight
