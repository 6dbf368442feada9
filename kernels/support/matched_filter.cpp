#include "kernels/support/matched_filter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/support/error.hpp"
#include "kernels/support/matched_filter_trace.hpp"
#include "kernels/support/trace_sums.hpp"

namespace firstlight {
namespace {

constexpr double span_share = 0.999;
constexpr double first_signal_to_background = 10;
constexpr double most_signal_to_background = 1e6;
constexpr std::int64_t block = 64;  // places side by side: 4 registers of 16 floats, or 8 of 8
constexpr std::int64_t lanes = 16;

using Floats = float __attribute__((vector_size(lanes * sizeof(float))));
using Places = std::int32_t __attribute__((vector_size(lanes * sizeof(std::int32_t))));

struct BestLanes {
    Floats sum[block / lanes];
    Places place[block / lanes];
};

// The largest sum of each lane over the places of [first, last), which holds at least one block; the last block may
// overlap the one before. fmaf is one instruction on machines with FMA and the same bits without.
FL_SIMD void best_of_lanes(const float* z, const float* weight, std::int64_t taps, std::int64_t first,
                           std::int64_t last, BestLanes& best) {
    for (std::int64_t d = first;; d = std::min(d + block, last - block)) {
        alignas(64) float part[block] = {};
        for (std::int64_t k = 0; k < taps; ++k) {
            const float w = weight[k * filter_phases];
            for (std::int64_t j = 0; j < block; ++j) part[j] = __builtin_fmaf(z[d + k + j], w, part[j]);
        }
        for (std::int64_t v = 0; v < block / lanes; ++v) {
            Floats sum;
            std::memcpy(&sum, part + v * lanes, sizeof sum);
            const Places larger = sum > best.sum[v];
            best.sum[v] = larger ? sum : best.sum[v];
            best.place[v] = larger ? Places{} + static_cast<std::int32_t>(d) : best.place[v];
        }
        if (d + block >= last) return;
    }
}

// Sums of all phases from z on, the last phase first, as the tables have them.
FL_SIMD void sums_of_phases(const float* z, const float* weight, std::int64_t taps, float* sums) {
    float part[filter_phases] = {};
    for (std::int64_t k = 0; k < taps; ++k)
        for (int g = 0; g < filter_phases; ++g) part[g] = __builtin_fmaf(z[k], weight[k * filter_phases + g], part[g]);
    for (int g = 0; g < filter_phases; ++g) sums[g] = part[g];
}

// Place in [range.first, range.last) with the largest sum in phase 0, the first of equals.
std::int64_t best_place(const float* z, const FilterView& filter, const SearchRange& range) {
    const float* weight = filter.weight + (filter_phases - 1);
    std::int64_t best = range.first;
    float largest = -std::numeric_limits<float>::infinity();
    const auto look_at = [&](float sum, std::int64_t d) {
        if (!(sum > largest || (sum == largest && d < best))) return;
        largest = sum;
        best = d;
    };
    if (range.last - range.first < block) {
        for (std::int64_t d = range.first; d < range.last; ++d) look_at(filter_sum(z + d, weight, filter.taps), d);
        return best;
    }
    BestLanes lane_best;
    std::fill_n(lane_best.sum, block / lanes, Floats{} + largest);
    std::fill_n(lane_best.place, block / lanes, Places{} + static_cast<std::int32_t>(range.first));
    best_of_lanes(z, weight, filter.taps, range.first, range.last, lane_best);
    for (std::int64_t j = 0; j < block; ++j)
        if (const float sum = lane_best.sum[j / lanes][j % lanes]; sum > -std::numeric_limits<float>::infinity())
            look_at(sum, lane_best.place[j / lanes][j % lanes] + j);
    return best;
}

}  // namespace

MatchedFilter make_matched_filter(const BinnedResponse& response, double signal_to_background) {
    const TapSpan span = shortest_span(response.taps, span_share);
    MatchedFilter filter;
    filter.taps = span.last - span.first + 1;  // one more, for the phases
    filter.zero = response.zero - static_cast<double>(span.first);
    const double step = 1.0 / 16;
    for (std::int64_t k = 0; k < filter.taps; ++k)
        for (int f = filter_phases - 1; f >= 0; --f) {
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

FL_SIMD FoundArrival find_in_trace(const float* z, const float* live, const float* edges, const FilterView& filter,
                                   const SearchRange& places, const SearchRange& around) {
    const FilteredTrace<const float*> trace{z, live, edges};
    const std::int64_t d = best_place(z, filter, places);
    const std::int64_t from = std::max(d - 1, places.first) * filter_phases;
    const std::int64_t to = std::min(d + 1, places.last - 1) * filter_phases;
    float sums[2 * filter_phases + 1] = {};
    std::int64_t q = from;
    float phases[filter_phases];
    for (std::int64_t at = from; at <= to; ++at) {
        const std::int64_t f = at % filter_phases;
        if (edges == nullptr && f == 0) sums_of_phases(z + at / filter_phases, filter.weight, filter.taps, phases);
        sums[at - from] = edges == nullptr ? phases[filter_phases - 1 - f] : phase_sum(trace, filter, around, d, at);
        if (sums[at - from] > sums[q - from]) q = at;
    }
    constexpr float none = std::numeric_limits<float>::quiet_NaN();
    const std::int64_t end = around.last - 1 + filter.taps;
    const double all = sum_counts({z, CountType::f4, 1, end}, 0, around.first, end);
    return arrival_from(trace, filter, around, d, q, q > from ? sums[q - from - 1] : none, sums[q - from],
                        q < to ? sums[q - from + 1] : none, all);
}

PooledArrival find_arrival(const Scan& scan, const PooledTrace& pooled, const BinnedResponse& response,
                           double from_bins, double to_bins, double signal_to_background) {
    // Dark counts are background to the filter, and their noise is there whether or not they were taken out.
    std::vector<float> z;
    for (const double counts : pooled.counts) z.push_back(static_cast<float>(counts + pooled.dark_per_bin));
    const auto bins = static_cast<std::int64_t>(z.size());
    const bool given = !std::isnan(signal_to_background);
    double r = given ? signal_to_background : first_signal_to_background;
    FoundArrival found;
    for (int round = 0; round < (given ? 1 : 3); ++round) {
        const MatchedFilter filter = make_matched_filter(response, r);
        const SearchRange range = search_range(filter.view(), nullptr, bins, from_bins, to_bins);
        if (range.first >= range.last)
            throw Error(ExitCode::bad_input,
                        fmt::format("{}: the response of {} bins fits nowhere in the {} bins searched for the arrival",
                                    scan.name, filter.taps - 1, bins),
                        fmt::format("arrivals from {:.4g} ps to {:.4g} ps were asked for",
                                    scan.time_of(from_bins) * 1e12, scan.time_of(to_bins) * 1e12),
                        "widen the search, or check the times of /entry/calibration/irf_t and /entry/data/t");
        found = find_in_trace(z.data(), pooled.live.data(), nullptr, filter.view(), range, range);
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
