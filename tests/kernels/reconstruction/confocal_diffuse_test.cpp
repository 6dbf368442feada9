// confocal_diffuse against scenes whose echoes are known in closed form, with and without a slab in front of them.
#include "kernels/reconstruction/confocal_diffuse.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <cstring>
#include <random>

#include "kernels/support/parallel_for.hpp"
#include "kernels/support/response.hpp"
#include "kernels/support/slab_kernel.hpp"
#include "tests/kernels/reconstruction/confocal_scene.hpp"
#include "tests/support/stage_test.hpp"

namespace firstlight {
namespace {

using Params = ConfocalDiffuse::Params;
using Inversion = ConfocalDiffuse::Inversion;

struct Outcome {
    VolumeBox box;
    std::vector<float> volume, depth;
    std::map<std::string, double> found;
    std::vector<std::string> warnings;
    std::vector<double> shares;

    [[nodiscard]] std::int64_t brightest() const {
        return std::max_element(volume.begin(), volume.end()) - volume.begin();
    }
    [[nodiscard]] std::array<double, 3> brightest_m() const {  // z, y, x
        const std::int64_t i = brightest(), slice = box.y.size * box.x.size;
        return {box.z.origin_m + static_cast<double>(i / slice) * box.z.step_m,
                box.y.origin_m + static_cast<double>(i / box.x.size % box.y.size) * box.y.step_m,
                box.x.origin_m + static_cast<double>(i % box.x.size) * box.x.step_m};
    }
};

Outcome reconstruct(Queue& queue, const ConfocalScene& scene, const Params& params,
                    const std::vector<float>& dark = {}) {
    Outcome out;
    Keeper keep(queue);
    StageContext context{.scan = scene.scan, .keep = keep};
    context.found = &out.found;
    context.warn = [&](const std::string& text) { out.warnings.push_back(text); };
    context.proceed = [&](double share) { out.shares.push_back(share); };
    out.box = ConfocalDiffuse::box(params, scene.scan);
    const auto c = ConfocalDiffuse::prepare(params, context);
    out.volume.assign(static_cast<std::size_t>(out.box.voxels()), poison);
    out.depth.assign(static_cast<std::size_t>(scene.scan.pixels()), poison);
    const auto put = [&](const void* from, std::size_t bytes) {
        QueueMemory memory(queue, bytes);
        queue.upload(memory.as(), from, bytes, 0);
        queue.synchronize(0);
        return memory;
    };
    const QueueMemory light = put(scene.light.data(), scene.light.size() * 4);
    const QueueMemory dark_there = dark.empty() ? QueueMemory() : put(dark.data(), dark.size() * 4);
    const QueueMemory volume = put(out.volume.data(), out.volume.size() * 4);
    const QueueMemory depth = put(out.depth.data(), out.depth.size() * 4);
    VolumeTask task;
    task.views = 1;
    task.rows = scene.scan.rows;
    task.columns = scene.scan.columns;
    task.bins = scene.scan.bins;
    task.light = light.as<float>();
    task.dark = dark_there.as<float>();
    task.volume = volume.as<float>();
    task.images[static_cast<int>(Layer::depth)] = depth.as<float>();
    run<ConfocalDiffuse>(queue, task, c, 0);
    queue.download(out.volume.data(), volume.as(), volume.bytes(), 0);
    queue.download(out.depth.data(), depth.as(), depth.bytes(), 0);
    queue.synchronize(0);
    return out;
}

Params without_slab() {
    Params params;
    params.inversion = Inversion::none;
    return params;
}

class ConfocalDiffuseTest : public StageTest {};
INSTANTIATE_TEST_SUITE_P(, ConfocalDiffuseTest, all_backends(), backend_name);

// A point's echoes lie on a hyperbola; it must come back where it was, whatever the shape of the scan, its pitches, and
// where its time axis begins.
TEST_P(ConfocalDiffuseTest, a_point_comes_back_to_its_voxel) {
    struct Case {
        std::int64_t rows, columns, bins;
        double pitch_y, pitch_x, first_ps, z_m;
    };
    for (const Case& k : {Case{16, 16, 96, 0.02, 0.02, 10, 0.18},
                          {9, 17, 75, 0.03, 0.015, 10, 0.15},
                          {16, 12, 64, 0.02, 0.025, 500, 0.21},
                          {7, 11, 81, -0.02, 0.02, -300, 0.11}}) {
        ConfocalScene scene(k.rows, k.columns, k.bins, k.pitch_y, k.pitch_x, 20);
        scene.scan.first_bin_centre_s = k.first_ps * 1e-12;
        const std::int64_t y = k.rows / 2 - 1, x = k.columns / 2 + 1;
        scene.add_point(scene.scan.y_m[static_cast<std::size_t>(y)], scene.scan.x_m[static_cast<std::size_t>(x)],
                        k.z_m);
        Params params = without_slab();
        params.bins_together = 1;
        const Outcome out = reconstruct(queue(), scene, params);
        const std::array<double, 3> at = out.brightest_m();
        EXPECT_NEAR(at[0], k.z_m, out.box.z.step_m) << k.rows << ' ' << k.columns;
        EXPECT_NEAR(at[1], scene.scan.y_m[static_cast<std::size_t>(y)], 1e-9);
        EXPECT_NEAR(at[2], scene.scan.x_m[static_cast<std::size_t>(x)], 1e-9);
        EXPECT_NEAR(out.depth[static_cast<std::size_t>(y * k.columns + x)], k.z_m, 0.7 * out.box.z.step_m);
        EXPECT_THAT(out.volume, testing::Each(testing::Ge(0.0F)));
    }
}

TEST_P(ConfocalDiffuseTest, distance_costs_no_brightness) {
    double albedo[2] = {};
    for (const int far : {0, 1}) {
        ConfocalScene scene(16, 16, 96, 0.02, 0.02, 20);
        scene.add_plane(far == 1 ? 0.24 : 0.06);
        Params params = without_slab();
        params.bins_together = 1;
        const Outcome out = reconstruct(queue(), scene, params);
        albedo[far] = static_cast<double>(*std::max_element(out.volume.begin(), out.volume.end()));
    }
    EXPECT_NEAR(albedo[1] / albedo[0], 1, 0.15);
}

TEST_P(ConfocalDiffuseTest, one_row_and_one_column_are_sections) {
    for (const bool row : {true, false}) {
        ConfocalScene scene(row ? 1 : 24, row ? 24 : 1, 80, 0.02, 0.02, 20);
        scene.add_point(row ? scene.scan.y_m[0] : scene.scan.y_m[9], row ? scene.scan.x_m[9] : scene.scan.x_m[0], 0.15);
        const Outcome out = reconstruct(queue(), scene, without_slab());
        const std::array<double, 3> at = out.brightest_m();
        EXPECT_NEAR(at[0], 0.15, out.box.z.step_m);
        EXPECT_NEAR(at[row ? 2 : 1], (row ? scene.scan.x_m : scene.scan.y_m)[9], 1e-9);
    }
}

// Through the slab, with photon noise, a wall comes back where it is (the scan is wide: see the header).
TEST_P(ConfocalDiffuseTest, a_wall_behind_the_slab_is_at_its_depth) {
    ConfocalScene scene(16, 16, 80, 0.06, 0.06, 64);
    scene.add_plane(0.35);
    scene.put_slab_before(4e6);
    for (const Inversion inversion : {Inversion::poisson_tv, Inversion::wiener}) {
        Params params;
        params.inversion = inversion;
        params.bins_together = 1;
        const Outcome out = reconstruct(queue(), scene, params);
        constexpr double within = 0.02;  // two bins: the scan's edges bend the wave
        EXPECT_NEAR(out.depth[7 * 16 + 7], 0.35, within);
        EXPECT_NEAR(out.found.at("slab_delay_ps"), light_delay(ConfocalDiffuse::slab(params, scene.scan)).mean_s * 1e12,
                    1e-6);
        params.time_zero_ps = -300;  // all seems to be later
        EXPECT_NEAR(reconstruct(queue(), scene, params).depth[7 * 16 + 7], 0.35 + 0.045, within);
    }
}

// Both inversions bring the square back that the slab has blurred out of sight. It is a little short in depth, as the
// header says.
TEST_P(ConfocalDiffuseTest, sees_through_the_slab) {
    ConfocalScene scene(16, 16, 80, 0.025, 0.025, 64);
    scene.add_square(0.35, 4, 9, 5, 10);
    const std::vector<float> bare = scene.light;
    scene.put_slab_before(4e5);
    for (const Inversion inversion : {Inversion::poisson_tv, Inversion::wiener}) {
        Params params;
        params.inversion = inversion;
        params.bins_together = 1;
        const Outcome out = reconstruct(queue(), scene, params);
        double inside = 0, outside = 0;
        for (std::int64_t y = 0; y < 16; ++y)
            for (std::int64_t x = 0; x < 16; ++x) {
                float most = 0;
                for (std::int64_t z = 0; z < out.box.z.size; ++z)
                    most = std::max(most, out.volume[static_cast<std::size_t>((z * 16 + y) * 16 + x)]);
                const bool in = y >= 5 && y < 8 && x >= 6 && x < 9;
                if (in) inside += static_cast<double>(most) / 9;
                if (y < 2 || y > 13 || x < 2 || x > 13) outside = std::max(outside, static_cast<double>(most));
            }
        EXPECT_GT(inside, 3 * outside);
        EXPECT_NEAR(out.depth[6 * 16 + 7], 0.35, inversion == Inversion::poisson_tv ? 0.03 : 0.06);
        EXPECT_TRUE(std::isnan(out.depth[0]));
        if (inversion == Inversion::poisson_tv) {
            EXPECT_LT(out.found.at("deviance"), 1.5);
            EXPECT_GT(out.found.at("lambda"), 0);
        } else {
            EXPECT_GT(out.found.at("snr"), 10);
        }
        EXPECT_DOUBLE_EQ(out.shares.back(), 1);
    }
}

TEST_P(ConfocalDiffuseTest, the_instruments_delay_is_taken_out) {
    ConfocalScene scene(12, 12, 80, 0.06, 0.06, 64);
    scene.add_plane(0.30);
    scene.put_slab_before(0, 4);  // everything 4 bins later
    for (int k = -2; k <= 8; ++k) {
        scene.scan.irf.time_s.push_back(k * 64e-12);
        scene.scan.irf.values.push_back(k == 4 ? 1 : 0);
    }
    Params params;
    params.inversion = Inversion::wiener;
    params.bins_together = 1;
    const Outcome with = reconstruct(queue(), scene, params);
    params.response = ConfocalDiffuse::Instrument::ideal;
    const Outcome without = reconstruct(queue(), scene, params);
    EXPECT_NEAR(with.depth[6 * 12 + 6], 0.30, 0.015);
    EXPECT_NEAR(without.depth[6 * 12 + 6] - with.depth[6 * 12 + 6], 4 * 64e-12 * 299'792'458 / 2, 0.005);
}

TEST_P(ConfocalDiffuseTest, masked_pixels_take_no_part) {
    ConfocalScene scene(12, 12, 64, 0.025, 0.025, 64);
    scene.add_square(0.25, 3, 9, 3, 9);
    scene.put_slab_before(2e5);
    Params params;
    params.bins_together = 1;
    params.iterations = 5;
    const Outcome all = reconstruct(queue(), scene, params);
    for (const std::int64_t pixel : {0, 40, 77}) std::fill_n(scene.light.begin() + pixel * 64, 64, poison);
    for (const Inversion inversion : {Inversion::poisson_tv, Inversion::wiener, Inversion::none}) {
        params.inversion = inversion;
        const Outcome out = reconstruct(queue(), scene, params);
        EXPECT_THAT(out.volume, testing::Each(testing::Ge(0.0F)));
        if (inversion == Inversion::poisson_tv) {
            EXPECT_NEAR(out.depth[66], all.depth[66], 0.01);
        }
    }
}

// Dark counts that were taken off are put back for the likelihood: with them the light is as without.
TEST_P(ConfocalDiffuseTest, dark_counts_are_a_known_background) {
    ConfocalScene scene(10, 10, 64, 0.06, 0.06, 64);
    scene.add_plane(0.25);
    scene.put_slab_before(2e5);
    std::mt19937 random(3);
    std::poisson_distribution<int> dark(20);
    for (float& value : scene.light) value += static_cast<float>(dark(random) - 20);
    Params params;
    params.bins_together = 1;
    const Outcome known = reconstruct(queue(), scene, params, std::vector<float>(100, 20.0F));
    EXPECT_NEAR(known.found.at("deviance"), 1, 0.25);
    EXPECT_NEAR(known.depth[4 * 10 + 4], 0.25, 0.025);
}

TEST_P(ConfocalDiffuseTest, no_light_is_an_empty_volume_and_said) {
    ConfocalScene scene(3, 4, 20, 0.02, 0.02, 64);
    const Outcome out = reconstruct(queue(), scene, without_slab());
    EXPECT_THAT(out.volume, testing::Each(0.0F));
    for (const float depth : out.depth) EXPECT_TRUE(std::isnan(depth));
    ASSERT_EQ(out.warnings.size(), 1U);
}

TEST_P(ConfocalDiffuseTest, agrees_with_the_cpu) {
    std::string why;
    for (const auto& [rows, columns, bins] : {std::array<std::int64_t, 3>{9, 13, 61}, {1, 14, 50}, {12, 12, 64}}) {
        ConfocalScene scene(rows, columns, bins, 0.022, 0.025, 64);
        scene.add_square(0.2, rows / 3, rows / 2 + 1, 4, 9);
        scene.put_slab_before(1e5);
        for (const Inversion inversion : {Inversion::poisson_tv, Inversion::wiener, Inversion::none}) {
            Params params;
            params.inversion = inversion;
            const Outcome here = reconstruct(queue(), scene, params);
            const Outcome cpu = reconstruct(*test_queue("cpu", why), scene, params);
            const float most = cpu.volume[static_cast<std::size_t>(cpu.brightest())];
            for (std::size_t i = 0; i < cpu.volume.size(); ++i)
                ASSERT_NEAR(here.volume[i], cpu.volume[i], 2e-3F * most) << rows << ' ' << i;
        }
    }
}

TEST(ConfocalDiffuse, gives_the_same_bits_for_any_number_of_threads) {
    std::string why;
    ConfocalScene scene(11, 14, 60, 0.022, 0.025, 64);
    scene.add_square(0.2, 3, 8, 4, 9);
    scene.put_slab_before(1e5);
    std::vector<float> first;
    for (const int threads : {1, 2, 3}) {
        Outcome out;
        with_threads(threads, [&] { out = reconstruct(*test_queue("cpu", why), scene, Params{}); });
        if (first.empty()) first = out.volume;
        EXPECT_EQ(std::memcmp(first.data(), out.volume.data(), first.size() * 4), 0) << threads;
    }
}

TEST(ConfocalDiffuse, fewer_photons_want_more_smoothing) {
    std::string why;
    double lambda[2] = {};
    for (const int k : {0, 1}) {
        ConfocalScene scene(8, 8, 60, 0.022, 0.025, 64);
        scene.add_square(0.2, 2, 6, 2, 6);
        scene.put_slab_before(0);
        for (float& value : scene.light) value *= k == 0 ? 1e4F : 1e2F;
        lambda[k] = reconstruct(*test_queue("cpu", why), scene, Params{}).found.at("lambda");
    }
    EXPECT_NEAR(lambda[1] / lambda[0], 10, 0.1);  // the root of 100
}

TEST(ConfocalDiffuse, says_what_is_missing_and_how_to_get_it) {
    const auto refused = [](const Scan& scan, const Params& params) {
        try {
            (void)ConfocalDiffuse::box(params, scan);
            return std::string();
        } catch (const Error& e) {
            return std::string(e.what());
        }
    };
    const ConfocalScene scene(4, 4, 100, 0.02, 0.02, 64);
    EXPECT_EQ(refused(scene.scan, {}), "");
    Scan scan = scene.scan;
    scan.medium.mu_a_per_m.reset();
    scan.medium.thickness_m.reset();
    EXPECT_THAT(refused(scan, {}), testing::AllOf(testing::HasSubstr("thickness_mm, mu_a_per_m missing"),
                                                  testing::HasSubstr("firstlight calibrate medium"),
                                                  testing::HasSubstr("--confocal_diffuse.thickness_mm")));
    EXPECT_EQ(refused(scan, without_slab()), "");
    Params given;
    given.thickness_mm = 20;
    given.mu_a_per_m = 0.5;
    EXPECT_EQ(refused(scan, given), "");
    EXPECT_DOUBLE_EQ(ConfocalDiffuse::slab(given, scan).thickness_m, 0.02);
    scan = scene.scan;
    scan.x_m.clear();
    EXPECT_THAT(refused(scan, {}), testing::AllOf(testing::HasSubstr("along x"), testing::HasSubstr("--scan-size-m")));
    scan.x_m = {0, 0.02, 0.05, 0.06};
    EXPECT_THAT(refused(scan, {}), testing::HasSubstr("not evenly spaced"));
    scan = scene.scan;
    scan.path = LightPath::transmission;
    EXPECT_THAT(refused(scan, {}), testing::HasSubstr("no confocal scan"));
    given.min_depth_mm = 5000;
    EXPECT_THAT(refused(scene.scan, given), testing::HasSubstr("no depth is left"));
    given.max_depth_mm = 400;
    EXPECT_THAT(refused(scene.scan, given), testing::HasSubstr("min_depth_mm is 5000 and max_depth_mm 400"));
    // Of a thickness in the wrong unit, or scattering per mm, the medium is said to be wrong, not what follows from it.
    for (const auto& [thickness_mm, mu_s_prime_per_m, problem] : {std::tuple{25.4, 0.262, "transport mean free paths"},
                                                                  {0.0254, 262.0, "transport mean free paths"},
                                                                  {25400.0, 262.0, "through the slab"},
                                                                  {25.4, 262e3, "longer than the time axis"}}) {
        Params wrong;
        wrong.thickness_mm = thickness_mm;
        wrong.mu_s_prime_per_m = mu_s_prime_per_m;
        EXPECT_THAT(refused(scene.scan, wrong),
                    testing::AllOf(testing::HasSubstr(problem), testing::HasSubstr("is a unit wrong?"),
                                   testing::HasSubstr("check thickness_mm and mu_s_prime_per_m"),
                                   testing::Not(testing::HasSubstr("nan"))));
    }
    Params odd;
    odd.bins_together = 1.5;
    EXPECT_THAT(refused(scene.scan, odd), testing::HasSubstr("whole number"));
}

TEST(ConfocalDiffuse, an_instrument_that_is_taken_as_ideal_is_said) {
    std::string why;
    ConfocalScene scene(4, 4, 60, 0.022, 0.025, 64);
    scene.add_square(0.2, 1, 3, 1, 3);
    scene.put_slab_before(1e4);
    Params params;
    params.inversion = Inversion::wiener;
    EXPECT_THAT(reconstruct(*test_queue("cpu", why), scene, params).warnings,
                testing::ElementsAre(testing::HasSubstr("there is no /entry/calibration/irf")));
    params.response = ConfocalDiffuse::Instrument::ideal;
    EXPECT_TRUE(reconstruct(*test_queue("cpu", why), scene, params).warnings.empty());
    EXPECT_TRUE(reconstruct(*test_queue("cpu", why), scene, without_slab()).warnings.empty());
}

TEST(ConfocalDiffuse, the_box_is_where_it_was_asked_for) {
    const ConfocalScene scene(4, 5, 200, 0.02, 0.03, 16);
    Params params = without_slab();
    params.min_depth_mm = 100;
    params.max_depth_mm = 200;
    params.time_zero_ps = 40;
    const VolumeBox box = ConfocalDiffuse::box(params, scene.scan);
    EXPECT_GE(box.z.origin_m, 0.1);
    EXPECT_LT(box.z.origin_m, 0.1 + box.z.step_m);
    const double last = box.z.origin_m + static_cast<double>(box.z.size - 1) * box.z.step_m;
    EXPECT_LE(last, 0.2 + 1e-9);
    EXPECT_GT(last, 0.2 - box.z.step_m);
    EXPECT_NEAR(box.x.step_m, 0.03, 1e-12);
    EXPECT_NEAR(box.x.origin_m, -0.06, 1e-12);
    // Slices lie where bins do: half the path of light that comes at a bin's centre.
    const double together = std::round(box.z.step_m / (16e-12 * 299'792'458 / 2));
    const double first_bin = (8e-12 + (together - 1) / 2 * 16e-12 - 40e-12) * 299'792'458 / 2;
    const double bins = (box.z.origin_m - first_bin) / box.z.step_m;
    EXPECT_NEAR(bins, std::round(bins), 1e-6);
}

}  // namespace
}  // namespace firstlight
