#include "host/pipeline/quality.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "host/data/median.hpp"
#include "kernels/support/views.hpp"

namespace firstlight {
namespace {

// Of the pixels that are neither masked nor NaN.
std::vector<double> good_values(const GatedImages& images, const char* layer) {
    std::vector<double> values;
    const ImageLayer* found = images.layer(layer);
    if (found == nullptr) return values;
    for (std::size_t p = 0; p < images.mask.size(); ++p)
        if ((images.mask[p] & masked_flags) == 0 && std::isfinite(found->values[p]))
            values.push_back(static_cast<double>(found->values[p]));
    return values;
}

// The median of the 3 x 3 about a pixel of one view; NaN where fewer than `least` others have a depth.
double median_around(const GatedImages& images, const std::vector<float>& depth, std::int64_t view, std::int64_t y,
                     std::int64_t x, std::int64_t least) {
    std::vector<double> around;
    for (std::int64_t v = std::max<std::int64_t>(0, y - 1); v <= std::min(images.rows - 1, y + 1); ++v)
        for (std::int64_t u = std::max<std::int64_t>(0, x - 1); u <= std::min(images.columns - 1, x + 1); ++u) {
            const auto q = static_cast<std::size_t>((view * images.rows + v) * images.columns + u);
            if ((images.mask[q] & masked_flags) == 0 && std::isfinite(depth[q]))
                around.push_back(static_cast<double>(depth[q]));
        }
    if (static_cast<std::int64_t>(around.size()) <= least) return std::numeric_limits<double>::quiet_NaN();
    return median(std::move(around));
}

double depth_outlier_share(const GatedImages& images) {
    constexpr std::int64_t fewest_neighbours = 3;
    constexpr double far = 5, of_normal = 1.4826;
    const std::vector<float>& depth = images.layer("depth")->values;
    const ImageLayer* sigmas = images.layer("depth_sigma");
    std::vector<double> distances, sigma;
    for (std::int64_t i = 0; i < images.pixels(); ++i) {
        const auto p = static_cast<std::size_t>(i);
        if ((images.mask[p] & masked_flags) != 0 || !std::isfinite(depth[p])) continue;
        const std::int64_t row = i / images.columns;
        const double middle =
            median_around(images, depth, row / images.rows, row % images.rows, i % images.columns, fewest_neighbours);
        if (std::isnan(middle)) continue;
        distances.push_back(std::abs(static_cast<double>(depth[p]) - middle));
        const double own = sigmas == nullptr ? 0.0 : static_cast<double>(sigmas->values[p]);
        sigma.push_back(std::isfinite(own) ? own : 0.0);
    }
    if (distances.empty()) return std::numeric_limits<double>::quiet_NaN();
    const double of_image = of_normal * median(distances);
    double outliers = 0;
    for (std::size_t i = 0; i < distances.size(); ++i)
        outliers += distances[i] > far * std::max(sigma[i], of_image) ? 1 : 0;
    return outliers / static_cast<double>(distances.size());
}

}  // namespace

std::map<std::string, double> quality_of(const GatedImages& images) {
    const auto flagged = [&](int flags) {
        return static_cast<double>(std::count_if(images.mask.begin(), images.mask.end(),
                                                 [&](std::uint8_t mask) { return (mask & flags) != 0; }));
    };
    std::map<std::string, double> quality{{"pixels_masked", flagged(masked_flags)},
                                          {"pixels_low_counts", flagged(low_counts)}};
    if (images.layer("ballistic") != nullptr) {
        double kept = 0;
        for (const double counts : good_values(images, "ballistic")) kept += counts;
        quality["counts_kept"] = kept;
    }
    if (auto arrivals = good_values(images, "arrival"); !arrivals.empty())
        quality["arrival_median_ps"] = median(std::move(arrivals)) * 1e12;
    if (auto purities = good_values(images, "purity"); !purities.empty())
        quality["purity_median"] = median(std::move(purities));
    if (images.layer("depth") != nullptr)
        if (const double share = depth_outlier_share(images); std::isfinite(share))
            quality["depth_outlier_share"] = share;
    return quality;
}

}  // namespace firstlight
