#include "host/calibration/flat_field_fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "host/data/median.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {

FlatFieldFit fit_flat_field(const TraceInput& input, const std::vector<double>& dark_given,
                            const std::vector<std::uint8_t>& mask_given) {
    const Scan& scan = input.scan;
    const auto pixels = static_cast<std::size_t>(scan.pixels());
    const std::vector<double>& dark = dark_given.empty() ? scan.dark_rate_hz : dark_given;
    const std::vector<std::uint8_t>& mask = mask_given.empty() ? scan.pixel_mask : mask_given;
    if ((!dark.empty() && dark.size() != pixels) || (!mask.empty() && mask.size() != pixels))
        throw Error(ExitCode::bad_input,
                    fmt::format("{}: {} pixels, dark rates or mask of {}", scan.name, pixels,
                                dark.empty() ? mask.size() : dark.size()),
                    "they belong to one detector");
    FlatFieldFit fit;
    fit.light.resize(pixels);
    std::vector<double> variance(pixels);
    const bool with_pulses = !scan.pulses.empty();
    input.visit([&](std::int64_t view, std::int64_t pixel, const std::vector<double>& y) {
        const auto p = static_cast<std::size_t>(pixel);
        const double counts = std::accumulate(y.begin(), y.end(), 0.0), pulses = scan.pulses_at(view, pixel);
        const double share = pulses > 0 ? std::min(counts / pulses, 0.999) : 0;
        const double all = pulses > 0 ? -pulses * std::log1p(-share) : counts;
        const double expected_dark =
            dark.empty() ? 0 : dark[p] * pulses * scan.bin_width_s * static_cast<double>(scan.bins);
        const double scale = pulses > 0 ? 1 / pulses : 1;
        fit.light[p] += (all - expected_dark) * scale;
        variance[p] += counts / ((1 - share) * (1 - share)) * scale * scale;
    });
    if (dark.empty()) fit.remarks.emplace_back("no dark rates are known: dark counts are taken for light");
    else if (!with_pulses) fit.remarks.push_back("no pulses are known: dark counts and pile-up are not taken out");
    std::vector<double> open;
    for (std::size_t p = 0; p < pixels; ++p)
        if (mask.empty() || (mask[p] & masked_flags) == 0) open.push_back(fit.light[p]);
    if (open.empty())
        throw Error(ExitCode::bad_input, scan.name + ": every pixel is masked", "there is nothing to level");
    const double middle = median(open);
    double mean = 0, number = 0;
    const auto is_used = [&](std::size_t p) {
        return (mask.empty() || (mask[p] & masked_flags) == 0) && fit.light[p] > 0.01 * middle;
    };
    for (std::size_t p = 0; p < pixels; ++p)
        if (is_used(p)) mean += fit.light[p], number += 1;
    mean /= std::max(number, 1.0);
    if (!(middle > 0) || !(mean > 0))
        throw Error(ExitCode::bad_input, scan.name + ": no light above the dark counts",
                    "a flat field is a scan of even light", "check the scan, or the dark rates");
    std::vector<double> sigmas;
    double squares = 0;
    for (std::size_t p = 0; p < pixels; ++p) {
        fit.flat.push_back(is_used(p) ? fit.light[p] / mean : 1.0);
        if (!is_used(p)) continue;
        squares += std::pow(fit.flat[p] - 1, 2);
        sigmas.push_back(std::sqrt(variance[p]) / mean);
    }
    fit.median_sigma = median(sigmas);
    fit.spread = std::sqrt(squares / number);
    fit.pixels = static_cast<std::int64_t>(number);
    if (fit.pixels < static_cast<std::int64_t>(open.size()))
        fit.remarks.push_back(
            fmt::format("{} pixels have less than 1 % of the median light and are left at 1: mask them",
                        open.size() - static_cast<std::size_t>(fit.pixels)));
    return fit;
}

}  // namespace firstlight
