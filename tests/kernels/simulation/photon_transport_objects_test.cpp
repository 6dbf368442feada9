// Spheres and cylinders in the layers of photon_transport and unscattered_light.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "kernels/simulation/transport_objects.hpp"
#include "kernels/simulation/unscattered_light.hpp"
#include "kernels/support/error.hpp"
#include "tests/kernels/simulation/transport_run.hpp"
#include "tests/support/stage_test.hpp"

namespace firstlight {
namespace {

Queue& cpu() {
    static const auto queue = open_cpu_queue(1);
    return *queue;
}

SceneObject sphere(double x, double z, double radius, double mu_s, double mu_a) {
    return {SceneObject::Shape::sphere, x, 0, z, 0, 1, 0, radius, 0, mu_s, mu_a};
}
SceneObject rod(double x, double z, double radius, double height, double mu_s, double mu_a) {
    return {SceneObject::Shape::cylinder, x, 0, z, 0, 1, 0, radius, height, mu_s, mu_a};
}

// 20 mm of liquid seen by a camera of 20 x 12 pixels of 0.5 mm.
TransportScene cell(double mu_s, double mu_a) {
    TransportScene scene;
    scene.layers = {{0.02, 1.33, mu_s, mu_a, 0.5}};
    scene.source = {SourceKind::wide, 0, 0, 0.01, 0.006, 0};
    scene.detector = {DetectorSide::exit_face, 0.3, 0, 0.01, 12, 20, 24, 5e-4, 80e-12, 5e-12};
    return scene;
}

std::string complaint(const TransportScene& scene) {
    Keeper keep(cpu());
    try {
        (void)PhotonTransport::prepare({}, scene, keep);
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), ExitCode::bad_input);
        return e.what();
    }
    return "none";
}

TEST(TransportObjects, unscattered_light_is_e_to_the_line_integral) {
    TransportScene scene = cell(50, 0);
    scene.objects = {rod(-0.002, 0.008, 0.0015, 1, 0, 300), sphere(0.0025, 0.012, 0.002, 400, 100)};
    Keeper keep(cpu());
    const auto light = unscattered_light(scene, PhotonTransport::prepare({}, scene, keep));
    ASSERT_EQ(light.size(), 1U);
    for (int row = 0; row < 12; ++row)
        for (int column = 0; column < 20; ++column) {
            double expected = 0;
            constexpr int rays = 8;
            for (int i = 0; i < rays * rays; ++i) {
                const double x = (column - 10 + (i % rays + 0.5) / rays) * 5e-4;
                const double y = (row - 6 + (i / rays + 0.5) / rays) * 5e-4;  // NOLINT(bugprone-integer-division)
                const double b2 = (x + 0.002) * (x + 0.002), s2 = (x - 0.0025) * (x - 0.0025) + y * y;
                const double in_rod = 2 * std::sqrt(std::max(0.0, 0.0015 * 0.0015 - b2));
                const double in_sphere = 2 * std::sqrt(std::max(0.0, 0.002 * 0.002 - s2));
                expected += std::exp(-(50 * 0.02 + 250 * in_rod + 450 * in_sphere)) / (rays * rays) / 240;
            }
            EXPECT_NEAR(light[0].share[static_cast<std::size_t>(row * 20 + column)] / expected, 1, 2e-5)
                << row << " " << column;
        }
}

TEST(TransportObjects, photons_that_are_not_scattered_feel_the_same_line_integrals) {
    TransportScene scene = cell(60, 10);
    scene.objects = {rod(0, 0.01, 0.002, 1, 150, 200), sphere(0.0035, 0.006, 0.001, 0, 0)};
    scene.detector.pitch_m = 1e3;
    scene.detector.rows = scene.detector.columns = 1;
    const auto o = run_transport(cpu(), scene, 1'000'000, false);
    double expected = 0;
    constexpr int steps = 400;
    for (int i = 0; i < steps; ++i)
        for (int j = 0; j < steps; ++j) {
            const double x = ((i + 0.5) / steps - 0.5) * 0.01, y = ((j + 0.5) / steps - 0.5) * 0.006;
            const double in_rod = 2 * std::sqrt(std::max(0.0, 4e-6 - x * x));
            const double in_sphere = 2 * std::sqrt(std::max(0.0, 1e-6 - (x - 0.0035) * (x - 0.0035) - y * y));
            expected += std::exp(-(70 * 0.02 + 280 * in_rod - 70 * in_sphere)) / (steps * steps);
        }
    EXPECT_NEAR(o.share(PhotonEnd::transmitted, 0), expected, 3 * o.sigma(expected));
}

// The camera's estimate, which goes through chords, against photons that end in the aperture, which go collision by
// collision.
TEST(TransportObjects, next_event_estimate_equals_photons_that_arrive) {
    TransportScene scene = cell(100, 10);
    scene.detector.numerical_aperture = 0.6;
    scene.layers[0].refractive_index = 1;
    scene.detector.pitch_m = 1e3;
    SceneObject leaning = rod(0.001, 0.012, 0.002, 0.006, 200, 100);
    leaning.axis_x = 0.3;
    leaning.axis_z = 0.2;
    scene.objects = {leaning, sphere(-0.003, 0.008, 0.002, 20, 0)};
    const auto o = run_transport(cpu(), scene, 1'000'000, true);
    for (int order = 1; order <= 4; ++order) {
        const double ends = o.share(PhotonEnd::accepted, order);
        ASSERT_GT(ends, 1e-4);
        EXPECT_NEAR(o.seen(order), ends, 3 * std::sqrt(2.0) * o.sigma(ends)) << order;
    }
}

