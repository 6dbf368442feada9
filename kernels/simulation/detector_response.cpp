#include "kernels/simulation/detector_response.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/simulation/detector_response_trace.hpp"
#include "kernels/support/error.hpp"
#include "kernels/support/parallel_for.hpp"

namespace firstlight {
namespace {

constexpr double fwhm_per_sigma = 2.354820045030949;
constexpr double sigmas = 6;        // the Gaussian is cut where it holds 2e-9 of the light
constexpr double tail_decays = 16;  // the tail where it holds 1e-7

// Counters of the pixels' properties, apart from those of the counts.
enum Property : std::uint32_t { pixel_property = 1, bin_property = 2 };

double normal_number(CounterStream::Pair r) {
    const SineCosine angle = sine_cosine_of_turns(static_cast<float>(r.v));
    return std::sqrt(-2 * log_of(r.u)) * static_cast<double>(angle.cosine);
}

struct Tables {
    double first = 0;  // bins
    double step = 0;
    std::vector<double> density, point, spread;  // at first + i * step
};

Tables tabulate(const DetectorResponse::Params& p, double bin_ps) {
    Tables t;
    const double sigma =
        std::sqrt(p.fwhm_ps * p.fwhm_ps + p.jitter_fwhm_ps * p.jitter_fwhm_ps) / fwhm_per_sigma / bin_ps;
    const double tail = p.tail_share > 0 ? p.tail_ps / bin_ps : 0;
    // A whole number of steps per bin, fine enough for the width.
    const auto per_bin = static_cast<std::int64_t>(std::max(16.0, std::ceil(12 / sigma)));
    t.step = 1.0 / static_cast<double>(per_bin);
    const auto before = static_cast<std::int64_t>(std::ceil(sigmas * sigma / t.step)) + 1;
    const auto after = static_cast<std::int64_t>(std::ceil((sigmas * sigma + tail_decays * tail + 1) / t.step)) + 1;
    t.first = -static_cast<double>(before) * t.step;
    const auto n = static_cast<std::size_t>(before + after + 1);
    std::vector<double> gauss(n);
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const double x = (t.first + static_cast<double>(i) * t.step) / sigma;
        sum += gauss[i] = exp_of(-0.5 * x * x);
    }
    for (double& g : gauss) g /= sum * t.step;
    t.density = gauss;
    if (tail > 0) {
        // The decay y' = (g - y)/tail, exact for g linear between samples.
        const double keep = exp_of(-t.step / tail);
        const double gained = 1 - keep;
        const double later = 1 - gained * tail / t.step;  // share of the gain due to the newer sample
        double y = 0;
        for (std::size_t i = 1; i < n; ++i) {
            y = keep * y + later * gauss[i] + (gained - later) * gauss[i - 1];
            t.density[i] = (1 - p.tail_share) * gauss[i] + p.tail_share * y;
        }
    }
    t.point.assign(n, 0.0);
    for (std::size_t i = 1; i < n; ++i) t.point[i] = t.point[i - 1] + 0.5 * t.step * (t.density[i - 1] + t.density[i]);
    const double all = t.point.back();
    for (double& v : t.point) v /= all;
    for (double& v : t.density) v /= all;
    // Smeared over one bin: the mean of `point` over the bin before.
    std::vector<double> area(n, 0.0);
    for (std::size_t i = 1; i < n; ++i) area[i] = area[i - 1] + 0.5 * t.step * (t.point[i - 1] + t.point[i]);
    t.spread.resize(n);
    const auto bin = static_cast<std::size_t>(per_bin);
    for (std::size_t i = 0; i < n; ++i) t.spread[i] = area[i] - (i >= bin ? area[i - bin] : 0.0);
    for (double& v : t.spread) v /= t.spread.back();
    return t;
}

}  // namespace

