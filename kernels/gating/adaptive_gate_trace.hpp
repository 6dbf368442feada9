// What the CPU and the CUDA version of adaptive_gate do alike for one trace: neighbours, places of the filter, layers.
#pragma once

#include <cmath>
#include <vector>

#include "kernels/gating/adaptive_gate.hpp"
#include "kernels/support/matched_filter_trace.hpp"
#include "kernels/support/trace_sums.hpp"

namespace firstlight {

// Calls f(trace, whole bins by which it comes later) for the unmasked traces of the tile within `radius` of `trace`.
template <class F>
FL_HD inline void each_neighbour(const TraceTile& tile, std::int64_t trace, std::int64_t radius, F&& f) {
    const std::int64_t row = trace / tile.window.columns;
    const std::int64_t column = trace % tile.window.columns;
    const float shift = tile.model.shift == nullptr ? 0.0F : tile.model.shift[trace];
    for (std::int64_t y = row > radius ? row - radius : 0; y <= row + radius && y < tile.window.rows; ++y)
        for (std::int64_t x = column > radius ? column - radius : 0; x <= column + radius && x < tile.window.columns;
             ++x) {
            const std::int64_t other = y * tile.window.columns + x;
            if (tile.is_masked(other)) continue;
            const float later = tile.model.shift == nullptr ? 0.0F : tile.model.shift[other] - shift;
            f(other, static_cast<std::int64_t>(floorf(later + 0.5F)));
        }
}

// The sum of the traces around `trace`, as the search takes it.
FL_HD inline TraceNoise summed_noise(const TraceTile& tile, std::int64_t trace, std::int64_t radius) {
    TraceNoise noise;
    const DetectorModel& m = tile.model;
    noise.edges = m.edges;
    noise.live = m.live == nullptr ? nullptr : m.live + trace * tile.counts.bins;
    noise.shift = m.shift == nullptr ? 0.0 : static_cast<double>(m.shift[trace]);
    noise.gain = noise.dark = 0;
    each_neighbour(tile, trace, radius, [&](std::int64_t other, std::int64_t) {
        noise.gain += m.gain == nullptr ? 1.0 : static_cast<double>(m.gain[other]);
        noise.dark += m.dark == nullptr ? 0.0 : static_cast<double>(m.dark[other]);
    });
    return noise;
}

// The window found in a trace and what it was found among.
struct AcceptedGate {
    FoundWindow window;
    double counts = 0, shape = 0;  // of the searched range
    bool accepted = false;

