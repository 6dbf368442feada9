// One trace of detector_response, shared by the CPU and CUDA.
#pragma once

#include "kernels/simulation/detector_response.hpp"
#include "kernels/simulation/random_counts.hpp"

namespace firstlight::response {

using Detector = DetectorResponse::Coefficients;

FL_HD inline double integral_at(const double* table, const Detector& c, double bins) {
    const double place = (bins - c.first) * c.steps_per_bin;
    if (!(place > 0)) return 0;
    const auto i = static_cast<std::int64_t>(place);
    if (i >= c.table - 1) return 1;
    const double part = place - static_cast<double>(i);
    return table[i] + part * (table[i + 1] - table[i]);
}

FL_HD inline void expect(const ResponseTask& task, const Detector& c, std::int64_t pixel) {
    double* lambda = task.expected + pixel * c.bins;
    const double delay = c.delay[pixel];
    const double last = c.first + static_cast<double>(c.table) / c.steps_per_bin;
    // Light below each edge, then differences.
    double below_previous = 0;
    std::int64_t whole = 0;  // ideal bins that lie wholly below the edge, summed in `below_whole`
    double below_whole = 0;
    const double* q = task.scattered == nullptr ? nullptr : task.scattered + pixel * c.bins;
    for (std::int64_t edge = 0; edge <= c.bins; ++edge) {
        const double e = c.edges[edge];
        double below = 0;
        for (int k = 0; k < task.unscattered; ++k) {
            const std::int64_t at = k * task.pixels + pixel;
            below += task.share[at] * integral_at(c.point, c, e - task.position[at] - delay);
        }
        if (q != nullptr) {
            for (; whole < c.bins && e - delay - static_cast<double>(whole) >= last; ++whole) below_whole += q[whole];
            below += below_whole;
            for (std::int64_t j = whole; j < c.bins; ++j) {
                const double x = e - delay - static_cast<double>(j);
                if (x <= c.first) break;
                below += q[j] * integral_at(c.spread, c, x);
            }
        }
        if (edge > 0) {
            const double light = c.gain[pixel] * (below - below_previous);
            lambda[edge - 1] = (light > 0 ? light : 0) + c.dark[pixel] * (e - c.edges[edge - 1]);
        }
        below_previous = below;
    }
}

// Goes from detection to detection: the light met until the next one is exponential with mean 1.
FL_HD inline void count_with_dead_time(const ResponseTask& task, const Detector& c, std::int64_t pixel,
                                       CounterStream& stream) {
    const double* lambda = task.expected + pixel * c.bins;
    std::uint32_t* counts = task.counts + pixel * c.bins;
    double per_pulse = 0;
    for (std::int64_t i = 0; i < c.bins; ++i) per_pulse += lambda[i];
    if (!(per_pulse > 0)) return;
    double pulse = 0;
    std::int64_t bin = 0;
    while (pulse < task.pulses) {
        double light = -log_of(stream.next().u);
        double rest = 0;  // of this pulse
        for (std::int64_t i = bin; i < c.bins; ++i) rest += lambda[i];
        if (light >= rest) {
            light -= rest;
            const double skipped = std::floor(light / per_pulse);
            light -= skipped * per_pulse;
            pulse += skipped + 1;
            bin = 0;
        }
        if (pulse >= task.pulses) return;
        while (bin < c.bins - 1 && light >= lambda[bin]) light -= lambda[bin++];
        counts[bin] += 1;
        const std::int64_t awake = bin + 1 + c.dead_bins;
        pulse += static_cast<double>(awake / c.period_bins);
        bin = awake % c.period_bins;
        if (bin >= c.bins) {
            pulse += 1;
            bin = 0;
        }
    }
}

FL_HD inline void count(const ResponseTask& task, const Detector& c, std::int64_t pixel) {
    const double* lambda = task.expected + pixel * c.bins;
    std::uint32_t* counts = task.counts + pixel * c.bins;
    const auto stream_of = [&](std::int64_t bin) {
        return CounterStream{task.first + static_cast<std::uint32_t>(pixel),
                             static_cast<std::uint32_t>(bin),
                             0,
                             16 + task.recording,
                             c.key_low,
                             c.key_high};
    };
    for (std::int64_t i = 0; i < c.bins; ++i) counts[i] = 0;
    if (c.statistics == DetectorResponse::Statistics::dead_time) {
        CounterStream stream = stream_of(0);
        count_with_dead_time(task, c, pixel, stream);
        return;
    }
    double alive = task.pulses;
    for (std::int64_t i = 0; i < c.bins; ++i) {
        CounterStream stream = stream_of(i);
        double n = 0;
        if (c.statistics == DetectorResponse::Statistics::poisson) {
            n = poisson_number(task.pulses * lambda[i], stream);
        } else {
            n = binomial_number(alive, one_minus_exp_of_negative(lambda[i]), lambda[i], stream);
            alive -= n;
        }
        counts[i] = static_cast<std::uint32_t>(n);
    }
}

}  // namespace firstlight::response
