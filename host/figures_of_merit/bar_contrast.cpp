#include <fmt/format.h>

#include <Eigen/Dense>
#include <cmath>
#include <limits>
#include <numbers>

#include "host/figures_of_merit/resolution.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {

void check_region(const ImageView& image, const Region& r, const std::string& name) {
    if (r.x0 < 0 || r.y0 < 0 || r.x1 > image.columns || r.y1 > image.rows)
        throw Error(ExitCode::bad_input, name + ": the region leaves the image",
                    fmt::format("the image has columns 0 to {} and rows 0 to {}", image.columns, image.rows));
    if (r.x1 <= r.x0 || r.y1 <= r.y0)
        throw Error(ExitCode::bad_input, name + ": the region is empty", "expected X0 < X1 and Y0 < Y1");
}

double bar_modulation(const ImageView& image, const Region& region, double period, bool along_x,
                      const std::uint8_t* selected) {
    std::vector<double> at, means;
    const std::int64_t length = along_x ? region.x1 - region.x0 : region.y1 - region.y0;
    for (std::int64_t u = 0; u < length; ++u) {
        double sum = 0, n = 0;
        const auto add = [&](std::int64_t i) {
            if ((selected != nullptr && selected[i] == 0) || !std::isfinite(image.values[i])) return;
            sum += static_cast<double>(image.values[i]);
            ++n;
        };
        if (along_x)
            for (std::int64_t y = region.y0; y < region.y1; ++y) add(y * image.columns + region.x0 + u);
        else
            for (std::int64_t x = region.x0; x < region.x1; ++x) add((region.y0 + u) * image.columns + x);
        if (n == 0) continue;
        at.push_back(static_cast<double>(u));
        means.push_back(sum / n);
    }
    const auto n = static_cast<Eigen::Index>(at.size());
    if (n < 4) return std::numeric_limits<double>::quiet_NaN();
    Eigen::MatrixX3d waves(n, 3);
    for (Eigen::Index k = 0; k < n; ++k) {
        const double phase = 2 * std::numbers::pi * at[static_cast<std::size_t>(k)] / period;
        waves.row(k) << 1, std::cos(phase), std::sin(phase);
    }
    const Eigen::Vector3d fit = waves.colPivHouseholderQr().solve(Eigen::Map<const Eigen::VectorXd>(means.data(), n));
    return fit[0] > 0 ? std::hypot(fit[1], fit[2]) / fit[0] : std::numeric_limits<double>::quiet_NaN();
}

BarContrast bar_contrast(const ImageView& image, const Region& region, double period, const std::uint8_t* selected,
                         const std::string& name) {
    check_region(image, region, name);
    if (!(period >= 2) || !std::isfinite(period))
        throw Error(ExitCode::bad_input, fmt::format("{}: a period of {:g} pixels cannot be seen", name, period),
                    "pixels show periods of 2 pixels and more");
    const double least = 1.5 * period;
    const bool fits_x = static_cast<double>(region.x1 - region.x0) >= least;
    const bool fits_y = static_cast<double>(region.y1 - region.y0) >= least;
    if (!fits_x && !fits_y)
        throw Error(ExitCode::bad_input,
                    fmt::format("{}: the region is shorter than one and a half periods of {:g} pixels", name, period),
                    "a contrast needs bars and what is between them", "enlarge the region");
    const double x = fits_x ? bar_modulation(image, region, period, true, selected) : -1;
    const double y = fits_y ? bar_modulation(image, region, period, false, selected) : -1;
    return x >= y || std::isnan(y) ? BarContrast{x, true} : BarContrast{y, false};
}

}  // namespace firstlight