    FL_HD double scale() const {  // of the background, by the counts outside the window
        return shape > window.shape ? (counts - window.counts) / (shape - window.shape) : 0;
    }
};

// Whether to take what a larger square of traces shows: nothing was found yet, or it is the same light.
FL_HD inline bool is_better(const AcceptedGate& than, const AcceptedGate& gate, std::int64_t width) {
    const std::int64_t apart = gate.window.start - than.window.start;
    return !than.accepted || (apart <= width && -apart <= width);
}

FL_HD inline int filter_for(const AcceptedGate& gate, std::int64_t width) {
    const double background = gate.window.shape * gate.scale();
    const double strength = (gate.window.counts - background) * static_cast<double>(width);
    return strength < 2.83 * background ? 0 : strength < 22.6 * background ? 1 : strength < 181 * background ? 2 : 3;
}

// Places where the filter looks around the window, and the wider range that gives it the background beside the light.
struct FilterPlaces {
    SearchRange places, around;
};
FL_HD inline FilterPlaces filter_places(const AdaptiveGate::Coefficients& c, std::int64_t start) {
    const std::int64_t most = c.test.bins - c.filters[0].taps;
    const auto within = [most](std::int64_t d) { return d < 0 ? 0 : d > most ? most : d; };
    FilterPlaces p;
    p.places = {within(start + c.place_from), within(start + c.place_to) + 1};
    p.around = {within(p.places.first - 2 * c.test.width), within(p.places.last - 1 + 2 * c.test.width) + 1};
    return p;
}

// Sums over the window of the pixel's own counts.
struct OwnSums {
    double raw = 0, value = 0, variance = 0;
};
FL_HD inline OwnSums own_sums(const TraceTile& tile, std::int64_t trace, std::int64_t start, std::int64_t width) {
    OwnSums sums;
    for (std::int64_t i = start; i < start + width; ++i) {
        const double y = exact_count_at(tile.counts, trace, i);
        const double live =
            tile.model.live == nullptr ? 1.0 : static_cast<double>(tile.model.live[trace * tile.counts.bins + i]);
        sums.raw += y;
        sums.value += y / live;
        sums.variance += y / (live * live);
    }
    return sums;
}

FL_HD inline void write_gate(const TraceTile& tile, std::int64_t trace, const AdaptiveGate::Coefficients& c,
                             double total, const AcceptedGate& gate, const FoundArrival& found) {
    const DetectorModel& m = tile.model;
    const double nan = std::numeric_limits<double>::quiet_NaN();
    double ballistic = nan, sigma = nan, background = nan, arrival = nan, arrival_sigma = nan, snr = nan, kept = 0;
    if (gate.accepted) {
        const OwnSums own = own_sums(tile, trace, gate.window.start, c.test.width);
        const TraceNoise noise = summed_noise(tile, trace, 0);
        const double shape = shape_before(c.test, noise, gate.window.start + c.test.width) -
                             shape_before(c.test, noise, gate.window.start);
        const double outside = gate.shape - gate.window.shape;
        const double scale_variance = outside > 0 ? (gate.counts - gate.window.counts) / (outside * outside) : 0;
        background = shape * gate.scale() / noise.gain;
        ballistic = own.value / noise.gain - background;
        sigma = sqrt(own.variance + shape * shape * scale_variance) / noise.gain;
        snr = sigma > 0 ? ballistic / sigma : 0.0;
        const double aligned = static_cast<double>(found.position) - noise.shift;
        arrival = c.first_bin_centre_s + (aligned - 0.5) * c.bin_width_s;
        arrival_sigma = static_cast<double>(found.sigma) * c.bin_width_s;
        kept = own.raw;
        m.arrival[trace] = found.position;
        m.arrival_sigma[trace] = found.sigma;
    } else {
        m.arrival[trace] = m.arrival_sigma[trace] = std::numeric_limits<float>::quiet_NaN();
    }
    tile.write(Layer::counts, trace, total);
    tile.write(Layer::ballistic, trace, ballistic);
    tile.write(Layer::ballistic_sigma, trace, sigma);
    tile.write(Layer::background, trace, background);
    tile.write(Layer::arrival, trace, arrival);
    tile.write(Layer::arrival_sigma, trace, arrival_sigma);
    tile.write(Layer::snr, trace, snr);
    if (tile.effect != nullptr) tile.effect[trace] = static_cast<float>(kept - total);
}

// Once all traces are done, because neighbours look at flags.
FL_HD inline void flag_low_counts(const TraceTile& tile, std::int64_t trace) {
    const float arrival = tile.model.arrival[trace];
    if (tile.model.flags == nullptr || arrival == arrival || tile.is_masked(trace)) return;
    tile.model.flags[trace] = static_cast<std::uint8_t>(tile.model.flags[trace] | low_counts);
}

// Light must stand out of the bins around it, too.
FL_HD inline bool stands_out(const FoundArrival& found) {
    return found.signal > 0 && found.sigma < 1e6F && found.position - found.position == 0;
}

// The gate of one trace, the light in it and the radius of the square of traces that showed it, as the CPU finds them.
struct GateSearch {
    AcceptedGate gate;
    FoundArrival light;
    std::int64_t radius = 0;
};
struct SearchRoom {  // for sums over traces; z over their live fractions where there are any
    std::vector<float> y, z;
    std::vector<double> before;

    explicit SearchRoom(const TraceTile& tile)
        : y(static_cast<std::size_t>(tile.counts.bins)), z(tile.model.live == nullptr ? 0 : y.size()) {}
    [[nodiscard]] const float* light() const { return z.empty() ? y.data() : z.data(); }
};
GateSearch gate_on_cpu(const TraceTile& tile, std::int64_t trace, const AdaptiveGate::Coefficients& c,
                       SearchRoom& room);

}  // namespace firstlight
