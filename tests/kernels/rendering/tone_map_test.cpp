#include "kernels/rendering/tone_map.hpp"

#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include "tests/support/stage_test.hpp"

namespace firstlight {
namespace {

constexpr float nan_value = std::numeric_limits<float>::quiet_NaN();

// What the queue's memory holds after the stage, as numbers; every byte is 0xA5 before.
template <class T>
std::vector<int> bytes_of(Queue& queue, ToneMapWork work, const ToneMap::Coefficients& c) {
    const auto n = static_cast<std::size_t>(work.pixels);
    const QueueMemory values(queue, 4 * n), flags(queue, work.flags == nullptr ? 0 : n), rgb(queue, 3 * n * sizeof(T));
    std::vector<T> result(3 * n, static_cast<T>(0xA5A5));
    if (n > 0) {
        queue.upload(values.as(), work.values, 4 * n, 0);
        if (work.flags != nullptr) queue.upload(flags.as(), work.flags, n, 0);
        queue.upload(rgb.as(), result.data(), rgb.bytes(), 0);
        queue.synchronize(0);
    }
    run<ToneMap>(queue, ToneMapWork{values.as<float>(), flags.as<std::uint8_t>(), work.pixels, rgb.as()}, c, 0);
    if (n > 0) queue.download(result.data(), rgb.as(), rgb.bytes(), 0);
    queue.synchronize(0);
    return {result.begin(), result.end()};
}

// The image in colours, whatever the parameters' bits.
std::vector<int> mapped(Queue& queue, const ToneMap::Params& params, const std::vector<float>& values,
                        const std::vector<std::uint8_t>& flags = {}) {
    Keeper keep(queue);
    const std::uint8_t* f = flags.empty() ? nullptr : flags.data();
    const auto n = static_cast<std::int64_t>(values.size());
    const auto c = ToneMap::prepare(params, ToneMap::window(params, values.data(), f, n), keep);
    const ToneMapWork work{values.data(), f, n, nullptr};
    return params.bits == ToneMap::Bits::eight ? bytes_of<std::uint8_t>(queue, work, c)
                                               : bytes_of<std::uint16_t>(queue, work, c);
}

class ToneMapTest : public StageTest {
  protected:
    std::vector<int> mapped(const ToneMap::Params& params, const std::vector<float>& values,
                            const std::vector<std::uint8_t>& flags = {}) const {
        return ::firstlight::mapped(queue(), params, values, flags);
    }
};
INSTANTIATE_TEST_SUITE_P(, ToneMapTest, all_backends(), backend_name);

ToneMap::Params gray_fixed(double low, double high) {
    ToneMap::Params p;
    p.colormap = Colormap::gray;
    p.window = ToneMap::WindowFrom::fixed;
    p.low = low;
    p.high = high;
    return p;
}

TEST_P(ToneMapTest, linear_gray_is_the_identity) {
    std::vector<float> values(256);
    std::iota(values.begin(), values.end(), 0.0f);
    const std::vector<int> rgb = mapped(gray_fixed(0, 255), values);
    for (int k = 0; k < 256; ++k)
        for (int channel = 0; channel < 3; ++channel) EXPECT_EQ(rgb[static_cast<std::size_t>(3 * k + channel)], k);
    auto sixteen = gray_fixed(0, 65535);
    sixteen.bits = ToneMap::Bits::sixteen;
    EXPECT_EQ(mapped(sixteen, {0, 1, 300, 65534, 65535, 1e9f}),
              (std::vector<int>{0, 0, 0, 1, 1, 1, 300, 300, 300, 65534, 65534, 65534, 65535, 65535, 65535, 65535, 65535,
                                65535}));
}

TEST_P(ToneMapTest, gamma_lifts_the_dark) {
    auto p = gray_fixed(0, 1);
    p.gamma = 2;
    EXPECT_EQ(mapped(p, {0.25f})[0], 128);  // 255 * sqrt(0.25) = 127.5
    p.gamma = 0.5;
    EXPECT_EQ(mapped(p, {0.5f})[0], 64);  // 255 * 0.5^2 = 63.75
}

TEST_P(ToneMapTest, log_takes_equal_ratios_to_equal_steps) {
    auto p = gray_fixed(1e-3, 1e3);
    p.scale = ToneMap::Scale::log;
    p.bits = ToneMap::Bits::sixteen;
    for (int decade = -3; decade <= 3;
         ++decade)  // an entry is 2^-11 of an octave: 65535 / 20 octaves / 2048 = 1.6 steps
        EXPECT_NEAR(mapped(p, {static_cast<float>(std::pow(10.0, decade))})[0], 65535.0 * (decade + 3) / 6, 2)
            << decade;
    EXPECT_EQ(mapped(p, {-5.0f, 0.0f, 1e-9f}), std::vector<int>(9, 0));
}

TEST_P(ToneMapTest, invert_swaps_the_ends) {
    auto p = gray_fixed(0, 1);
    p.invert = true;
    EXPECT_EQ(mapped(p, {0.0f, 1.0f}), (std::vector<int>{255, 255, 255, 0, 0, 0}));
}

TEST_P(ToneMapTest, masked_and_nan_pixels_take_the_colour_of_no_value) {
    const std::vector<int> rgb = mapped(gray_fixed(0, 1), {0.5f, nan_value, 0.5f, 0.5f}, {0, 0, hot, low_counts});
    EXPECT_EQ((std::vector<int>(rgb.begin() + 3, rgb.begin() + 9)), (std::vector<int>{180, 210, 236, 180, 210, 236}));
    EXPECT_EQ(rgb[9], 128);  // few counts are still a measurement
    EXPECT_EQ(
        mapped(gray_fixed(0, 1), {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()}),
        (std::vector<int>{255, 255, 255, 0, 0, 0}));
}

TEST(ToneMap, window_is_the_percentiles_of_pixels_with_a_value) {
    std::vector<float> values(101);
    std::iota(values.rbegin(), values.rend(), 0.0f);
    values.insert(values.end(), {nan_value, 1e9f, std::numeric_limits<float>::infinity()});
    std::vector<std::uint8_t> flags(values.size(), 0);
    flags[102] = hot;
    ToneMap::Params p;
    p.low_percentile = 10;
    p.high_percentile = 99.5;
    const auto n = static_cast<std::int64_t>(values.size());
    const ToneWindow w = ToneMap::window(p, values.data(), flags.data(), n);
    EXPECT_DOUBLE_EQ(w.low, 10);
    EXPECT_DOUBLE_EQ(w.high, 99.5);
    p.scale = ToneMap::Scale::log;  // 1..100: position 0.1 * 99
    EXPECT_NEAR(ToneMap::window(p, values.data(), flags.data(), n).low, 10.9, 1e-12);
}

TEST_P(ToneMapTest, images_without_spread_or_values_have_a_window) {
    EXPECT_EQ(mapped({}, {}), std::vector<int>{});
    ToneMap::Params p;
    p.colormap = Colormap::gray;
    EXPECT_EQ(mapped(p, {7, 7, 7})[0], 128);
    EXPECT_EQ(mapped(p, {0, 0, 0})[0], 128);
    EXPECT_EQ(mapped(p, {nan_value})[0], 180);
    p.scale = ToneMap::Scale::log;
    EXPECT_EQ(mapped(p, {7, 7, 7})[0], 128);
    EXPECT_EQ(mapped(p, {nan_value})[0], 180);
}

TEST_P(ToneMapTest, refuses_windows_that_cannot_be) {
    EXPECT_THROW(mapped(gray_fixed(1, 1), {1}), Error);
    auto p = gray_fixed(-1, 1);
    p.scale = ToneMap::Scale::log;
    EXPECT_THROW(mapped(p, {1}), Error);
    p.window = ToneMap::WindowFrom::percentiles;
    EXPECT_THROW(mapped(p, {-1, 0}), Error);
    p.scale = ToneMap::Scale::linear;
    p.low_percentile = p.high_percentile;
    EXPECT_THROW(mapped(p, {1, 2}), Error);
}

TEST_P(ToneMapTest, every_parameter_changes_the_colours) {
    std::vector<float> values(1000);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = 0.01f * static_cast<float>((i * 7919) % 1000 + 1);
    const ParamTable& table = ToneMap::Params::table();
    ASSERT_EQ(table[0].choices.size(), static_cast<std::size_t>(layer_count));
    for (std::size_t k = 1; k < table.size(); ++k) {  // 0 names the layer, which is whoever makes the work's to read
        const Param& param = table[k];
        ToneMap::Params a;
        if (param.condition_is == "fixed") a.window = ToneMap::WindowFrom::fixed;
        ToneMap::Params b = a;
        if (param.kind == ParamKind::boolean) param.set(&b, true);
        else if (param.kind == ParamKind::choice)
            param.set(&b, param.choices[1] == "magma" ? "turbo" : param.choices[1]);
        else param.set(&b, std::get<double>(param.get(&b)) * 0.9 + (param.name == "low" ? 0.3 : 0));
        EXPECT_NE(mapped(a, values), mapped(b, values)) << param.name;
    }
}

// Noise over many decades, of sizes around those of blocks and warps: the bytes of the CPU, on every backend.
TEST_P(ToneMapTest, bytes_are_those_of_the_cpu) {
    std::mt19937 random(3);
    const auto cpu = open_cpu_queue(1);
    for (const std::size_t n : {0U, 1U, 31U, 257U, 3001U}) {
        std::lognormal_distribution<float> spread(0, 5);
        std::vector<float> values(n);
        std::vector<std::uint8_t> flags(n);
        for (std::size_t i = 0; i < n; ++i) {
            values[i] = i % 17 == 3 ? nan_value : spread(random) * (i % 5 == 0 ? -1.0f : 1.0f);
            flags[i] = i % 13 == 5 ? hot : 0;
        }
        for (const auto scale : {ToneMap::Scale::linear, ToneMap::Scale::log})
            for (const auto bits : {ToneMap::Bits::eight, ToneMap::Bits::sixteen}) {
                ToneMap::Params p;
                p.scale = n > 1 ? scale : ToneMap::Scale::linear;
                p.bits = bits;
                p.gamma = 2.2;
                p.colormap = Colormap::turbo;
                EXPECT_EQ(mapped(p, values, flags), ::firstlight::mapped(*cpu, p, values, flags)) << n;
            }
    }
}

TEST_P(ToneMapTest, colour_bar_runs_with_the_image) {
    ToneMap::Params p;
    p.gamma = 1.7;
    p.window = ToneMap::WindowFrom::fixed;
    p.bits = ToneMap::Bits::sixteen;
    for (const double s : {0.0, 0.1, 0.5, 0.9, 1.0}) {
        const Rgb c = ToneMap::colour(p, s);
        EXPECT_NEAR(mapped(p, {static_cast<float>(s)})[1], c.green * 65535, 3) << s;
    }
}

}  // namespace
}  // namespace firstlight
