#include "kernels/simulation/object_chord.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace firstlight {
namespace {

template <class Real>
class ObjectChord : public ::testing::Test {};
using Reals = ::testing::Types<float, double>;
TYPED_TEST_SUITE(ObjectChord, Reals);

TYPED_TEST(ObjectChord, of_a_sphere_is_twice_the_root_of_r2_less_b2) {
    using Real = TypeParam;
    ObjectBody<Real> sphere;
    sphere.x = Real(0.02);
    sphere.z = Real(0.05);
    sphere.radius = Real(0.003);
    const Real precision = std::is_same_v<Real, float> ? Real(2e-7) : Real(1e-14);
    for (const double b : {0.0, 0.001, 0.0025, 0.00299}) {
        const double expected = 2 * std::sqrt(0.003 * 0.003 - b * b);
        EXPECT_NEAR(chord<Real>(sphere, Real(0.02 + b), 0, 0, 0, 0, 1, 1), expected, 20 * precision) << b;
        // Slanted by 3-4-5 and shifted across it by b (y is across).
        EXPECT_NEAR(chord<Real>(sphere, Real(0.02 - 0.03), Real(b), Real(0.05 - 0.04), Real(0.6), 0, Real(0.8), 1),
                    expected, 20 * precision)
            << b;
    }
    EXPECT_EQ(chord<Real>(sphere, Real(0.02 + 0.0031), 0, 0, 0, 0, 1, 1), 0);
    // From within, up to within, behind.
    EXPECT_NEAR(chord<Real>(sphere, Real(0.02), 0, Real(0.05), 0, 0, 1, 1), 0.003, precision);
    EXPECT_NEAR(chord<Real>(sphere, Real(0.02), 0, 0, 0, 0, 1, Real(0.049)), 0.002, precision);
    EXPECT_EQ(chord<Real>(sphere, Real(0.02), 0, 0, 0, 0, -1, 1), 0);
}

TYPED_TEST(ObjectChord, of_a_cylinder_ends_at_its_side_and_its_faces) {
    using Real = TypeParam;
    ObjectBody<Real> rod;
    rod.ay = 1;
    rod.radius = Real(0.002);
    rod.half_height = Real(0.01);
    const Real precision = std::is_same_v<Real, float> ? Real(2e-8) : Real(1e-15);
    EXPECT_NEAR(chord<Real>(rod, Real(0.001), Real(0.005), -1, 0, 0, 1, 2), 2 * std::sqrt(3.0) * 1e-3, 40 * precision);
    EXPECT_EQ(chord<Real>(rod, Real(0.001), Real(0.0101), -1, 0, 0, 1, 2), 0);
    EXPECT_NEAR(chord<Real>(rod, Real(0.001), -1, 0, 0, 1, 0, 2), 0.02, 10 * precision);  // along the axis
    EXPECT_EQ(chord<Real>(rod, Real(0.0021), -1, 0, 0, 1, 0, 2), 0);
    // At 45 degrees through the centre: the side is met at z = 2 mm, long before the faces.
    const auto half = static_cast<Real>(std::sqrt(0.5));
    EXPECT_NEAR(chord<Real>(rod, 0, Real(-0.1), Real(-0.1), 0, half, half, 1), 2 * std::sqrt(2.0) * 0.002,
                40 * precision);
    // And through the upper edge: it leaves by the face at y = 10 mm.
    EXPECT_NEAR(chord<Real>(rod, 0, Real(-0.09), Real(-0.1), 0, half, half, 1), 2 * std::sqrt(2.0) * 1e-3,
                40 * precision);
}

TYPED_TEST(ObjectChord, equals_the_points_inside) {
    using Real = TypeParam;
    ObjectBody<Real> rod;
    rod.x = Real(0.1);
    rod.ax = Real(0.6);
    rod.az = Real(0.8);
    rod.radius = Real(0.5);
    rod.half_height = Real(0.7);
    for (int k = 0; k < 20; ++k) {
        const auto y = static_cast<Real>(-0.5 + 0.05 * k);
        const double norm = std::sqrt(1 + 0.3 * 0.3);
        const auto ux = static_cast<Real>(0.3 / norm), uz = static_cast<Real>(1 / norm);
        int inside = 0;
        for (int i = 0; i < 40'000; ++i) {
            const auto t = static_cast<Real>((i + 0.5) * 1e-4);
            inside += is_inside<Real>(rod, ux * t, y, -2 + uz * t) ? 1 : 0;
        }
        EXPECT_NEAR(chord<Real>(rod, 0, y, -2, ux, 0, uz, 4), inside * 1e-4, 3e-4) << y;
    }
}

}  // namespace
}  // namespace firstlight
