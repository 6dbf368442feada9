#include "kernels/reconstruction/fk_migration.hpp"

#include <numbers>

namespace firstlight {

std::vector<float> stolt_table() {
    constexpr double kaiser = 6, reach = stolt_taps / 2.0;
    constexpr int before = stolt_taps / 2 - 1;  // the place lies behind point `before`
    const auto bessel = [](double x) {          // modified, of order 0
        double sum = 1, term = 1;
        for (int k = 1; k < 40; ++k) {
            term *= x * x / (4.0 * k * k);
            sum += term;
        }
        return sum;
    };
    std::vector<float> table;
    for (int place = 0; place <= stolt_places; ++place) {
        const double between = static_cast<double>(place) / stolt_places;
        double weights[stolt_taps], sum = 0;
        for (int tap = 0; tap < stolt_taps; ++tap) {
            const double x = tap - before - between, inside = 1 - x * x / (reach * reach);
            const double angle = std::numbers::pi * x;
            weights[tap] =
                (x == 0 ? 1 : std::sin(angle) / angle) * (inside > 0 ? bessel(kaiser * std::sqrt(inside)) : 0);
            sum += weights[tap];
        }
        for (const double weight : weights) table.push_back(static_cast<float>(weight / sum));
    }
    return table;
}

}  // namespace firstlight
