#include "viewer/image/display_figures.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>

#include "kernels/support/parallel_for.hpp"

namespace firstlight::viewer {
namespace {

constexpr std::int64_t pixels_at_once = std::int64_t{1} << 16, shown_bins = 200, searched_bins = 4096;
constexpr double left_out = 0.0005;

// The part of the axis that holds all pixels but `left_out` at each end, on borders of bins.
HistogramAxis narrowed(const ValueHistogram& h) {
    std::int64_t total = h.below + h.above;
    for (const std::int64_t n : h.pixels) total += n;
    const auto most = static_cast<std::int64_t>(left_out * static_cast<double>(total));
    std::int64_t first = 0, last = h.axis.bins - 1;
    for (std::int64_t sum = h.below; first < last; ++first)
        if ((sum += h.pixels[static_cast<std::size_t>(first)]) > most) break;
    for (std::int64_t sum = h.above; last > first; --last)
        if ((sum += h.pixels[static_cast<std::size_t>(last)]) > most) break;
    return {h.axis.bins, h.axis.edge(first), h.axis.edge(last + 1), h.axis.log};
}

}  // namespace

void DisplayFigures::find_ends(const ShownImage& image) {
    constexpr double infinite = std::numeric_limits<double>::infinity();
    lowest_ = lowest_positive_ = infinite;
    highest_ = -infinite;
    std::mutex adding;
    parallel_for(image.pixels(), pixels_at_once, [&](std::int64_t begin, std::int64_t end) {
        float low = std::numeric_limits<float>::infinity(), high = -low, positive = low;
        for (std::int64_t i = begin; i < end; ++i) {
            const float v = image.values[i];
            if (!std::isfinite(v) || (image.flags != nullptr && (image.flags[i] & masked_flags) != 0)) continue;
            low = std::min(low, v);
            high = std::max(high, v);
            if (v > 0) positive = std::min(positive, v);
        }
        const std::lock_guard lock(adding);
        lowest_ = std::min(lowest_, static_cast<double>(low));
        highest_ = std::max(highest_, static_cast<double>(high));
        lowest_positive_ = std::min(lowest_positive_, static_cast<double>(positive));
    });
}

bool DisplayFigures::set(const ShownImage& image, bool log) {
    if (made_ && of_ == image.key() && log_ == log) return false;
    of_ = image.key();
    log_ = log;
    made_ = true;
    find_ends(image);
    const double low = log ? lowest_positive_ : lowest_;
    any_ = low <= highest_ && std::isfinite(low);
    histogram_ = {};
    edges_.clear();
    if (!any_) return true;
    HistogramAxis axis{searched_bins, low, highest_, log};
    if (!(axis.low < axis.high)) {  // one value only
        const double half = low == 0 ? 0.5 : std::abs(low) / 2;
        axis.low = low - half, axis.high = low + half;
    }
    for (int round = 0; round < 4; ++round) {
        const HistogramAxis found = narrowed(value_histogram(image.values, image.flags, image.pixels(), axis));
        const bool narrow = log ? std::log(found.high / found.low) < 0.1 * std::log(axis.high / axis.low)
                                : found.high - found.low < 0.1 * (axis.high - axis.low);
        if (!(static_cast<float>(found.low) < static_cast<float>(found.high))) break;
        axis = found;
        if (!narrow) break;
    }
    axis.bins = shown_bins;
    histogram_ = value_histogram(image.values, image.flags, image.pixels(), axis);
    for (std::int64_t i = 0; i <= axis.bins; ++i) edges_.push_back(log ? std::log10(axis.edge(i)) : axis.edge(i));
    return true;
}

}  // namespace firstlight::viewer
