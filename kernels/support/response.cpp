#include "kernels/support/response.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

constexpr double sampling_tolerance = 1e-4;  // of a step
constexpr double filling_tolerance = 1e-3;   // of a bin

struct Sampled {
    std::vector<double> values;
    double start_bins, step_bins;
    std::vector<std::string> messages;
};

std::size_t samples_of(const Scan& scan) {
    const Response& irf = scan.irf;
    const std::size_t pixels = irf.per_pixel ? static_cast<std::size_t>(scan.pixels()) : 1;
    if (pixels == 0 || irf.values.empty() || irf.values.size() % pixels != 0)
        throw Error(ExitCode::bad_input,
                    fmt::format("{}: /entry/calibration/irf has {} values", scan.name, irf.values.size()),
                    fmt::format("expected the same number for each of {} pixels", pixels));
    return irf.values.size() / pixels;
}

// Sum over pixels, or the one response; checked.
std::vector<double> mean_values(const Scan& scan) {
    const std::size_t n = samples_of(scan);
    std::vector<double> mean(n);
    for (std::size_t i = 0; i < scan.irf.values.size(); ++i) {
        const double v = scan.irf.values[i];
        if (!(v >= 0) || !std::isfinite(v))
            throw Error(ExitCode::bad_input, fmt::format("{}: /entry/calibration/irf holds {}", scan.name, v),
                        "a response is a share of light: finite and not negative",
                        "store the response as it was measured, without subtracting its background below 0");
        mean[i % n] += v;
    }
    if (std::accumulate(mean.begin(), mean.end(), 0.0) <= 0)
        throw Error(ExitCode::bad_input, scan.name + ": /entry/calibration/irf is all 0",
                    "the response must hold light", "measure it again, or remove it from the file");
    return mean;
}

double peak_position(const std::vector<double>& v) {
    const auto peak = static_cast<std::size_t>(std::max_element(v.begin(), v.end()) - v.begin());
    double offset = 0;
    if (peak > 0 && peak + 1 < v.size()) {
        const double bend = v[peak - 1] - 2 * v[peak] + v[peak + 1];
        if (bend < 0) offset = 0.5 * (v[peak - 1] - v[peak + 1]) / bend;
    }
    return static_cast<double>(peak) + 0.5 + offset;
}

Sampled sampled(const Scan& scan) {
    Sampled s{mean_values(scan), 0, 1, {}};
    const std::vector<double>& t = scan.irf.time_s;
    if (t.empty()) {
        s.start_bins = -peak_position(s.values);
        s.messages.push_back(
            "the response has no irf_t: it is taken as sampled at the data's bins, with its peak at the arrival");
        return s;
    }
    const auto n = static_cast<double>(t.size());
    const double step = t.size() > 1 ? (t.back() - t.front()) / (n - 1) : scan.bin_width_s;
    bool even = t.size() == s.values.size() && step > 0;
    for (std::size_t i = 0; even && i < t.size(); ++i)
        even = std::abs(t[i] - t.front() - static_cast<double>(i) * step) <= sampling_tolerance * step * n;
    if (!even)
        throw Error(ExitCode::bad_input, scan.name + ": /entry/calibration/irf_t does not fit the response",
                    fmt::format("expected {} evenly spaced times that increase, found {}", s.values.size(), t.size()),
                    "resample the response to even steps before importing it");
    s.step_bins = step / scan.bin_width_s;
    s.start_bins = t.front() / scan.bin_width_s - 0.5 * s.step_bins;
    if (std::abs(s.step_bins - 1) <= sampling_tolerance) {
        s.step_bins = 1;
        return s;
    }
    // Finer steps that fill the bins lose nothing: that is how a response should be measured.
    const double per_bin = 1 / s.step_bins, whole = std::round(per_bin);
    if (whole < 2 || std::abs(per_bin - whole) > filling_tolerance * whole)
        s.messages.push_back(
            fmt::format("the response is resampled from steps of {:.4g} ps to the data's bins of {:.4g} ps",
                        step * 1e12, scan.bin_width_s * 1e12));
    return s;
}

}  // namespace

CumulativeResponse::CumulativeResponse(const double* values, std::int64_t n, double start_bins, double step_bins)
    : share_(static_cast<std::size_t>(n) + 1), slope_(share_.size()), start_(start_bins), step_(step_bins) {
    const double sum = std::accumulate(values, values + n, 0.0);
    double before = 0;
    for (std::int64_t i = 0; i < n; ++i) {
        share_[static_cast<std::size_t>(i)] = before / sum;
        before += values[i];
    }
    share_.back() = 1;
    // Harmonic mean of the neighbouring samples (Fritsch & Butland 1984): monotone, third order where smooth.
    for (std::int64_t i = 1; i < n; ++i) {
        const double both = values[i - 1] + values[i];
        slope_[static_cast<std::size_t>(i)] = both > 0 ? 2 * values[i - 1] * values[i] / (both * sum) : 0;
    }
}

