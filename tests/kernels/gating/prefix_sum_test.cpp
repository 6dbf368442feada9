#include "kernels/gating/prefix_sum.hpp"

#include <array>
#include <cmath>
#include <random>

#include "tests/kernels/gating/held_view.hpp"

namespace firstlight {
namespace {

class PrefixSumTest : public StageTest {};
INSTANTIATE_TEST_SUITE_P(, PrefixSumTest, all_backends(), backend_name);

constexpr std::array types{CountType::u1, CountType::u2, CountType::u4, CountType::f4};

// Bin i of trace p holds (p + i) mod 7: the sum before bin k is found by plain addition.
TEST_P(PrefixSumTest, whole_counts_are_exact_for_every_type_and_size) {
    for (const CountType type : types)
        for (const std::int64_t bins : {1, 31, 257})
            for (const std::int64_t traces : {0, 1, 31, 257})
                for (const std::int64_t step : {1, 4, 300}) {
                    HostTile tile(1, traces, bins, type);
                    for (std::int64_t p = 0; p < traces; ++p)
                        for (std::int64_t i = 0; i < bins; ++i) tile.set(p, i, static_cast<double>((p + i) % 7));
                    HeldView view(queue(), tile, step);
                    view.fill(tile);
                    const std::int64_t steps = view.held.steps;
                    ASSERT_EQ(steps, (bins + step - 1) / step);
                    const auto prefix = view.values(view.held.counts, view.all());
                    const auto unit = view.values(view.held.count_unit, static_cast<std::size_t>(traces));
                    const auto total = view.values(view.held.total, static_cast<std::size_t>(traces));
                    for (std::int64_t p = 0; p < traces; ++p) {
                        double sum = 0;
                        const auto t = static_cast<std::size_t>(p);
                        for (std::int64_t k = 0; k <= steps; ++k) {
                            ASSERT_EQ(
                                prefix[static_cast<std::size_t>(view.held.start(p) + k * held_lanes)] * double(unit[t]),
                                sum)
                                << p << " " << k;
                            for (std::int64_t i = k * step; i < std::min((k + 1) * step, bins); ++i)
                                sum += static_cast<double>((p + i) % 7);
                        }
                        ASSERT_EQ(total[t], sum);
                        if (type != CountType::f4) ASSERT_EQ(unit[t], 1);
                    }
                    if (step == 1 || traces == 0) continue;
                    const auto edges = view.values(view.held.edges, static_cast<std::size_t>(steps) + 1);
                    for (std::int64_t k = 0; k <= steps; ++k)
                        EXPECT_EQ(edges[static_cast<std::size_t>(k)], static_cast<float>(std::min(k * step, bins)));
                }
}

// Totals of 64 times 2^32 - 1 and of 64 * 1.7e9 + fractions leave 32 bits: units grow, sums stay.
TEST_P(PrefixSumTest, totals_beyond_32_bits) {
    for (const CountType type : {CountType::u4, CountType::f4}) {
        HostTile tile(1, 3, 64, type);
        const double big = type == CountType::u4 ? 4294967295.0 : 1.7e9;
        for (std::int64_t i = 0; i < 64; ++i) tile.set(0, i, big), tile.set(1, i, 3), tile.set(2, i, 0);
        HeldView view(queue(), tile, 1);
        view.fill(tile);
        const auto prefix = view.values(view.held.counts, view.all());
        const auto unit = view.values(view.held.count_unit, 3);
        for (std::int64_t p = 0; p < 3; ++p) {
            const double each = p == 0 ? (type == CountType::f4 ? double(1.7e9F) : big) : p == 1 ? 3 : 0;
            const HeldSum sum{prefix.data() + view.held.start(p),
                              static_cast<double>(unit[static_cast<std::size_t>(p)])};
            for (std::int64_t from = 0; from <= 64; from += 9)
                for (std::int64_t to = from; to <= 64; ++to)
                    EXPECT_NEAR(sum.between(from, to), each * static_cast<double>(to - from), 64 * each * 0x1p-30);
        }
        EXPECT_EQ(unit[2], 1);
        const auto total = view.values(view.held.total, 3);
        EXPECT_FLOAT_EQ(total[0], static_cast<float>(64 * big));
    }
}

TEST_P(PrefixSumTest, live_fractions_and_signals_are_summed_to_their_precision) {
    for (const bool signal : {false, true})
        for (const std::int64_t step : {1, 5}) {
            HostTile tile(3, 5, 257, CountType::u2);
            tile.use_live = true;
            tile.use_signal = signal;
            std::mt19937 random(7);
            std::uniform_real_distribution<double> uniform(0, 1);
            for (std::size_t k = 0; k < tile.live.size(); ++k) {
                tile.live[k] = static_cast<float>(0.05 + 0.95 * uniform(random));
                tile.signal[k] = static_cast<float>(40 * uniform(random) - 15);
                tile.set(static_cast<std::int64_t>(k) / 257, static_cast<std::int64_t>(k) % 257, 900 * uniform(random));
            }
            for (std::size_t i = 0; i < 257 && signal; ++i) tile.signal[4 * 257 + i] = poison;  // a masked pixel
            tile.flags[4] = dead;
            HeldView view(queue(), tile, step);
            view.fill(tile);
            const auto value = view.values(view.held.value, view.all());
            const auto variance = view.values(view.held.variance, view.all());
            const auto value_unit = view.values(view.held.value_unit, 15);
            const auto variance_unit = view.values(view.held.variance_unit, 15);
            for (std::size_t p = 0; p < 15; ++p) {
                if (signal && p == 4) {
                    EXPECT_TRUE(std::isnan(value_unit[p]));
                    continue;
                }
                std::vector<double> y{0}, z{0};  // exact prefixes over bins
                double y_bound = 0;
                for (std::size_t i = 0; i < 257; ++i) {
                    const std::size_t k = p * 257 + i;
                    const double count = reinterpret_cast<const std::uint16_t*>(tile.counts.data())[k];
                    const double live = tile.live[k];
                    const double v = signal ? static_cast<double>(tile.signal[k]) : count / live;
                    y.push_back(y.back() + v);
                    z.push_back(z.back() + count / live / live);
                    y_bound += std::abs(v);
                }
                const std::int64_t row = view.held.start(static_cast<std::int64_t>(p));
                const HeldSum of_y{value.data() + row, value_unit[p]}, of_z{variance.data() + row, variance_unit[p]};
                const auto at = [&](std::int64_t k) {
                    return static_cast<std::size_t>(std::min<std::int64_t>(k * step, 257));
                };
                for (std::int64_t from = 0; from <= view.held.steps; from += 3)
                    for (std::int64_t to = from; to <= view.held.steps; ++to) {
                        ASSERT_NEAR(of_y.between(from, to), y[at(to)] - y[at(from)], y_bound * 0x1p-30);
                        ASSERT_NEAR(of_z.between(from, to), z[at(to)] - z[at(from)], z.back() * 0x1p-30);
                    }
            }
        }
}

TEST_P(PrefixSumTest, a_part_of_a_tile_goes_to_its_pixels_with_its_model) {
    HostTile tile(4, 6, 8);
    for (std::int64_t p = 0; p < 24; ++p) {
        const auto k = static_cast<std::size_t>(p);
        for (std::int64_t i = 0; i < 8; ++i) tile.set(p, i, static_cast<double>(p));
        tile.gain[k] = 1 + static_cast<float>(p);
        tile.dark[k] = 2 + static_cast<float>(p);
        tile.dark_variance[k] = 3 + static_cast<float>(p);
        tile.shift[k] = 4 + static_cast<float>(p);
        tile.arrival[k] = 5 + static_cast<float>(p);
        tile.arrival_sigma[k] = 6 + static_cast<float>(p);
        tile.flags[k] = static_cast<std::uint8_t>(p % 4);
    }
    HeldView view(queue(), tile, 1);
    TileOnQueue moved(queue(), tile);
    TileWindow inner{0, 1, 2, 2, 3, 6};
    run<PrefixSum>(queue(), PrefixSumTask{moved.tile(), inner, view.held}, {}, 0);
    const auto prefix = view.values(view.held.counts, view.all());
    const HeldTraces& held = view.held;
    const std::array<std::pair<const float*, float>, 6> fields{{{held.gain, 1.0F},
                                                                {held.dark, 2.0F},
                                                                {held.dark_variance, 3.0F},
                                                                {held.shift, 4.0F},
                                                                {held.arrival, 5.0F},
                                                                {held.arrival_sigma, 6.0F}}};
    const auto flags = view.values(held.flags, 24);
    for (std::size_t p = 0; p < 24; ++p) {
        const bool inside = (p / 6 == 1 || p / 6 == 2) && p % 6 >= 2 && p % 6 < 5;
        EXPECT_EQ(prefix[static_cast<std::size_t>(held.start(static_cast<std::int64_t>(p)) + 8 * held_lanes)],
                  inside ? 8 * p : 0xD5D5D5D5U)
            << p;
        for (const auto& [field, first] : fields) {
            const float found = view.values(field, 24)[p];
            EXPECT_EQ(found == first + static_cast<float>(p), inside) << p;
        }
        EXPECT_EQ(flags[p], inside ? p % 4 : 0xD5U);
    }
}

}  // namespace
}  // namespace firstlight