TEST(TransportObjects, of_the_medium_itself_change_nothing) {
    const TransportScene plain = cell(300, 20);
    TransportScene with = plain;
    with.objects = {sphere(0, 0.01, 0.004, 300, 20), rod(0.004, 0.004, 0.002, 0.01, 300, 20)};
    const auto a = run_transport(cpu(), plain, 300'000, true), b = run_transport(cpu(), with, 300'000, true);
    EXPECT_EQ(a.ends, b.ends);                        // no photon takes another way,
    for (std::size_t i = 0; i < a.image.size(); ++i)  // and chords of no excess leave the estimate
        ASSERT_EQ(a.image[i], b.image[i]) << i;
    // Collisions in name only: an object elsewhere makes all of them rarer, but none of them wrong.
    TransportScene denser = plain;
    denser.objects = {sphere(0.5, 0.01, 0.004, 600, 40)};
    const auto c = run_transport(cpu(), denser, 300'000, false);
    for (const PhotonEnd end : {PhotonEnd::transmitted, PhotonEnd::reflected, PhotonEnd::absorbed})
        EXPECT_NEAR(c.share(end), a.share(end), 3 * std::sqrt(2.0) * a.sigma(a.share(end))) << static_cast<int>(end);
    EXPECT_NE(c.ends, a.ends);
}

TEST(TransportObjects, may_touch_but_not_overlap) {
    const SceneObject one = rod(0, 0.01, 0.002, 0.01, 0, 1);
    SceneObject above = one, crossing = one;
    above.y_m = 0.01;
    EXPECT_FALSE(do_overlap(one, above));
    above.y_m = 0.0099;
    EXPECT_TRUE(do_overlap(one, above));
    EXPECT_FALSE(do_overlap(one, rod(0.004, 0.01, 0.002, 0.01, 0, 1)));
    EXPECT_TRUE(do_overlap(one, rod(0.0039, 0.01, 0.002, 0.01, 0, 1)));
    EXPECT_TRUE(do_overlap(one, sphere(0, 0.01, 0.0001, 0, 0)));
    EXPECT_FALSE(do_overlap(one, sphere(0, 0.0131, 0.001, 0, 0)));
    crossing.axis_x = 1;
    crossing.z_m = 0.0141;
    EXPECT_FALSE(do_overlap(one, crossing));
    crossing.z_m = 0.0139;
    EXPECT_TRUE(do_overlap(one, crossing));
}

TEST(TransportObjects, refuses_those_that_cannot_be) {
    const auto expect = [](const std::vector<SceneObject>& objects, const std::string& said) {
        TransportScene scene = cell(100, 0);
        scene.layers.push_back({0.01, 1.33, 50, 0, 0});
        scene.objects = objects;
        const std::string found = complaint(scene);
        EXPECT_NE(found.find(said), std::string::npos) << found;
    };
    expect({sphere(0, 0.01, -0.001, 0, 0)}, "the radius of object 1 is -0.001 m");
    expect({rod(0, 0.01, 0.001, 0, 0, 0)}, "the height of object 1 is 0 m");
    expect({sphere(0, 0.01, 0.001, -1, 0)}, "the scattering coefficient of object 1");
    expect({sphere(0, 0.01, 0.001, 0, -1)}, "the absorption coefficient of object 1");
    expect({sphere(0, 0.01, 0.001, 0, 0), sphere(0, 0.001, 0.002, 0, 0)}, "object 2 reaches from -0.001 m to 0.003 m");
    expect({sphere(0, 0.019, 0.002, 0, 0)}, "within one layer, here layer 1 from 0 m to 0.02 m");
    expect({sphere(0, 0.029, 0.002, 0, 0)}, "within one layer, here layer 2 from 0.02 m to 0.03 m");
    expect({sphere(0, 0.01, 0.001, 0, 0), sphere(0, 0.0115, 0.001, 0, 0)}, "objects 1 and 2 overlap");
    SceneObject aimless = rod(0, 0.01, 0.001, 0.001, 0, 0);
    aimless.axis_y = 0;
    expect({aimless}, "the axis of object 1");
    expect(std::vector<SceneObject>(33, sphere(0, 0.01, 0.001, 0, 0)), "33 objects");
}

class TransportObjectsParity : public StageTest {};
INSTANTIATE_TEST_SUITE_P(, TransportObjectsParity, all_backends(), backend_name);

TEST_P(TransportObjectsParity, gives_the_cpus_bits) {
    TransportScene scene = cell(300, 10);
    scene.layers.push_back({0.01, 1.5, 100, 0, -0.2});
    scene.index_behind = 1;
    SceneObject leaning = rod(0.001, 0.012, 0.002, 0.006, 500, 100);
    leaning.axis_x = 0.3;
    leaning.axis_z = 0.2;
    scene.objects = {leaning, sphere(-0.003, 0.008, 0.002, 0, 700), sphere(0.001, 0.025, 0.003, 20, 0)};
    for (const DetectorSide side : {DetectorSide::exit_face, DetectorSide::entry_face})
        for (const std::int64_t photons : {1, 31, 257}) {
            scene.detector.side = side;
            const auto here = run_transport(cpu(), scene, photons, true, 7);
            const auto there = run_transport(queue(), scene, photons, true, 7);
            EXPECT_EQ(here.ends, there.ends);
            EXPECT_EQ(here.image, there.image);
            EXPECT_EQ(here.orders, there.orders);
        }
    const auto one = run_transport(cpu(), scene, 100'000, true, 5, 1),
               three = run_transport(cpu(), scene, 100'000, true, 5, 3);
    EXPECT_EQ(one.image, three.image);
    EXPECT_EQ(one.ends, three.ends);
    EXPECT_GT(std::accumulate(one.image.begin(), one.image.end(), std::int64_t{0}), 0);
}

}  // namespace
}  // namespace firstlight
