// Confocal scans of points, planes and squares in closed form, with and without a slab of foam in front of them.
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <random>
#include <vector>

#include "kernels/support/fft.hpp"
#include "kernels/support/scan.hpp"
#include "kernels/support/slab_kernel.hpp"

namespace firstlight {

struct ConfocalScene {
    Scan scan;
    std::vector<float> light;  // [pixel][bin]

    ConfocalScene(std::int64_t rows, std::int64_t columns, std::int64_t bins, double pitch_y, double pitch_x,
                  double bin_ps) {
        scan.name = "confocal scene";
        scan.path = LightPath::confocal;
        scan.rows = rows;
        scan.columns = columns;
        scan.bins = bins;
        scan.bin_width_s = bin_ps * 1e-12;
        scan.first_bin_centre_s = scan.bin_width_s / 2;
        for (std::int64_t y = 0; y < rows; ++y)
            scan.y_m.push_back((static_cast<double>(y) - 0.5 * static_cast<double>(rows - 1)) * pitch_y);
        for (std::int64_t x = 0; x < columns; ++x)
            scan.x_m.push_back((static_cast<double>(x) - 0.5 * static_cast<double>(columns - 1)) * pitch_x);
        scan.medium.thickness_m = 0.0254;
        scan.medium.refractive_index = 1.12;
        scan.medium.mu_s_prime_per_m = 262;
        scan.medium.mu_a_per_m = 0.53;
        light.assign(static_cast<std::size_t>(scan.pixels() * bins), 0.0F);
    }

    // Echoes of a point as a pulse of 1.5 bins' standard deviation, dimmer to the side as (z / r)^falloff. 2 is what a
    // wave of amplitude 1/r has.
    void add_point(double y, double x, double z, double falloff = 2) {
        for (std::int64_t p = 0; p < scan.pixels(); ++p) {
            const double dy = scan.y_m[static_cast<std::size_t>(p / scan.columns)] - y;
            const double dx = scan.x_m[static_cast<std::size_t>(p % scan.columns)] - x;
            const double r = std::sqrt(dy * dy + dx * dx + z * z);
            add_echo(p, 2 * r / 299'792'458, 1000 * std::pow(z / r, falloff));
        }
    }
    void add_plane(double z) {
        for (std::int64_t p = 0; p < scan.pixels(); ++p) add_echo(p, 2 * z / 299'792'458, 1000);
    }
    // Shines mostly straight back, as the letters of the measured scenes do.
    void add_square(double z, std::int64_t y0, std::int64_t y1, std::int64_t x0, std::int64_t x1) {
        for (std::int64_t y = y0; y < y1; ++y)
            for (std::int64_t x = x0; x < x1; ++x)
                add_point(scan.y_m[static_cast<std::size_t>(y)], scan.x_m[static_cast<std::size_t>(x)], z, 24);
    }

    // Blurred by the slab as slab_kernel_test proves it; `photons` in all, Poisson distributed; 0: neither scaled nor
    // noisy. Everything comes `later_bins` later.
    void put_slab_before(double photons, std::int64_t later_bins = 0) {
        const std::int64_t ny = scan.rows == 1 ? 1 : 2 * scan.rows, nx = scan.columns == 1 ? 1 : 2 * scan.columns,
                           nt = 3 * scan.bins;
        const VolumeFft fft(ny, nx, nt);
        const auto pitch = [](const std::vector<double>& at) { return at.size() > 1 ? std::abs(at[1] - at[0]) : 1.0; };
        const Slab slab{*scan.medium.thickness_m, *scan.medium.refractive_index, *scan.medium.mu_a_per_m,
                        *scan.medium.mu_s_prime_per_m};
        const std::vector<float> transfer =
            slab_transfer(slab, {ny, nx, nt}, {pitch(scan.y_m), pitch(scan.x_m)}, scan.bin_width_s);
        std::vector<float> padded(static_cast<std::size_t>(fft.values()));
        const auto copy = [&](auto&& one) {
            for (std::int64_t p = 0; p < scan.pixels(); ++p)
                for (std::int64_t t = 0; t < scan.bins; ++t)
                    one(light[static_cast<std::size_t>(p * scan.bins + t)],
                        ((p / scan.columns) * nx + p % scan.columns) * nt + t);
        };
        copy([&](float value, std::int64_t i) { padded[static_cast<std::size_t>(i)] = value; });
        std::vector<std::complex<float>> spectrum(static_cast<std::size_t>(fft.spectrum_values()));
        fft.forward(padded.data(), spectrum.data());
        for (std::size_t i = 0; i < spectrum.size(); ++i)
            spectrum[i] *= std::complex<float>(transfer[2 * i], transfer[2 * i + 1]) / static_cast<float>(fft.values());
        fft.inverse(spectrum.data(), padded.data());
        double sum = 0;
        copy([&](float& value, std::int64_t i) {
            const std::int64_t t = i % nt - later_bins;
            value = t < 0 ? 0.0F : std::max(0.0F, padded[static_cast<std::size_t>(i - later_bins)]);
            sum += static_cast<double>(value);
        });
        if (photons == 0) return;
        std::mt19937 random(7);
        for (float& value : light)
            value =
                static_cast<float>(std::poisson_distribution<int>(static_cast<double>(value) * photons / sum)(random));
    }

  private:
    void add_echo(std::int64_t pixel, double time_s, double counts) {
        for (std::int64_t t = 0; t < scan.bins; ++t) {
            const double at = scan.first_bin_centre_s + static_cast<double>(t) * scan.bin_width_s - time_s;
            const double x = at / (1.5 * scan.bin_width_s);
            light[static_cast<std::size_t>(pixel * scan.bins + t)] +=
                static_cast<float>(counts * std::exp(-0.5 * x * x));
        }
    }
};

}  // namespace firstlight
