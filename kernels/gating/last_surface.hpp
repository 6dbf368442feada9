// last_surface: the last surface of a trace in which adaptive_gate found its strongest one: what lies behind a net,
// glass, leaves or the first metres of fog.
//
// Physics: behind the window of the surface that was found, [from, last), the trace holds background of the known shape
// B, the tail of the light that was found already, a h, and maybe more surfaces. Under "no more surfaces" the counts
// expected of the bins are
//     m = s B + r a h,   s = [max(n - K, 0) + sqrt(K)] / B(behind),   n counts and K = sum a h behind
// with r = 2: the tail of a response is known less well than its body, and one surface's tail must not pass for
// another. sqrt(K) is what chance may have taken off n. The most significant window under m is judged by the same
// limits alpha(n) as the first (significant_window.hpp), which were found for the whole range and so are on the safe
// side here, with a u of its own. Its arrival is found by the same filter in the counts less the light known, and the
// next search begins behind it, until a window does not pass or `most` surfaces are known. Light that is less than
// `least_share` of the strongest's is passed over: reflections within the optics and afterpulses are as weak.
// Windows do not overlap, so that surfaces closer than a window (two pulse widths) are one. What is nearer than the
// strongest surface is not looked for: it is not the last.
//
// The sums searched are those in which the strongest was found: the pixel's own trace, or its superpixel's.
//
//   net 200 counts at bin 40, panel 30 counts at bin 90, background 0.05 a bin  ->  last at 90
#pragma once

#include "kernels/gating/adaptive_gate_trace.hpp"

namespace firstlight {

constexpr double tail_margin = 2;  // r

// Light of surfaces that were found, on the trace's clock.
struct KnownLight {
    static constexpr int most = 4;
    double position[most] = {}, signal[most] = {};
    int count = 0;

