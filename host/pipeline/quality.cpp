#include "host/pipeline/quality.hpp"

#include <algorithm>
#include <cmath>
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
    return quality;
}

}  // namespace firstlight
