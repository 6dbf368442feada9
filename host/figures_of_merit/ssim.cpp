#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "host/figures_of_merit/image_quality.hpp"

namespace firstlight {
namespace {

constexpr int radius = 5;

std::array<double, 2 * radius + 1> gaussian() {
    constexpr double sigma = 1.5;
    std::array<double, 2 * radius + 1> w{};
    double sum = 0;
    for (int k = -radius; k <= radius; ++k)
        sum += w[static_cast<std::size_t>(k + radius)] = std::exp(-k * k / (2 * sigma * sigma));
    for (double& value : w) value /= sum;
    return w;
}

struct Windowed {
    double x = 0, y = 0, xx = 0, yy = 0, xy = 0, bad = 0;

    void add(const Windowed& o, double w) {
        x += w * o.x, y += w * o.y, xx += w * o.xx, yy += w * o.yy, xy += w * o.xy, bad += o.bad;
    }
};

}  // namespace

double ssim(const ImageView& image, const ImageView& truth, double data_range, const std::uint8_t* selected) {
    const std::int64_t rows = image.rows, columns = image.columns, across = columns - 2 * radius;
    if (rows <= 2 * radius || across < 1) return std::numeric_limits<double>::quiet_NaN();
    // Moments about the truth's middle: differences of large squares would lose digits.
    double middle = 0, n = 0;
    for (std::int64_t i = 0; i < truth.pixels(); ++i)
        if (std::isfinite(truth.values[i])) middle += truth.values[i], ++n;
    middle = n > 0 ? middle / n : 0;

    const auto weights = gaussian();
    std::vector<Windowed> lines(static_cast<std::size_t>(rows * across));  // windowed along x
    for (std::int64_t v = 0; v < rows; ++v)
        for (std::int64_t u = 0; u < across; ++u)
            for (int k = 0; k <= 2 * radius; ++k) {
                const std::int64_t i = v * columns + u + k;
                const bool good = (selected == nullptr || selected[i] != 0) && std::isfinite(image.values[i]) &&
                                  std::isfinite(truth.values[i]);
                const double x = good ? image.values[i] - middle : 0, y = good ? truth.values[i] - middle : 0;
                lines[static_cast<std::size_t>(v * across + u)].add({x, y, x * x, y * y, x * y, good ? 0.0 : 1.0},
                                                                    weights[static_cast<std::size_t>(k)]);
            }
    const double c1 = std::pow(0.01 * data_range, 2), c2 = std::pow(0.03 * data_range, 2);
    double sum = 0, windows = 0;
    for (std::int64_t v = 0; v + 2 * radius < rows; ++v)
        for (std::int64_t u = 0; u < across; ++u) {
            Windowed m;
            for (int k = 0; k <= 2 * radius; ++k)
                m.add(lines[static_cast<std::size_t>((v + k) * across + u)], weights[static_cast<std::size_t>(k)]);
            if (m.bad > 0) continue;
            const double sxx = m.xx - m.x * m.x, syy = m.yy - m.y * m.y, sxy = m.xy - m.x * m.y;
            const double x = m.x + middle, y = m.y + middle;
            sum += (2 * x * y + c1) * (2 * sxy + c2) / ((x * x + y * y + c1) * (sxx + syy + c2));
            ++windows;
        }
    return windows > 0 ? sum / windows : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace firstlight