DetectorResponse::Coefficients DetectorResponse::prepare(const Params& params, Scan& scan, Keeper& keep) {
    const auto pixels = static_cast<std::size_t>(scan.pixels());
    const auto bins = static_cast<std::size_t>(scan.bins);
    if (scan.pulses.size() != 1 || !(scan.pulses[0] >= 1))
        throw Error(ExitCode::bad_input, "scene: the number of laser pulses is missing or below 1",
                    "counts are drawn over so many pulses", "give [detector] pulses");
    Coefficients c;
    const auto seed = static_cast<std::uint64_t>(params.seed);
    c.key_low = static_cast<std::uint32_t>(seed);
    c.key_high = static_cast<std::uint32_t>(seed >> 32);
    c.bins = scan.bins;
    c.statistics = params.statistics;

    const double bin_ps = scan.bin_width_s * 1e12;
    const Tables t = tabulate(params, bin_ps);
    c.point = keep.keep(t.point);
    c.spread = keep.keep(t.spread);
    c.table = static_cast<std::int64_t>(t.point.size());
    c.first = t.first;
    c.steps_per_bin = 1 / t.step;
    scan.irf = {};
    for (std::size_t i = 0; i < t.density.size(); ++i) {
        scan.irf.values.push_back(t.density[i]);
        scan.irf.time_s.push_back((t.first + static_cast<double>(i) * t.step) * scan.bin_width_s);
    }
    if (params.jitter_fwhm_ps > 0) scan.jitter_fwhm_s = params.jitter_fwhm_ps * 1e-12;

    std::vector<double> gain(pixels), delay(pixels), dark(pixels);
    double gains = 0;
    scan.t0_map_s.assign(pixels, 0.0);
    scan.dark_rate_hz.assign(pixels, 0.0);
    scan.pixel_mask.assign(params.mask_known ? pixels : 0, 0);
    for (std::size_t p = 0; p < pixels; ++p) {
        CounterStream stream{static_cast<std::uint32_t>(p), 0, 0, pixel_property, c.key_low, c.key_high};
        const double skew_ps = params.skew_ps * (2 * stream.next().u - 1);
        gain[p] = std::max(0.1, 1 + params.flat_spread * normal_number(stream.next()));
        gains += gain[p];
        const CounterStream::Pair r = stream.next();
        const bool is_hot = r.u < params.hot_share;
        // Hot pixels differ among themselves by a factor of up to four.
        const double rate_hz = is_hot ? params.hot_rate_hz * (0.5 + 1.5 * r.v) : params.dark_rate_hz;
        delay[p] = skew_ps / bin_ps;
        scan.t0_map_s[p] = skew_ps * 1e-12;
        scan.dark_rate_hz[p] = rate_hz;
        dark[p] = rate_hz * scan.bin_width_s;
        if (params.mask_known && is_hot) scan.pixel_mask[p] = hot;
    }
    for (double& g : gain) g *= static_cast<double>(pixels) / gains;
    scan.flat = gain;
    c.gain = keep.keep(gain);
    c.delay = keep.keep(delay);
    c.dark = keep.keep(dark);

    std::vector<double> edges(bins + 1, 0.0);
    for (std::size_t i = 0; i < bins; ++i) {
        CounterStream stream{0, static_cast<std::uint32_t>(i), 0, bin_property, c.key_low, c.key_high};
        edges[i + 1] = edges[i] + std::max(0.1, 1 + params.bin_nonlinearity * normal_number(stream.next()));
    }
    const double stretch = static_cast<double>(bins) / edges.back();
    for (double& e : edges) e *= stretch;
    scan.bin_width_correction.clear();
    if (params.bin_nonlinearity > 0)
        for (std::size_t i = 0; i < bins; ++i) scan.bin_width_correction.push_back(edges[i + 1] - edges[i]);
    c.edges = keep.keep(edges);

    if (params.statistics == Statistics::dead_time) {
        if (!scan.repetition_rate_hz || std::llround(1 / *scan.repetition_rate_hz / scan.bin_width_s) < scan.bins)
            throw Error(ExitCode::bad_input, "scene: the pulse period does not hold the time window",
                        "the dead time of a free-running detector spans pulses",
                        "give [source] repetition_rate_mhz, at most 1 / (bins * bin width)");
        c.period_bins = std::llround(1 / *scan.repetition_rate_hz / scan.bin_width_s);
        c.dead_bins = std::llround(params.dead_time_ns * 1e3 / bin_ps);
        scan.dead_time_s = params.dead_time_ns * 1e-9;
    }
    return c;
}

void DetectorResponse::on_cpu(const ResponseTask& task, const Coefficients& c) {
    parallel_for(task.pixels, 16, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t pixel = begin; pixel < end; ++pixel) {
            response::expect(task, c, pixel);
            if (task.counts != nullptr) response::count(task, c, pixel);
        }
    });
}

}  // namespace firstlight
