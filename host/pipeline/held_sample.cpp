#include "host/pipeline/held_sample.hpp"

#include <cmath>

#include "host/pipeline/plan.hpp"

namespace firstlight {

HeldSample::HeldSample(Queue& queue, const Scan& scan, const HeldTraces& held) {
    const auto bring = [&](const auto* array, std::int64_t at, auto& to, std::int64_t n) {
        using T = typename std::decay_t<decltype(to)>::value_type;
        const std::size_t before = to.size();
        to.resize(before + static_cast<std::size_t>(n));
        queue.download(to.data() + before, array + at, static_cast<std::size_t>(n) * sizeof(T), 0);
        queue.synchronize(0);
    };
    if (held.edges != nullptr) bring(held.edges, 0, edges_, held.steps + 1);
    const std::vector<TileWindow> windows = survey_windows(scan);
    tiles_.reserve(windows.size());
    std::vector<std::uint32_t> counts, variance;  // of a group
    std::vector<float> count_unit, variance_unit;
    for (const TileWindow& window : windows) {
        Tile& tile = tiles_.emplace_back();
        for (std::int64_t y = 0; y < window.rows; ++y) {
            const std::int64_t first = window.pixel(y * window.columns), n = window.columns;
            count_unit.clear(), variance_unit.clear();
            bring(held.count_unit, first, count_unit, n);
            if (held.variance != nullptr) bring(held.variance_unit, first, variance_unit, n);
            for (std::int64_t i = 0; i < n; ++i) {
                const std::int64_t lane = (first + i) % held_lanes;
                const auto t = static_cast<std::size_t>(i);
                if (i == 0 || lane == 0) {
                    const std::int64_t group = held.start(first + i - lane), size = (held.steps + 1) * held_lanes;
                    counts.clear(), variance.clear();
                    bring(held.counts, group, counts, size);
                    if (held.variance != nullptr) bring(held.variance, group, variance, size);
                }
                const HeldSum y_sum{counts.data() + lane, static_cast<double>(count_unit[t])};
                for (std::int64_t k = 0; k < held.steps; ++k) {
                    const double y_k = y_sum.between(k, k + 1);
                    tile.counts.push_back(static_cast<float>(y_k));
                    if (held.variance == nullptr) continue;
                    const HeldSum z_sum{variance.data() + lane, static_cast<double>(variance_unit[t])};
                    const double z_k = z_sum.between(k, k + 1);  // y / live^2
                    tile.live.push_back(y_k > 0 && z_k > 0 ? static_cast<float>(std::sqrt(y_k / z_k)) : 1.0F);
                }
            }
            bring(held.gain, first, tile.gain, n);
            bring(held.dark, first, tile.dark, n);
            bring(held.dark_variance, first, tile.dark_variance, n);
            bring(held.shift, first, tile.shift, n);
            bring(held.arrival, first, tile.arrival, n);
            bring(held.arrival_sigma, first, tile.arrival_sigma, n);
            bring(held.flags, first, tile.flags, n);
        }
        TraceTile t;
        t.counts = {tile.counts.data(), CountType::f4, window.traces(), held.bins};
        t.window = window;
        t.model = {tile.live.empty() ? nullptr : tile.live.data(),
                   edges_.empty() ? nullptr : edges_.data(),
                   tile.gain.data(),
                   tile.dark.data(),
                   tile.dark_variance.data(),
                   tile.shift.data(),
                   tile.arrival.data(),
                   tile.arrival_sigma.data(),
                   tile.flags.data()};
        sample.tiles.push_back(t);
        sample.traces += window.traces();
    }
    sample.whole_scan = sample.traces == scan.pixels();
}

}  // namespace firstlight
