#include "host/calibration/pixel_mask_fit.hpp"

#include <algorithm>
#include <cmath>

#include "host/data/median.hpp"
#include "kernels/support/error.hpp"
#include "kernels/support/views.hpp"

namespace firstlight {

PixelMaskFit find_bad_pixels(const std::vector<double>& dark_counts, const std::vector<double>& light,
                             double threshold) {
    if (!light.empty() && light.size() != dark_counts.size())
        throw Error(ExitCode::bad_input, "the scans without light and of even light differ in size",
                    "a mask belongs to one detector");
    PixelMaskFit fit;
    fit.median = median(dark_counts);
    std::vector<double> apart;
    apart.reserve(dark_counts.size());
    for (const double counts : dark_counts) apart.push_back(std::abs(counts - fit.median));
    fit.spread = std::max(1.4826 * median(apart), std::sqrt(std::max(fit.median, 1.0)));
    const double usual_light = median(light);
    for (std::size_t p = 0; p < dark_counts.size(); ++p) {
        const double counts = dark_counts[p];
        unsigned flags = 0;
        if (counts > fit.median + 10 * fit.spread && counts >= 3 * fit.median) flags |= hot;
        else if (counts > fit.median + threshold * fit.spread) flags |= noisy;
        if (counts == 0 && fit.median >= 30) flags |= dead;
        if (!light.empty() && usual_light > 0 && light[p] < 0.1 * usual_light) flags |= dead;
        fit.hot_pixels += (flags & hot) != 0;
        fit.noisy_pixels += (flags & noisy) != 0;
        fit.dead_pixels += (flags & dead) != 0;
        fit.mask.push_back(static_cast<std::uint8_t>(flags));
    }
    return fit;
}

}  // namespace firstlight