    FL_HD void add(const FoundArrival& light) {
        position[count] = static_cast<double>(light.position);
        signal[count] = static_cast<double>(light.signal);
        ++count;
    }
};

// Counts of it in bin i, over the live fraction. All of the stage's filters have the same shares.
FL_HD inline double known_in_bin(const FilterView& filter, const KnownLight& known, const float* edges,
                                 std::int64_t i) {
    const double begin = edges == nullptr ? static_cast<double>(i) : static_cast<double>(edges[i]);
    const double end = edges == nullptr ? static_cast<double>(i + 1) : static_cast<double>(edges[i + 1]);
    const std::int64_t values = filter.taps * filter_phases;
    double sum = 0;
    for (int k = 0; k < known.count; ++k) {
        const double later = 0.5 * (begin + end) - 0.5 - known.position[k] + filter.zero;
        const double at = filter_phases * later + (filter_phases - 1);
        const auto whole = static_cast<std::int64_t>(floor(at));
        if (whole < -1 || whole >= values) continue;
        const double here = whole >= 0 ? static_cast<double>(filter.share[whole]) : 0.0;
        const double next = whole + 1 < values ? static_cast<double>(filter.share[whole + 1]) : 0.0;
        sum += known.signal[k] * (here + (at - floor(at)) * (next - here));
    }
    return sum * (end - begin);
}

// Sums over the bins behind a surface.
struct BinsBehind {
    double counts = 0, shape = 0, known = 0;  // n, B, K
    FL_HD double background() const { return (counts > known ? counts - known : 0.0) + sqrt(known); }
    FL_HD double scale() const { return shape > 0 ? background() / shape : 0.0; }
    FL_HD double expected() const { return background() + tail_margin * known; }  // m: n and more
};

// The most significant of the windows that start in [from, to). y[i]: counts, known(i): known light over live. Sums are
// made anew for each window, so that windows that are equally good are so to the bit and the first is taken.
template <class Y, class Known>
FL_HD FoundWindow window_behind(const WindowTest& test, const TraceNoise& noise, const Y& y, const Known& known,
                                const BinsBehind& behind, std::int64_t from, std::int64_t to) {
    FoundWindow best;
    const double scale = behind.scale();
    const double expected = behind.expected();
    for (std::int64_t j = from; j < to; ++j) {
        double counts = 0, tail = 0;
        for (std::int64_t i = j; i < j + test.width; ++i) {
            counts += static_cast<double>(y[i]);
            tail += known(i);
        }
        const double shape = shape_before(test, noise, j + test.width) - shape_before(test, noise, j);
        look_at_window(j, counts, (scale * shape + tail_margin * tail) * live_at(noise, j + test.width / 2), 1.0,
                       expected, best);
    }
    return best;
}

struct LastSurface {
    std::int64_t start = 0;  // of its window
    FoundArrival light;
    double background = 0;  // expected in the window but for its light, over the sum's gain
    bool behind = false;    // not the strongest itself
};

// What is expected in a window besides its light, over the sum's gain: the known light's tail, and background at the
// level of the bins outside of the window.
template <class Trace>
FL_HD double background_in(const Trace& trace, const AdaptiveGate::Coefficients& c, const FoundWindow& window,
                           const BinsBehind& behind, const KnownLight& known) {
    double tail = 0, counted_tail = 0;
    for (std::int64_t i = window.start; i < window.start + c.test.width; ++i) {
        const double light = known_in_bin(c.filters[0], known, trace.noise.edges, i);
        tail += light;
        counted_tail += live_at(trace.noise, i) * light;
    }
    const double shape = shape_before(c.test, trace.noise, window.start + c.test.width) -
                         shape_before(c.test, trace.noise, window.start);
    const double outside = behind.shape - shape * live_at(trace.noise, window.start + c.test.width / 2);
    const double rest = behind.counts - window.counts - (behind.known - counted_tail);
    const double scale = outside > 0 && rest > 0 ? rest / outside : 0.0;
    return (scale * shape + tail) / trace.noise.gain;
}

// The search. `Trace` is the trace in the backend's way:
//     sums(from, known)                       BinsBehind
//     window(from, behind, known)             FoundWindow with the most significant counts, its shape being m
//     light(filter, places, around, known)    FoundArrival in the counts less the known light
//     noise, last                             of the searched range
template <class Trace>
FL_HD LastSurface find_last_surface(const Trace& trace, const AdaptiveGate::Coefficients& c, const AcceptedGate& gate,
                                    const FoundArrival& strongest, std::uint64_t pixel) {
    LastSurface last;
    last.start = gate.window.start;
    last.light = strongest;
    KnownLight known;
    known.add(strongest);
    const std::int64_t middle = (c.place_from + c.place_to) / 2;
    std::int64_t from = gate.window.start + c.test.width;
    for (std::uint64_t round = 0; known.count < KnownLight::most && from + c.test.width <= trace.last; ++round) {
        const BinsBehind behind = trace.sums(from, known);
        const double expected = behind.expected();
        AcceptedGate found;
        found.window = trace.window(from, behind, known);
        found.counts = found.shape = expected;
        constexpr std::uint64_t of_later_surfaces = std::uint64_t{1} << 58;
        if (!is_significant(c.test, found.window, expected, expected, dither(pixel | of_later_surfaces, round))) break;
        FilterPlaces look = filter_places(c, found.window.start);
        const std::int64_t earliest = from + middle;  // before it, what is left of the light in front would be found
        const auto not_before = [earliest](SearchRange& r) {
            if (r.first < earliest) r.first = earliest < r.last ? earliest : r.last - 1;
        };
        not_before(look.places);
        not_before(look.around);
        const FoundArrival light =
            trace.light(c.filters[filter_for(found, c.test.width)], look.places, look.around, known);
        if (stands_out(light) &&
            static_cast<double>(light.signal) >= c.least_share * static_cast<double>(strongest.signal)) {
            last = {found.window.start, light, background_in(trace, c, found.window, behind, known), true};
            known.add(light);
        }
        from = found.window.start + c.test.width;
    }
    return last;
}

// Layers of the last surface; the strongest's own where there is none behind it. NaN where nothing was accepted.
FL_HD inline void write_last(const TraceTile& tile, std::int64_t trace, const AdaptiveGate::Coefficients& c,
                             bool accepted, const LastSurface& last) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    double arrival = nan, sigma = nan, ballistic = nan;
    if (accepted) {
        const DetectorModel& m = tile.model;
        const double shift = m.shift == nullptr ? 0.0 : static_cast<double>(m.shift[trace]);
        arrival = c.first_bin_centre_s + (static_cast<double>(last.light.position) - shift - 0.5) * c.bin_width_s;
        sigma = static_cast<double>(last.light.sigma) * c.bin_width_s;
        const float* of_strongest = tile.layer(Layer::ballistic);
        if (last.behind) {
            const double gain = m.gain == nullptr ? 1.0 : static_cast<double>(m.gain[trace]);
            ballistic = own_sums(tile, trace, last.start, c.test.width).value / gain - last.background;
        } else if (of_strongest != nullptr) {
            ballistic = static_cast<double>(of_strongest[trace]);
        }
    }
    tile.write(Layer::arrival_last, trace, arrival);
    tile.write(Layer::arrival_last_sigma, trace, sigma);
    tile.write(Layer::ballistic_last, trace, ballistic);
}

}  // namespace firstlight
