#include "kernels/deconvolution/bin_taps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kernels/support/response.hpp"

namespace firstlight {
namespace {

constexpr double left_out = 1e-7;  // of the light at either end: what single precision cannot tell from none

}  // namespace

BinTaps bin_taps(const Scan& scan, const StageInfo& asking) {
    if (scan.irf.empty())
        throw Error(ExitCode::bad_input, scan.name + ": there is no /entry/calibration/irf",
                    fmt::format("{} takes the response out of the traces", asking.name),
                    fmt::format("add the response, or leave {} out: the recipe \"transmission\" with "
                                "--time_gate.open_ps and --time_gate.close_ps works without one",
                                asking.name));
    Scan whole = scan;
    whole.bins = 0;  // nothing is cut at the window's length
    const BinnedResponse mean = binned_response(whole);
    const CumulativeResponse& response = mean.cumulative;
    const auto tap = [](const CumulativeResponse& r, std::int64_t k) {
        const auto x = static_cast<double>(k);
        return r.between(x - 0.5, x + 0.5);
    };
    auto first = static_cast<std::int64_t>(std::floor(response.start())) - 1;
    auto last = static_cast<std::int64_t>(std::ceil(response.end())) + 1;
    if (!scan.irf.per_pixel) {  // the ends of the mean may be the middle of a pixel's own
        while (first < last && response.at(static_cast<double>(first) + 0.5) < left_out) ++first;
        while (last > first && 1 - response.at(static_cast<double>(last) - 0.5) < left_out) --last;
    }
    first = std::max(first, 1 - scan.bins);
    last = std::min(last, scan.bins - 1);
    BinTaps taps;
    taps.first = first;
    taps.count = last - first + 1;
    taps.per_pixel = scan.irf.per_pixel;
    taps.fwhm_bins = mean.fwhm_bins;
    taps.messages = mean.messages;
    double inside = 0;
    for (std::int64_t k = first; k <= last; ++k) inside += tap(response, k);
    if (!(inside > 0.01))
        throw Error(ExitCode::bad_input,
                    fmt::format("{}: the response lies {:.4g} ps to {:.4g} ps after the light", scan.name,
                                response.start() * scan.bin_width_s * 1e12, response.end() * scan.bin_width_s * 1e12),
                    fmt::format("the window is {:.4g} ps long: no light in it would be seen in it",
                                static_cast<double>(scan.bins) * scan.bin_width_s * 1e12),
                    "check /entry/calibration/irf_t: 0 is when unscattered light arrives");
    for (std::int64_t p = 0; p < (taps.per_pixel ? scan.pixels() : 1); ++p) {
        const CumulativeResponse own = taps.per_pixel ? pixel_response(scan, mean, p) : response;
        for (std::int64_t k = first; k <= last; ++k) taps.taps.push_back(static_cast<float>(tap(own, k)));
    }
    return taps;
}

std::vector<float> on_circle(const BinTaps& taps, std::int64_t n, float scale) {
    std::vector<float> row(static_cast<std::size_t>(n), 0.0F);
    for (std::int64_t k = 0; k < taps.count; ++k)
        row[static_cast<std::size_t>((taps.first + k + n) % n)] += scale * taps.taps[static_cast<std::size_t>(k)];
    return row;
}

void announce(const BinTaps& taps, StageContext& context) {
    if (!context.is_reference)
        for (const std::string& message : taps.messages) context.warn(context.scan.name + ": " + message);
    if (context.found != nullptr) (*context.found)["taps"] = static_cast<double>(taps.count);
    if (context.shared != nullptr) (*context.shared)["signal"] = 1;
}

}  // namespace firstlight
