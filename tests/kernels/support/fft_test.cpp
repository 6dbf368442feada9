// Volumes against the sum that defines their transform, there and back, and for any number of threads.
#include "kernels/support/fft.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numbers>
#include <random>
#include <vector>

#include "kernels/support/parallel_for.hpp"

namespace firstlight {
namespace {

using Complex = std::complex<float>;

std::vector<float> random_values(std::int64_t n) {
    std::mt19937 random(4);
    std::normal_distribution<float> normal;
    std::vector<float> values;
    for (std::int64_t i = 0; i < n; ++i) values.push_back(normal(random));
    return values;
}

TEST(VolumeFft, is_the_sum_that_defines_it) {
    for (const auto& [ny, nx, nt] : {std::array<std::int64_t, 3>{3, 5, 7}, {4, 2, 6}, {1, 9, 8}, {2, 1, 1}}) {
        const VolumeFft fft(ny, nx, nt);
        const std::vector<float> values = random_values(fft.values());
        std::vector<Complex> spectrum(static_cast<std::size_t>(fft.spectrum_values()));
        fft.forward(values.data(), spectrum.data());
        for (std::int64_t ky = 0; ky < ny; ++ky)
            for (std::int64_t kx = 0; kx < nx; ++kx)
                for (std::int64_t kt = 0; kt < fft.half(); ++kt) {
                    std::complex<double> sum = 0;
                    for (std::int64_t i = 0; i < fft.values(); ++i) {
                        const auto part = [](std::int64_t k, std::int64_t at, std::int64_t n) {
                            return static_cast<double>(k * at) / static_cast<double>(n);
                        };
                        const double turns =
                            part(ky, i / nt / nx, ny) + part(kx, i / nt % nx, nx) + part(kt, i % nt, nt);
                        sum += static_cast<double>(values[static_cast<std::size_t>(i)]) *
                               std::polar(1.0, -2 * std::numbers::pi * turns);
                    }
                    const Complex found = spectrum[static_cast<std::size_t>((ky * nx + kx) * fft.half() + kt)];
                    EXPECT_NEAR(found.real(), sum.real(), 2e-5);
                    EXPECT_NEAR(found.imag(), sum.imag(), 2e-5);
                }
        std::vector<float> back(values.size());
        fft.inverse(spectrum.data(), back.data());
        for (std::size_t i = 0; i < back.size(); ++i)
            EXPECT_NEAR(back[i] / static_cast<float>(fft.values()), values[i], 1e-5F);
    }
}

TEST(VolumeFft, gives_the_same_bits_for_any_number_of_threads) {
    const VolumeFft fft(45, 36, 60);
    const std::vector<float> values = random_values(fft.values());
    std::vector<Complex> first;
    for (const int threads : {1, 2, 5}) {
        std::vector<Complex> spectrum(static_cast<std::size_t>(fft.spectrum_values()));
        std::vector<float> back(values.size());
        with_threads(threads, [&] { fft.forward(values.data(), spectrum.data()); });
        if (first.empty()) first = spectrum;
        EXPECT_EQ(std::memcmp(first.data(), spectrum.data(), first.size() * sizeof(Complex)), 0) << threads;
    }
}

TEST(VolumeFft, rows_after_planes_are_the_whole_way_back) {
    const VolumeFft fft(4, 6, 10);
    const std::vector<float> values = random_values(fft.values());
    std::vector<Complex> spectrum(static_cast<std::size_t>(fft.spectrum_values()));
    fft.forward(values.data(), spectrum.data());
    fft.inverse_planes(spectrum.data());
    std::vector<float> back(values.size());
    fft.inverse_rows(spectrum.data(), back.data(), 24);
    for (std::size_t i = 0; i < back.size(); ++i) EXPECT_NEAR(back[i] / 240.0F, values[i], 1e-5F);
}

TEST(QuickLength, has_no_prime_factor_above_5) {
    EXPECT_EQ(quick_length(0), 1);
    EXPECT_EQ(quick_length(7), 8);
    EXPECT_EQ(quick_length(41), 45);
    EXPECT_EQ(quick_length(120), 120);
    EXPECT_EQ(quick_length(121), 125);
}

}  // namespace
}  // namespace firstlight
