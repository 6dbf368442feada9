#include "kernels/reconstruction/inpainting.hpp"

#include <cmath>
#include <limits>
#include <map>
#include <random>

#include "tests/support/stage_test.hpp"

namespace firstlight {
namespace {

constexpr float nan_value = std::numeric_limits<float>::quiet_NaN();

struct Image {
    Image(std::int64_t rows_, std::int64_t columns_)
        : rows(rows_), columns(columns_), flags(static_cast<std::size_t>(rows_ * columns_), 0) {}
    std::vector<float>& layer(Layer which, float fill = 0) {
        return layers.try_emplace(which, std::vector<float>(flags.size(), fill)).first->second;
    }
    void inpaint(Queue& queue, const Inpainting::Coefficients& c) {
        const std::size_t n = flags.size();
        std::vector<QueueMemory> memory;
        ImageTile tile;
        tile.rows = rows;
        tile.columns = columns;
        const auto move = [&](const void* from, std::size_t bytes) -> void* {
            memory.emplace_back(queue, bytes);
            if (bytes > 0) queue.upload(memory.back().as(), from, bytes, 0);
            queue.synchronize(0);
            return memory.back().as();
        };
        tile.flags = static_cast<std::uint8_t*>(move(flags.data(), n));
        for (const auto& named : layers)
            tile.layers[static_cast<int>(named.first)] = static_cast<float*>(move(named.second.data(), 4 * n));
        run<Inpainting>(queue, tile, c, 0);
        if (n == 0) return;
        queue.download(flags.data(), tile.flags, n, 0);
        for (auto& named : layers) queue.download(named.second.data(), tile.layer(named.first), 4 * n, 0);
        queue.synchronize(0);
    }
    std::int64_t rows, columns;
    std::vector<std::uint8_t> flags;
    std::map<Layer, std::vector<float>> layers;
};

Inpainting::Coefficients coefficients(int radius, int neighbours) { return {radius, neighbours}; }

class InpaintingTest : public StageTest {};
INSTANTIATE_TEST_SUITE_P(, InpaintingTest, all_backends(), backend_name);

TEST_P(InpaintingTest, plane_is_restored_exactly) {
    Image image(5, 7);
    auto& values = image.layer(Layer::ballistic);
    for (std::int64_t y = 0; y < 5; ++y)
        for (std::int64_t x = 0; x < 7; ++x)
            values[static_cast<std::size_t>(7 * y + x)] = static_cast<float>(3 * y - 2 * x);
    const auto before = values;
    image.flags[2 * 7 + 3] = dead;
    values[2 * 7 + 3] = 1e9f;
    image.inpaint(queue(), coefficients(3, 3));
    EXPECT_EQ(values, before);
    EXPECT_EQ(image.flags[2 * 7 + 3], dead);
}

// Corner pixel of a 2x2 image: neighbours 1, 2 at distance 1 and 5 at distance sqrt(2).
TEST_P(InpaintingTest, weights_are_inverse_squares_and_errors_propagate) {
    Image image(2, 2);
    image.layer(Layer::ballistic) = {nan_value, 1, 2, 5};
    image.layer(Layer::ballistic_sigma) = {nan_value, 0.3f, 0.4f, 1.2f};
    image.flags[0] = hot;
    image.inpaint(queue(), coefficients(1, 3));
    EXPECT_FLOAT_EQ(image.layer(Layer::ballistic)[0], static_cast<float>((1 + 2 + 2.5) / 2.5));
    EXPECT_FLOAT_EQ(image.layer(Layer::ballistic_sigma)[0], static_cast<float>(std::sqrt(0.09 + 0.16 + 0.36) / 2.5));
}

// Equal errors of n equally distant neighbours shrink as 1/sqrt(n).
TEST_P(InpaintingTest, error_of_a_mean_of_four) {
    Image image(3, 3);
    auto& sigma = image.layer(Layer::optical_depth_sigma, 0.5f);
    image.flags = {dead, 0, dead, 0, dead, 0, dead, 0, dead};
    image.inpaint(queue(), coefficients(1, 4));
    EXPECT_FLOAT_EQ(sigma[4], 0.25f);
}

TEST_P(InpaintingTest, window_grows_until_there_are_enough_and_no_farther) {
    Image image(1, 9);
    auto& values = image.layer(Layer::arrival);
    values = {9, 1, 2, 7, 7, 7, 4, 3, 9};
    image.flags = {0, 0, 0, hot, hot, hot, 0, 0, 0};
    image.inpaint(queue(), coefficients(2, 2));
    EXPECT_FLOAT_EQ(values[4], 3);                                          // 2 and 4, both at distance 2
    EXPECT_FLOAT_EQ(values[3], static_cast<float>((2 + 1 * 0.25) / 1.25));  // 2 at 1 and 1 at 2
    EXPECT_EQ(values[0], 9);
}

TEST_P(InpaintingTest, pixels_without_neighbours_become_nan) {
    Image image(3, 3);
    auto& values = image.layer(Layer::ballistic, 4);
    image.flags.assign(9, noisy);
    image.flags[0] = 0;
    image.inpaint(queue(), coefficients(2, 1));
    EXPECT_EQ(values[4], 4);
    EXPECT_EQ(values[8], 4);
    values.assign(9, 4);
    image.inpaint(queue(), coefficients(1, 1));
    EXPECT_TRUE(std::isnan(values[8]));
    image.inpaint(queue(), coefficients(2, 2));
    EXPECT_TRUE(std::isnan(values[4]));
    EXPECT_EQ(values[0], 4);
}

// A neighbour without a value in one layer still helps in another.
TEST_P(InpaintingTest, neighbours_without_value_are_passed_over) {
    Image image(1, 4);
    image.layer(Layer::ballistic) = {1, 0, 3, 5};
    image.layer(Layer::purity) = {nan_value, 0, 0.5f, 0.25f};
    image.flags[1] = saturated;
    image.inpaint(queue(), coefficients(3, 2));
    EXPECT_FLOAT_EQ(image.layer(Layer::ballistic)[1], 2);
    EXPECT_FLOAT_EQ(image.layer(Layer::purity)[1], (0.5f + 0.25f * 0.25f) / 1.25f);
}

TEST_P(InpaintingTest, only_masking_flags_count) {
    Image image(1, 3);
    auto& values = image.layer(Layer::ballistic);
    values = {1, 2, 4};
    image.flags = {low_counts, not_converged, low_counts};
    image.inpaint(queue(), coefficients(3, 1));
    EXPECT_EQ(values, (std::vector<float>{1, 2, 4}));
    Image(0, 0).inpaint(queue(), coefficients(3, 1));
}

// Every layer, random holes, sizes around those of blocks and warps: the bits of the CPU, on every backend.
TEST_P(InpaintingTest, bits_are_those_of_the_cpu) {
    const auto cpu = open_cpu_queue(1);
    std::mt19937 random(9);
    std::normal_distribution<float> normal(3, 1);
    for (const auto& [rows, columns] : {std::pair{1, 1}, std::pair{1, 31}, std::pair{257, 1}, std::pair{19, 23}}) {
        Image image(rows, columns);
        for (int k = 0; k < layer_count; ++k)
            for (float& value : image.layer(static_cast<Layer>(k)))
                value = random() % 9 == 0 ? nan_value : std::abs(normal(random));
        for (std::uint8_t& flags : image.flags) flags = random() % 4 == 0 ? hot : random() % 4 == 0 ? low_counts : 0;
        Image expected = image;
        image.inpaint(queue(), coefficients(3, 3));
        expected.inpaint(*cpu, coefficients(3, 3));
        EXPECT_EQ(image.flags, expected.flags);
        for (const auto& named : expected.layers)
            EXPECT_EQ(std::memcmp(named.second.data(), image.layer(named.first).data(), 4 * named.second.size()), 0)
                << rows << " x " << columns << ", layer " << static_cast<int>(named.first);
    }
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
