#include "kernels/rendering/projection.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "kernels/support/parallel_for.hpp"
#include "tests/support/stage_test.hpp"

namespace firstlight {
namespace {

using Axis = Projection::Axis;
using What = Projection::What;
constexpr float nan_value = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr std::array axes{Axis::z, Axis::y, Axis::x};

struct Shape {
    std::int64_t z, y, x;
    [[nodiscard]] std::int64_t along(Axis axis) const { return axis == Axis::z ? z : axis == Axis::y ? y : x; }
    [[nodiscard]] std::int64_t pixels(Axis axis) const {
        return axis == Axis::z ? y * x : axis == Axis::y ? z * x : z * y;
    }
};
constexpr std::array<Shape, 8> shapes{
    {{1, 1, 1}, {1, 7, 33}, {5, 1, 31}, {3, 257, 1}, {17, 19, 23}, {2, 3, 601}, {4, 32, 64}, {31, 2, 530}}};

struct Seen {
    std::vector<float> image;
    std::vector<std::int32_t> position;
};

// Outputs are poisoned first; positions are wanted where `with_position`.
Seen seen(Queue& queue, const std::vector<float>& values, const Shape& shape, const Projection::Settings& settings,
          bool with_position = true) {
    const VolumeView host{values.data(), shape.z, shape.y, shape.x};
    const auto c = Projection::prepare(settings, host);
    const auto n = static_cast<std::size_t>(c.pixels());
    Seen out{std::vector<float>(n, -7777), std::vector<std::int32_t>(n, -7777)};
    const QueueMemory volume(queue, 4 * values.size()), image(queue, 4 * n), position(queue, 4 * n);
    if (!values.empty()) queue.upload(volume.as(), values.data(), volume.bytes(), 0);
    if (n > 0) {
        queue.upload(image.as(), out.image.data(), image.bytes(), 0);
        queue.upload(position.as(), out.position.data(), position.bytes(), 0);
    }
    queue.synchronize(0);
    run<Projection>(queue,
                    ProjectionTask{{volume.as<float>(), shape.z, shape.y, shape.x},
                                   image.as<float>(),
                                   with_position ? position.as<std::int32_t>() : nullptr},
                    c, 0);
    if (n > 0) {
        queue.download(out.image.data(), image.as(), image.bytes(), 0);
        queue.download(out.position.data(), position.as(), position.bytes(), 0);
    }
    queue.synchronize(0);
    return out;
}

template <class F>
std::vector<float> volume_of(const Shape& shape, const F& value) {
    std::vector<float> values;
    for (std::int64_t z = 0; z < shape.z; ++z)
        for (std::int64_t y = 0; y < shape.y; ++y)
            for (std::int64_t x = 0; x < shape.x; ++x) values.push_back(static_cast<float>(value(z, y, x)));
    return values;
}

// Calls check(pixel, a, b) with the pixel's two coordinates in the order of the volume's axes.
template <class F>
void each_pixel(const Shape& shape, Axis axis, const F& check) {
    const std::int64_t first = axis == Axis::z ? shape.y : shape.z, second = axis == Axis::x ? shape.y : shape.x;
    for (std::int64_t a = 0; a < first; ++a)
        for (std::int64_t b = 0; b < second; ++b) check(static_cast<std::size_t>(a * second + b), a, b);
}

class ProjectionTest : public StageTest {
  protected:
    Seen seen(const std::vector<float>& values, const Shape& shape, const Projection::Settings& settings,
              bool with_position = true) const {
        return ::firstlight::seen(queue(), values, shape, settings, with_position);
    }
};
INSTANTIATE_TEST_SUITE_P(, ProjectionTest, all_backends(), backend_name);

// v = 9 z + 5 y + 2 x: sums along an axis are arithmetic series, slices the plane itself.
TEST_P(ProjectionTest, a_ramp_has_the_sums_of_a_series) {
    for (const Shape& shape : shapes) {
        const auto values = volume_of(shape, [](auto z, auto y, auto x) { return 9 * z + 5 * y + 2 * x; });
        for (const Axis axis : axes) {
            const double slope = axis == Axis::z ? 9 : axis == Axis::y ? 5 : 2;
            const auto n = static_cast<double>(shape.along(axis));
            const std::int64_t middle = shape.along(axis) / 2;
            const Seen sum = seen(values, shape, {axis, What::sum, 0}),
                       mean = seen(values, shape, {axis, What::mean, 0}),
                       slice = seen(values, shape, {axis, What::slice, middle});
            each_pixel(shape, axis, [&](std::size_t p, std::int64_t a, std::int64_t b) {
                const auto rest = static_cast<double>(axis == Axis::z   ? 5 * a + 2 * b
                                                      : axis == Axis::y ? 9 * a + 2 * b
                                                                        : 9 * a + 5 * b);
                ASSERT_EQ(sum.image[p], static_cast<float>(n * rest + slope * n * (n - 1) / 2));
                ASSERT_EQ(mean.image[p], static_cast<float>((n * rest + slope * n * (n - 1) / 2) / n));
                ASSERT_EQ(slice.image[p], static_cast<float>(rest + slope * static_cast<double>(middle)));
                ASSERT_EQ(sum.position[p], -7777);  // only a maximum has a place
            });
        }
    }
}

// v = 100 - (i - i0)^2 along the axis, i0 = (3 a + 5 b) mod n differs from line to line.
TEST_P(ProjectionTest, the_top_of_a_parabola_is_found_with_its_place) {
    for (const Shape& shape : shapes)
        for (const Axis axis : axes) {
            const std::int64_t n = shape.along(axis);
            const auto values = volume_of(shape, [&](std::int64_t z, std::int64_t y, std::int64_t x) {
                const std::int64_t i = axis == Axis::z ? z : axis == Axis::y ? y : x;
                const std::int64_t a = axis == Axis::z ? y : z, b = axis == Axis::x ? y : x;
                const std::int64_t off = i - (3 * a + 5 * b) % n;
                return 100 - off * off;
            });
            const Seen top = seen(values, shape, {axis, What::maximum, 0});
            each_pixel(shape, axis, [&](std::size_t p, std::int64_t a, std::int64_t b) {
                ASSERT_EQ(top.image[p], 100);
                ASSERT_EQ(top.position[p], (3 * a + 5 * b) % n);
            });
            const Seen alone = seen(values, shape, {axis, What::maximum, 0}, false);
            EXPECT_EQ(alone.image, top.image);
            EXPECT_EQ(alone.position.front(), -7777);
        }
}

TEST_P(ProjectionTest, nan_takes_no_part_and_ties_go_to_the_first) {
    const Shape shape{1, 1, 70};
    std::vector<float> row(70, nan_value);
    const auto of = [&](What what) { return seen(row, shape, {Axis::x, what, 0}); };
    EXPECT_TRUE(std::isnan(of(What::maximum).image[0]));
    EXPECT_EQ(of(What::maximum).position[0], -1);
    EXPECT_TRUE(std::isnan(of(What::sum).image[0]));
    EXPECT_TRUE(std::isnan(of(What::mean).image[0]));
    row[66] = row[40] = row[33] = -3;
    EXPECT_EQ(of(What::maximum).image[0], -3);
    EXPECT_EQ(of(What::maximum).position[0], 33);
    EXPECT_EQ(of(What::sum).image[0], -9);
    EXPECT_EQ(of(What::mean).image[0], -3);
    row[2] = -infinity;
    EXPECT_EQ(of(What::maximum).position[0], 33);
    EXPECT_EQ(of(What::sum).image[0], -infinity);
    std::fill(row.begin(), row.end(), nan_value);
    row[69] = -infinity;  // a value like others
    EXPECT_EQ(of(What::maximum).image[0], -infinity);
    EXPECT_EQ(of(What::maximum).position[0], 69);
    // The same along the other axes.
    std::vector<float> column(70, nan_value);
    column[10] = column[61] = 2;
    for (const Axis axis : {Axis::z, Axis::y}) {
        const Shape stood = axis == Axis::z ? Shape{70, 1, 1} : Shape{1, 70, 1};
        const Seen top = seen(column, stood, {axis, What::maximum, 0});
        EXPECT_EQ(top.image[0], 2);
        EXPECT_EQ(top.position[0], 10);
        EXPECT_EQ(seen(column, stood, {axis, What::sum, 0}).image[0], 4);
        EXPECT_EQ(seen(column, stood, {axis, What::mean, 0}).image[0], 2);
        EXPECT_TRUE(std::isnan(seen(column, stood, {axis, What::slice, 0}).image[0]));
        EXPECT_TRUE(std::isnan(seen(std::vector<float>(70, nan_value), stood, {axis, What::mean, 0}).image[0]));
    }
}

std::vector<std::uint32_t> bits(const std::vector<float>& values) {
    std::vector<std::uint32_t> out;
    for (const float v : values) out.push_back(std::bit_cast<std::uint32_t>(v));
    return out;
}

std::vector<float> random_volume(const Shape& shape) {
    std::mt19937 random(7);
    return volume_of(shape, [&](auto, auto, auto) {
        const std::uint64_t r = random();
        return r % 13 == 0 ? nan_value : std::ldexp(static_cast<float>(r) - 2e9f, static_cast<int>(r % 40) - 60);
    });
}

TEST_P(ProjectionTest, gives_the_bits_of_the_cpu) {
    const auto cpu = open_cpu_queue(1);
    for (const Shape& shape : shapes) {
        const auto values = random_volume(shape);
        for (const Axis axis : axes)
            for (const What what : {What::maximum, What::mean, What::sum, What::slice}) {
                const Projection::Settings settings{axis, what, shape.along(axis) - 1};
                const Seen here = seen(values, shape, settings),
                           there = ::firstlight::seen(*cpu, values, shape, settings);
                EXPECT_EQ(bits(here.image), bits(there.image));
                EXPECT_EQ(here.position, there.position);
            }
    }
}

TEST_P(ProjectionTest, an_empty_volume_writes_nothing) {
    for (const Axis axis : axes) EXPECT_TRUE(seen({}, {0, 0, 0}, {axis, What::maximum, 0}).image.empty());
}

TEST(Projection, threads_change_no_bit) {
    const Shape shape{9, 40, 333};
    const auto values = random_volume(shape);
    const auto cpu = open_cpu_queue(1);
    for (const Axis axis : axes)
        for (const What what : {What::maximum, What::mean, What::sum}) {
            Seen one, many;
            with_threads(1, [&] { one = seen(*cpu, values, shape, {axis, what, 0}); });
            with_threads(7, [&] { many = seen(*cpu, values, shape, {axis, what, 0}); });
            EXPECT_EQ(bits(one.image), bits(many.image));
            EXPECT_EQ(one.position, many.position);
        }
}

// A thin voxel of 1e8 among small ones: only wide sums keep the small ones.
TEST(Projection, sums_are_wide) {
    std::vector<float> values(3 * 1001, 0.25f);
    values[0] = 1e8f;
    const auto cpu = open_cpu_queue(1);
    for (const auto& [shape, axis] : {std::pair{Shape{3003, 1, 1}, Axis::z}, std::pair{Shape{1, 3003, 1}, Axis::y},
                                      std::pair{Shape{1, 1, 3003}, Axis::x}})
        EXPECT_EQ(seen(*cpu, values, shape, {axis, What::sum, 0}).image[0], static_cast<float>(1e8 + 3002 * 0.25));
}

TEST(Projection, a_slice_outside_is_refused) {
    const VolumeView volume{nullptr, 3, 4, 5};
    for (const auto& [axis, size] : {std::pair{Axis::z, 3}, std::pair{Axis::y, 4}, std::pair{Axis::x, 5}}) {
        EXPECT_NO_THROW((void)Projection::prepare({axis, What::slice, size - 1}, volume));
        for (const std::int64_t index : {std::int64_t{-1}, std::int64_t{size}}) try {
                (void)Projection::prepare({axis, What::slice, index}, volume);
                FAIL();
            } catch (const Error& error) {
                EXPECT_EQ(error.code(), ExitCode::usage);
                EXPECT_NE(std::string(error.what()).find("counted from 0"), std::string::npos) << error.what();
            }
    }
}

}  // namespace
}  // namespace firstlight
