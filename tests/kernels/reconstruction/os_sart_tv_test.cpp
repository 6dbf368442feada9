#include "kernels/reconstruction/os_sart_tv.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "kernels/support/parallel_for.hpp"
#include "tests/support/volume_test.hpp"

namespace firstlight {
namespace {

using Stage = OsSartTv;
using Values = std::vector<float>;
using Params = Stage::Params;

class OsSartTvTest : public StageTest {};
INSTANTIATE_TEST_SUITE_P(, OsSartTvTest, all_backends(), backend_name);

const std::vector<Cylinder> cylinders{{4, -3, 14, 0.05}, {-12, 9, 5, 0.12}, {16, 12, 1.5, 0.2}};

Params without_penalty(std::int64_t iterations, std::int64_t subsets = 10) {
    Params p;
    p.penalty = VolumePenalty::none;
    p.stop = VolumeStop::given;
    p.iterations = iterations;
    p.subsets = subsets;
    p.model_error = 0;
    return p;
}

// One voxel, seen by two views: the mean of both depths by their variances, or alike; each step takes what is left.
TEST_P(OsSartTvTest, one_voxel_gets_the_weighted_mean) {
    ViewScan scan(2, 1, 1, 0, M_PI);
    scan.scan.x_m = {0};
    scan.layers[Layer::optical_depth] = {0.5F, 0.8F};
    scan.layers[Layer::optical_depth_sigma] = {0.1F, 0.2F};
    Params params = without_penalty(1, 1);
    params.pixel_mm = 2;
    EXPECT_NEAR(run_volume_stage<Stage>(queue(), scan, params)[0], (0.5 * 4 + 0.8) / 5 / 2e-3, 1e-2);
    EXPECT_NEAR(scan.found.at("chi_squared_per_ray"), (0.06 * 0.06 / 0.01 + 0.24 * 0.24 / 0.04) / 2, 1e-3);
    params.weights = Stage::Weights::row_sums;
    EXPECT_NEAR(run_volume_stage<Stage>(queue(), scan, params)[0], 0.65 / 2e-3, 1e-2);
    params.relaxation = 0.5;
    EXPECT_NEAR(run_volume_stage<Stage>(queue(), scan, params)[0], 0.325 / 2e-3, 1e-2);
    scan.layers[Layer::optical_depth] = {-0.5F, -0.8F};  // brighter than the reference: x >= 0
    EXPECT_EQ(run_volume_stage<Stage>(queue(), scan, params)[0], 0);
}

// A lower limit pulls while it is above, and not when it is below.
TEST_P(OsSartTvTest, limits_pull_only_upwards) {
    ViewScan scan(2, 1, 1, 0, M_PI);
    scan.scan.x_m = {0};
    scan.layers[Layer::optical_depth] = {poison, 6.0F};
    scan.layers[Layer::optical_depth_sigma] = {poison, 1.0F};
    scan.layers[Layer::optical_depth_upper_limit] = {5.0F, poison};
    Params params = without_penalty(30, 1);
    params.pixel_mm = 1;
    EXPECT_NEAR(run_volume_stage<Stage>(queue(), scan, params)[0], 6e3, 1);
    scan.layers[Layer::optical_depth_upper_limit] = {8.0F, poison};
    EXPECT_NEAR(run_volume_stage<Stage>(queue(), scan, params)[0], 7e3, 1);
    EXPECT_EQ(scan.found.at("rays_unseen"), 1);
}

TEST(OsSartTv, cylinders_have_their_mu) {
    const auto queue = open_cpu_queue(1);
    ViewScan scan(60, 2, 65, 1.3);
    scan.project(cylinders, 1e5, 2);
    for (const auto weights : {Stage::Weights::variance, Stage::Weights::row_sums}) {
        Params params;
        params.weights = weights;
        params.iterations = 30;
        const Values mu = run_volume_stage<Stage>(*queue, scan, params);
        for (std::int64_t z = 0; z < 2; ++z) {
            EXPECT_NEAR(scan.mean_inside(cylinders[0], mu, z) / 0.05, 1, 0.02);
            EXPECT_NEAR(scan.mean_inside(cylinders[1], mu, z) / 0.12, 1, 0.03);
            EXPECT_LT(scan.relative_error(cylinders, mu, z), 0.2);
        }
        EXPECT_EQ(mu[0], 0);
    }
}

// With 20 noisy views total variation halves the error, and is done long before 50 iterations.
TEST(OsSartTv, total_variation_helps_where_views_are_few) {
    const auto queue = open_cpu_queue(1);
    ViewScan scan(20, 1, 65);
    scan.project(cylinders, 3e3, 1);
    const double plain = scan.relative_error(cylinders, run_volume_stage<Stage>(*queue, scan, without_penalty(20)));
    Params params;
    const Values mu = run_volume_stage<Stage>(*queue, scan, params);
    EXPECT_LT(scan.relative_error(cylinders, mu), 0.6 * plain);
    EXPECT_LT(scan.found.at("iterations"), 50);
}

TEST(OsSartTv, strong_penalty_flattens) {
    const auto queue = open_cpu_queue(1);
    ViewScan scan(24, 1, 33);
    scan.project({{0, 0, 10, 0.05}, {3, 2, 3, 0.02}}, 1e4);
    Params params;
    params.stop = VolumeStop::given;
    params.tv_steps = 10;
    const auto contrast = [&](double strength) {
        params.tv_strength = strength;
        const Values mu = run_volume_stage<Stage>(*queue, scan, params);
        return scan.mean_inside({3, 2, 3, 0}, mu) - scan.mean_inside({-4, -3, 3, 0}, mu);
    };
    EXPECT_NEAR(contrast(0.1), 0.02, 0.004);
    EXPECT_LT(std::abs(contrast(100)), 0.002);
}

// The level of a cylinder moves by beta * perimeter / curvature: of sum w / 2 (chord a)^2 and beta 2 pi r a, with a
// change of 3 pi beta / (8 V w r^2); somewhat more, because its surroundings rise at the same time.
TEST(OsSartTv, penalty_moves_a_cylinder_as_its_size_says) {
    const auto queue = open_cpu_queue(1);
    ViewScan scan(40, 1, 41);
    const Cylinder cylinder{0, 0, 8, 0.1};
    scan.project({cylinder});
    Params params;
    params.stop = VolumeStop::given;
    params.model_error = 0;
    params.tv_steps = 10;
    const double weight = 1 / (0.01 * 0.01), beta = 300 * std::sqrt(40 * weight);
    const double change = 3 * M_PI * beta / (8 * 40 * weight * 8 * 8);
    const auto level = [&](double strength) {
        params.tv_strength = strength;
        return scan.mean_inside(cylinder, run_volume_stage<Stage>(*queue, scan, params));
    };
    EXPECT_NEAR((level(20) - level(320)) / change, 1.3, 0.3);
}

TEST(OsSartTv, stops_when_nothing_but_noise_is_left) {
    const auto queue = open_cpu_queue(1);
    ViewScan scan(40, 17, 33);
    scan.project({{2, 1, 9, 0.06}}, 1e3);
    Params params = without_penalty(200, 4);
    params.stop = VolumeStop::automatic;
    params.tolerance = 0;
    params.chi_squared = 1.1;
    (void)run_volume_stage<Stage>(*queue, scan, params);
    EXPECT_NEAR(scan.found.at("chi_squared_per_ray"), 1.05, 0.1);
    EXPECT_LT(scan.found.at("iterations"), 100);
    EXPECT_TRUE(scan.warnings.empty());
    params.chi_squared = 0;
    params.iterations = 7;
    (void)run_volume_stage<Stage>(*queue, scan, params);
    EXPECT_EQ(scan.found.at("slices_unfinished"), 17);
    ASSERT_EQ(scan.warnings.size(), 1U);
    EXPECT_NE(scan.warnings[0].find("slices still moved"), std::string::npos) << scan.warnings[0];
}

TEST_P(OsSartTvTest, all_backends_give_the_same_bits) {
    const auto cpu = open_cpu_queue(1);
    for (const auto& [views, rows, columns] :
         {std::tuple{2, 1, 2}, std::tuple{9, 33, 15}, std::tuple{13, 1, 31}, std::tuple{12, 0, 8}}) {
        ViewScan scan(views, rows, columns, 0.4), same(views, rows, columns, 0.4);
        for (ViewScan* s : {&scan, &same}) {
            s->project({{1, -2, 5, 0.5}}, 1e3, 1);
            if (rows > 0) s->layers[Layer::optical_depth][0] = poison;
        }
        Params params;
        params.iterations = 3;
        params.tolerance = 0.1;
        const Values mu = run_volume_stage<Stage>(queue(), scan, params);
        const Values expected = run_volume_stage<Stage>(*cpu, same, params);
        ASSERT_EQ(mu.size(), expected.size());
        if (mu.empty()) continue;
        EXPECT_EQ(std::memcmp(mu.data(), expected.data(), 4 * mu.size()), 0) << views << " views";
        for (const auto& [name, value] : same.found)  // bands are added up one by one, or all at once
            EXPECT_NEAR(scan.found.at(name), value, 1e-9 * std::abs(value)) << name;
    }
}

// Nothing seen at all; and a reference that is darker than the scan, whose optical depths are all negative.
TEST_P(OsSartTvTest, says_that_the_light_or_the_reference_is_wrong) {
    ViewScan dark(10, 3, 9);
    dark.layers[Layer::optical_depth_upper_limit].assign(270, 4.0F);
    (void)run_volume_stage<Stage>(queue(), dark);
    ASSERT_EQ(dark.warnings.size(), 1U);
    EXPECT_NE(dark.warnings[0].find("270 of 270 rays (100 %) saw no photon"), std::string::npos) << dark.warnings[0];
    ViewScan bright(10, 3, 9);
    bright.layers[Layer::optical_depth].assign(270, -0.01F);
    bright.layers[Layer::optical_depth_sigma].assign(270, 0.02F);
    (void)run_volume_stage<Stage>(queue(), bright);
    ASSERT_EQ(bright.warnings.size(), 1U);
    EXPECT_NE(bright.warnings[0].find("the volume is 0 everywhere"), std::string::npos) << bright.warnings[0];
}

TEST_P(OsSartTvTest, says_that_angles_do_not_fit) {
    ViewScan scan(60, 17, 41);
    scan.project({{8, -5, 6, 0.1}, {-7, 3, 4, 0.2}}, 1e4);
    Params params;
    params.iterations = 10;
    params.stop = VolumeStop::given;
    (void)run_volume_stage<Stage>(queue(), scan, params);
    EXPECT_TRUE(scan.warnings.empty()) << scan.warnings[0];
    for (double& angle : scan.scan.view_angle_rad) angle *= -0.7;
    (void)run_volume_stage<Stage>(queue(), scan, params);
    EXPECT_EQ(std::count_if(scan.warnings.begin(), scan.warnings.end(),
                            [](const std::string& w) { return w.find("chi_squared_per_ray") < w.size(); }),
              1);
}

TEST(OsSartTv, slices_do_not_depend_on_each_other) {
    const auto queue = open_cpu_queue(1);
    ViewScan many(20, 19, 29), one(20, 1, 29);
    many.project({{-4, 3, 5, 0.3}}, 1e4);
    for (auto& [layer, values] : one.layers)
        for (std::int64_t v = 0; v < 20; ++v)
            for (std::int64_t k = 0; k < 29; ++k) values[one.ray(v, 0, k)] = many.layers[layer][many.ray(v, 18, k)];
    Params params;
    params.weights = Stage::Weights::row_sums;
    params.tv_strength = 0.1;
    many.layers[Layer::optical_depth_sigma].assign(20 * 19 * 29, 0.05F);  // beta is that of the scan
    one.layers[Layer::optical_depth_sigma].assign(20 * 29, 0.05F);
    const Values all = run_volume_stage<Stage>(*queue, many, params);
    const Values last = run_volume_stage<Stage>(*queue, one, params);
    EXPECT_EQ(std::memcmp(all.data() + 18 * 29 * 29, last.data(), last.size() * 4), 0);
}

TEST(OsSartTv, any_number_of_threads_gives_the_same_bits) {
    std::vector<Values> found;
    for (const int threads : {1, 3}) {
        const auto queue = open_cpu_queue(threads);
        ViewScan scan(16, 5, 71);
        scan.project(cylinders, 1e4);
        Params params;
        params.iterations = 4;
        with_threads(threads, [&] { found.push_back(run_volume_stage<Stage>(*queue, scan, params)); });
    }
    EXPECT_EQ(std::memcmp(found[0].data(), found[1].data(), found[0].size() * 4), 0);
}

TEST(OsSartTv, can_be_interrupted_between_iterations) {
    const auto queue = open_cpu_queue(1);
    ViewScan scan(12, 1, 21);
    scan.project({{0, 0, 6, 0.1}});
    Keeper keep(*queue);
    const VolumeTask whole = scan.task();
    StageContext context{scan.scan, keep};
    context.volume_input = &whole;
    std::vector<double> shares;
    context.proceed = [&](double share) {
        shares.push_back(share);
        if (shares.size() == 3) throw Error(ExitCode::interrupted, "stopped");
    };
    Params params = without_penalty(10);
    Values volume(21 * 21);
    VolumeTask task = whole;
    task.volume = volume.data();
    const Stage::Coefficients c = Stage::prepare(params, context);
    EXPECT_THROW(Stage::on_cpu(task, c), Error);
    ASSERT_EQ(shares.size(), 3U);
    EXPECT_NEAR(shares[2], 0.3, 1e-12);
}

}  // namespace
}  // namespace firstlight
