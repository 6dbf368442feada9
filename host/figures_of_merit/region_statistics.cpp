#include "host/figures_of_merit/region_statistics.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/support/error.hpp"
#include "kernels/support/percentile.hpp"
#include "kernels/support/views.hpp"

namespace firstlight {
namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

bool is_masked(const MeasuredImage& image, std::int64_t i) {
    return image.flags != nullptr && (image.flags[i] & masked_flags) != 0;
}

// Variance of a value from photon noise; NaN where it is not known.
double noise_variance(const MeasuredImage& image, std::int64_t i) {
    if (image.sigma != nullptr) {
        const auto sigma = static_cast<double>(image.sigma[i]);
        return std::isfinite(sigma) && sigma >= 0 ? sigma * sigma : nan_value;
    }
    return image.counts ? std::max(0.0, static_cast<double>(image.values.values[i])) : nan_value;
}

// First and one past the last pixel whose centre lies at or after `from`, before `to`, within 0 .. size.
std::pair<std::int64_t, std::int64_t> centres_between(double from, double to, std::int64_t size) {
    const auto clipped = [size](double x) {
        const double first = std::ceil(x - 0.5);
        return static_cast<std::int64_t>(std::clamp(first, 0.0, static_cast<double>(size)));
    };
    if (!(from <= to)) return {0, 0};  // NaN, too
    return {clipped(from), clipped(to)};
}

void add_noise(const MeasuredImage& image, const std::vector<std::int64_t>& used, RegionStatistics& s) {
    double variance = 0, known = 0;
    for (const std::int64_t i : used) {
        const double one = noise_variance(image, i);
        if (std::isnan(one)) continue;
        variance += one;
        ++known;
    }
    if (known == 0) return;
    variance /= known;
    s.expected_sigma = std::sqrt(variance);
    if (variance == 0) return;
    s.snr = s.mean / (s.expected_sigma / std::sqrt(static_cast<double>(s.pixels)));
    s.excess = s.variance() / variance;
}

// One sample between pixel centres; NaN where pixels without a value make up more than half of it, or outside.
double sample_at(const MeasuredImage& image, double x, double y) {
    const std::int64_t rows = image.values.rows, columns = image.values.columns;
    if (!(x >= 0 && y >= 0 && x <= static_cast<double>(columns) && y <= static_cast<double>(rows))) return nan_value;
    const double across = std::clamp(x - 0.5, 0.0, static_cast<double>(columns - 1));
    const double down = std::clamp(y - 0.5, 0.0, static_cast<double>(rows - 1));
    const auto left = static_cast<std::int64_t>(across), top = static_cast<std::int64_t>(down);
    double sum = 0, weights = 0;
    for (const std::int64_t row : {top, top + 1})
        for (const std::int64_t column : {left, left + 1}) {
            const double weight =
                (1 - std::abs(across - static_cast<double>(column))) * (1 - std::abs(down - static_cast<double>(row)));
            if (!(weight > 0)) continue;  // so that no pixel beyond the border is looked at
            const std::int64_t i = row * columns + column;
            if (is_masked(image, i) || !std::isfinite(image.values.values[i])) continue;
            sum += weight * static_cast<double>(image.values.values[i]);
            weights += weight;
        }
    return weights >= 0.5 ? sum / weights : nan_value;
}

}  // namespace

MeasuredImage measured_image(const GatedImages& images, const std::string& layer, std::int64_t view) {
    const ImageLayer* values = images.layer(layer);
    if (values == nullptr) {
        std::vector<std::string> names;
        for (const ImageLayer& one : images.layers) names.push_back(one.name);
        throw Error(ExitCode::usage, fmt::format("there is no layer \"{}\"", layer), "",
                    fmt::format("choose from {}", fmt::join(names, ", ")));
    }
    if (view < 0 || view >= images.views)
        throw Error(ExitCode::usage, fmt::format("there is no view {}", view),
                    fmt::format("the result has {}, counted from 0", images.views));
    const std::int64_t first = view * images.rows * images.columns;
    MeasuredImage image;
    image.values = {values->values.data() + first, images.rows, images.columns};
    if (const ImageLayer* sigma = images.layer(layer + "_sigma")) image.sigma = sigma->values.data() + first;
    if (!images.mask.empty()) image.flags = images.mask.data() + first;
    image.counts = values->unit == "counts";
    return image;
}

