#include "host/calibration/irf_fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "host/calibration/slab_traces.hpp"
#include "kernels/support/error.hpp"
#include "kernels/support/response.hpp"

namespace firstlight {
namespace {

constexpr std::int64_t block = 16;
constexpr std::int64_t quiet_blocks = 16;  // in a row: the afterglow is over

// Position of the peak, from the start of bin 0: the middle of the highest bin, refined by a parabola.
double peak_of(const std::vector<double>& light) {
    const auto top = static_cast<std::size_t>(std::max_element(light.begin(), light.end()) - light.begin());
    const double middle = static_cast<double>(top) + 0.5;
    if (top == 0 || top + 1 == light.size()) return middle;
    const double bend = light[top - 1] - 2 * light[top] + light[top + 1];
    return bend < 0 ? middle + 0.5 * (light[top - 1] - light[top + 1]) / bend : middle;
}

// First and one past the last bin that is kept, around the peak.
std::pair<std::int64_t, std::int64_t> kept_part(const std::vector<double>& light, const std::vector<double>& variance) {
    const auto n = static_cast<std::int64_t>(light.size());
    const auto stands_out = [&](std::int64_t from) {
        double sum = 0, var = 0;
        for (std::int64_t i = std::max<std::int64_t>(0, from); i < std::min(n, from + block); ++i) {
            sum += light[static_cast<std::size_t>(i)];
            var += variance[static_cast<std::size_t>(i)];
        }
        return sum > 3 * std::sqrt(std::max(var, 1.0));
    };
    const auto top = static_cast<std::int64_t>(std::max_element(light.begin(), light.end()) - light.begin());
    std::int64_t first = std::max<std::int64_t>(0, top - block / 2), last = std::min(n, top + block / 2);
    for (std::int64_t at = last, quiet = 0; at < n && quiet < quiet_blocks; at += block) {
        quiet = stands_out(at) ? 0 : quiet + 1;
        if (quiet == 0) last = std::min(n, at + block);
    }
    for (std::int64_t at = first - block, quiet = 0; at > -block && quiet < quiet_blocks; at -= block) {
        quiet = stands_out(at) ? 0 : quiet + 1;
        if (quiet == 0) first = std::max<std::int64_t>(0, at);
    }
    return {first, last};
}

ResponseFit finish(const std::string& name, std::vector<double> light, const std::vector<double>& variance,
                   double background, double bin_width_s) {
    double signal = 0, noise = 0;
    const auto [first, last] = kept_part(light, variance);
    for (std::int64_t i = first; i < last; ++i) {
        signal += light[static_cast<std::size_t>(i)];
        noise += variance[static_cast<std::size_t>(i)];
    }
    if (!(signal > 5 * std::sqrt(std::max(noise, 1.0))))
        throw Error(ExitCode::bad_input, name + ": no light stands out from the background",
                    fmt::format("the highest part holds {:.0f} counts above it, with a standard deviation of {:.0f}",
                                signal, std::sqrt(noise)),
                    "a response is measured without object or medium");
    ResponseFit fit;
    fit.first_bin = first;
    fit.peak_bins = peak_of(light);
    fit.light = signal;
    fit.background_per_bin = background;
    fit.whole = light;
    for (std::int64_t i = first; i < last; ++i) {
        fit.irf.values.push_back(std::max(0.0, light[static_cast<std::size_t>(i)]));
        fit.irf.time_s.push_back((static_cast<double>(i) + 0.5 - fit.peak_bins) * bin_width_s);
    }
    const double sum = std::accumulate(fit.irf.values.begin(), fit.irf.values.end(), 0.0);
    for (double& value : fit.irf.values) value /= sum;
    fit.fwhm_s = full_width_at_half_maximum(fit.irf.values) * bin_width_s;
    return fit;
}

// Adds a trace moved by `shift` bins, linearly between bins.
void add_shifted(const std::vector<double>& from, double shift, std::vector<double>& to) {
    const double whole = std::floor(shift), part = shift - whole;
    const auto offset = static_cast<std::int64_t>(whole), n = static_cast<std::int64_t>(from.size());
    for (std::int64_t i = 0; i < n; ++i) {
        const std::int64_t at = i + offset;
        if (at >= 0 && at < n) to[static_cast<std::size_t>(at)] += (1 - part) * from[static_cast<std::size_t>(i)];
        if (part > 0 && at + 1 >= 0 && at + 1 < n)
            to[static_cast<std::size_t>(at + 1)] += part * from[static_cast<std::size_t>(i)];
    }
}

}  // namespace

ResponseFit response_of(const std::string& name, const std::vector<double>& counts, const std::vector<double>& live,
                        double bin_width_s) {
    std::vector<double> light = counts, variance = counts;
    for (std::size_t i = 0; i < light.size() && !live.empty(); ++i) {
        light[i] /= live[i];
        variance[i] /= live[i] * live[i];
    }
    const double background = background_of(light);
    for (double& value : light) value -= background;
    return finish(name, std::move(light), variance, background, bin_width_s);
}

ResponseFit fit_response(const TraceInput& input, const ResponseOptions& options) {
    const Scan& scan = input.scan;
    const std::vector<std::uint8_t>& mask = options.mask.empty() ? scan.pixel_mask : options.mask;
    const std::vector<double>& t0 = options.t0_map_s.empty() ? scan.t0_map_s : options.t0_map_s;
    const auto bins = static_cast<std::size_t>(scan.bins);
    std::vector<double> light(bins), variance(bins);
    double background = 0;
    std::int64_t used = 0;
    const auto corrected = [&](std::int64_t view, std::int64_t pixel, const std::vector<double>& counts, auto&& take) {
        const auto p = static_cast<std::size_t>(pixel);
        if (!mask.empty() && (mask[p] & masked_flags) != 0) return;
        const std::vector<double> live = live_shares(counts, scan.pulses_at(view, pixel));
        std::vector<double> y(bins), v(bins);
        for (std::size_t i = 0; i < bins; ++i) {
            y[i] = counts[i] / live[i];
            v[i] = y[i] / live[i];
        }
        take(p, y, v, t0.empty() ? 0.0 : -t0[p] / scan.bin_width_s);
    };
    input.visit([&](std::int64_t view, std::int64_t pixel, const std::vector<double>& counts) {
        corrected(view, pixel, counts, [&](std::size_t, const auto& y, const auto& v, double shift) {
            add_shifted(y, shift, light);
            add_shifted(v, shift, variance);
            ++used;
        });
    });
    if (used == 0)
        throw Error(ExitCode::bad_input, scan.name + ": every pixel is masked",
                    "a response is summed over open pixels");
    background = background_of(light);
    for (double& value : light) value -= background;
    ResponseFit fit = finish(scan.name, std::move(light), variance, background, scan.bin_width_s);
    fit.pixels = used;
    if (!options.per_pixel) return fit;
    const std::size_t samples = fit.irf.values.size();
    std::vector<double> own(static_cast<std::size_t>(scan.pixels()) * samples);
    input.visit([&](std::int64_t view, std::int64_t pixel, const std::vector<double>& counts) {
        corrected(view, pixel, counts, [&](std::size_t p, const auto& y, const auto&, double) {
            std::vector<double> pixel_light = y;
            const double quiet = background_of(pixel_light);
            for (double& value : pixel_light) value -= quiet;
            const double peak = peak_of(pixel_light);
            std::vector<double> moved(bins);
            add_shifted(pixel_light, fit.peak_bins - peak, moved);
            for (std::size_t k = 0; k < samples; ++k)
                own[p * samples + k] += moved[static_cast<std::size_t>(fit.first_bin) + k];
        });
    });
    for (std::size_t p = 0; p < static_cast<std::size_t>(scan.pixels()); ++p) {
        double* const values = own.data() + p * samples;
        const double sum = std::accumulate(values, values + samples, 0.0);
        double positive = 0;
        for (std::size_t k = 0; k < samples; ++k) {
            values[k] = sum >= options.least_counts ? std::max(0.0, values[k]) : 0;
            positive += values[k];
        }
        for (std::size_t k = 0; k < samples && positive > 0; ++k) values[k] /= positive;
        if (positive > 0) ++fit.pixels_with_own;
    }
    if (fit.pixels_with_own == 0)
        throw Error(ExitCode::bad_input, fmt::format("{}: no pixel has {:.0f} counts", scan.name, options.least_counts),
                    "a response per pixel needs them", "leave --per-pixel out, or give a smaller --least-counts");
    fit.irf.values = std::move(own);
    fit.irf.per_pixel = true;
    return fit;
}

}  // namespace firstlight
