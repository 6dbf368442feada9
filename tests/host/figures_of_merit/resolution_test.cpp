#include "host/figures_of_merit/resolution.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <random>

#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

constexpr std::int64_t rows = 60, columns = 72;
using Values = std::vector<float>;

// `low` left of a line through the middle, `high` right of it, blurred by a Gaussian of `sigma` pixels; `degrees` is
// the line's angle from the columns. Transposed: the same with rows and columns exchanged.
Values edge_image(double sigma, double degrees, double low, double high, bool transposed = false) {
    Values image;
    const double slope = std::tan(degrees * std::numbers::pi / 180);
    for (std::int64_t y = 0; y < rows; ++y)
        for (std::int64_t x = 0; x < columns; ++x) {
            double u = static_cast<double>(x) + 0.5 - columns / 2.0, v = static_cast<double>(y) + 0.5 - rows / 2.0;
            if (transposed) std::swap(u, v);
            const double distance = (u - slope * v) / std::hypot(1, slope);
            const double share = 0.5 * std::erfc(-distance / (sigma * std::sqrt(2.0)));
            image.push_back(static_cast<float>(low + (high - low) * share));
        }
    return image;
}
ImageView view(const Values& image) { return {image.data(), rows, columns}; }
constexpr Region whole{0, 0, columns, rows};

std::string refusal(const std::function<void()>& what) {
    try {
        what();
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), ExitCode::bad_input);
        return e.what();
    }
    return "not refused";
}

// exp(-2 (pi f sigma)^2) = 1/2 at f = sqrt(ln 2 / 2) / (pi sigma), and 1/10 at sqrt(ln 10 / 2) / (pi sigma).
TEST(Resolution, slanted_edge_of_a_gaussian_blur) {
    for (const double sigma : {0.7, 1.2, 2.5})
        for (const double degrees : {3.0, -6.0, 12.0}) {
            const SlantedEdge edge = slanted_edge(view(edge_image(sigma, degrees, 10, 110)), whole, nullptr, "edge");
            const double half = std::sqrt(std::log(2.0) / 2) / (std::numbers::pi * sigma);
            const double tenth = std::sqrt(std::log(10.0) / 2) / (std::numbers::pi * sigma);
            EXPECT_NEAR(edge.mtf50, half, 0.03 * half) << sigma << ", " << degrees;
            EXPECT_NEAR(edge.mtf10, tenth, 0.03 * tenth) << sigma << ", " << degrees;
            EXPECT_NEAR(edge.angle_deg, std::abs(degrees), 0.05);
            EXPECT_TRUE(edge.across_columns);
            EXPECT_NEAR(edge.low, 10, 0.1);
            EXPECT_NEAR(edge.high, 110, 0.1);
        }
}

TEST(Resolution, slanted_edge_any_way_round_and_with_holes) {
    Values lying = edge_image(1, 5, 80, 20, true);
    std::vector<std::uint8_t> selected(lying.size(), 1);
    std::mt19937 random(3);
    for (std::size_t i = 0; i < lying.size(); ++i)
        if (random() % 200 == 0) {
            lying[i] = i % 2 == 0 ? 1e6F : std::numeric_limits<float>::quiet_NaN();
            selected[i] = i % 2 == 0 ? 0 : 1;
        }
    const SlantedEdge edge = slanted_edge(view(lying), {4, 2, columns - 5, rows - 3}, selected.data(), "edge");
    const double half = std::sqrt(std::log(2.0) / 2) / std::numbers::pi;
    EXPECT_NEAR(edge.mtf50, half, 0.03 * half);
    EXPECT_FALSE(edge.across_columns);
}

// Noise of a tenth of the step.
TEST(Resolution, slanted_edge_in_noise) {
    Values image = edge_image(1.5, 7, 100, 300);
    std::mt19937 random(4);
    std::normal_distribution<float> noise(0, 20);
    for (float& v : image) v += noise(random);
    const SlantedEdge edge = slanted_edge(view(image), whole, nullptr, "edge");
    const double half = std::sqrt(std::log(2.0) / 2) / (std::numbers::pi * 1.5);
    EXPECT_NEAR(edge.mtf50, half, 0.1 * half);
}

