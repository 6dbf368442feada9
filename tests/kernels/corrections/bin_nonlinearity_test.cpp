#include "kernels/corrections/bin_nonlinearity.hpp"

#include "tests/support/stage_test.hpp"

namespace firstlight {
namespace {

class BinNonlinearityTest : public StageTest {};
INSTANTIATE_TEST_SUITE_P(, BinNonlinearityTest, all_backends(), backend_name);

TEST_P(BinNonlinearityTest, edges_are_running_sums_of_widths) {
    HostTile tile(2, 3, 4);
    tile.use_edges = true;
    tile.scan.bin_width_correction = {1.5, 0.5, 1, 1};
    run_trace_stage<BinNonlinearity>(queue(), tile);
    EXPECT_EQ(tile.edges, (std::vector<float>{0, 1.5F, 2, 3, 4}));
    for (const float effect : tile.effect) EXPECT_EQ(effect, 0);
}

TEST_P(BinNonlinearityTest, is_neutral_without_widths_or_when_switched_off) {
    HostTile tile(1, 257, 3);
    tile.use_edges = true;
    run_trace_stage<BinNonlinearity>(queue(), tile);
    EXPECT_EQ(tile.edges, (std::vector<float>{0, 1, 2, 3}));
    tile.scan.bin_width_correction = {0.5, 1.5, 1};
    run_trace_stage<BinNonlinearity>(queue(), tile, {.apply = false});
    EXPECT_EQ(tile.edges, (std::vector<float>{0, 1, 2, 3}));
    for (const float effect : tile.effect) EXPECT_EQ(effect, 0);
}

TEST_P(BinNonlinearityTest, divides_a_wrong_mean_out_and_says_so) {
    HostTile tile(1, 1, 4);
    tile.use_edges = true;
    tile.scan.bin_width_correction = {3, 1, 2, 2};
    run_trace_stage<BinNonlinearity>(queue(), tile);
    EXPECT_EQ(tile.edges, (std::vector<float>{0, 1.5F, 2, 3, 4}));
    EXPECT_EQ(tile.warnings.size(), 1U);
}

TEST(BinNonlinearity, refuses_widths_that_cannot_be) {
    const auto queue = open_cpu_queue(1);
    HostTile tile(1, 1, 4);
    for (const std::vector<double>& widths :
         {std::vector<double>{1, 1, 1}, std::vector<double>{1, 0, 2, 1}, std::vector<double>{1, NAN, 1, 1}}) {
        tile.scan.bin_width_correction = widths;
        EXPECT_THROW(run_trace_stage<BinNonlinearity>(*queue, tile), Error);
    }
}

}  // namespace
}  // namespace firstlight
