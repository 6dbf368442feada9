// A scan of many views in memory: a cylinder that turns off its axis, seen in ballistic peaks of Poisson counts over
// dark counts, with response, arrival and reference.
#pragma once

#include <cmath>
#include <cstddef>
#include <random>

#include "host/data/photon_cube.hpp"
#include "kernels/support/scan.hpp"

namespace firstlight {

struct MultiViewScan {
    Scan scan;
    PhotonCube cube, reference;

    static constexpr double arrival_bins = 30, sigma_bins = 2;
    static constexpr double pitch_m = 0.5e-3, radius_px = 3.5, mu_per_px = 0.2, x_px = 1.5, y_px = -0.8;

    explicit MultiViewScan(std::int64_t views = 12, std::int64_t rows = 2, std::int64_t columns = 15) {
        scan.name = "scan of many views";
        scan.views = views;
        scan.rows = rows;
        scan.columns = columns;
        scan.bins = 64;
        scan.has_views_axis = true;
        scan.type = CountType::u2;
        scan.bin_width_s = 8e-12;
        scan.first_bin_centre_s = 4e-12;
        scan.pulses = {1e6};
        scan.reference_pulses = {5e5};
        scan.has_reference = true;
        scan.arrival_s = scan.time_of(arrival_bins);
        for (int k = -12; k <= 12; ++k) {
            scan.irf.time_s.push_back(k * scan.bin_width_s);
            scan.irf.values.push_back(std::exp(-0.5 * k * k / (sigma_bins * sigma_bins)));
        }
        for (std::int64_t k = 0; k < columns; ++k)
            scan.x_m.push_back((static_cast<double>(k) - 0.5 * static_cast<double>(columns - 1)) * pitch_m);
        for (std::int64_t v = 0; v < views; ++v)
            scan.view_angle_rad.push_back(M_PI * static_cast<double>(v) / static_cast<double>(views));
        cube = PhotonCube(CountType::u2, views, rows, columns, scan.bins);
        reference = PhotonCube(CountType::u2, 1, rows, columns, scan.bins);
        std::mt19937 random(3);
        for (std::int64_t v = 0; v < views; ++v)
            for (std::int64_t y = 0; y < rows; ++y)
                for (std::int64_t x = 0; x < columns; ++x) {
                    fill(cube.trace(v, y, x), 4000 * std::exp(-depth(v, x)), random);
                    if (v == 0) fill(reference.trace(0, y, x), 2000, random);
                }
    }

    // Optical depth of column x in view v.
    [[nodiscard]] double depth(std::int64_t v, std::int64_t x) const {
        const double angle = scan.view_angle_rad[static_cast<std::size_t>(v)];
        const double s = scan.x_m[static_cast<std::size_t>(x)] / pitch_m;
        const double d = s - x_px * std::cos(angle) - y_px * std::sin(angle);
        return std::abs(d) < radius_px ? 2 * mu_per_px * std::sqrt(radius_px * radius_px - d * d) : 0;
    }

  private:
    void fill(std::byte* trace, double ballistic, std::mt19937& random) const {
        auto* counts = reinterpret_cast<std::uint16_t*>(trace);
        for (std::int64_t i = 0; i < scan.bins; ++i) {
            const double t = static_cast<double>(i) + 0.5 - arrival_bins;
            const double peak = std::exp(-0.5 * t * t / (sigma_bins * sigma_bins)) / (sigma_bins * std::sqrt(2 * M_PI));
            counts[i] = static_cast<std::uint16_t>(std::poisson_distribution<int>(ballistic * peak + 0.1)(random));
        }
    }
};

}  // namespace firstlight
