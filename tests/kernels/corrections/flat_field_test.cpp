#include "kernels/corrections/flat_field.hpp"

#include <cmath>

#include "tests/support/stage_test.hpp"

namespace firstlight {
namespace {

class FlatFieldTest : public StageTest {};
INSTANTIATE_TEST_SUITE_P(, FlatFieldTest, all_backends(), backend_name);

TEST_P(FlatFieldTest, gain_is_flat_over_its_mean) {
    for (const auto& [rows, columns] : {std::pair{1, 1}, std::pair{1, 31}, std::pair{257, 1}, std::pair{5, 7}}) {
        HostTile tile(rows, columns, 4);
        for (std::int64_t p = 0; p < tile.traces(); ++p) tile.scan.flat.push_back(p % 2 == 0 ? 3.0 : 1.0);
        run_trace_stage<FlatField>(queue(), tile);
        const auto n = static_cast<double>(tile.traces());
        const double mean = 1 + 2 * std::ceil(n / 2) / n;
        for (std::size_t p = 0; p < tile.gain.size(); ++p) {
            EXPECT_FLOAT_EQ(tile.gain[p], static_cast<float>((p % 2 == 0 ? 3.0 : 1.0) / mean));
            EXPECT_EQ(tile.effect[p], 0);
        }
        EXPECT_EQ(tile.warnings.size(), 1U);
        run_trace_stage<FlatField>(queue(), tile, {.apply = false});
        for (const float gain : tile.gain) EXPECT_EQ(gain, 1);
    }
}

TEST_P(FlatFieldTest, pixels_without_sensitivity_are_dead) {
    HostTile tile(1, 5, 4);
    tile.scan.flat = {2, 1, 0, NAN, 7};
    tile.scan.pixel_mask = {0, 0, 0, 0, hot};
    run_trace_stage<FlatField>(queue(), tile);
    EXPECT_FLOAT_EQ(tile.gain[0], 2 / 1.5F);
    EXPECT_FLOAT_EQ(tile.gain[1], 1 / 1.5F);
    EXPECT_EQ(tile.flags, (std::vector<std::uint8_t>{0, 0, dead, dead, 0}));
    EXPECT_EQ(tile.gain[2], 1);
}

TEST(FlatField, refuses_what_is_no_flat) {
    const auto queue = open_cpu_queue(1);
    HostTile tile(1, 2, 4);
    tile.scan.flat = {1, 1, 1};
    EXPECT_THROW(run_trace_stage<FlatField>(*queue, tile), Error);
    tile.scan.flat = {0, -1};
    EXPECT_THROW(run_trace_stage<FlatField>(*queue, tile), Error);
}

}  // namespace
}  // namespace firstlight
