#include "host/figures_of_merit/value_histogram.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>

#include "kernels/support/error.hpp"
#include "kernels/support/parallel_for.hpp"
#include "kernels/support/percentile.hpp"
#include "kernels/support/views.hpp"

namespace firstlight {
namespace {

constexpr std::int64_t pixels_at_once = std::int64_t{1} << 18;

void check(const HistogramAxis& axis) {
    if (axis.bins < 1)
        throw Error(ExitCode::usage, fmt::format("a histogram of {} bins", axis.bins), "there must be at least one",
                    "choose 256");
    if (!(axis.low < axis.high) || !std::isfinite(axis.low) || !std::isfinite(axis.high) ||
        (axis.log && !(axis.low > 0)))
        throw Error(ExitCode::usage, fmt::format("a histogram from {:g} to {:g}", axis.low, axis.high),
                    "the lower end must be below the higher, and above 0 on a logarithmic axis", "choose other ends");
}

bool is_masked(const std::uint8_t* flags, std::int64_t i) { return flags != nullptr && (flags[i] & masked_flags) != 0; }

}  // namespace

double HistogramAxis::edge(std::int64_t i) const {
    const double share = static_cast<double>(i) / static_cast<double>(bins);
    return log ? low * std::pow(high / low, share) : low + (high - low) * share;
}

ValueHistogram value_histogram(const float* values, const std::uint8_t* flags, std::int64_t pixels,
                               const HistogramAxis& axis) {
    check(axis);
    ValueHistogram all;
    all.axis = axis;
    all.pixels.assign(static_cast<std::size_t>(axis.bins), 0);
    const double log_low = axis.log ? std::log(axis.low) : 0;
    const double start = axis.log ? log_low : axis.low;
    const double length = axis.log ? std::log(axis.high) - log_low : axis.high - axis.low;
    const double bins_per_unit = static_cast<double>(axis.bins) / length;
    std::vector<double> edges(all.pixels.size() + 1);
    for (std::size_t i = 0; i < edges.size(); ++i) edges[i] = axis.edge(static_cast<std::int64_t>(i));
    std::mutex adding;
    parallel_for(pixels, pixels_at_once, [&](std::int64_t begin, std::int64_t end) {
        ValueHistogram part;
        part.pixels.assign(all.pixels.size(), 0);
        for (std::int64_t i = begin; i < end; ++i) {
            const auto value = static_cast<double>(values[i]);
            if (is_masked(flags, i)) {
                ++part.masked;
            } else if (!std::isfinite(value)) {
                ++part.no_value;
            } else if (value < axis.low) {
                ++part.below;
            } else if (value > axis.high) {
                ++part.above;
            } else {
                const double at = ((axis.log ? std::log(value) : value) - start) * bins_per_unit;
                auto bin = std::min(static_cast<std::size_t>(std::max(at, 0.0)), part.pixels.size() - 1);
                if (value < edges[bin]) --bin;  // rounding put it beside its bin
                else if (bin + 1 < part.pixels.size() && value >= edges[bin + 1]) ++bin;
                ++part.pixels[bin];
            }
        }
        const std::lock_guard lock(adding);
        for (std::size_t b = 0; b < all.pixels.size(); ++b) all.pixels[b] += part.pixels[b];
        all.below += part.below;
        all.above += part.above;
        all.masked += part.masked;
        all.no_value += part.no_value;
    });
    return all;
}

std::vector<double> percentiles_of(const float* values, const std::uint8_t* flags, std::int64_t pixels,
                                   const std::vector<double>& percents, bool positive) {
    for (const double percent : percents)
        if (!(percent >= 0 && percent <= 100))
            throw Error(ExitCode::usage, fmt::format("there is no percentile {:g}", percent), "shares are in 0..100 %",
                        "choose one of those");
    std::vector<float> taken;
    taken.reserve(static_cast<std::size_t>(pixels));
    for (std::int64_t i = 0; i < pixels; ++i)
        if (std::isfinite(values[i]) && !is_masked(flags, i) && (!positive || values[i] > 0))
            taken.push_back(values[i]);
    if (taken.empty()) return std::vector<double>(percents.size(), std::numeric_limits<double>::quiet_NaN());
    const FloatPercentiles percentiles(taken);
    std::vector<double> found;
    found.reserve(percents.size());
    for (const double percent : percents) found.push_back(percentiles.at(percent));
    return found;
}

}  // namespace firstlight
