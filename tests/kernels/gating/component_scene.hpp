// Scenes drawn from component_fit's own model, made without its code: a Gaussian response, snake and gamma-shaped
// diffuse light convolved with it by quadrature.
#pragma once

#include <array>
#include <cmath>
#include <functional>
#include <random>
#include <vector>

#include "tests/support/stage_test.hpp"

namespace firstlight {

struct TrueCurves {
    static constexpr double sigma = 2.2;       // of the response, bins
    static constexpr double snake_decay = 12;  // bins
    static constexpr double gamma_scale = 30;  // bins, shape 2
    static constexpr int steps = 32;           // per bin of the table below
    static constexpr double from = -12;
    std::vector<double> snake, diffuse;  // light that has come by from + k / steps

    TrueCurves() {
        const auto response = [](double x) { return std::exp(-0.5 * x * x / (sigma * sigma)); };
        const auto convolve = [&](const std::function<double(double)>& come_by) {
            std::vector<double> out;
            for (double x = from; x < 320; x += 1.0 / steps) {
                double sum = 0, all = 0;
                for (double u = -11; u <= 11; u += 0.125) {
                    sum += response(u) * come_by(x - u);
                    all += response(u);
                }
                out.push_back(sum / all);
            }
            return out;
        };
        snake = convolve([](double t) { return t > 0 ? -std::expm1(-t / snake_decay) : 0; });
        diffuse = convolve([](double t) { return t > 0 ? 1 - (1 + t / gamma_scale) * std::exp(-t / gamma_scale) : 0; });
    }
    [[nodiscard]] static double ballistic_by(double x) { return 0.5 * std::erfc(-x / (sigma * std::sqrt(2.0))); }
    [[nodiscard]] static double by(const std::vector<double>& table, double x) {
        const double place = (x - from) * steps;
        if (place <= 0) return 0;
        const auto k = static_cast<std::size_t>(place);
        if (k + 1 >= table.size()) return table.back();
        return table[k] + (place - static_cast<double>(k)) * (table[k + 1] - table[k]);
    }
};

struct TrueLight {
    double ballistic = 0, snake = 0, diffuse = 0, background = 0;
};

// Expected counts per unit of each part in [from, to) after the arrival.
inline std::array<double, 4> true_parts(double from, double to) {
    static const TrueCurves curves;
    return {TrueCurves::ballistic_by(to) - TrueCurves::ballistic_by(from),
            TrueCurves::by(curves.snake, to) - TrueCurves::by(curves.snake, from),
            TrueCurves::by(curves.diffuse, to) - TrueCurves::by(curves.diffuse, from), to - from};
}

inline double mean_of(const TrueLight& light, double gain, const std::array<double, 4>& part) {
    return gain * (light.ballistic * part[0] + light.snake * part[1] + light.diffuse * part[2]) +
           light.background * part[3];
}

struct FitScene {
    HostTile tile;
    std::vector<TrueLight> truth;

    FitScene(std::int64_t rows, std::int64_t columns, std::int64_t bins = 256, CountType type = CountType::u2)
        : tile(rows, columns, bins, type), truth(static_cast<std::size_t>(rows * columns)) {
        for (int k = -44; k <= 44; ++k) {
            tile.scan.irf.time_s.push_back(k * 2.5e-12);
            tile.scan.irf.values.push_back(
                std::exp(-0.5 * (k / 4.0) * (k / 4.0) / (TrueCurves::sigma * TrueCurves::sigma)));
        }
        tile.arrival.assign(truth.size(), 60.0F);
    }
    [[nodiscard]] double edge(std::int64_t i) const {
        return tile.use_edges ? static_cast<double>(tile.edges[static_cast<std::size_t>(i)]) : static_cast<double>(i);
    }
    // Mean of bin i of pixel p before the live fraction.
    [[nodiscard]] double mean(std::size_t p, std::int64_t i) const {
        const double arrival = static_cast<double>(tile.arrival[p]);
        return mean_of(truth[p], static_cast<double>(tile.gain[p]),
                       true_parts(edge(i) - arrival, edge(i + 1) - arrival));
    }
    [[nodiscard]] double live(std::size_t p, std::int64_t i) const {
        return tile.use_live
                   ? static_cast<double>(
                         tile.live[p * static_cast<std::size_t>(tile.scan.bins) + static_cast<std::size_t>(i)])
                   : 1.0;
    }
    void for_each_bin(const std::function<double(double)>& counts) {
        for (std::size_t p = 0; p < truth.size(); ++p)
            for (std::int64_t i = 0; i < tile.scan.bins; ++i)
                tile.set(static_cast<std::int64_t>(p), i, counts(live(p, i) * mean(p, i)));
    }
    void draw(unsigned seed) {
        std::mt19937 random(seed);
        for_each_bin([&](double mean) { return mean > 0 ? std::poisson_distribution<int>(mean)(random) : 0; });
    }
    // At most one detection per pulse (pile-up).
    void draw_first_photons(unsigned seed, std::int64_t pulses) {
        std::mt19937 random(seed);
        for (std::size_t p = 0; p < truth.size(); ++p) {
            std::int64_t alive = pulses;
            for (std::int64_t i = 0; i < tile.scan.bins; ++i) {
                const double chance = -std::expm1(-std::max(mean(p, i), 0.0) / static_cast<double>(pulses));
                const auto hits = std::binomial_distribution<std::int64_t>(alive, chance)(random);
                tile.set(static_cast<std::int64_t>(p), i, static_cast<double>(hits));
                alive -= hits;
            }
        }
    }
    [[nodiscard]] double layer(Layer which, std::size_t p) { return static_cast<double>(tile.layers[which][p]); }
};

}  // namespace firstlight