double CumulativeResponse::at(double x) const {
    const double u = (x - start_) / step_;
    if (!(u > 0)) return 0;
    const auto i = static_cast<std::size_t>(u);
    if (i + 1 >= share_.size()) return 1;
    const double f = u - static_cast<double>(i);
    const double rise = share_[i + 1] - share_[i];
    // Hermite cubic through both ends with both slopes.
    return share_[i] + f * (slope_[i] + f * ((3 * rise - 2 * slope_[i] - slope_[i + 1]) +
                                             f * (slope_[i] + slope_[i + 1] - 2 * rise)));
}

BinnedResponse binned_response(const Scan& scan) {
    Sampled s = sampled(scan);
    const auto n = static_cast<std::int64_t>(s.values.size());
    BinnedResponse r{
        CumulativeResponse(s.values.data(), n, s.start_bins, s.step_bins), {}, -s.start_bins, 0, std::move(s.messages)};
    r.fwhm_bins = full_width_at_half_maximum(s.values) * s.step_bins;
    const auto bins = static_cast<std::int64_t>(std::ceil(static_cast<double>(n) * s.step_bins - sampling_tolerance));
    std::vector<double> light(static_cast<std::size_t>(std::max<std::int64_t>(bins, 1)));
    for (std::size_t k = 0; k < light.size(); ++k)
        light[k] =
            r.cumulative.between(s.start_bins + static_cast<double>(k), s.start_bins + static_cast<double>(k + 1));
    if (static_cast<std::int64_t>(light.size()) > scan.bins && scan.bins > 0) {
        const auto keep = static_cast<std::size_t>(scan.bins);
        double inside = std::accumulate(light.begin(), light.begin() + scan.bins, 0.0);
        double best = inside;
        std::size_t from = 0;
        for (std::size_t i = keep; i < light.size(); ++i) {
            inside += light[i] - light[i - keep];
            if (inside > best) {
                best = inside;
                from = i + 1 - keep;
            }
        }
        r.messages.push_back(
            fmt::format("the response is {} bins long, the window {}: it is cut, {:.2g} % of its light is lost",
                        light.size(), scan.bins, 100 * std::max(0.0, 1 - best)));
        light = std::vector<double>(light.begin() + static_cast<std::ptrdiff_t>(from),
                                    light.begin() + static_cast<std::ptrdiff_t>(from + keep));
        r.zero -= static_cast<double>(from);
    }
    const double sum = std::accumulate(light.begin(), light.end(), 0.0);
    for (const double v : light) r.taps.push_back(static_cast<float>(v / sum));
    return r;
}

CumulativeResponse pixel_response(const Scan& scan, const BinnedResponse& mean, std::int64_t pixel) {
    if (!scan.irf.per_pixel) return mean.cumulative;
    const auto n = static_cast<std::int64_t>(samples_of(scan));
    const double* own = scan.irf.values.data() + pixel * n;
    if (std::accumulate(own, own + n, 0.0) <= 0) return mean.cumulative;
    return {own, n, mean.cumulative.start(), mean.cumulative.step()};
}

Response gaussian_response(double fwhm_s) {
    constexpr int per_fwhm = 16;
    constexpr int reach = 2 * per_fwhm;  // +- 2 FWHM hold 0.999998 of a Gaussian
    const double step = fwhm_s / per_fwhm;
    const double sigma = fwhm_s / (2 * std::sqrt(2 * std::log(2.0)));
    Response response;
    for (int i = -reach; i <= reach; ++i) {
        const double t = i * step;
        response.time_s.push_back(t);
        response.values.push_back(0.5 * (std::erf((t + step / 2) / (sigma * std::sqrt(2.0))) -
                                         std::erf((t - step / 2) / (sigma * std::sqrt(2.0)))));
    }
    return response;
}

TapSpan shortest_span(const std::vector<float>& taps, double share) {
    const auto n = static_cast<std::int64_t>(taps.size());
    double sum = 0;
    for (const float v : taps) sum += static_cast<double>(v);
    TapSpan best{0, n};
    double inside = 0;
    std::int64_t first = 0;
    for (std::int64_t last = 1; last <= n; ++last) {
        inside += static_cast<double>(taps[static_cast<std::size_t>(last - 1)]);
        while (first + 1 < last && inside - static_cast<double>(taps[static_cast<std::size_t>(first)]) >= share * sum)
            inside -= static_cast<double>(taps[static_cast<std::size_t>(first++)]);
        if (inside >= share * sum && last - first < best.last - best.first) best = {first, last};
    }
    return best;
}

double full_width_at_half_maximum(const std::vector<double>& values) {
    const auto peak = std::max_element(values.begin(), values.end()) - values.begin();
    const auto n = static_cast<std::ptrdiff_t>(values.size());
    const double half = values[static_cast<std::size_t>(peak)] / 2;
    const auto at = [&](std::ptrdiff_t i) { return i < 0 || i >= n ? 0.0 : values[static_cast<std::size_t>(i)]; };
    const auto crossing = [&](std::ptrdiff_t step) {
        std::ptrdiff_t i = peak;
        while (at(i + step) >= half) i += step;
        return std::abs(static_cast<double>(i - peak)) + (at(i) - half) / (at(i) - at(i + step));
    };
    return crossing(-1) + crossing(1);
}

}  // namespace firstlight
