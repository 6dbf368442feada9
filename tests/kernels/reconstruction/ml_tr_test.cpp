#include "kernels/reconstruction/ml_tr.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "kernels/reconstruction/os_sart_tv.hpp"
#include "kernels/support/parallel_for.hpp"
#include "tests/support/volume_test.hpp"

namespace firstlight {
namespace {

using Stage = MlTr;
using Values = std::vector<float>;
using Params = Stage::Params;

class MlTrTest : public StageTest {};
INSTANTIATE_TEST_SUITE_P(, MlTrTest, all_backends(), backend_name);

template <class P>
P without_penalty(std::int64_t iterations, std::int64_t subsets) {
    P p;
    p.penalty = VolumePenalty::none;
    p.stop = VolumeStop::given;
    p.iterations = iterations;
    p.subsets = subsets;
    p.model_error = 0;
    return p;
}

// One voxel seen twice: b exp(-l) + r is the mean of both counts. With twice the pulses of the reference, b doubles.
TEST_P(MlTrTest, one_voxel_gets_the_logarithm_of_its_mean_counts) {
    ViewScan scan(2, 1, 1, 0, M_PI);
    scan.scan.x_m = {0};
    scan.reference = {1000};
    scan.reference_sigma = {1};
    scan.layers[Layer::ballistic] = {125, 145};
    scan.layers[Layer::optical_depth_upper_limit] = {1, 1};  // the stage does not look at it
    scan.layers[Layer::ballistic_sigma] = {std::sqrt(135.0F), std::sqrt(155.0F)};
    scan.layers[Layer::background] = {10, 10};
    Params params = without_penalty<Params>(200, 1);
    params.pixel_mm = 1;
    EXPECT_NEAR(run_volume_stage<Stage>(queue(), scan, params)[0], 1e3 * std::log(1000.0 / 135), 2);
    EXPECT_NEAR(scan.found.at("chi_squared_per_ray"), 100.0 / 145, 1e-2);
    scan.scan.pulses = {2000};
    EXPECT_NEAR(run_volume_stage<Stage>(queue(), scan, params)[0], 1e3 * std::log(2000.0 / 135), 2);
    params.exposure = Stage::Exposure::equal;
    EXPECT_NEAR(run_volume_stage<Stage>(queue(), scan, params)[0], 1e3 * std::log(1000.0 / 135), 2);
    // Views with pulses of their own: 1000 exp(-l) of one, 2000 exp(-l) of the other.
    params.exposure = Stage::Exposure::pulses;
    scan.scan.pulses = {1000, 2000};
    EXPECT_NEAR(run_volume_stage<Stage>(queue(), scan, params)[0], 1e3 * std::log(3000.0 / 270), 10);
}

// Without a single photon the likelihood grows with l; the prepared number of steps ends it.
TEST_P(MlTrTest, no_photon_at_all_means_opaque) {
    ViewScan scan(2, 1, 1, 0, M_PI);
    scan.scan.x_m = {0};
    scan.reference = {1000};
    scan.reference_sigma = {1};
    scan.layers[Layer::ballistic] = {0, 0};
    scan.layers[Layer::optical_depth_upper_limit] = {6, 6};
    scan.layers[Layer::ballistic_sigma] = {0, 0};
    scan.layers[Layer::background] = {0, 0};
    Params params = without_penalty<Params>(30, 1);
    params.pixel_mm = 1;
    const float mu = run_volume_stage<Stage>(queue(), scan, params)[0];
    EXPECT_GT(mu, 8e3);
    EXPECT_TRUE(std::isfinite(mu));
}

TEST(MlTr, cylinders_have_their_mu) {
    const auto queue = open_cpu_queue(1);
    const std::vector<Cylinder> object{{4, -3, 14, 0.05}, {-12, 9, 5, 0.12}};
    ViewScan scan(60, 2, 65, 1.3);
    scan.project(object, 1e4, 2);
    Params params;
    params.iterations = 40;
    const Values mu = run_volume_stage<Stage>(*queue, scan, params);
    EXPECT_NEAR(scan.mean_inside(object[0], mu, 1) / 0.05, 1, 0.02);
    EXPECT_NEAR(scan.mean_inside(object[1], mu, 1) / 0.12, 1, 0.03);
    EXPECT_LT(scan.relative_error(object, mu), 0.2);
    EXPECT_EQ(mu[0], 0);
    EXPECT_LT(scan.found.at("chi_squared_per_ray"), 2);
}

// Without subsets and penalty no iteration raises the deviance; with counts from thousands down to none.
TEST(MlTr, likelihood_never_falls_without_subsets) {
    const auto queue = open_cpu_queue(1);
    double before = 1e300, first = 0;
    for (std::int64_t iterations = 1; iterations < 40; iterations += iterations < 8 ? 1 : 8) {
        ViewScan scan(24, 1, 33);
        scan.project({{3, -2, 8, 0.7}, {-6, 5, 4, 0.2}}, 2e3, 1);
        (void)run_volume_stage<Stage>(*queue, scan, without_penalty<Params>(iterations, 1));
        const double deviance = scan.found.at("deviance_per_ray");
        EXPECT_LE(deviance, before * (1 + 1e-6)) << iterations;
        before = deviance;
        if (iterations == 1) first = deviance;
    }
    EXPECT_LT(before, 0.05 * first);
}

// The task of this stage: an optical depth of 11 behind the middle, where -ln has little or nothing to go by. Errors of
// the voxels within the middle, all of whose rays are above 8, with the logarithm as the pipeline takes it (limits
// where nothing is seen), weighted and not, and as is often done (half a count for none).
TEST(MlTr, beats_the_logarithm_where_rays_are_nearly_opaque) {
    const auto queue = open_cpu_queue(1);
    const double depth = 11, open = 1e4;
    const std::vector<Cylinder> object{{0, 0, 20, depth / 40}, {6, 5, 5, -depth / 160}, {-7, -3, 3, depth / 160}};
    ViewScan scan(60, 1, 65);
    scan.project(object, open, 0.2, 3);
    const auto error = [&](const Values& mu) {
        double sum = 0, size = 0;
        for (std::int64_t y = 0; y < 65; ++y)
            for (std::int64_t x = 0; x < 65; ++x) {
                if (std::hypot(static_cast<double>(x) - 32, static_cast<double>(y) - 32) > 10) continue;
                const double truth = scan.truth(object, y, x);
                sum += std::pow(static_cast<double>(mu[static_cast<std::size_t>(y * 65 + x)]) * 1e-3 - truth, 2);
                size += truth * truth;
            }
        return std::sqrt(sum / size);
    };
    const double likelihood = error(run_volume_stage<Stage>(*queue, scan));
    OsSartTv::Params row_sums;
    row_sums.weights = OsSartTv::Weights::row_sums;
    double logarithm = std::min(error(run_volume_stage<OsSartTv>(*queue, scan)),
                                error(run_volume_stage<OsSartTv>(*queue, scan, row_sums)));
    for (std::size_t i = 0; i < scan.flags.size(); ++i) {
        const double counts = std::max(0.5, static_cast<double>(scan.layers[Layer::ballistic][i]));
        scan.layers[Layer::optical_depth][i] = static_cast<float>(-std::log(counts / open));
        scan.layers[Layer::optical_depth_sigma][i] = static_cast<float>(1 / std::sqrt(counts));
    }
    logarithm = std::min(logarithm, error(run_volume_stage<OsSartTv>(*queue, scan)));
    RecordProperty("relative_errors", std::to_string(likelihood) + " against " + std::to_string(logarithm));
    EXPECT_LT(likelihood, 0.8 * logarithm) << likelihood << " against " << logarithm;
    EXPECT_LT(likelihood, 0.1);
}

// A detector whose counts are worth less (c = 2) has half the effective counts, and the same mu.
TEST(MlTr, unit_of_the_counts_does_not_matter) {
    const auto queue = open_cpu_queue(1);
    ViewScan counts(24, 1, 33), doubled(24, 1, 33);
    for (ViewScan* s : {&counts, &doubled}) s->project({{3, -2, 8, 0.1}}, 2e3, 3);
    for (const Layer l : {Layer::ballistic, Layer::ballistic_sigma, Layer::background})
        for (float& v : doubled.layers[l]) v *= 2;
    for (float& v : doubled.reference) v *= 2;
    const Values a = run_volume_stage<Stage>(*queue, counts, without_penalty<Params>(10, 5));
    const Values b = run_volume_stage<Stage>(*queue, doubled, without_penalty<Params>(10, 5));
    for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 0.05);
    EXPECT_NEAR(counts.found.at("chi_squared_per_ray"), doubled.found.at("chi_squared_per_ray"), 1e-2);
}

TEST(MlTr, masked_rays_and_those_without_reference_say_nothing) {
    const auto queue = open_cpu_queue(1);
    ViewScan scan(40, 1, 33), spoilt(40, 1, 33);
    for (ViewScan* s : {&scan, &spoilt}) {
        s->project({{3, -2, 8, 0.1}}, 2e4);
        for (std::int64_t v = 0; v < 40; ++v) s->flags[s->ray(v, 0, 7)] = hot;
        s->reference[20] = poison;
        s->layers[Layer::ballistic][s->ray(3, 0, 12)] = poison;
    }
    for (std::int64_t v = 0; v < 40; ++v) {
        spoilt.layers[Layer::ballistic][spoilt.ray(v, 0, 7)] = 1e6F;
        spoilt.layers[Layer::ballistic][spoilt.ray(v, 0, 20)] = 1e6F;
        for (const std::int64_t k : {7, 20}) spoilt.layers[Layer::ballistic_sigma][spoilt.ray(v, 0, k)] = poison;
        for (const std::int64_t k : {7, 20}) scan.layers[Layer::ballistic_sigma][scan.ray(v, 0, k)] = poison;
    }
    const Values a = run_volume_stage<Stage>(*queue, scan), b = run_volume_stage<Stage>(*queue, spoilt);
    EXPECT_EQ(std::memcmp(a.data(), b.data(), a.size() * 4), 0);
    EXPECT_NEAR(scan.mean_inside({3, -2, 8, 0}, a) / 0.1, 1, 0.05);
}

TEST_P(MlTrTest, all_backends_agree) {
    const auto cpu = open_cpu_queue(1);
    for (const auto& [views, rows, columns] :
         {std::tuple{2, 1, 2}, std::tuple{9, 33, 15}, std::tuple{13, 1, 31}, std::tuple{12, 0, 8}}) {
        ViewScan scan(views, rows, columns, 0.4), same(views, rows, columns, 0.4);
        for (ViewScan* s : {&scan, &same}) s->project({{1, -2, 5, 0.5}}, 1e3, 1);
        Params params;
        params.iterations = 3;
        params.stop = VolumeStop::given;
        const Values mu = run_volume_stage<Stage>(queue(), scan, params);
        const Values expected = run_volume_stage<Stage>(*cpu, same, params);
        ASSERT_EQ(mu.size(), expected.size());
        float most = 0;
        for (const float m : expected) most = std::max(most, m);
        for (std::size_t i = 0; i < mu.size(); ++i)
            ASSERT_NEAR(mu[i], expected[i], 1e-4 * static_cast<double>(most)) << i;
    }
}

TEST(MlTr, any_number_of_threads_gives_the_same_bits) {
    std::vector<Values> found;
    for (const int threads : {1, 3}) {
        const auto queue = open_cpu_queue(threads);
        ViewScan scan(16, 5, 71);
        scan.project({{3, 2, 12, 0.3}}, 1e4, 1);
        Params params;
        params.iterations = 4;
        with_threads(threads, [&] { found.push_back(run_volume_stage<Stage>(*queue, scan, params)); });
    }
    EXPECT_EQ(std::memcmp(found[0].data(), found[1].data(), found[0].size() * 4), 0);
}

TEST(MlTr, says_that_angles_the_light_or_the_reference_do_not_fit) {
    const auto queue = open_cpu_queue(1);
    ViewScan scan(40, 1, 41);
    scan.project({{8, -5, 6, 0.1}, {-7, 3, 4, 0.2}}, 1e4);
    Params params;
    params.iterations = 10;
    params.stop = VolumeStop::given;
    (void)run_volume_stage<Stage>(*queue, scan, params);
    EXPECT_TRUE(scan.warnings.empty()) << scan.warnings[0];
    const auto says = [&](const char* part) {
        return std::count_if(scan.warnings.begin(), scan.warnings.end(),
                             [&](const std::string& w) { return w.find(part) < w.size(); });
    };
    std::fill(scan.reference.begin(), scan.reference.end(), 1e2F);  // a hundredth of the light
    (void)run_volume_stage<Stage>(*queue, scan, params);
    EXPECT_EQ(says("the volume is 0 everywhere"), 1);
    EXPECT_EQ(says("the volume explains the line integrals badly: deviance_per_ray"), 1);
    for (const Layer l : {Layer::ballistic, Layer::ballistic_sigma, Layer::background})
        std::fill(scan.layers[l].begin(), scan.layers[l].end(), 0.0F);
    scan.layers[Layer::optical_depth].assign(scan.flags.size(), poison);
    scan.layers[Layer::optical_depth_upper_limit].assign(scan.flags.size(), 4.0F);
    (void)run_volume_stage<Stage>(*queue, scan, params);
    EXPECT_EQ(says("1,640 of 1,640 rays (100 %) saw no photon"), 1);
}

TEST(MlTr, refuses_scans_without_a_reference) {
    const auto queue = open_cpu_queue(1);
    ViewScan scan(10, 1, 9);
    scan.project({{0, 0, 3, 0.1}}, 100);
    Keeper keep(*queue);
    StageContext context{scan.scan, keep};
    try {
        (void)Stage::prepare({}, context);
        FAIL();
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), ExitCode::bad_input);
        EXPECT_NE(std::string(e.what()).find("add /entry/reference"), std::string::npos) << e.what();
    }
}

}  // namespace
}  // namespace firstlight
