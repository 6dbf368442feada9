#include "kernels/reconstruction/filtered_backprojection.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "kernels/support/parallel_for.hpp"
#include "tests/support/volume_test.hpp"

namespace firstlight {
namespace {

using Stage = FilteredBackprojection;
using Values = std::vector<float>;
using Params = Stage::Params;

class FilteredBackprojectionTest : public StageTest {};
INSTANTIATE_TEST_SUITE_P(, FilteredBackprojectionTest, all_backends(), backend_name);

const std::vector<Cylinder> large_and_small{{4, -3, 14, 0.05}, {-12, 9, 5, 0.12}, {16, 12, 1.5, 0.2}};

double largest(const Values& values) {
    float most = 0;
    for (const float v : values) most = std::max(most, std::abs(v));
    return static_cast<double>(most);
}

TEST_P(FilteredBackprojectionTest, cylinders_have_their_mu) {
    ViewScan scan(90, 3, 65);
    scan.project(large_and_small);
    for (const auto window :
         {Stage::Window::none, Stage::Window::shepp_logan, Stage::Window::cosine, Stage::Window::hann}) {
        Params params;
        params.window = window;
        const Values mu = run_volume_stage<Stage>(queue(), scan, params);
        for (std::int64_t z = 0; z < 3; ++z) {
            EXPECT_NEAR(scan.mean_inside(large_and_small[0], mu, z) / 0.05, 1, 0.01);
            EXPECT_NEAR(scan.mean_inside(large_and_small[1], mu, z) / 0.12, 1, 0.02);
        }
        EXPECT_LT(scan.relative_error(large_and_small, mu), 0.35);
        EXPECT_EQ(mu[0], 0);  // a corner that no view sees whole
    }
    EXPECT_TRUE(scan.warnings.empty());
    EXPECT_EQ(scan.found.at("centre_px"), 32);
}

// Uneven angles over 360 degrees, the axis between two columns and far from the middle.
TEST_P(FilteredBackprojectionTest, uneven_views_all_around_and_an_axis_off_the_middle) {
    ViewScan scan(120, 1, 61, 4.3, 2 * M_PI);
    for (std::size_t v = 0; v < 120; ++v) scan.scan.view_angle_rad[v] += 0.02 * std::sin(3.0 * static_cast<double>(v));
    const std::vector<Cylinder> object{{3, -5, 12, 0.05}};
    scan.project(object);
    const Values mu = run_volume_stage<Stage>(queue(), scan);
    EXPECT_NEAR(scan.mean_inside(object[0], mu) / 0.05, 1, 0.015);
    EXPECT_LT(scan.relative_error(object, mu), 0.3);
}

TEST_P(FilteredBackprojectionTest, columns_may_run_backwards) {
    ViewScan scan(60, 1, 41, 1.5), mirrored(60, 1, 41, 1.5);
    scan.project({{6, 4, 7, 0.1}});
    mirrored.project({{6, 4, 7, 0.1}});
    std::reverse(mirrored.scan.x_m.begin(), mirrored.scan.x_m.end());
    for (std::int64_t v = 0; v < 60; ++v) {
        auto row = mirrored.layers[Layer::optical_depth].begin() + v * 41;
        std::reverse(row, row + 41);
    }
    const Values a = run_volume_stage<Stage>(queue(), scan), b = run_volume_stage<Stage>(queue(), mirrored);
    for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-4 * largest(a));
}

// Linear in the optical depths, up to rounding.
TEST_P(FilteredBackprojectionTest, is_linear) {
    ViewScan one(30, 2, 33), other(30, 2, 33), both(30, 2, 33);
    one.project({{3, 2, 8, 0.1}});
    other.project({{-6, 4, 5, 0.2}});
    both.project({{3, 2, 8, 0.1}, {-6, 4, 5, 0.2}});
    const Values a = run_volume_stage<Stage>(queue(), one), b = run_volume_stage<Stage>(queue(), other),
                 c = run_volume_stage<Stage>(queue(), both);
    for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i] + b[i], c[i], 1e-4 * largest(c));
}

