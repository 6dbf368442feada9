#include "kernels/gating/held_frame.hpp"

#include <cmath>

#include "tests/kernels/gating/held_view.hpp"

namespace firstlight {
namespace {

class HeldFrameTest : public StageTest {
  protected:
    [[nodiscard]] std::vector<float> frame(const HeldView& view, const HeldFrame::Coefficients& c) const {
        const auto n = static_cast<std::size_t>(view.held.traces());
        const QueueMemory image(queue(), std::max<std::size_t>(1, n) * 4);
        const std::vector<float> poisoned(n, -7777);
        if (n > 0) queue().upload(image.as(), poisoned.data(), n * 4, 0);
        queue().synchronize(0);
        run<HeldFrame>(queue(), HeldFrameTask{view.held, image.as<float>()}, c, 0);
        return view.values(image.as<float>(), n);
    }
};
INSTANTIATE_TEST_SUITE_P(, HeldFrameTest, all_backends(), backend_name);

// Bin i holds i counts: before time x lie x^2 / 2 counts where bins are whole, and a straight line between.
double before(double x, double bins) {
    x = std::min(std::max(x, 0.0), bins);
    const double whole = std::floor(x);
    return whole * (whole - 1) / 2 + (x - whole) * whole;
}

TEST_P(HeldFrameTest, counts_between_two_times) {
    for (const std::int64_t traces : {0, 1, 31, 257}) {
        HostTile tile(1, traces, 40);
        for (std::int64_t p = 0; p < traces; ++p) {
            tile.arrival[static_cast<std::size_t>(p)] = 20 + 0.25F * static_cast<float>(p % 9);
            for (std::int64_t i = 0; i < 40; ++i) tile.set(p, i, static_cast<double>(i));
        }
        if (traces > 5) tile.arrival[5] = poison;
        tile.flags.assign(static_cast<std::size_t>(traces), dead);  // shown all the same
        HeldView view(queue(), tile, 1);
        view.fill(tile);
        for (const auto& [from, to] : {std::pair{3.0, 9.0}, {-4.5, 2.25}, {17.3, 80.0}, {-9.0, -3.0}, {50.0, 60.0}})
            for (const bool aligned : {false, true}) {
                const std::vector<float> image = frame(view, {from, to, aligned});
                for (std::size_t p = 0; p < static_cast<std::size_t>(traces); ++p) {
                    if (aligned && p == 5) {
                        EXPECT_TRUE(std::isnan(image[p]));
                        continue;
                    }
                    const double start = aligned ? tile.arrival[p] : 0;
                    EXPECT_FLOAT_EQ(image[p], static_cast<float>(before(start + to, 40) - before(start + from, 40)));
                }
            }
    }
}

TEST_P(HeldFrameTest, larger_steps_take_light_as_even_within_them) {
    HostTile tile(1, 1, 10);
    for (std::int64_t i = 0; i < 10; ++i) tile.set(0, i, static_cast<double>(i));
    HeldView view(queue(), tile, 4);  // steps of 4, 4 and 2 bins: 6, 22 and 17 counts
    view.fill(tile);
    EXPECT_FLOAT_EQ(frame(view, {2, 9, false})[0], 3 + 22 + 8.5F);
    EXPECT_FLOAT_EQ(frame(view, {0, 10, false})[0], 45);
}

}  // namespace
}  // namespace firstlight
