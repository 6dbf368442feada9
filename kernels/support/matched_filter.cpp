#include "kernels/support/matched_filter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

constexpr double span_share = 0.999;
constexpr double first_signal_to_background = 10;
constexpr double most_signal_to_background = 1e6;
constexpr std::int64_t block = 64;  // places side by side: 4 registers of 16 floats, or 8 of 8

// Sums at `block` places from y on. fmaf is one instruction on machines with FMA and the same bits without.
FL_SIMD void block_sums(const float* y, const float* weight, std::int64_t taps, float* sums) {
    float part[block] = {};
    for (std::int64_t k = 0; k < taps; ++k) {
        const float w = weight[k];
        for (std::int64_t j = 0; j < block; ++j) part[j] = __builtin_fmaf(y[k + j], w, part[j]);
    }
    for (std::int64_t j = 0; j < block; ++j) sums[j] = part[j];
}

}  // namespace

MatchedFilter make_matched_filter(const BinnedResponse& response, double signal_to_background) {
    const TapSpan span = shortest_span(response.taps, span_share);
    MatchedFilter filter;
    filter.taps = span.last - span.first + 1;  // one more, for the phases
    filter.zero = response.zero - static_cast<double>(span.first);
    const double step = 1.0 / 16;
    for (int f = 0; f < filter_phases; ++f)
        for (std::int64_t k = 0; k < filter.taps; ++k) {
            const double x = static_cast<double>(k) - filter.zero - static_cast<double>(f) / filter_phases;
            const auto share = [&](double from) { return response.cumulative.between(from, from + 1); };
            filter.share.push_back(static_cast<float>(share(x)));
            filter.slope.push_back(static_cast<float>((share(x - step) - share(x + step)) / (2 * step)));
        }
    const double end = std::max(static_cast<double>(response.taps[static_cast<std::size_t>(span.first)]),
                                static_cast<double>(response.taps[static_cast<std::size_t>(span.last - 1)]));
    const double r = std::min({signal_to_background, 1 / end, most_signal_to_background});
    for (const float share : filter.share)
        filter.weight.push_back(static_cast<float>(std::log1p(r * static_cast<double>(share))));
    return filter;
}

SearchRange search_range(const FilterView& filter, std::int64_t bins, double from_bins, double to_bins) {
    const double most = static_cast<double>(bins - filter.taps);
    const double first = std::ceil(std::clamp(from_bins - filter.zero, 0.0, std::max(most, 0.0) + 1));
    const double last = std::floor(std::clamp(to_bins - filter.zero, -1.0, most));
    return {static_cast<std::int64_t>(first), static_cast<std::int64_t>(last) + 1};
}

std::int64_t best_place(const float* y, const FilterView& filter, const SearchRange& range) {
    std::int64_t best = range.first;
    float largest = -std::numeric_limits<float>::infinity();
    float sums[block];
    std::int64_t d = range.first;
    for (; d + block <= range.last; d += block) {
        block_sums(y + d, filter.weight, filter.taps, sums);
        for (std::int64_t j = 0; j < block; ++j)
            if (sums[j] > largest) {
                largest = sums[j];
                best = d + j;
            }
    }
    for (; d < range.last; ++d) {
        const float sum = filter_sum(y, d, filter.weight, filter.taps);
        if (sum > largest) {
            largest = sum;
            best = d;
        }
    }
    return best;
}

FoundArrival find_in_trace(const float* y, const FilterView& filter, const SearchRange& range) {
    const std::int64_t d = best_place(y, filter, range);
    const std::int64_t from = std::max(d - 1, range.first) * filter_phases;
    const std::int64_t to = std::min(d + 1, range.last - 1) * filter_phases;
    float sums[2 * filter_phases + 1] = {};
    std::int64_t q = from;
    for (std::int64_t at = from; at <= to; ++at) {
        sums[at - from] = phase_sum(y, filter, at);
        if (sums[at - from] > sums[q - from]) q = at;
    }
    constexpr float none = std::numeric_limits<float>::quiet_NaN();
    double all = 0;
    for (std::int64_t i = range.first; i < range.last - 1 + filter.taps; ++i) all += static_cast<double>(y[i]);
    return arrival_from(y, filter, range, q, q > from ? sums[q - from - 1] : none, sums[q - from],
                        q < to ? sums[q - from + 1] : none, all);
}

PooledArrival find_arrival(const Scan& scan, const std::vector<double>& pooled, const BinnedResponse& response,
                           double from_bins, double to_bins, double signal_to_background) {
    const std::vector<float> y(pooled.begin(), pooled.end());
    const auto bins = static_cast<std::int64_t>(y.size());
    const bool given = !std::isnan(signal_to_background);
    double r = given ? signal_to_background : first_signal_to_background;
    FoundArrival found;
    for (int round = 0; round < (given ? 1 : 3); ++round) {
        const MatchedFilter filter = make_matched_filter(response, r);
        const SearchRange range = search_range(filter.view(), bins, from_bins, to_bins);
        if (range.first >= range.last)
            throw Error(ExitCode::bad_input,
                        fmt::format("{}: the response of {} bins fits nowhere in the {} bins searched for the arrival",
                                    scan.name, filter.taps - 1, bins),
                        fmt::format("arrivals from {:.4g} ps to {:.4g} ps were asked for",
                                    scan.time_of(from_bins) * 1e12, scan.time_of(to_bins) * 1e12),
                        "widen the search, or check the times of /entry/calibration/irf_t and /entry/data/t");
        found = find_in_trace(y.data(), filter.view(), range);
        if (!given)
            r = found.background > 0
                    ? std::clamp(static_cast<double>(found.signal / found.background), 0.1, most_signal_to_background)
                    : most_signal_to_background;
    }
    return {static_cast<double>(found.position), static_cast<double>(found.sigma), r, static_cast<double>(found.snr)};
}

double peak_centroid(const std::vector<double>& pooled) {
    const auto peak = std::max_element(pooled.begin(), pooled.end()) - pooled.begin();
    const double half = pooled[static_cast<std::size_t>(peak)] / 2;
    const auto n = static_cast<std::ptrdiff_t>(pooled.size());
    std::ptrdiff_t first = peak;
    std::ptrdiff_t last = peak + 1;
    while (first > 0 && pooled[static_cast<std::size_t>(first - 1)] > half) --first;
    while (last < n && pooled[static_cast<std::size_t>(last)] > half) ++last;
    double weight = 0;
    double moment = 0;
    for (std::ptrdiff_t i = first; i < last; ++i) {
        const double above = pooled[static_cast<std::size_t>(i)] - half;
        weight += above;
        moment += above * (static_cast<double>(i) + 0.5);
    }
    return weight > 0 ? moment / weight : static_cast<double>(peak) + 0.5;
}

}  // namespace firstlight
