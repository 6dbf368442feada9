#include "host/calibration/t0_map_fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "host/calibration/irf_fit.hpp"
#include "host/data/median.hpp"
#include "kernels/support/error.hpp"
#include "kernels/support/matched_filter.hpp"

namespace firstlight {
namespace {

struct Arrivals {
    std::vector<double> position, sigma;  // [pixels] bins; sigma 0 where there is no light
};

Arrivals find_arrivals(const TraceInput& input, const Response& irf, const T0MapOptions& options) {
    Scan scan = input.scan;
    scan.irf = irf;
    const std::vector<std::uint8_t>& mask = options.mask.empty() ? input.scan.pixel_mask : options.mask;
    const BinnedResponse response = binned_response(scan);
    const MatchedFilter filter = make_matched_filter(response, 30);
    if (filter.taps >= scan.bins)
        throw Error(ExitCode::bad_input,
                    fmt::format("{}: the response spans {} of {} bins", scan.name, filter.taps, scan.bins),
                    "an arrival is looked for with the whole of it", "give a response with a shorter tail");
    const SearchRange range{0, scan.bins - filter.taps + 1};
    Arrivals found{std::vector<double>(static_cast<std::size_t>(scan.pixels())),
                   std::vector<double>(static_cast<std::size_t>(scan.pixels()))};
    std::vector<double> weight(static_cast<std::size_t>(scan.pixels()));
    input.visit([&](std::int64_t view, std::int64_t pixel, const std::vector<double>& counts) {
        const auto p = static_cast<std::size_t>(pixel);
        if (!mask.empty() && (mask[p] & masked_flags) != 0) return;
        const std::vector<double> shares = live_shares(counts, scan.pulses_at(view, pixel));
        std::vector<float> z(counts.size()), live(shares.begin(), shares.end());
        for (std::size_t i = 0; i < counts.size(); ++i) z[i] = static_cast<float>(counts[i] / shares[i]);
        const FoundArrival a = find_in_trace(z.data(), live.data(), nullptr, filter.view(), range, range);
        if (!(a.snr >= options.least_snr) || !(a.sigma > 0) || !std::isfinite(a.position)) return;
        const double w = 1 / (static_cast<double>(a.sigma) * static_cast<double>(a.sigma));  // views are averaged
        found.position[p] += w * static_cast<double>(a.position);
        weight[p] += w;
    });
    for (std::size_t p = 0; p < weight.size(); ++p) {
        if (!(weight[p] > 0)) continue;
        found.position[p] /= weight[p];
        found.sigma[p] = 1 / std::sqrt(weight[p]);
    }
    return found;
}

}  // namespace

T0MapFit fit_t0_map(const TraceInput& input, const T0MapOptions& options) {
    const Scan& scan = input.scan;
    Response irf = options.irf.empty() ? scan.irf : options.irf;
    const bool own = irf.empty();
    T0MapFit fit;
    for (int round = 0; round < (own ? 3 : 1); ++round) {
        if (own) {
            ResponseOptions pooled;
            pooled.mask = options.mask;
            pooled.t0_map_s = round == 0 ? std::vector<double>(static_cast<std::size_t>(scan.pixels())) : fit.t0_map_s;
            irf = fit_response(input, pooled).irf;
        }
        const Arrivals found = find_arrivals(input, irf, options);
        std::vector<double> positions, sigmas;
        for (std::size_t p = 0; p < found.sigma.size(); ++p) {
            if (!(found.sigma[p] > 0)) continue;
            positions.push_back(found.position[p]);
            sigmas.push_back(found.sigma[p]);
        }
        if (positions.empty())
            throw Error(ExitCode::bad_input, scan.name + ": no pixel has enough light to find its arrival",
                        fmt::format("{} standard deviations are needed", options.least_snr),
                        "record it longer, or without object and medium");
        const double middle = median(positions);
        fit = {};
        fit.arrival_s = scan.time_of(middle);
        fit.median_sigma_s = median(sigmas) * scan.bin_width_s;
        fit.pixels = static_cast<std::int64_t>(positions.size());
        fit.without_light = scan.pixels() - fit.pixels;
        double squares = 0;
        for (std::size_t p = 0; p < found.sigma.size(); ++p) {
            const double t = found.sigma[p] > 0 ? (found.position[p] - middle) * scan.bin_width_s : 0;
            fit.t0_map_s.push_back(t);
            squares += t * t;
        }
        fit.spread_s = std::sqrt(squares / static_cast<double>(fit.pixels));
    }
    return fit;
}

}  // namespace firstlight
