// A scan in memory with closed-form content, rich enough for every stage: ballistic peaks of known size and arrival on
// a diffuse tail and dark counts, with skew, flat field, bin widths, hot pixels and a reference.
#pragma once

#include <cmath>
#include <random>

#include "host/data/photon_cube.hpp"
#include "kernels/support/scan.hpp"

namespace firstlight {

struct SyntheticScan {
    Scan scan;
    PhotonCube cube, reference;
    std::vector<double> transmission;  // [pixels] of the target: 1 open, 0 closed

    static constexpr double arrival_bins = 80;
    static constexpr double sigma_bins = 2.2;

    SyntheticScan(std::int64_t rows, std::int64_t columns, std::int64_t bins = 256, std::int64_t views = 1) {
        scan.name = "synthetic scan";
        scan.views = views;
        scan.rows = rows;
        scan.columns = columns;
        scan.bins = bins;
        scan.has_views_axis = views > 1;
        scan.type = CountType::u2;
        scan.bin_width_s = 8e-12;
        scan.first_bin_centre_s = 4e-12;
        scan.pulses = {1e6};
        scan.reference_pulses = {2e5};
        scan.filter_transmission = 0.1;
        scan.has_reference = true;
        scan.repetition_rate_hz = 1e7;
        scan.exposure_s = {0.1};
        scan.dead_time_s = 50e-9;
        scan.arrival_s = scan.time_of(arrival_bins);
        scan.medium = {0.1, 1.33, {}, {}, {}, {}};
        for (int k = -20; k <= 30; ++k) {
            scan.irf.time_s.push_back(k * 8e-12);
            scan.irf.values.push_back(std::exp(-0.5 * k * k / (sigma_bins * sigma_bins)));
        }
        std::mt19937 random(11);
        std::uniform_real_distribution<double> uniform(-1, 1);
        for (std::int64_t p = 0; p < rows * columns; ++p) {
            scan.t0_map_s.push_back(24e-12 * uniform(random));
            scan.flat.push_back(1 + 0.2 * std::sin(0.7 * static_cast<double>(p)));
            scan.dark_rate_hz.push_back(4e4 * (1 + 0.3 * uniform(random)));
            transmission.push_back((p / 4) % 2 == 0 ? 1 : 0);
        }
        double mean = 0;
        for (const double f : scan.flat) mean += f / static_cast<double>(scan.flat.size());
        for (double& f : scan.flat) f /= mean;
        for (std::int64_t i = 0; i < bins; ++i) scan.bin_width_correction.push_back(i % 2 == 0 ? 1.05 : 0.95);
        scan.pixel_mask.assign(static_cast<std::size_t>(rows * columns), 0);
        if (rows * columns > 20) scan.pixel_mask[5] = hot;

        cube = PhotonCube(CountType::u2, views, rows, columns, bins);
        reference = PhotonCube(CountType::u2, 1, rows, columns, bins);
        for (std::int64_t v = 0; v < views; ++v)
            for (std::int64_t p = 0; p < rows * columns; ++p) {
                fill(cube, v, p, 300 * transmission[static_cast<std::size_t>(p)], 40, 1e6, random);
                if (v == 0) fill(reference, v, p, 3000, 0, 2e5, random);
            }
    }

  private:
    void fill(PhotonCube& to, std::int64_t view, std::int64_t pixel, double ballistic, double diffuse, double pulses,
              std::mt19937& random) const {
        auto* y = reinterpret_cast<std::uint16_t*>(to.trace(view, pixel / scan.columns, pixel % scan.columns));
        const auto p = static_cast<std::size_t>(pixel);
        const double centre = arrival_bins + scan.t0_map_s[p] / scan.bin_width_s;
        const double dark = scan.dark_rate_hz[p] * pulses * scan.bin_width_s;
        for (std::int64_t i = 0; i < scan.bins; ++i) {
            const double t = static_cast<double>(i) + 0.5 - centre;
            const double peak = std::exp(-0.5 * t * t / (sigma_bins * sigma_bins)) / (sigma_bins * std::sqrt(2 * M_PI));
            const double tail = t > 0 ? t / 400 * std::exp(-t / 20) : 0;
            const double mean = scan.flat[p] * (ballistic * peak + diffuse * tail) + dark;
            y[i] = static_cast<std::uint16_t>(mean > 0 ? std::poisson_distribution<int>(mean)(random) : 0);
        }
    }
};

}  // namespace firstlight
