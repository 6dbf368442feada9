#include "kernels/deconvolution/corrected_light.hpp"

#include <cmath>
#include <numeric>
#include <random>

#include "tests/support/stage_test.hpp"

namespace firstlight {
namespace {

class CorrectedLightTest : public StageTest {};
INSTANTIATE_TEST_SUITE_P(, CorrectedLightTest, all_backends(), backend_name);

TEST_P(CorrectedLightTest, takes_the_model_out_as_the_header_says) {
    HostTile tile(1, 2, 3);
    tile.use_signal = tile.use_live = true;
    tile.live = {1, 1, 0.5F, 1, 1, 1};
    tile.gain = {2, 1};
    tile.dark = {1, 0};
    for (const auto& [bin, y] : {std::pair{0, 0}, std::pair{1, 15}, std::pair{2, 3}}) {
        tile.set(0, bin, y);
        tile.set(1, bin, 7);
    }
    tile.flags = {0, hot};
    run_trace_stage<CorrectedLight>(queue(), tile);
    EXPECT_EQ(std::vector<float>(tile.signal.begin(), tile.signal.begin() + 3), (std::vector<float>{-0.5F, 7, 2.5F}));
    for (int i = 3; i < 6; ++i) EXPECT_TRUE(std::isnan(tile.signal[static_cast<std::size_t>(i)]));
    EXPECT_EQ(tile.layers[Layer::counts], (std::vector<float>{18, 21}));
    EXPECT_EQ(tile.effect, (std::vector<float>{0, 0}));
}

// Even light in uneven bins is even light.
TEST_P(CorrectedLightTest, uneven_bins_are_made_even_and_keep_their_counts) {
    for (const std::int64_t bins : {1, 31, 257}) {
        HostTile tile(3, 5, bins, CountType::f4);
        tile.use_signal = tile.use_edges = true;
        std::mt19937 random(3);
        std::uniform_real_distribution<float> width(0.8F, 1.2F);
        std::vector<float> widths(static_cast<std::size_t>(bins));
        for (float& w : widths) w = width(random);
        const float scale = static_cast<float>(bins) / std::accumulate(widths.begin(), widths.end(), 0.0F);
        for (std::int64_t i = 0; i < bins; ++i)
            tile.edges[static_cast<std::size_t>(i) + 1] =
                i + 1 == bins ? static_cast<float>(bins)
                              : tile.edges[static_cast<std::size_t>(i)] + widths[static_cast<std::size_t>(i)] * scale;
        for (std::int64_t p = 0; p < 15; ++p)
            for (std::int64_t i = 0; i < bins; ++i)
                tile.set(p, i,
                         40.0 * static_cast<double>(tile.edges[static_cast<std::size_t>(i) + 1] -
                                                    tile.edges[static_cast<std::size_t>(i)]));
        run_trace_stage<CorrectedLight>(queue(), tile);
        for (const float light : tile.signal) EXPECT_NEAR(light, 40, 1e-3) << bins;
    }
}

}  // namespace
}  // namespace firstlight
