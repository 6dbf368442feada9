#include "kernels/gating/backscatter.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/support/trace_sums.hpp"

namespace firstlight {
namespace {

constexpr double counts_for_a_mean = 400;  // 5 %
constexpr double least_share = 0.02;
constexpr double free_of_surfaces = 0.9;  // share of traces that a bin must be left for
constexpr double left_out_below = 0.05;   // chance, over all windows, of a window that is left out
constexpr int rounds = 2;

struct Pool {
    std::vector<double> value, counts, width;  // per aligned bin
    std::int64_t traces = 0;
    double dark = 0, gain = 0;
};

TraceNoise noise_of(const TraceTile& tile, std::int64_t i) {
    const DetectorModel& m = tile.model;
    TraceNoise noise;
    if (m.gain != nullptr) noise.gain = static_cast<double>(m.gain[i]);
    if (m.dark != nullptr) noise.dark = static_cast<double>(m.dark[i]);
    if (m.shift != nullptr) noise.shift = static_cast<double>(m.shift[i]);
    if (m.live != nullptr) noise.live = m.live + i * tile.counts.bins;
    noise.edges = m.edges;
    return noise;
}

// All but what `surfaces` light up.
FL_SIMD Pool pooled(const SurveySample& sample, std::int64_t bins, const std::vector<Surface>& surfaces,
                    const SurfaceSpan& span) {
    Pool pool;
    const auto n = static_cast<std::size_t>(bins);
    pool.value.resize(n);
    pool.counts.resize(n);
    pool.width.resize(n);
    auto surface = surfaces.begin();  // in the order of the sample
    for (std::size_t t = 0; t < sample.tiles.size(); ++t) {
        const TraceTile& tile = sample.tiles[t];
        for (std::int64_t i = 0; i < tile.counts.traces; ++i) {
            if (tile.is_masked(i)) continue;
            const TraceNoise noise = noise_of(tile, i);
            const auto first_out = surface;
            while (surface != surfaces.end() && surface->tile == t && surface->trace == i) ++surface;
            const auto is_left_out = [&](std::int64_t b) {
                for (auto out = first_out; out != surface; ++out)
                    if (b >= out->start - span.head && b < out->start + span.width + span.tail) return true;
                return false;
            };
            for (std::int64_t b = 0; b < bins; ++b) {
                if (is_left_out(b)) continue;
                const double begin = edge_at(noise, b);
                const double end = edge_at(noise, b + 1);
                const double to = std::floor((begin + end) / 2 - noise.shift);
                if (!(to >= 0 && to < static_cast<double>(bins))) continue;
                const auto at = static_cast<std::size_t>(to);
                const double y = exact_count_at(tile.counts, i, b);
                pool.value[at] += (y / live_at(noise, b) - noise.dark * (end - begin)) / noise.gain;
                pool.counts[at] += y;
                pool.width[at] += end - begin;
            }
            pool.dark += noise.dark;
            pool.gain += noise.gain;
            ++pool.traces;
        }
    }
    return pool;
}

// Mean over as many bins around each as hold enough counts; `typical_reach`: to each side.
std::vector<double> smoothed(const Pool& pool, std::int64_t& typical_reach) {
    const auto bins = static_cast<std::int64_t>(pool.value.size());
    const std::vector<double> value = cumulated(pool.value);
    const std::vector<double> counts = cumulated(pool.counts);
    const std::vector<double> width = cumulated(pool.width);
    const auto between = [](const std::vector<double>& sums, std::int64_t first, std::int64_t last) {
        return sums[static_cast<std::size_t>(last)] - sums[static_cast<std::size_t>(first)];
    };
    std::vector<double> rate;
    std::vector<std::int64_t> reaches;
    std::int64_t reach = 0;
    for (std::int64_t i = 0; i < bins; ++i) {
        const auto first = [&](std::int64_t h) { return std::max<std::int64_t>(0, i - h); };
        const auto last = [&](std::int64_t h) { return std::min(bins, i + h + 1); };
        while (reach > 0 && between(counts, first(reach - 1), last(reach - 1)) >= counts_for_a_mean) --reach;
        while (reach < bins && between(counts, first(reach), last(reach)) < counts_for_a_mean) ++reach;
        const double seen = between(width, first(reach), last(reach));
        reaches.push_back(reach);
        rate.push_back(seen > 0 ? std::max(0.0, between(value, first(reach), last(reach)) / seen) : 0.0);
    }
    const auto middle = reaches.begin() + bins / 2;
    std::nth_element(reaches.begin(), middle, reaches.end());
    typical_reach = *middle;
    return rate;
}

// Largest of the least values of all runs of `length` bins that hold a bin.
std::vector<double> opened(const std::vector<double>& rate, std::int64_t length) {
    const auto bins = static_cast<std::int64_t>(rate.size());
    length = std::clamp<std::int64_t>(length, 1, std::max<std::int64_t>(1, bins / 4));
    std::vector<double> least;
    for (std::int64_t i = 0; i + length <= bins; ++i)
        least.push_back(*std::min_element(rate.begin() + i, rate.begin() + i + length));
    std::vector<double> out;
    for (std::int64_t i = 0; i < bins; ++i) {
        const std::int64_t first = std::max<std::int64_t>(0, i - length + 1);
        const std::int64_t last = std::min<std::int64_t>(static_cast<std::int64_t>(least.size()), i + 1);
        out.push_back(*std::max_element(least.begin() + first, least.begin() + last));
    }
    return out;
}

}  // namespace

std::vector<Surface> find_surfaces(const SurveySample& sample, const Backscatter& background, std::int64_t width,
                                   double from, double to, const SurfacesSought& sought) {
    const auto bins = static_cast<std::int64_t>(background.rate.size());
    const std::vector<double> curve = cumulated(background.rate);
    const double windows = std::max(1.0, to - from - static_cast<double>(width) + 1);
    const std::vector<float> alpha(level_count, static_cast<float>(std::log(left_out_below / windows)));
    const WindowTest test{curve.data(), alpha.data(), bins, width, from, to};
    std::vector<float> y(static_cast<std::size_t>(bins));
    std::vector<double> before;
    std::vector<Surface> surfaces;
    for (std::size_t t = 0; t < sample.tiles.size(); ++t) {
        const TraceTile& tile = sample.tiles[t];
        for (std::int64_t i = 0; i < tile.counts.traces; ++i) {
            if (tile.is_masked(i)) continue;
            const TraceNoise noise = noise_of(tile, i);
            fill_shape(test, noise, before);
            std::int64_t first = first_searched(test, noise);
            const std::int64_t last = last_searched(test, noise);
            if (first >= last) continue;
            visit_counts(tile.counts, [&](const auto* counts) {
                for (std::int64_t b = 0; b < bins; ++b)
                    y[static_cast<std::size_t>(b)] = static_cast<float>(counts[i * bins + b]);
            });
            for (std::int64_t s = 0; s < sought.most && first + width <= last; ++s) {
                const double n = sum_counts({y.data(), CountType::f4, 1, bins}, 0, first, last);
                const double shape = shape_of_range(noise, before, first, last);
                const FoundWindow found = most_significant_window(test, noise, y.data(), before, first, last, n, shape);
                if (!is_significant(test, found, n, shape, 1)) break;
                const double rest = shape > found.shape ? (n - found.counts) / (shape - found.shape) : 0;
                surfaces.push_back({t, i, found.start, found.counts, rest * found.shape});
                first = found.start + width + sought.apart;
            }
        }
    }
    return surfaces;
}

std::vector<double> cumulated(const std::vector<double>& rate) {
    std::vector<double> sums{0};
    for (const double r : rate) sums.push_back(sums.back() + r);
    return sums;
}

Backscatter pooled_backscatter(const Scan& scan, const SurveySample& sample, const SurfaceSpan& surface, double from,
                               double to, std::int64_t most_surfaces) {
    const Pool all = pooled(sample, scan.bins, {}, surface);
    if (all.traces == 0)
        throw Error(ExitCode::bad_input, scan.name + ": every pixel of the survey sample is masked",
                    "the background over time is found from unmasked pixels",
                    "check /entry/calibration/pixel_mask, or set --adaptive_gate.background flat");
    double least = 0;
    for (const double v : all.value) least += least_share * v / static_cast<double>(all.traces * scan.bins);
    const auto floored = [&](std::vector<double> rate) {
        const double floor = least > 0 ? least : 1e-6;
        for (double& r : rate) r = std::max(r, floor);
        return rate;
    };
    Backscatter background;
    background.dark = all.gain > 0 ? all.dark / all.gain : 0;
    std::int64_t reach = 0;  // a surface's peak in the pool is wider by as much on both sides
    const std::vector<double> mean = smoothed(all, reach);
    const std::vector<double> clipped = opened(mean, surface.head + surface.width + surface.tail + 2 * reach);
    background.rate = floored(clipped);
    for (int round = 0; round < rounds; ++round) {
        const std::vector<Surface> found =
            find_surfaces(sample, background, surface.width, from, to, {most_surfaces, surface.tail});
        const Pool rest = pooled(sample, scan.bins, found, surface);
        std::vector<double> rate = smoothed(rest, reach);
        for (std::size_t i = 0; i < rate.size(); ++i)
            if (rest.width[i] < free_of_surfaces * all.width[i]) rate[i] = std::min(rate[i], clipped[i]);
        background.rate = floored(rate);
    }
    return background;
}

}  // namespace firstlight
