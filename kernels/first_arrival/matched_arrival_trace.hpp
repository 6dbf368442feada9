// What the CPU and the CUDA version of matched_arrival do alike for one trace.
#pragma once

#include "kernels/first_arrival/matched_arrival.hpp"
#include "kernels/support/bin_edges.hpp"
#include "kernels/support/trace_sums.hpp"

namespace firstlight {

// Counts of nominal bin i had the detector always been live; true bins lie as even light over those they overlap.
FL_HD inline float even_count_at(const TraceTile& tile, std::int64_t trace, std::int64_t i) {
    const DetectorModel& m = tile.model;
    const std::int64_t bins = tile.counts.bins;
    const auto lived = [&](std::int64_t k) {
        const float y = count_at(tile.counts, trace, k);
        return m.live == nullptr ? y : y / m.live[trace * bins + k];
    };
    if (m.edges == nullptr) return lived(i);
    const auto left = static_cast<float>(i);
    const float right = left + 1;
    float sum = 0;
    for (std::int64_t k = bin_at(m.edges, bins, static_cast<double>(left)); k < bins && m.edges[k] < right; ++k) {
        const float overlap = fminf(right, m.edges[k + 1]) - fmaxf(left, m.edges[k]);
        if (overlap > 0) sum += lived(k) * (overlap / (m.edges[k + 1] - m.edges[k]));
    }
    return sum;
}

// `aligned` and `sigma` in bins; NaN in `aligned`: not found.
FL_HD inline void write_arrival(const TraceTile& tile, const MatchedArrival::Coefficients& c, std::int64_t trace,
                                double aligned, double sigma) {
    const float shift = tile.model.shift == nullptr ? 0.0F : tile.model.shift[trace];
    const bool found = aligned == aligned;
    tile.model.arrival[trace] = static_cast<float>(found ? aligned : c.arrival) + shift;
    tile.model.arrival_sigma[trace] = static_cast<float>(found ? sigma : c.sigma);
    if (float* layer = tile.layer(Layer::arrival))
        layer[trace] = static_cast<float>(c.first_bin_centre_s + (aligned - 0.5) * c.bin_width_s);
    if (float* layer = tile.layer(Layer::arrival_sigma))
        layer[trace] = static_cast<float>(found ? sigma * c.bin_width_s : aligned);
    if (tile.effect != nullptr) tile.effect[trace] = 0;
}

FL_HD inline bool takes_part(const TraceTile& tile, std::int64_t trace) {
    return tile.model.flags == nullptr || (tile.model.flags[trace] & masked_flags) == 0;
}

FL_HD inline void write_found(const TraceTile& tile, const MatchedArrival::Coefficients& c, std::int64_t trace,
                              const FoundArrival& found) {
    const float shift = tile.model.shift == nullptr ? 0.0F : tile.model.shift[trace];
    const bool good = static_cast<double>(found.snr) >= c.min_snr && found.signal > 0;
    const float position = found.position - shift;
    write_arrival(tile, c, trace, good ? static_cast<double>(position) : std::numeric_limits<double>::quiet_NaN(),
                  static_cast<double>(found.sigma));
}

// The tasks that look at no counts.
FL_HD inline void write_known(const TraceTile& tile, const MatchedArrival::Coefficients& c, std::int64_t trace) {
    if (c.task == MatchedArrival::Task::constant) {
        write_arrival(tile, c, trace, c.arrival, c.sigma);
    } else {
        const std::int64_t p = tile.window.pixel(trace);
        write_arrival(tile, c, trace, static_cast<double>(c.map_arrival[p]), static_cast<double>(c.map_sigma[p]));
    }
}

}  // namespace firstlight
