#include "kernels/reconstruction/inpainting.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "kernels/support/run.hpp"

namespace firstlight {
namespace {

constexpr float nan_value = std::numeric_limits<float>::quiet_NaN();

struct Image {
    Image(std::int64_t rows_, std::int64_t columns_)
        : rows(rows_), columns(columns_), flags(static_cast<std::size_t>(rows_ * columns_), 0) {}
    std::vector<float>& layer(Layer which, float fill = 0) {
        return layers.try_emplace(which, std::vector<float>(flags.size(), fill)).first->second;
    }
    void inpaint(const Inpainting::Coefficients& c) {
        ImageTile tile;
        tile.rows = rows;
        tile.columns = columns;
        tile.flags = flags.data();
        for (auto& named : layers) tile.layers[static_cast<int>(named.first)] = named.second.data();
        const auto queue = open_cpu_queue(1);
        run<Inpainting>(*queue, tile, c, 0);
    }
    std::int64_t rows, columns;
    std::vector<std::uint8_t> flags;
    std::map<Layer, std::vector<float>> layers;
};

Inpainting::Coefficients coefficients(int radius, int neighbours) { return {radius, neighbours}; }

TEST(Inpainting, plane_is_restored_exactly) {
    Image image(5, 7);
    auto& values = image.layer(Layer::ballistic);
    for (std::int64_t y = 0; y < 5; ++y)
        for (std::int64_t x = 0; x < 7; ++x)
            values[static_cast<std::size_t>(7 * y + x)] = static_cast<float>(3 * y - 2 * x);
    const auto before = values;
    image.flags[2 * 7 + 3] = dead;
    values[2 * 7 + 3] = 1e9f;
    image.inpaint(coefficients(3, 3));
    EXPECT_EQ(values, before);
    EXPECT_EQ(image.flags[2 * 7 + 3], dead);
}

// Corner pixel of a 2x2 image: neighbours 1, 2 at distance 1 and 5 at distance sqrt(2).
TEST(Inpainting, weights_are_inverse_squares_and_errors_propagate) {
    Image image(2, 2);
    image.layer(Layer::ballistic) = {nan_value, 1, 2, 5};
    image.layer(Layer::ballistic_sigma) = {nan_value, 0.3f, 0.4f, 1.2f};
    image.flags[0] = hot;
    image.inpaint(coefficients(1, 3));
    EXPECT_FLOAT_EQ(image.layer(Layer::ballistic)[0], static_cast<float>((1 + 2 + 2.5) / 2.5));
    EXPECT_FLOAT_EQ(image.layer(Layer::ballistic_sigma)[0], static_cast<float>(std::sqrt(0.09 + 0.16 + 0.36) / 2.5));
}

// Equal errors of n equally distant neighbours shrink as 1/sqrt(n).
TEST(Inpainting, error_of_a_mean_of_four) {
    Image image(3, 3);
    auto& sigma = image.layer(Layer::optical_depth_sigma, 0.5f);
    image.flags = {dead, 0, dead, 0, dead, 0, dead, 0, dead};
    image.inpaint(coefficients(1, 4));
    EXPECT_FLOAT_EQ(sigma[4], 0.25f);
}

TEST(Inpainting, window_grows_until_there_are_enough_and_no_farther) {
    Image image(1, 9);
    auto& values = image.layer(Layer::arrival);
    values = {9, 1, 2, 7, 7, 7, 4, 3, 9};
    image.flags = {0, 0, 0, hot, hot, hot, 0, 0, 0};
    image.inpaint(coefficients(2, 2));
    EXPECT_FLOAT_EQ(values[4], 3);                                          // 2 and 4, both at distance 2
    EXPECT_FLOAT_EQ(values[3], static_cast<float>((2 + 1 * 0.25) / 1.25));  // 2 at 1 and 1 at 2
    EXPECT_EQ(values[0], 9);
}

TEST(Inpainting, pixels_without_neighbours_become_nan) {
    Image image(3, 3);
    auto& values = image.layer(Layer::ballistic, 4);
    image.flags.assign(9, noisy);
    image.flags[0] = 0;
    image.inpaint(coefficients(2, 1));
    EXPECT_EQ(values[4], 4);
    EXPECT_EQ(values[8], 4);
    values.assign(9, 4);
    image.inpaint(coefficients(1, 1));
    EXPECT_TRUE(std::isnan(values[8]));
    image.inpaint(coefficients(2, 2));
    EXPECT_TRUE(std::isnan(values[4]));
    EXPECT_EQ(values[0], 4);
}

// A neighbour without a value in one layer still helps in another.
TEST(Inpainting, neighbours_without_value_are_passed_over) {
    Image image(1, 4);
    image.layer(Layer::ballistic) = {1, 0, 3, 5};
    image.layer(Layer::purity) = {nan_value, 0, 0.5f, 0.25f};
    image.flags[1] = saturated;
    image.inpaint(coefficients(3, 2));
    EXPECT_FLOAT_EQ(image.layer(Layer::ballistic)[1], 2);
    EXPECT_FLOAT_EQ(image.layer(Layer::purity)[1], (0.5f + 0.25f * 0.25f) / 1.25f);
}

TEST(Inpainting, only_masking_flags_count) {
    Image image(1, 3);
    auto& values = image.layer(Layer::ballistic);
    values = {1, 2, 4};
    image.flags = {low_counts, not_converged, low_counts};
    image.inpaint(coefficients(3, 1));
    EXPECT_EQ(values, (std::vector<float>{1, 2, 4}));
    Image(0, 0).inpaint(coefficients(3, 1));
}

TEST(Inpainting, prepare_refuses_what_can_never_be_met) {
    const auto queue = open_cpu_queue(1);
    Keeper keep(*queue);
    const Scan scan;
    StageContext context{.scan = scan, .keep = keep, .warn = [](const std::string&) {}};
    Inpainting::Params p;
    EXPECT_EQ(Inpainting::prepare(p, context).radius_px, 3);
    p.radius_px = 1;
    p.min_neighbours = 9;
    EXPECT_THROW(Inpainting::prepare(p, context), Error);
}

}  // namespace
}  // namespace firstlight
