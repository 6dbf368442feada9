#include "kernels/support/parallel_beam.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

#include "kernels/support/parallel_for.hpp"

namespace firstlight {
namespace {

using Values = std::vector<float>;

struct Beam {
    Beam(std::int64_t views, std::int64_t columns, double centre, double first_angle = 0.013,
         Footprint footprint = Footprint::joseph) {
        for (std::int64_t v = 0; v < views; ++v)
            angles.push_back(first_angle + 2 * M_PI * static_cast<double>(v) / static_cast<double>(views));
        views_ = beam_views(angles, columns, centre, footprint);
        beam = {views, columns, centre, views_.data()};
    }
    [[nodiscard]] Values rays() const { return Values(static_cast<std::size_t>(beam.rays()), 0.0F); }
    [[nodiscard]] Values image() const { return Values(static_cast<std::size_t>(beam.pixels()), 0.0F); }
    [[nodiscard]] Values random_rays(unsigned seed) const {
        Values values = rays();
        std::mt19937 random(seed);
        std::uniform_real_distribution<float> uniform(-1, 1);
        for (std::int64_t v = 0; v < beam.views; ++v)
            for (std::int64_t i = 0; i < beam.columns * beam_lanes; ++i)
                values[static_cast<std::size_t>(beam.ray_at(v, 0) + i)] = uniform(random);
        return values;
    }
    [[nodiscard]] Values random_image(unsigned seed) const {
        Values values = image();
        std::mt19937 random(seed);
        std::uniform_real_distribution<float> uniform(0, 1);
        for (std::int64_t y = 0; y < beam.columns; ++y)
            for (std::int64_t i = 0; i < beam.columns * beam_lanes; ++i)
                values[static_cast<std::size_t>(beam.pixel_at(y, 0) + i)] = uniform(random);
        return values;
    }
    std::vector<double> angles;
    std::vector<BeamView> views_;
    ParallelBeam beam;
};

double product(const Values& a, const Values& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    return sum;
}

double length(const Values& a) { return std::sqrt(product(a, a)); }

// One pixel seen by a view along an axis and by one along the diagonal, where w = 1 / sqrt 2.
TEST(ParallelBeam, footprint_is_josephs_triangle) {
    Beam b(1, 3, 1, 0);
    Values image = b.image(), rays = b.rays();
    image[static_cast<std::size_t>(b.beam.pixel_at(1, 1))] = 2;
    beam_forward(b.beam, {}, image.data(), rays.data());
    for (std::int64_t k = 0; k < 3; ++k)
        EXPECT_NEAR(rays[static_cast<std::size_t>(b.beam.ray_at(0, k))], k == 1 ? 2 : 0, 1e-6);
    Beam diagonal(1, 3, 1.5, M_PI / 4);  // its axis half-way between two columns
    beam_forward(diagonal.beam, {}, image.data(), rays.data());
    const double w = std::sqrt(0.5), expected = 2 / w * (1 - 0.5 / w);
    EXPECT_NEAR(rays[static_cast<std::size_t>(diagonal.beam.ray_at(0, 1))], expected, 1e-6);
    EXPECT_NEAR(rays[static_cast<std::size_t>(diagonal.beam.ray_at(0, 2))], expected, 1e-6);
}

TEST(ParallelBeam, linear_footprint_interpolates_between_columns) {
    Beam b(1, 5, 2, M_PI / 5, Footprint::linear);
    Values rays = b.rays(), image = b.image();
    for (std::int64_t k = 0; k < 5; ++k)
        rays[static_cast<std::size_t>(b.beam.ray_at(0, k)) + 3] = static_cast<float>(10 + k);
    beam_back(b.beam, {}, rays.data(), image.data());
    const double p = -1 * std::cos(M_PI / 5) + 1 * std::sin(M_PI / 5) + 2;  // pixel x = 1, y = 3
    EXPECT_NEAR(image[static_cast<std::size_t>(b.beam.pixel_at(3, 1)) + 3], 10 + p, 1e-5);
    EXPECT_EQ(image[static_cast<std::size_t>(b.beam.pixel_at(3, 1)) + 2], 0);
}

// <A x, y> = <x, A' y>, with axes within, at the edge of and far from the middle of the detector.
TEST(ParallelBeam, back_is_the_transpose_of_forward) {
    for (const auto& [views, columns, centre] :
         {std::tuple{7, 1, 0.0}, std::tuple{12, 2, 0.8}, std::tuple{11, 31, 15.0}, std::tuple{40, 33, 0.0},
          std::tuple{17, 65, 64.0}, std::tuple{90, 100, 41.37}}) {
        for (const double first_angle : {0.0, 0.013, -2.0}) {
            Beam b(views, columns, centre, first_angle);
            const Values x = b.random_image(1), y = b.random_rays(2);
            Values ax = b.rays(), aty = b.image();
            beam_forward(b.beam, {}, x.data(), ax.data());
            beam_back(b.beam, {}, y.data(), aty.data());
            EXPECT_NEAR(product(ax, y), product(x, aty), 1e-5 * length(ax) * length(y))
                << views << " views, " << columns << " columns, centre " << centre;
            EXPECT_GT(length(ax), 0);
        }
    }
}

TEST(ParallelBeam, subsets_add_up_and_two_images_are_one_each) {
    Beam b(10, 37, 17.2);
    const Values y = b.random_rays(3), z = b.random_rays(4), x = b.random_image(5);
    Values all = b.image(), sum = b.image(), part = b.image(), other = b.image(), other_all = b.image();
    beam_back(b.beam, {}, y.data(), all.data());
    beam_back(b.beam, {}, z.data(), other_all.data());
    Values rays = b.rays(), rays_of_parts = b.rays();
    beam_forward(b.beam, {}, x.data(), rays.data());
    for (std::int64_t s = 0; s < 3; ++s) {
        beam_back_both(b.beam, {s, 3}, y.data(), z.data(), part.data(), other.data());
        for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += part[i];
        beam_forward(b.beam, {s, 3}, x.data(), rays_of_parts.data());
    }
    for (std::size_t i = 0; i < sum.size(); ++i) EXPECT_NEAR(sum[i], all[i], 1e-5);
    EXPECT_EQ(std::memcmp(rays.data(), rays_of_parts.data(), rays.size() * 4), 0);
    beam_back_both(b.beam, {}, y.data(), z.data(), part.data(), other.data());
    EXPECT_EQ(std::memcmp(part.data(), all.data(), all.size() * 4), 0);
    EXPECT_EQ(std::memcmp(other.data(), other_all.data(), all.size() * 4), 0);
}

// A disk's projection is its chord, whatever the angle, within the width of a pixel.
TEST(ParallelBeam, disk_projects_to_its_chords) {
    constexpr double radius = 30, shift = 11;
    Beam b(9, 101, 50);
    Values image = b.image(), rays = b.rays();
    for (std::int64_t y = 0; y < 101; ++y)
        for (std::int64_t x = 0; x < 101; ++x)
            for (int i = 0; i < 64; ++i) {
                const double u = static_cast<double>(x) - 50 + (i % 8 + 0.5) / 8 - 0.5 - shift;
                const double v = static_cast<double>(y) - 50 + (i / 8 + 0.5) / 8 - 0.5;  // NOLINT: whole rows
                if (std::hypot(u, v) < radius) image[static_cast<std::size_t>(b.beam.pixel_at(y, x))] += 1.0F / 64;
            }
    beam_forward(b.beam, {}, image.data(), rays.data());
    for (std::size_t v = 0; v < 9; ++v)
        for (std::int64_t k = 0; k < 101; ++k) {
            const double s = static_cast<double>(k) - 50 - shift * std::cos(b.angles[v]);
            const double expected = std::abs(s) < radius ? 2 * std::sqrt(radius * radius - s * s) : 0;
            if (std::abs(std::abs(s) - radius) > 2)
                EXPECT_NEAR(rays[static_cast<std::size_t>(b.beam.ray_at(static_cast<std::int64_t>(v), k))], expected,
                            0.9);
        }
}

TEST(ParallelBeam, lengths_are_the_projection_of_ones_within_the_circle) {
    Beam b(13, 21, 9.5);
    Values image = b.image(), rays = b.rays();
    constexpr double radius = 8.2;
    for (std::int64_t y = 0; y < 21; ++y)
        for (std::int64_t x = 0; x < 21; ++x)
            if (std::hypot(static_cast<double>(x) - 10, static_cast<double>(y) - 10) <= radius)
                image[static_cast<std::size_t>(b.beam.pixel_at(y, x))] = 1;
    beam_forward(b.beam, {}, image.data(), rays.data());
    const Values lengths = beam_lengths(b.beam, radius);
    for (std::int64_t v = 0; v < 13; ++v)
        for (std::int64_t k = 0; k < 21; ++k)
            EXPECT_NEAR(lengths[static_cast<std::size_t>(v * 21 + k)],
                        rays[static_cast<std::size_t>(b.beam.ray_at(v, k))], 1e-4);
}

TEST(ParallelBeam, any_number_of_threads_gives_the_same_bits) {
    Beam b(20, 90, 44);
    const Values x = b.random_image(6), y = b.random_rays(7);
    std::vector<Values> found;
    for (const int threads : {1, 3}) {
        Values rays = b.rays(), image = b.image();
        with_threads(threads, [&] {
            beam_forward(b.beam, {}, x.data(), rays.data());
            beam_back(b.beam, {}, y.data(), image.data());
        });
        rays.insert(rays.end(), image.begin(), image.end());
        found.push_back(rays);
    }
    EXPECT_EQ(std::memcmp(found[0].data(), found[1].data(), found[0].size() * 4), 0);
}

}  // namespace
}  // namespace firstlight