// The stated noise is what repeated scans show, and the residuals are those of the counts.
TEST(FilteredBackprojection, mu_sigma_is_the_spread_of_repeated_scans) {
    const auto queue = open_cpu_queue(1);
    const std::vector<Cylinder> object{{0, 0, 18, 0.03}};
    constexpr std::int64_t repeats = 48;  // as slices
    ViewScan scan(60, repeats, 41);
    scan.project(object, 2e4, 0, 7);
    const Values mu = run_volume_stage<Stage>(*queue, scan);
    double variance = 0;
    int points = 0;
    for (std::int64_t y = 14; y < 27; y += 3)
        for (std::int64_t x = 14; x < 27; x += 3, ++points) {
            double sum = 0, squares = 0;
            for (std::int64_t z = 0; z < repeats; ++z) {
                const auto m = static_cast<double>(mu[static_cast<std::size_t>((z * 41 + y) * 41 + x)]);
                sum += m;
                squares += m * m;
            }
            variance += (squares - sum * sum / repeats) / (repeats - 1);
        }
    // The figure is a median over points with linear interpolation at places of their own: 15 %.
    EXPECT_NEAR(scan.found.at("mu_sigma_per_m") / std::sqrt(variance / points), 1, 0.15);
    EXPECT_GT(scan.found.at("chi_squared_per_ray"), 0.3);
    EXPECT_LT(scan.found.at("chi_squared_per_ray"), 3);
}

TEST_P(FilteredBackprojectionTest, masked_and_unseen_rays_are_filled_and_told) {
    ViewScan scan(60, 1, 41);
    const std::vector<Cylinder> object{{2, 1, 12, 0.05}};
    scan.project(object);
    const Values whole = run_volume_stage<Stage>(queue(), scan);
    for (std::int64_t v = 0; v < 60; ++v) {
        const std::size_t masked = scan.ray(v, 0, 20), unseen = scan.ray(v, 0, 25);
        scan.layers[Layer::optical_depth_upper_limit][unseen] = scan.layers[Layer::optical_depth][unseen];
        for (const std::size_t i : {masked, unseen}) scan.layers[Layer::optical_depth][i] = poison;
    }
    scan.layers[Layer::optical_depth][0] = scan.layers[Layer::optical_depth][40] = poison;  // ends of a row
    const Values filled = run_volume_stage<Stage>(queue(), scan);
    for (std::size_t i = 0; i < whole.size(); ++i) EXPECT_NEAR(filled[i], whole[i], 0.1 * largest(whole));
    EXPECT_EQ(scan.found.at("rays_masked"), 62);
    EXPECT_EQ(scan.found.at("rays_unseen"), 60);
    ASSERT_EQ(scan.warnings.size(), 1U);
    EXPECT_NE(scan.warnings[0].find("60 of 2,460 rays (2.44 %) saw no photon"), std::string::npos) << scan.warnings[0];
    EXPECT_NE(scan.warnings[0].find("62 of 2,460 rays (2.52 %) are masked"), std::string::npos) << scan.warnings[0];
    EXPECT_NE(scan.warnings[0].find("tomography-ml"), std::string::npos);

    std::fill_n(scan.layers[Layer::optical_depth].begin(), 41, poison);  // a whole row, without limits
    std::fill_n(scan.layers[Layer::optical_depth_upper_limit].begin(), 41, poison);
    for (const float m : run_volume_stage<Stage>(queue(), scan)) EXPECT_TRUE(std::isfinite(m));
}

TEST(FilteredBackprojection, tells_of_one_masked_ray_without_percentages) {
    const auto queue = open_cpu_queue(1);
    ViewScan scan(60, 1, 41);
    scan.project({{2, 1, 12, 0.05}});
    scan.layers[Layer::optical_depth][scan.ray(3, 0, 20)] = poison;
    (void)run_volume_stage<Stage>(*queue, scan);
    ASSERT_EQ(scan.warnings.size(), 1U);
    EXPECT_NE(scan.warnings[0].find(": 1 of 2,460 rays are masked"), std::string::npos) << scan.warnings[0];
    EXPECT_EQ(scan.warnings[0].find("saw no photon"), std::string::npos) << scan.warnings[0];
}

