#include "host/figures_of_merit/image_quality.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace firstlight {
namespace {

constexpr float nan_value = std::numeric_limits<float>::quiet_NaN();
using Mask = std::vector<std::uint8_t>;
using Values = std::vector<float>;

ImageView row(const Values& values) { return {values.data(), 1, static_cast<std::int64_t>(values.size())}; }

TEST(ImageQuality, contrasts_of_two_regions) {
    const Values image{9, 11, 10, 3, 5, nan_value, 100};
    const Mask inside{1, 1, 1, 0, 0, 1, 0}, outside{0, 0, 0, 1, 1, 0, 0};  // means 10 and 4, variances 1 and 2
    EXPECT_DOUBLE_EQ(cnr(row(image), inside.data(), outside.data()), 6 / std::sqrt(3.0));
    EXPECT_DOUBLE_EQ(cnr(row(image), outside.data(), inside.data()), 6 / std::sqrt(3.0));
    EXPECT_DOUBLE_EQ(weber_contrast(row(image), inside.data(), outside.data()), 1.5);
    EXPECT_DOUBLE_EQ(weber_contrast(row(image), outside.data(), inside.data()), -0.6);
    EXPECT_DOUBLE_EQ(michelson_contrast(row(image), inside.data(), outside.data()), 6.0 / 14);
    const Mask nothing(7, 0);
    EXPECT_TRUE(std::isnan(cnr(row(image), inside.data(), nothing.data())));
    EXPECT_TRUE(std::isnan(weber_contrast(row(image), inside.data(), nothing.data())));
}

TEST(ImageQuality, errors_against_truth) {
    const Values truth{1, 2, 3, 4, nan_value}, image{4, 2, 3, 8, 1};
    EXPECT_DOUBLE_EQ(rmse(row(image), row(truth), nullptr), 2.5);  // sqrt((9 + 16) / 4)
    EXPECT_DOUBLE_EQ(psnr(row(image), row(truth), 25, nullptr), 20);
    const Mask equal{0, 1, 1, 0, 1};
    EXPECT_EQ(rmse(row(image), row(truth), equal.data()), 0);
    EXPECT_EQ(psnr(row(image), row(truth), 1, equal.data()), std::numeric_limits<double>::infinity());
    EXPECT_TRUE(std::isnan(rmse(row({}), row({}), nullptr)));
}

TEST(ImageQuality, correlation_ignores_scale_and_offset) {
    const Values truth{1, 2, 5, 4}, image{-1, 1, 7, 5}, opposite{3, 2, -1, 0}, flat{2, 2, 2, 2}, quarter{1, -1, -1, 1};
    EXPECT_NEAR(ncc(row(image), row(truth), nullptr), 1, 1e-15);
    EXPECT_NEAR(ncc(row(opposite), row(truth), nullptr), -1, 1e-15);
    EXPECT_NEAR(ncc(row(quarter), row(truth), nullptr), -2.0 / (2 * std::sqrt(10.0)), 1e-15);
    EXPECT_TRUE(std::isnan(ncc(row(flat), row(truth), nullptr)));
}

// Flat images a and b have no structure: ssim = (2ab + C1) / (a^2 + b^2 + C1).
TEST(ImageQuality, ssim_of_flat_images) {
    const Values a(20 * 31, 0.5f), b(20 * 31, 0.75f);
    EXPECT_NEAR(ssim({a.data(), 20, 31}, {b.data(), 20, 31}, 1, nullptr), (0.75 + 1e-4) / (0.25 + 0.5625 + 1e-4),
                1e-12);
    EXPECT_NEAR(ssim({a.data(), 20, 31}, {a.data(), 20, 31}, 1, nullptr), 1, 1e-12);
}

// y = c - x has the same means when c = 2 mean and exactly opposite structure: in a window of a checkerboard +-d about
// m the weighted mean differs from m by at most e = d * |sum of (-1)^k w_k|^2, here below 1e-4 d.
TEST(ImageQuality, ssim_of_a_checkerboard_and_its_negative) {
    Values x(15 * 15), y(15 * 15);
    for (std::size_t i = 0; i < x.size(); ++i) {
        const float d = i % 2 == 0 ? 0.1f : -0.1f;  // 15 columns, so rows alternate too
        x[i] = 0.5f + d;
        y[i] = 0.5f - d;
    }
    const double c2 = 9e-4, variance = 0.01;
    EXPECT_NEAR(ssim({x.data(), 15, 15}, {y.data(), 15, 15}, 1, nullptr), (-2 * variance + c2) / (2 * variance + c2),
                1e-3);
}

TEST(ImageQuality, ssim_leaves_windows_with_holes_out) {
    Values x(11 * 30, 0.5f), y(11 * 30, 0.5f);
    y[0] = 40;
    EXPECT_LT(ssim({x.data(), 11, 30}, {y.data(), 11, 30}, 1, nullptr), 0.999);
    y[0] = nan_value;
    EXPECT_NEAR(ssim({x.data(), 11, 30}, {y.data(), 11, 30}, 1, nullptr), 1, 1e-12);
    Mask selected(x.size(), 1);
    y[0] = 40;
    selected[0] = 0;
    EXPECT_NEAR(ssim({x.data(), 11, 30}, {y.data(), 11, 30}, 1, selected.data()), 1, 1e-12);
    EXPECT_TRUE(std::isnan(ssim({x.data(), 10, 30}, {y.data(), 10, 30}, 1, nullptr)));
}

TEST(ImageQuality, ssim_and_psnr_agree_with_scikit_image) {
    const char* python = std::getenv("FIRSTLIGHT_PYTHON");
    if (python == nullptr) GTEST_SKIP() << "FIRSTLIGHT_PYTHON names no Python with scikit-image";
    const std::string run(python);
    if (std::system((run + " -c 'import skimage.metrics' 2>/dev/null").c_str()) != 0)
        GTEST_SKIP() << "no scikit-image in " << run;
    constexpr std::int64_t rows = 37, columns = 53;
    Values a(rows * columns), b(rows * columns);
    std::mt19937 random(5);
    std::normal_distribution<float> noise(0, 0.1f);
    for (std::int64_t i = 0; i < rows * columns; ++i) {
        const auto k = static_cast<std::size_t>(i);
        b[k] = 3 + std::sin(0.3f * static_cast<float>(i % columns)) * std::cos(0.2f * static_cast<float>(i / columns));
        a[k] = b[k] + noise(random);
    }
    const auto folder = std::filesystem::temp_directory_path() / ("firstlight_ssim_" + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "a", std::ios::binary).write(reinterpret_cast<const char*>(a.data()), rows * columns * 4);
    std::ofstream(folder / "b", std::ios::binary).write(reinterpret_cast<const char*>(b.data()), rows * columns * 4);
    std::ofstream(folder / "s.py")
        << "import sys,numpy as n\nfrom skimage.metrics import *\n"
           "a,b=[n.fromfile(sys.argv[1]+'/'+f,'f4').reshape(37,53).astype(float) for f in 'ab']\n"
           "print(structural_similarity(a,b,gaussian_weights=True,sigma=1.5,"
           "use_sample_covariance=False,data_range=2),peak_signal_noise_ratio(b,a,data_range=2))\n";
    FILE* pipe = popen((run + " " + (folder / "s.py").string() + " " + folder.string()).c_str(), "r");
    ASSERT_NE(pipe, nullptr);
    double their_ssim = 0, their_psnr = 0;
    EXPECT_EQ(std::fscanf(pipe, "%lf %lf", &their_ssim, &their_psnr), 2);
    pclose(pipe);
    std::filesystem::remove_all(folder);
    EXPECT_NEAR(ssim({a.data(), rows, columns}, {b.data(), rows, columns}, 2, nullptr), their_ssim, 1e-9);
    EXPECT_NEAR(psnr({a.data(), rows, columns}, {b.data(), rows, columns}, 2, nullptr), their_psnr, 1e-9);
}

TEST(ImageQuality, pulls_in_closed_form) {
    const Values truth{1, 1, 1, 1, 1, 1}, image{2, 0, 4, -2, 9, nan_value}, sigma{2, 2, 1, 1, 0, 1};  // 0.5 -0.5 3 -3
    const Pulls p = pulls(row(image), row(sigma), row(truth), nullptr);
    EXPECT_EQ(p.pixels, 4);
    EXPECT_DOUBLE_EQ(p.mean, 0);
    EXPECT_DOUBLE_EQ(p.standard_deviation, std::sqrt(18.5 / 3));
    EXPECT_DOUBLE_EQ(p.coverage_68, 0.5);
}

TEST(ImageQuality, pulls_of_honest_errors_are_standard_normal) {
    constexpr std::size_t n = 40000;
    std::mt19937 random(11);
    std::normal_distribution<float> normal;
    Values truth(n), image(n), sigma(n);
    for (std::size_t i = 0; i < n; ++i) {
        truth[i] = static_cast<float>(i % 100);
        sigma[i] = 0.5f + static_cast<float>(i % 7);
        image[i] = truth[i] + sigma[i] * normal(random);
    }
    const Pulls p = pulls(row(image), row(sigma), row(truth), nullptr);
    EXPECT_NEAR(p.mean, 0, 3 / std::sqrt(static_cast<double>(n)));
    EXPECT_NEAR(p.standard_deviation, 1, 3 / std::sqrt(2.0 * n));
    EXPECT_NEAR(p.coverage_68, 0.682689, 3 * std::sqrt(0.6827 * 0.3173 / n));
    EXPECT_NEAR(p.coverage_95, 0.95, 3 * std::sqrt(0.95 * 0.05 / n));
}

TEST(ImageQuality, depth_errors_count_missing_depths_as_outliers) {
    const Values truth{1, 1, 1, 1, nan_value}, depth{1.25f, 0.75f, 3, nan_value, 1};
    const DepthError e = depth_error(row(depth), row(truth), 0.5, nullptr);
    EXPECT_EQ(e.pixels, 4);
    EXPECT_DOUBLE_EQ(e.rmse_of_inliers, 0.25);
    EXPECT_DOUBLE_EQ(e.outlier_share, 0.5);
}

}  // namespace
}  // namespace firstlight
