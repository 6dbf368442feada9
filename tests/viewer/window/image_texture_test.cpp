#include "viewer/window/image_texture.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "tests/viewer/offscreen.hpp"

namespace firstlight::viewer {
namespace {

class TextureDrawing : public OffscreenTest {
  protected:
    Pixels drawn(const ImageTexture& texture, ImVec2 from, ImVec2 to, ImU32 tint = IM_COL32_WHITE) {
        frames([&] {
            ImGui::GetWindowDrawList()->AddRectFilled({0, 0}, {640, 400}, IM_COL32(0, 0, 0, 255));
            texture.draw(ImGui::GetWindowDrawList(), from, to, {0, 0}, {640, 400}, tint);
        });
        return window->pixels();
    }
};

// A colour for each pixel that no neighbour has.
Rgb colour_of(std::int64_t row, std::int64_t column) {
    return {static_cast<std::uint8_t>(column % 251), static_cast<std::uint8_t>(row % 241),
            static_cast<std::uint8_t>(1 + (column / 251) % 200)};
}

std::vector<std::uint8_t> image(std::int64_t rows, std::int64_t columns) {
    std::vector<std::uint8_t> pixels;
    pixels.reserve(static_cast<std::size_t>(3 * rows * columns));
    for (std::int64_t r = 0; r < rows; ++r)
        for (std::int64_t c = 0; c < columns; ++c)
            for (const std::uint8_t value : colour_of(r, c)) pixels.push_back(value);
    return pixels;
}

TEST_F(TextureDrawing, TenThousandColumnsPixelByPixel) {
    const std::int64_t rows = 3, columns = 10000;
    ImageTexture texture;
    EXPECT_EQ(texture.set(image(rows, columns).data(), rows, columns), rows * columns);
    EXPECT_EQ(texture.tiles(), 5U);
    // One pixel of the screen for each: around each border of two tiles, and the ends.
    for (const std::int64_t centre : {320L, 2048L, 4096L, 6144L, 8192L, 9680L}) {
        const auto left = static_cast<float>(320 - centre);
        const Pixels shown = drawn(texture, {left, 100}, {left + static_cast<float>(columns), 103});
        for (std::int64_t x = 0; x < 640; ++x)
            for (std::int64_t r = 0; r < rows; ++r)
                ASSERT_EQ(shown.at(100 + r, x), colour_of(r, centre - 320 + x)) << "column " << centre - 320 + x;
        EXPECT_EQ(shown.at(99, 320), (Rgb{0, 0, 0}));
        EXPECT_EQ(shown.at(103, 320), (Rgb{0, 0, 0}));
    }
}

TEST_F(TextureDrawing, EnlargedPixelsAreSquaresAcrossTiles) {
    const std::int64_t rows = 9, columns = 13;
    ImageTexture texture(4);
    texture.set(image(rows, columns).data(), rows, columns);
    EXPECT_EQ(texture.tiles(), 12U);
    const Pixels shown = drawn(texture, {10, 20}, {10 + 13 * 17, 20 + 9 * 17});
    for (std::int64_t y = 0; y < 9 * 17; ++y)
        for (std::int64_t x = 0; x < 13 * 17; ++x)
            ASSERT_EQ(shown.at(20 + y, 10 + x), colour_of(y / 17, x / 17)) << x << ", " << y;
}

// Far into a large image the borders of its pixels are where they belong.
TEST_F(TextureDrawing, HugeZoomStaysExact) {
    ImageTexture texture;
    const std::int64_t columns = 10000, zoom = 400, centre = 8192;
    texture.set(image(1, columns).data(), 1, columns);
    const double left = 320.0 - static_cast<double>(centre * zoom);
    const Pixels shown =
        drawn(texture, {static_cast<float>(left), 0}, {static_cast<float>(left + 1.0 * columns * zoom), 400});
    EXPECT_EQ(shown.at(200, 10), colour_of(0, centre - 1));
    EXPECT_EQ(shown.at(200, 310), colour_of(0, centre - 1));
    EXPECT_EQ(shown.at(200, 330), colour_of(0, centre));
    EXPECT_EQ(shown.at(200, 630), colour_of(0, centre));
}

TEST_F(TextureDrawing, MadeSmallerIsAveraged) {
    const std::int64_t rows = 64, columns = 4096;
    std::vector<std::uint8_t> stripes(static_cast<std::size_t>(3 * rows * columns), 0);
    for (std::size_t i = 0; i < stripes.size() / 3; i += 2)
        stripes[3 * i] = stripes[3 * i + 1] = stripes[3 * i + 2] = 200;
    ImageTexture texture;
    texture.set(stripes.data(), rows, columns);
    const Pixels shown = drawn(texture, {64, 100}, {64 + 512, 108});
    for (std::int64_t x = 64; x < 64 + 512; ++x)
        for (int y = 100; y < 108; ++y)
            ASSERT_NEAR(shown.at(y, x)[0], 100, 3) << "seen as one grey, also at 2048: " << x;
}

TEST_F(TextureDrawing, SendsOnlyWhatChanged) {
    const std::int64_t rows = 300, columns = 500;
    auto pixels = image(rows, columns);
    ImageTexture texture(256);
    EXPECT_EQ(texture.set(pixels.data(), rows, columns), rows * columns);
    EXPECT_EQ(texture.set(pixels.data(), rows, columns), 0);
    const auto changed = static_cast<std::size_t>(3 * (100 * columns + 300));
    pixels[changed] = 7, pixels[changed + 1] = 8, pixels[changed + 2] = 9;
    EXPECT_EQ(texture.set(pixels.data(), rows, columns), 64 * 244) << "one band of the second tile";
    const Pixels shown = drawn(texture, {0, 0}, {500, 300});
    EXPECT_EQ(shown.at(100, 300), (Rgb{7, 8, 9}));
    EXPECT_EQ(shown.at(100, 299), colour_of(100, 299));
    EXPECT_EQ(shown.at(101, 300), colour_of(101, 300));
    EXPECT_EQ(texture.set(pixels.data(), columns, rows), rows * columns) << "another shape is another image";
}

TEST_F(TextureDrawing, OnePixel) {
    const std::array<std::uint8_t, 3> pixel{50, 100, 150};
    ImageTexture texture;
    texture.set(pixel.data(), 1, 1);
    const Pixels shown = drawn(texture, {0, 0}, {640, 400});
    EXPECT_EQ(shown.at(0, 0), pixel);
    EXPECT_EQ(shown.at(399, 639), pixel);
}

TEST_F(TextureDrawing, OverlayMixes) {
    const std::array<std::uint8_t, 8> pixels{200, 100, 50, 255, 200, 100, 50, 128};
    ImageTexture texture;
    texture.set(pixels.data(), 1, 2, 4);
    const Pixels shown = drawn(texture, {0, 0}, {200, 100});
    EXPECT_EQ(shown.at(50, 50), (Rgb{200, 100, 50}));
    EXPECT_NEAR(shown.at(50, 150)[0], 100, 1);
    const Pixels faded = drawn(texture, {0, 0}, {200, 100}, IM_COL32(255, 255, 255, 64));
    EXPECT_NEAR(faded.at(50, 50)[0], 50, 1);
}

TEST_F(TextureDrawing, OutlivesItsWindow) {
    const auto pixels = image(8, 8);
    ImageTexture texture;
    texture.set(pixels.data(), 8, 8);
    open();
    EXPECT_EQ(drawn(texture, {0, 0}, {8, 8}).at(4, 4), (Rgb{0, 0, 0})) << "its textures are gone";
    EXPECT_EQ(texture.set(pixels.data(), 8, 8), 64) << "so all is sent again";
    EXPECT_EQ(drawn(texture, {0, 0}, {8, 8}).at(4, 4), colour_of(4, 4));
    ImageTexture moved(std::move(texture));
    EXPECT_EQ(drawn(moved, {0, 0}, {8, 8}).at(4, 4), colour_of(4, 4));
    window.reset();
}

TEST_F(TextureDrawing, RefusesWhatIsNoImage) {
    ImageTexture texture;
    const std::uint8_t pixel = 0;
    EXPECT_THROW(texture.set(&pixel, 0, 5), Error);
    EXPECT_THROW(texture.set(nullptr, 5, 5), Error);
    EXPECT_THROW(texture.set(&pixel, 1, 1, 1), Error);
    EXPECT_TRUE(texture.empty());
}

}  // namespace
}  // namespace firstlight::viewer
