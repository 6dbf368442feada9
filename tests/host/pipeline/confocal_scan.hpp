// A confocal scan in memory of a square behind foam: echoes that the foam delays and blurs, dark counts, a response.
#pragma once

#include <cmath>
#include <random>

#include "host/data/photon_cube.hpp"
#include "kernels/support/response.hpp"
#include "kernels/support/slab_curve.hpp"

namespace firstlight {

struct ConfocalScan {
    Scan scan;
    PhotonCube cube, reference;
    static constexpr double depth_m = 0.3;

    ConfocalScan() {
        constexpr std::int64_t side = 10, bins = 120;
        scan.name = "synthetic confocal scan";
        scan.path = LightPath::confocal;
        scan.rows = scan.columns = side;
        scan.bins = bins;
        scan.type = CountType::u2;
        scan.bin_width_s = 32e-12;
        scan.first_bin_centre_s = 16e-12;
        for (std::int64_t i = 0; i < side; ++i) {
            scan.y_m.push_back((static_cast<double>(i) - 4.5) * 0.03);
            scan.x_m.push_back((static_cast<double>(i) - 4.5) * 0.03);
        }
        scan.medium.thickness_m = 0.02;
        scan.medium.refractive_index = 1.12;
        scan.medium.mu_s_prime_per_m = 262;
        scan.medium.mu_a_per_m = 0.53;
        scan.irf = gaussian_response(120e-12);
        scan.pulses = {1e6};
        const std::vector<double> once = slab_curve({0.02, 1.12, 0.53, 262}, scan.bin_width_s, bins);
        std::vector<double> twice(static_cast<std::size_t>(bins));
        double sum = 0;
        for (std::size_t i = 0; i < twice.size(); ++i)
            for (std::size_t k = 0; k <= i; ++k) twice[i] += once[k] * once[i - k];
        for (const double light : twice) sum += light;
        cube = PhotonCube(scan.type, 1, side, side, bins);
        auto* counts = reinterpret_cast<std::uint16_t*>(cube.counts.data());
        std::mt19937 random(9);
        for (std::int64_t p = 0; p < side * side; ++p) {
            const double dy = scan.y_m[static_cast<std::size_t>(p / side)],
                         dx = scan.x_m[static_cast<std::size_t>(p % side)];
            const double echo = 2 * std::sqrt(depth_m * depth_m + dx * dx + dy * dy) / 299'792'458 / scan.bin_width_s;
            const double photons = 3000 * std::exp(-(dx * dx + dy * dy) / 0.006);
            for (std::int64_t t = 0; t < bins; ++t) {
                const auto delay = static_cast<std::int64_t>(std::lround(static_cast<double>(t) - echo));
                const double light = delay >= 0 ? photons * twice[static_cast<std::size_t>(delay)] / sum : 0;
                counts[p * bins + t] = static_cast<std::uint16_t>(std::poisson_distribution<int>(light + 0.2)(random));
            }
        }
    }
};

}  // namespace firstlight
