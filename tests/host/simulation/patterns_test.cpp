#include "host/simulation/patterns.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>

#include "host/io/images.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

TEST(Patterns, take_a_mask_from_a_png) {
    const auto path = std::filesystem::path(::testing::TempDir()) / "firstlight_mask.png";
    const std::uint16_t gray[] = {0, 65535, 65535, 0, 0, 0};
    write_png_gray16(path, gray, 2, 3, true);
    const Pattern p = png_mask(path, 6e-3);
    EXPECT_EQ(p.rows, 2);
    EXPECT_EQ(p.columns, 3);
    EXPECT_NEAR(p.pitch_m, 2e-3, 1e-12);
    EXPECT_NEAR(p.values[0], 0, 1e-4);
    EXPECT_NEAR(p.values[1], 1, 1e-4);
    std::filesystem::remove(path);
    EXPECT_THROW(png_mask(path, 6e-3), Error);
}

}  // namespace
}  // namespace firstlight