// Views turned the wrong way: once per run, however many tasks it takes.
TEST_P(FilteredBackprojectionTest, says_that_angles_do_not_fit) {
    ViewScan scan(60, 17, 41);
    scan.project({{8, -5, 6, 0.1}, {-7, 3, 4, 0.2}}, 1e4);
    (void)run_volume_stage<Stage>(queue(), scan);
    EXPECT_TRUE(scan.warnings.empty()) << scan.warnings[0];
    for (double& angle : scan.scan.view_angle_rad) angle *= -0.7;
    (void)run_volume_stage<Stage>(queue(), scan);
    EXPECT_EQ(
        std::count_if(scan.warnings.begin(), scan.warnings.end(),
                      [](const std::string& w) { return w.find("explains the line integrals badly") < w.size(); }),
        1);
}

// Odd sizes, 1 row, 1 column, 2 views, more slices than lanes; outputs poisoned.
TEST_P(FilteredBackprojectionTest, all_backends_agree) {
    const auto cpu = open_cpu_queue(1);
    for (const auto& [views, rows, columns] : {std::tuple{2, 1, 1}, std::tuple{2, 17, 2}, std::tuple{9, 33, 31},
                                               std::tuple{31, 1, 67}, std::tuple{12, 0, 8}}) {
        ViewScan scan(views, rows, columns, columns > 2 ? 0.7 : 0), same(views, rows, columns, columns > 2 ? 0.7 : 0);
        if (columns == 1) scan.scan.x_m = same.scan.x_m = {0};
        scan.project({{1, -2, 9, 0.1}}, 1e3, 1);
        same.project({{1, -2, 9, 0.1}}, 1e3, 1);
        Params params;
        params.window = Stage::Window::shepp_logan;
        if (columns == 1) params.pixel_mm = 1;
        if (columns == 1) params.centre = BeamCentre::given, params.centre_px = 0;
        const Values mu = run_volume_stage<Stage>(queue(), scan, params);
        const Values expected = run_volume_stage<Stage>(*cpu, same, params);
        ASSERT_EQ(mu.size(), static_cast<std::size_t>(rows * columns * columns));
        for (std::size_t i = 0; i < mu.size(); ++i) ASSERT_NEAR(mu[i], expected[i], 1e-4 * largest(expected)) << i;
        for (const auto& [name, value] : same.found)
            EXPECT_NEAR(scan.found.at(name), value, 1e-3 * std::abs(value)) << name;
    }
}

TEST(FilteredBackprojection, slices_do_not_depend_on_each_other) {
    const auto queue = open_cpu_queue(1);
    ViewScan many(20, 19, 29), one(20, 1, 29);
    many.project({{1, 1, 9, 0.1}});
    many.project({{-4, 3, 5, 0.3}}, 0, 0, 1, 18, 1);
    one.project({{-4, 3, 5, 0.3}});
    const Values all = run_volume_stage<Stage>(*queue, many), last = run_volume_stage<Stage>(*queue, one);
    EXPECT_EQ(std::memcmp(all.data() + 18 * 29 * 29, last.data(), last.size() * 4), 0);
}

TEST(FilteredBackprojection, any_number_of_threads_gives_the_same_bits) {
    std::vector<Values> found;
    for (const int threads : {1, 3}) {
        const auto queue = open_cpu_queue(threads);
        ViewScan scan(40, 20, 71);
        scan.project(large_and_small, 1e4);
        with_threads(threads, [&] { found.push_back(run_volume_stage<Stage>(*queue, scan)); });
    }
    EXPECT_EQ(std::memcmp(found[0].data(), found[1].data(), found[0].size() * 4), 0);
}

}  // namespace
}  // namespace firstlight
