#include "kernels/simulation/photon_transport.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "kernels/simulation/unscattered_light.hpp"
#include "kernels/support/error.hpp"
#include "tests/kernels/simulation/transport_run.hpp"
#include "tests/support/stage_test.hpp"

namespace firstlight {
namespace {

constexpr double speed_of_light = 299'792'458.0;

Queue& cpu() {
    static const auto queue = open_cpu_queue(1);
    return *queue;
}

TransportScene slab(double thickness_m, double mu_s, double mu_a, double g) {
    TransportScene scene;
    scene.layers = {{thickness_m, 1.0, mu_s, mu_a, g}};
    scene.detector.pitch_m = 1e3;
    scene.detector.focus_m = thickness_m;
    return scene;
}

TEST(PhotonTransport, unscattered_light_follows_beer_and_lambert) {
    for (int od = 1; od <= 5; ++od) {
        const auto o = run_transport(cpu(), slab(0.01, 100.0 * od * 0.9, 100.0 * od * 0.1, 0.8), 2'000'000, false, od);
        const double expected = std::exp(-od);
        EXPECT_NEAR(o.share(PhotonEnd::transmitted, 0), expected, 3 * o.sigma(expected)) << "optical depth " << od;
    }
}

// H. C. van de Hulst, Multiple Light Scattering (1980): albedo 0.9, g = 0.75, optical depth 2, matched index.
TEST(PhotonTransport, agrees_with_van_de_hulst_for_a_slab) {
    const auto o = run_transport(cpu(), slab(0.0002, 9000, 1000, 0.75), 10'000'000, false);
    EXPECT_NEAR(o.share(PhotonEnd::reflected), 0.09739, 3 * o.sigma(0.09739));
    EXPECT_NEAR(o.share(PhotonEnd::transmitted), 0.66096, 3 * o.sigma(0.66096));
    EXPECT_NEAR(o.share(PhotonEnd::transmitted, 0), std::exp(-2.0), 3 * o.sigma(std::exp(-2.0)));
}

TEST(PhotonTransport, absorbs_17_69_percent_in_a_cube_of_60_mm) {
    TransportScene cube = slab(0.06, 1000, 5, 0.01);
    cube.layers[0].refractive_index = 1.37;
    cube.half_width_x_m = cube.half_width_y_m = 0.03;
    const auto o = run_transport(cpu(), cube, 10'000'000, false);
    EXPECT_NEAR(o.share(PhotonEnd::absorbed), 0.1769, 0.0005);
    EXPECT_GT(o.share(PhotonEnd::sideways), 0.005);
    EXPECT_EQ(o.share(PhotonEnd::lost), 0);
}

TEST(PhotonTransport, accounts_for_every_photon_once) {
    for (const std::int64_t photons : {0, 1, 31, 257, 70'000}) {
        const auto o = run_transport(cpu(), slab(0.01, 500, 20, 0.5), photons, false);
        const auto all = std::accumulate(
            o.ends.begin(), o.ends.begin() + static_cast<int>(PhotonEnd::accepted) * o.c.orders, std::int64_t{0});
        EXPECT_EQ(all, photons);
    }
}

TEST(PhotonTransport, reflects_by_fresnel) {
    TransportScene glass = slab(0.01, 0, 0, 0);
    glass.layers[0].refractive_index = 1.5;
    glass.index_before = glass.index_behind = 1;
    auto o = run_transport(cpu(), glass, 1'000'000, false);
    const double r = 0.04;  // ((1.5 - 1) / (1.5 + 1))^2; a plate: 2 r / (1 + r)
    EXPECT_NEAR(o.share(PhotonEnd::reflected), 2 * r / (1 + r), 3 * o.sigma(2 * r / (1 + r)));
    glass.layers[0].mu_a_per_m = 1e5;
    o = run_transport(cpu(), glass, 1'000'000, false);
    EXPECT_NEAR(o.share(PhotonEnd::reflected), r, 3 * o.sigma(r));
}

// Isotropic light inside glass leaves through a face only within the critical angle.
TEST(PhotonTransport, keeps_light_beyond_the_critical_angle) {
    TransportScene scene = slab(0.01, 0, 0, 0);
    scene.layers[0].refractive_index = 1.5;
    scene.index_before = scene.index_behind = 1;
    scene.half_width_x_m = scene.half_width_y_m = 10;
    scene.source.kind = SourceKind::cone;
    scene.source.half_angle_rad = 1.5;
    const auto o = run_transport(cpu(), scene, 200'000, false);
    const double inside = 1 - std::sqrt(1 - 1 / 2.25);  // of the hemisphere's 1, within the critical angle
    const double cone = 1 - std::cos(1.5);
    EXPECT_NEAR(o.share(PhotonEnd::sideways), 1 - inside / cone, 3 * o.sigma(0.7) + 2e-3);
}

TEST(PhotonTransport, gives_the_same_bits_on_any_number_of_threads) {
    TransportScene scene = slab(0.02, 300, 5, 0.7);
    scene.detector = {DetectorSide::exit_face, 0.3, 0, 0.01, 16, 16, 32, 1e-3, 60e-12, 5e-12};
    scene.source = {SourceKind::wide, 0, 0, 0.02, 0.02, 0};
    const auto one = run_transport(cpu(), scene, 200'000, true, 5, 1);
    const auto two = run_transport(cpu(), scene, 200'000, true, 5, 2);
    const auto sixteen = run_transport(cpu(), scene, 200'000, true, 5, 16);
    EXPECT_EQ(one.ends, two.ends);
    EXPECT_EQ(one.image, two.image);
    EXPECT_EQ(one.orders, two.orders);
    EXPECT_EQ(one.image, sixteen.image);
    EXPECT_GT(std::accumulate(one.image.begin(), one.image.end(), std::int64_t{0}), 0);
    EXPECT_NE(run_transport(cpu(), scene, 200'000, true, 6, 1).image, one.image);
}

// The camera's next-event estimate against photons that really end inside a wide aperture.
void expect_estimate_equals_ends(const TransportScene& scene, const char* what, double systematic = 0) {
    const auto o = run_transport(cpu(), scene, 1'000'000, true);
    for (int order = 1; order <= 4; ++order) {
        const double ends = o.share(PhotonEnd::accepted, order);
        ASSERT_GT(ends, 1e-4) << what;
        // The estimate's own spread is below that of counting, hence sqrt(2).
        EXPECT_NEAR(o.seen(order), ends, 3 * std::sqrt(2.0) * o.sigma(ends) + systematic * ends) << what << order;
    }
}

TEST(PhotonTransport, next_event_estimate_equals_photons_that_arrive) {
    TransportScene scene = slab(0.01, 100, 10, 0.5);
    scene.detector.numerical_aperture = 0.6;
    expect_estimate_equals_ends(scene, "transmission, order ");
    scene.detector.side = DetectorSide::entry_face;
    expect_estimate_equals_ends(scene, "reflection, order ");
    scene.targets.push_back({0.006, true, 0.8, even_pattern(0.7F)});
    expect_estimate_equals_ends(scene, "with a reflecting target, order ");
    scene.detector.side = DetectorSide::exit_face;
    scene.targets[0] = {0.006, false, 1, even_pattern(0.4F)};
    scene.half_width_x_m = 0.01;
    scene.half_width_y_m = 0.004;
    scene.detector.aperture_radius_m = 0.008;
    expect_estimate_equals_ends(scene, "through a target, a box and a stop, order ");
}

// Two internal reflections are left out of the estimate, hence the small allowance.
TEST(PhotonTransport, next_event_estimate_refracts_at_the_face) {
    TransportScene scene = slab(0.01, 60, 0, 0.5);
    scene.layers[0].refractive_index = 1.33;
    scene.layers.push_back({0.002, 1.5, 30, 0, 0.2});
    scene.index_before = 1.33;
    scene.index_behind = 1;
    scene.detector.numerical_aperture = 0.7;
    expect_estimate_equals_ends(scene, "refracted, order ", 0.02);
}

TEST(PhotonTransport, images_in_focus_and_on_time) {
    // One scattering plane in focus: light scattered by a thin layer is seen where and when the pencil met it.
    TransportScene scene;
    scene.layers = {{0.02, 1.33, 0, 0, 0}, {1e-5, 1.33, 1e4, 0, 0.3}, {0.03, 1.33, 0, 0, 0}};
    scene.source.x_m = 0.0023;
    scene.source.y_m = -0.0012;
    scene.detector = {DetectorSide::exit_face, 0.2, 0, 0.02, 10, 10, 40, 1e-3, 200e-12, 1e-12};
    const auto o = run_transport(cpu(), scene, 20'000, true);
    double all = 0, there = 0;
    for (std::int64_t i = 0; i < o.c.image_size(); ++i) {
        const auto units = static_cast<double>(o.image[static_cast<std::size_t>(i)]);
        all += units;
        const std::int64_t pixel = i / 40;
        const double time_s = 200e-12 + static_cast<double>(i % 40) * 1e-12;
        if (pixel == 3 * 10 + 7 && std::abs(time_s - 1.33 * 0.05 / speed_of_light) < 2e-12) there += units;
    }
    ASSERT_GT(all, 0);
    EXPECT_GT(there / all, 0.98);  // the rest was scattered twice, sideways in the layer
}

TEST(PhotonTransport, unscattered_light_is_exact) {
    TransportScene scene = slab(0.05, 160, 0, 0.9);  // optical depth 8
    scene.layers[0].refractive_index = 1.33;
    scene.source = {SourceKind::wide, 0, 0, 0.004, 0.004, 0};
    scene.detector = {DetectorSide::exit_face, 0.01, 0, 0.03, 4, 4, 8, 1e-3, 0, 1e-10};
    Pattern half = even_pattern(0);
    half.rows = 1;
    half.columns = 2;
    half.pitch_m = 0.01;
    half.values = {1.0F, 0.25F};
    scene.targets.push_back({0.03, false, 1, half});
    Keeper keep(cpu());
    const auto light = unscattered_light(scene, PhotonTransport::prepare({}, scene, keep));
    ASSERT_EQ(light.size(), 1U);
    for (std::size_t p = 0; p < 16; ++p) {
        const double expected = std::exp(-8.0) / 16 * (p % 4 < 2 ? 1.0 : 0.25);
        EXPECT_NEAR(light[0].share[p] / expected, 1, 1e-5);
        EXPECT_NEAR(light[0].time_s[p], 1.33 * 0.05 / speed_of_light, 1e-15);
    }
}

TEST(PhotonTransport, unscattered_light_equals_photons_that_arrive_unscattered) {
    TransportScene scene = slab(0.01, 100, 0, 0.5);
    scene.detector.numerical_aperture = 0.5;
    scene.source.kind = SourceKind::cone;
    scene.source.half_angle_rad = 0.8;
    const auto check = [&](const char* what) {
        const auto o = run_transport(cpu(), scene, 1'000'000, false);
        double sum = 0;
        Keeper keep(cpu());
        for (const auto& l : unscattered_light(scene, PhotonTransport::prepare({}, scene, keep))) sum += l.share[0];
        const double ends = o.share(PhotonEnd::accepted, 0);
        EXPECT_NEAR(sum, ends, 3 * o.sigma(ends) + 0.01 * ends) << what;
    };
    check("cone in transmission");
    scene.detector.side = DetectorSide::entry_face;
    scene.targets.push_back({0.004, true, 0.9, even_pattern(0.5F)});
    check("cone in reflection");
    scene.source.kind = SourceKind::wide;
    scene.source.width_m = scene.source.height_m = 1e3;
    check("wide in reflection");
}

TEST(PhotonTransport, refuses_scenes_that_cannot_be) {
    Keeper keep(cpu());
    const auto refused = [&](const TransportScene& scene) {
        EXPECT_THROW(PhotonTransport::prepare({}, scene, keep), Error);
    };
    refused(TransportScene{});
    refused(slab(-1, 1, 0, 0));
    refused(slab(1, -1, 0, 0));
    refused(slab(1, 1, -1, 0));
    refused(slab(1, 1, 0, 1));
    TransportScene scene = slab(1, 1, 0, 0);
    scene.targets = {{2, false, 1, even_pattern(1)}};
    refused(scene);
    scene.targets = {{0.5, false, 1, even_pattern(1)}, {0.5, false, 1, even_pattern(1)}};
    refused(scene);
    scene.targets.clear();
    scene.source.kind = SourceKind::wide;
    refused(scene);
    scene.source.kind = SourceKind::pencil;
    scene.detector.numerical_aperture = 0;
    refused(scene);
}

class PhotonTransportParity : public StageTest {};
INSTANTIATE_TEST_SUITE_P(, PhotonTransportParity, all_backends(), backend_name);

TEST_P(PhotonTransportParity, gives_the_cpus_bits) {
    TransportScene scene;
    scene.layers = {{0.004, 1.33, 400, 20, 0.8}, {0.002, 1.5, 0, 0, 0}, {0.006, 1.37, 300, 0, -0.3}};
    scene.index_before = scene.index_behind = 1;
    scene.half_width_x_m = 0.01;
    scene.half_width_y_m = 0.012;
    Pattern stripes = even_pattern(0.5F);
    stripes.columns = 2;
    stripes.pitch_m = 1e-3;
    stripes.values = {0.2F, 0.9F};
    scene.targets = {{0.003, true, 0.8, stripes}, {0.008, false, 1, stripes}};
    for (const SourceKind source : {SourceKind::pencil, SourceKind::wide, SourceKind::cone})
        for (const DetectorSide side : {DetectorSide::exit_face, DetectorSide::entry_face})
            for (const std::int64_t photons : {0, 1, 31, 257}) {
                scene.source = {source, 1e-4, -2e-4, 0.005, 0.004, 0.4};
                scene.detector = {side, 0.5, 0.009, 0.003, 5, 7, 33, 1e-3, 0, 4e-12};
                const auto here = run_transport(cpu(), scene, photons, true, 77);
                const auto there = run_transport(queue(), scene, photons, true, 77);
                EXPECT_EQ(here.ends, there.ends);
                EXPECT_EQ(here.image, there.image);
                EXPECT_EQ(here.orders, there.orders);
            }
}

}  // namespace
}  // namespace firstlight