std::vector<std::int64_t> pixels_in(const Region& region, std::int64_t rows, std::int64_t columns) {
    const double left = std::min(region.x0, region.x1), right = std::max(region.x0, region.x1);
    const double top = std::min(region.y0, region.y1), bottom = std::max(region.y0, region.y1);
    std::vector<std::int64_t> pixels;
    if (region.shape == RegionShape::rectangle) {
        const auto [first_column, last_column] = centres_between(left, right, columns);
        const auto [first_row, last_row] = centres_between(top, bottom, rows);
        for (std::int64_t y = first_row; y < last_row; ++y)
            for (std::int64_t x = first_column; x < last_column; ++x) pixels.push_back(y * columns + x);
        return pixels;
    }
    const double across = (right - left) / 2, down = (bottom - top) / 2;
    if (!(across > 0 && down > 0)) return pixels;
    // A row more on either side, because a centre may lie on the curve.
    const auto [first_column, last_column] = centres_between(left - 1, right + 1, columns);
    const auto [first_row, last_row] = centres_between(top - 1, bottom + 1, rows);
    for (std::int64_t y = first_row; y < last_row; ++y)
        for (std::int64_t x = first_column; x < last_column; ++x) {
            const double u = (static_cast<double>(x) + 0.5 - (left + right) / 2) / across;
            const double v = (static_cast<double>(y) + 0.5 - (top + bottom) / 2) / down;
            if (u * u + v * v <= 1) pixels.push_back(y * columns + x);
        }
    return pixels;
}

RegionStatistics statistics_of(const MeasuredImage& image, const Region& region) {
    return statistics_of_pixels(image, pixels_in(region, image.values.rows, image.values.columns));
}

RegionStatistics statistics_of_pixels(const MeasuredImage& image, const std::vector<std::int64_t>& pixels) {
    RegionStatistics s;
    s.mean = s.standard_deviation = s.median = s.minimum = s.maximum = s.sum = nan_value;
    s.expected_sigma = s.snr = s.excess = nan_value;
    std::vector<std::int64_t> used;
    std::vector<double> values;
    for (const std::int64_t i : pixels) {
        const auto value = static_cast<double>(image.values.values[i]);
        if (is_masked(image, i)) {
            ++s.masked;
        } else if (!std::isfinite(value)) {
            ++s.no_value;
        } else {
            used.push_back(i);
            values.push_back(value);
        }
    }
    s.pixels = static_cast<std::int64_t>(used.size());
    if (used.empty()) return s;
    const auto n = static_cast<double>(used.size());
    s.sum = 0;
    for (const double value : values) s.sum += value;
    s.mean = s.sum / n;
    if (used.size() > 1) {
        double squares = 0;
        for (const double value : values) squares += (value - s.mean) * (value - s.mean);
        s.standard_deviation = std::sqrt(squares / (n - 1));
    }
    const auto [least, greatest] = std::minmax_element(values.begin(), values.end());
    s.minimum = *least;
    s.maximum = *greatest;
    s.median = percentile(values, 50);
    add_noise(image, used, s);
    return s;
}

RegionContrast contrast_of(const RegionStatistics& one, const RegionStatistics& other) {
    const auto share = [](double part, double whole) { return whole == 0 ? nan_value : part / whole; };
    const double difference = one.mean - other.mean;
    return {share(std::abs(difference), std::sqrt(one.variance() + other.variance())), share(difference, other.mean),
            share(std::abs(difference), one.mean + other.mean)};
}

LineProfile line_profile(const MeasuredImage& image, const ProfileLine& line, double pixel_width_m,
                         double pixel_height_m) {
    const double dx = line.x1 - line.x0, dy = line.y1 - line.y0;
    const double length = std::hypot(dx, dy);
    const double along_x = length > 0 ? dx / length : 1, along_y = length > 0 ? dy / length : 0;
    const bool known = pixel_width_m > 0 && pixel_height_m > 0;
    const double mm_per_px = known ? 1e3 * std::hypot(along_x * pixel_width_m, along_y * pixel_height_m) : nan_value;
    const auto lanes = std::max<std::int64_t>(1, std::llround(line.width_px));
    // A step that rounding put just short of the end is still one.
    const auto steps = static_cast<std::int64_t>(std::floor(length + 1e-9));
    LineProfile profile;
    for (std::int64_t k = 0; k <= steps; ++k) {
        const auto at = static_cast<double>(k);
        const double x = line.x0 + at * along_x, y = line.y0 + at * along_y;
        double sum = 0;
        std::int64_t samples = 0;
        for (std::int64_t lane = 0; lane < lanes; ++lane) {
            const double aside = static_cast<double>(lane) - static_cast<double>(lanes - 1) / 2;
            const double value = sample_at(image, x - aside * along_y, y + aside * along_x);
            if (std::isnan(value)) continue;
            sum += value;
            ++samples;
        }
        profile.position_px.push_back(at);
        profile.position_mm.push_back(at * mm_per_px);
        profile.x.push_back(x);
        profile.y.push_back(y);
        profile.value.push_back(samples > 0 ? sum / static_cast<double>(samples) : nan_value);
        profile.samples.push_back(samples);
    }
    return profile;
}

}  // namespace firstlight