TEST(Resolution, slanted_edge_refuses_what_is_none) {
    const Values good = edge_image(1, 5, 0, 1), straight = edge_image(1, 0, 0, 1), plain(rows * columns, 3.0F);
    const auto tried = [](const Values& image, const Region& region) {
        return refusal([&] { (void)slanted_edge(view(image), region, nullptr, "--edge"); });
    };
    EXPECT_EQ(tried(good, {0, 0, columns + 1, rows}),
              "--edge: the region leaves the image (the image has columns 0 to 72 and rows 0 to 60)");
    EXPECT_NE(tried(good, {-1, 0, 9, 9}).find("leaves the image"), std::string::npos);
    EXPECT_NE(tried(good, {9, 0, 9, 9}).find("is empty"), std::string::npos);
    EXPECT_NE(tried(good, {30, 0, 37, 20}).find("7 x 20 pixels is too small"), std::string::npos);
    EXPECT_NE(tried(plain, whole).find("there is no edge in this region"), std::string::npos);
    EXPECT_NE(tried(good, {0, 0, 20, 60}).find("there is no edge in this region"), std::string::npos);
    EXPECT_NE(tried(good, {34, 0, 44, 60}).find("the edge leaves the region"), std::string::npos);
    EXPECT_NE(tried(straight, whole).find("the edge is not slanted against the pixels"), std::string::npos);
    Values noise(rows * columns);
    std::mt19937 random(4);
    for (float& v : noise) v = static_cast<float>(random() % 100);
    EXPECT_NE(tried(noise, whole).find("there is no edge in this region"), std::string::npos);
}

TEST(Resolution, bars_of_known_contrast) {
    Values upright, lying, square;
    for (int y = 0; y < rows; ++y)
        for (int x = 0; x < columns; ++x) {
            upright.push_back(static_cast<float>(50 * (1 + 0.3 * std::cos(2 * std::numbers::pi * x / 7.3 + 1))));
            lying.push_back(static_cast<float>(8 * (1 + 0.9 * std::sin(2 * std::numbers::pi * y / 12.0))));
            square.push_back((x / 20) % 2 == 0 ? 5.0F : 0.0F);
        }
    // Not a whole number of periods, and one pixel without value.
    lying[40 * columns + 20] = std::numeric_limits<float>::quiet_NaN();
    const BarContrast a = bar_contrast(view(upright), {3, 5, 34, 40}, 7.3, nullptr, "bars");
    EXPECT_NEAR(a.modulation, 0.3, 1e-5);
    EXPECT_TRUE(a.along_x);
    const BarContrast b = bar_contrast(view(lying), {3, 5, 34, 45}, 12, nullptr, "bars");
    EXPECT_NEAR(b.modulation, 0.9, 0.01);
    EXPECT_FALSE(b.along_x);
    EXPECT_NEAR(bar_modulation(view(square), {0, 0, 40, 10}, 40, true, nullptr), 4 / std::numbers::pi, 0.005);
    EXPECT_TRUE(std::isnan(bar_modulation(view(square), {0, 0, 3, 10}, 40, true, nullptr)));
}

TEST(Resolution, bars_refuse_what_cannot_be_seen) {
    const Values image(rows * columns, 1.0F);
    const auto tried = [&](const Region& region, double period) {
        return refusal([&] { (void)bar_contrast(view(image), region, period, nullptr, "--bars"); });
    };
    EXPECT_NE(tried({0, 0, 10, 61}, 4).find("leaves the image"), std::string::npos);
    EXPECT_NE(tried({0, 0, 10, 10}, 1.9).find("a period of 1.9 pixels cannot be seen"), std::string::npos);
    EXPECT_NE(tried({0, 0, 10, 10}, 7).find("shorter than one and a half periods of 7 pixels"), std::string::npos);
    EXPECT_NE(tried({0, 0, 10, 10}, std::nan("")).find("cannot be seen"), std::string::npos);
}

TEST(Resolution, first_fall_is_by_straight_lines) {
    EXPECT_DOUBLE_EQ(first_fall_to(0.5, {0, 1, 2, 3}, {1, 0.75, 0.25, 0.6}), 1.5);
    EXPECT_DOUBLE_EQ(first_fall_to(0.25, {0, 1, 2}, {1, 0.75, 0.25}), 2);
    EXPECT_TRUE(std::isnan(first_fall_to(0.1, {0, 1, 2}, {1, 0.75, 0.25})));
}

}  // namespace
}  // namespace firstlight
