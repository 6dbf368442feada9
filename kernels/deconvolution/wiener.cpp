#include "kernels/deconvolution/wiener.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/deconvolution/bin_taps.hpp"
#include "kernels/deconvolution/even_bins.hpp"
#include "kernels/deconvolution/lane_rows.hpp"
#include "kernels/support/trace_sums.hpp"

namespace firstlight {
namespace {

constexpr std::int64_t lanes = fft_lanes;  // traces side by side
constexpr std::size_t device_shared_bytes = 227 * 1024;

struct Group {
    LaneRows values, work, response, live;  // [n]; live [bins]
    float noise[lanes] = {}, inverse_snr[lanes] = {};
    float gain[lanes] = {}, dark[lanes] = {};
    std::vector<std::int64_t> traces;
};

// Counts -> counts / (live gain) - dark width / gain; their noise power is added to `noise`. live may be null.
FL_SIMD void correct(const float* live, const float* gain, const float* dark, const float* edges, std::int64_t rows,
                     float* values, double* noise) {
    constexpr std::int64_t run = 128;
    float weight[lanes], less[lanes];
    for (std::int64_t l = 0; l < lanes; ++l) weight[l] = 1 / gain[l];
    for (std::int64_t l = 0; l < lanes; ++l) less[l] = dark[l] * weight[l];
    for (std::int64_t i = 0; i < rows; i += run) {
        float part[lanes] = {};
        for (std::int64_t k = i; k < std::min(i + run, rows); ++k) {
            const float width = bin_width(edges, k);
            for (std::int64_t l = 0; l < lanes; ++l) {
                const float own = live == nullptr ? weight[l] : weight[l] / live[k * lanes + l];
                const float value = values[k * lanes + l] * own;
                part[l] += value * own;
                values[k * lanes + l] = value - less[l] * width;
            }
        }
        for (std::int64_t l = 0; l < lanes; ++l) noise[l] += static_cast<double>(part[l]);
    }
}

// True bins -> even bins.
FL_SIMD void spread(const float* edges, const float* from, std::int64_t bins, float* to) {
    for (std::int64_t i = 0; i < bins; ++i) {
        const BinRange range = even_bins_of(edges, bins, i);
        for (std::int64_t j = range.first; j < range.last; ++j) {
            const float part = overlap(edges, i, j) / bin_width(edges, i);
            for (std::int64_t l = 0; l < lanes; ++l)
                to[j * lanes + l] = __builtin_fmaf(part, from[i * lanes + l], to[j * lanes + l]);
        }
    }
}

// Even, corrected bins of the group's traces, and their noise.
void load(const TraceTile& tile, Group& g) {
    const DetectorModel& m = tile.model;
    const std::int64_t bins = tile.counts.bins;
    for (std::size_t l = 0; l < lanes; ++l) {
        const bool used = l < g.traces.size();
        g.gain[l] = used && m.gain != nullptr ? m.gain[g.traces[l]] : 1.0F;
        g.dark[l] = used && m.dark != nullptr ? m.dark[g.traces[l]] : 0.0F;
    }
    LaneRows& counts = m.edges == nullptr ? g.values : g.work;
    counts_to_lanes(tile.counts, g.traces, counts[0].lane);
    const float* live = nullptr;
    if (m.live != nullptr) {
        g.live.resize(static_cast<std::size_t>(bins));
        values_to_lanes(m.live, bins, g.traces, g.live[0].lane);
        live = g.live[0].lane;
    }
    double noise[lanes] = {};
    correct(live, g.gain, g.dark, m.edges, bins, counts[0].lane, noise);
    for (std::int64_t l = 0; l < lanes; ++l) g.noise[l] = static_cast<float>(noise[l]);
    const auto first = g.values.begin();
    std::fill(first + (m.edges == nullptr ? bins : 0), g.values.end(), LaneRow{});
    if (m.edges != nullptr) spread(m.edges, counts[0].lane, bins, g.values[0].lane);
}

FL_INLINE void pair_at(const float* at, const float* mirror, std::int64_t l, const ComplexValue& turn, ComplexPair& x) {
    real_pair({{at[l], at[lanes + l]}, {mirror[l], mirror[lanes + l]}}, turn, x);
}

// Where the values at k and m - k are, and the response there: the same for all lanes, or in rows of its own.
struct Place {
    std::int64_t at = 0, mirror = 0;  // offsets
    ComplexValue turn;
    ComplexPair response;
};
FL_INLINE void place_of(const FftPlan& plan, const float* common, std::int64_t k, Place& p) {
    p.at = k * 2 * lanes;
    p.mirror = (k == 0 ? 0 : plan.m - k) * 2 * lanes;
    p.turn = {plan.turn[2 * k], plan.turn[2 * k + 1]};
    if (common == nullptr) return;
    p.response.at = {common[2 * k], common[2 * k + 1]};
    p.response.mirror = {common[2 * (plan.m - k)], common[2 * (plan.m - k) + 1]};
}
FL_INLINE float power_of(const ComplexValue& v) { return v.re * v.re + v.im * v.im; }

FL_SIMD void estimate_noise(const FftPlan& plan, const float* common, const float* rows, const float* values,
                            const float* noise, float* inverse_snr) {
    SignalPower power[lanes];
    for (std::int64_t k = 0; k <= plan.m / 2; ++k) {
        Place p;
        place_of(plan, common, k, p);
        if (common != nullptr && power_of(p.response.at) < Wiener::wide_band &&
            power_of(p.response.mirror) < Wiener::wide_band)
            continue;
        for (std::int64_t l = 0; l < lanes; ++l) {
            ComplexPair z;
            ComplexPair h = p.response;
            pair_at(values + p.at, values + p.mirror, l, p.turn, z);
            if (common == nullptr) pair_at(rows + p.at, rows + p.mirror, l, p.turn, h);
            if (k != 0) power[l].add(power_of(z.at), power_of(h.at), noise[l]);
            if (k != plan.m - k) power[l].add(power_of(z.mirror), power_of(h.mirror), noise[l]);
        }
    }
    for (std::int64_t l = 0; l < lanes; ++l) inverse_snr[l] = power[l].inverse_snr(noise[l]);
}

// Filtered, over m; real and imaginary parts exchanged: what the inverse transform takes.
template <bool has_common>
FL_INLINE void filter_all(const FftPlan& plan, const float* common, const float* rows, const float* inverse_snr,
                          float* values) {
    const float scale = 1.0F / static_cast<float>(plan.m);
    for (std::int64_t k = 0; k <= plan.m / 2; ++k) {
        Place p;
        place_of(plan, has_common ? common : nullptr, k, p);
        float* at = values + p.at;
        float* mirror = values + p.mirror;
        float out[4][lanes];
        for (std::int64_t l = 0; l < lanes; ++l) {
            ComplexPair z;
            ComplexPair x;
            ComplexPair h = p.response;
            pair_at(at, mirror, l, p.turn, z);
            if (!has_common) pair_at(rows + p.at, rows + p.mirror, l, p.turn, h);
            filtered(z.at, h.at, inverse_snr[l], scale, x.at);
            filtered(z.mirror, h.mirror, inverse_snr[l], scale, x.mirror);
            complex_pair(x, p.turn, z);
            out[0][l] = z.at.im;
            out[1][l] = z.at.re;
            out[2][l] = z.mirror.im;
            out[3][l] = z.mirror.re;
        }
        std::memcpy(mirror, out[2], sizeof out[2] * 2);
        std::memcpy(at, out[0], sizeof out[0] * 2);
    }
}
FL_SIMD void filter_by_one(const FftPlan& plan, const float* common, const float* inverse_snr, float* values) {
    filter_all<true>(plan, common, nullptr, inverse_snr, values);
}
FL_SIMD void filter_by_own(const FftPlan& plan, const float* rows, const float* inverse_snr, float* values) {
    filter_all<false>(plan, nullptr, rows, inverse_snr, values);
}

void deconvolve(const TraceTile& tile, const Wiener::Coefficients& c, Group& g) {
    g.values.resize(static_cast<std::size_t>(c.fft.n));
    g.work.resize(g.values.size());
    load(tile, g);
    float* values = lane_fft(c.fft, g.values[0].lane, g.work[0].lane);
    float* other = values == g.values[0].lane ? g.work[0].lane : g.values[0].lane;
    float* response = nullptr;
    std::fill_n(g.inverse_snr, lanes, c.noise);
    if (c.spectrum == nullptr) {
        g.response.assign(g.values.size(), LaneRow{});
        for (std::size_t l = 0; l < g.traces.size(); ++l) {
            const float* taps = c.taps + tile.window.pixel(g.traces[l]) * c.count;
            for (std::int64_t k = 0; k < c.count; ++k)
                g.response[static_cast<std::size_t>((c.first + k + c.fft.n) % c.fft.n)].lane[l] += taps[k];
        }
        response = lane_fft(c.fft, g.response[0].lane, other);
        if (response == other) other = g.response[0].lane;
    }
    if (!(c.noise > 0)) estimate_noise(c.fft, c.spectrum, response, values, g.noise, g.inverse_snr);
    for (std::size_t l = g.traces.size(); l < lanes; ++l) g.inverse_snr[l] = 1;
    if (c.spectrum != nullptr) filter_by_one(c.fft, c.spectrum, g.inverse_snr, values);
    else filter_by_own(c.fft, response, g.inverse_snr, values);
    const float* light = lane_fft(c.fft, values, other);
    lanes_to_values(light, tile.counts.bins, true, g.traces, tile.signal);
}

}  // namespace

const ParamTable& Wiener::Params::table() {
    static const ParamTable t{
        real(&Params::snr, "snr", "", "power of the signal over that of the noise in a trace", 1e-6, 1e12)
            .auto_is("estimated for each trace from its own noise floor"),
    };
    return t;
}

Wiener::Coefficients Wiener::prepare(const Params& params, StageContext& context) {
    const Scan& scan = context.scan;
    const BinTaps taps = bin_taps(scan, info);
    announce(taps, context);
    const std::int64_t n = fft_size(std::max<std::int64_t>(2, scan.bins + taps.count));
    const FftTables tables(n);
    Coefficients c;
    c.count = taps.count;
    c.first = taps.first;
    c.noise = std::isnan(params.snr) ? 0.0F : static_cast<float>(1 / params.snr);
    const std::size_t rows = taps.per_pixel ? 3 : 2;
    if (!context.keep.queue().is_host() &&
        static_cast<std::size_t>(n) * rows * sizeof(float) > device_shared_bytes - 4096)
        throw Error(ExitCode::device,
                    fmt::format("{}: traces of {} bins with a response of {} are too long for wiener on a GPU",
                                scan.name, scan.bins, taps.count),
                    "they must fit into one multiprocessor's shared memory", "use --backend cpu");
    c.fft = tables.plan(context.keep.keep(tables.turn()));
    if (taps.per_pixel) {
        c.taps = context.keep.keep(taps.taps);
        return c;
    }
    c.spectrum = context.keep.keep(real_spectrum(tables, on_circle(taps, n, 1.0F)));
    return c;
}

void Wiener::on_cpu(const TraceTile& tile, const Coefficients& c) {
    thread_local Group g;
    g.traces.clear();
    for (std::int64_t t = 0; t < tile.counts.traces; ++t) {
        if (tile.effect != nullptr) tile.effect[t] = 0;
        if (tile.is_masked(t))
            std::fill_n(tile.signal + t * tile.counts.bins, tile.counts.bins, std::numeric_limits<float>::quiet_NaN());
        else g.traces.push_back(t);
        if (g.traces.empty() || (static_cast<std::int64_t>(g.traces.size()) < lanes && t + 1 < tile.counts.traces))
            continue;
        deconvolve(tile, c, g);
        g.traces.clear();
    }
}

}  // namespace firstlight
