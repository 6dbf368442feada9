// Deconvolution in double precision, written as its formulas are: what the stages are measured against.
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <random>
#include <vector>

#include "tests/support/stage_test.hpp"

namespace firstlight {

using Trace = std::vector<double>;

// Row i, column j: share of light in even bin j that true bin i gets.
using Matrix = std::vector<Trace>;

inline Matrix response_matrix(const Trace& taps, std::int64_t first, std::int64_t bins,
                              const std::vector<float>* edges) {
    const auto n = static_cast<std::size_t>(bins);
    Matrix even(n, Trace(n, 0.0));
    for (std::int64_t j = 0; j < bins; ++j)
        for (std::size_t k = 0; k < taps.size(); ++k) {
            const std::int64_t i = j + first + static_cast<std::int64_t>(k);
            if (i >= 0 && i < bins) even[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)] = taps[k];
        }
    if (edges == nullptr) return even;
    Matrix matrix(n, Trace(n, 0.0));
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t e = 0; e < n; ++e) {
            const double from = std::max(static_cast<double>((*edges)[i]), static_cast<double>(e));
            const double to = std::min(static_cast<double>((*edges)[i + 1]), static_cast<double>(e + 1));
            if (to <= from) continue;
            for (std::size_t j = 0; j < n; ++j) matrix[i][j] += (to - from) * even[e][j];
        }
    return matrix;
}

inline Trace times(const Matrix& m, const Trace& x) {
    Trace y(m.size(), 0.0);
    for (std::size_t i = 0; i < m.size(); ++i)
        for (std::size_t j = 0; j < x.size(); ++j) y[i] += m[i][j] * x[j];
    return y;
}
inline Trace transposed_times(const Matrix& m, const Trace& y) {
    Trace x(m.empty() ? 0 : m[0].size(), 0.0);
    for (std::size_t i = 0; i < m.size(); ++i)
        for (std::size_t j = 0; j < x.size(); ++j) x[j] += m[i][j] * y[i];
    return x;
}

// What one trace of a tile went through, as numbers.
struct TraceModel {
    Matrix response;
    Trace live, width;
    double gain = 1, dark = 0;
};

inline TraceModel model_of(HostTile& tile, std::int64_t trace, const Trace& taps, std::int64_t first) {
    TraceModel m;
    m.response = response_matrix(taps, first, tile.scan.bins, tile.use_edges ? &tile.edges : nullptr);
    const auto t = static_cast<std::size_t>(trace);
    for (std::int64_t i = 0; i < tile.scan.bins; ++i) {
        const auto at = static_cast<std::size_t>(i);
        m.live.push_back(tile.use_live ? tile.live[static_cast<std::size_t>(trace * tile.scan.bins + i)] : 1.0);
        m.width.push_back(tile.use_edges ? static_cast<double>(tile.edges[at + 1]) - static_cast<double>(tile.edges[at])
                                         : 1.0);
    }
    m.gain = static_cast<double>(tile.gain[t]);
    m.dark = static_cast<double>(tile.dark[t]);
    return m;
}

// live (gain R H x + dark width)
inline Trace expected_counts(const TraceModel& m, const Trace& x) {
    Trace mean = times(m.response, x);
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] = m.live[i] * (m.gain * mean[i] + m.dark * m.width[i]);
    return mean;
}

inline Trace richardson_lucy_in_double(const TraceModel& m, const Trace& y, int iterations) {
    const std::size_t n = y.size();
    Trace weight(n);
    for (std::size_t i = 0; i < n; ++i) weight[i] = m.live[i] * m.gain;
    const Trace seen = transposed_times(m.response, Trace(n, 1.0));
    const Trace all = transposed_times(m.response, weight);
    double counted = 0;
    double net = 0;
    double sum = 0;
    for (std::size_t j = 0; j < n; ++j) {
        counted += y[j];
        net += y[j] - m.live[j] * m.dark * m.width[j];
        if (seen[j] >= 0.01) sum += all[j];
    }
    Trace x(n, 0.0);
    for (std::size_t j = 0; j < n; ++j) x[j] = seen[j] >= 0.01 ? std::max(net, 1e-3 * counted) / sum : 0;
    for (int k = 0; k < iterations; ++k) {
        const Trace mean = expected_counts(m, x);
        Trace ratio(n, 0.0);
        for (std::size_t i = 0; i < n; ++i) ratio[i] = y[i] > 0 ? weight[i] * y[i] / mean[i] : 0;
        const Trace back = transposed_times(m.response, ratio);
        for (std::size_t j = 0; j < n; ++j) x[j] = seen[j] >= 0.01 ? x[j] * back[j] / all[j] : 0;
    }
    return x;
}

inline Trace counts_of(const HostTile& tile, std::int64_t trace) {
    Trace y;
    const auto* all = reinterpret_cast<const std::uint16_t*>(tile.counts.data());
    for (std::int64_t i = 0; i < tile.scan.bins; ++i) y.push_back(all[trace * tile.scan.bins + i]);
    return y;
}

inline double relative_l2(const float* found, const Trace& truth) {
    double difference = 0;
    double size = 0;
    for (std::size_t i = 0; i < truth.size(); ++i) {
        difference += (static_cast<double>(found[i]) - truth[i]) * (static_cast<double>(found[i]) - truth[i]);
        size += truth[i] * truth[i];
    }
    return size > 0 ? std::sqrt(difference / size) : std::sqrt(difference);
}

// A response of `count` taps at the data's bins, its peak `peak` taps from the start, which is the arrival.
inline Trace some_taps(std::int64_t count, std::int64_t peak, double tail_bins) {
    Trace taps;
    double sum = 0;
    for (std::int64_t k = 0; k < count; ++k) {
        const auto d = static_cast<double>(k - peak);
        const double rise = std::exp(-0.5 * d * d / 4);
        taps.push_back(d < 0 ? rise : 0.9 * rise + 0.1 * std::exp(-d / tail_bins));
        sum += taps.back();
    }
    for (double& v : taps) v /= sum;
    return taps;
}
inline void set_response(Scan& scan, const Trace& taps, std::int64_t peak) {
    scan.irf.values = taps;
    scan.irf.time_s.clear();
    for (std::size_t k = 0; k < taps.size(); ++k)
        scan.irf.time_s.push_back((static_cast<double>(k) - static_cast<double>(peak)) * scan.bin_width_s);
}

// A Gaussian with a weak tail, sampled at the data's bins; its peak, the arrival, in the middle.
inline Response gaussian_like(double fwhm_s, double bin_s) {
    const double sigma = fwhm_s / (2 * std::sqrt(2 * std::log(2.0)));
    Response response;
    for (int k = -20; k <= 20; ++k) {
        const double t = k * bin_s;
        const double tail = k < 0 ? 0 : 0.015 * bin_s / 80e-12 * std::exp(-t / 80e-12);
        const auto below = [&](double x) { return 0.5 * std::erf(x / (sigma * std::sqrt(2.0))); };
        response.time_s.push_back(t);
        response.values.push_back(below(t + bin_s / 2) - below(t - bin_s / 2) + tail);
    }
    double sum = 0;
    for (const double v : response.values) sum += v;
    for (double& v : response.values) v /= sum;
    return response;
}

}  // namespace firstlight
