#include "kernels/rendering/tone_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "kernels/rendering/tone_map_pixel.hpp"
#include "kernels/support/layers.hpp"
#include "kernels/support/parallel_for.hpp"
#include "kernels/support/percentile.hpp"

namespace firstlight {
namespace {

// Values far apart enough for a float to tell them apart, `value` in the middle of the scale.
ToneWindow around(double value, ToneMap::Scale scale) {
    if (scale == ToneMap::Scale::log) return {value / 2, value * 2};
    const double half = value == 0 ? 0.5 : std::abs(value) / 2;
    return {value - half, value + half};
}

std::uint16_t quantised(double share, bool sixteen_bits) {
    return static_cast<std::uint16_t>(std::lround(share * (sixteen_bits ? 65535 : 255)));
}

void check(bool good, const char* low, double low_value, const char* high, double high_value) {
    if (!good)
        throw Error(ExitCode::usage,
                    fmt::format("tone_map: {} {:g} and {} {:g} make no window", low, low_value, high, high_value),
                    "the lower must be below the higher, and above 0 on a log scale");
}

}  // namespace

const ParamTable& ToneMap::Params::table() {
    static const ParamTable t{
        choice(&Params::layer, "layer", "image layer to show", layer_names()),
        choice(&Params::colormap, "colormap", "colours from low to high",
               {"viridis", "magma", "inferno", "gray", "turbo"}),
        boolean(&Params::invert, "invert", "run the colormap from high to low"),
        choice(&Params::scale, "scale", "how values between the window's ends are spread over the colours",
               {"linear", "log"}),
        real(&Params::gamma, "gamma", "",
             "the colour's place is the value's to the power 1/gamma; above 1 lifts the dark", 0.1, 10),
        choice(&Params::window, "window", "where the window's ends come from", {"percentiles", "fixed"}),
        real(&Params::low_percentile, "low_percentile", "%", "share of pixels below the window", 0, 100)
            .only_if("window", "percentiles"),
        real(&Params::high_percentile, "high_percentile", "%", "share of pixels up to the window's upper end", 0, 100)
            .only_if("window", "percentiles"),
        real(&Params::low, "low", "", "lower end of the window, in the layer's unit", -1e30, 1e30)
            .only_if("window", "fixed"),
        real(&Params::high, "high", "", "upper end of the window, in the layer's unit", -1e30, 1e30)
            .only_if("window", "fixed"),
        choice(&Params::bits, "bits", "bits per colour channel", {"8", "16"}),
    };
    return t;
}

ToneWindow ToneMap::window(const Params& params, const float* values, const std::uint8_t* flags, std::int64_t pixels) {
    const bool log = params.scale == Scale::log;
    if (params.window == WindowFrom::fixed) {
        const auto low = static_cast<float>(params.low), high = static_cast<float>(params.high);
        check(low < high && (!log || low > 0), "low", params.low, "high", params.high);
        return {params.low, params.high};
    }
    check(params.low_percentile < params.high_percentile, "low_percentile", params.low_percentile, "high_percentile",
          params.high_percentile);
    std::vector<float> taken;
    bool any = false;
    for (std::int64_t i = 0; i < pixels; ++i) {
        if (!std::isfinite(values[i]) || (flags != nullptr && (flags[i] & masked_flags) != 0)) continue;
        any = true;
        if (!log || values[i] > 0) taken.push_back(values[i]);
    }
    if (taken.empty()) {
        if (any)
            throw Error(ExitCode::bad_input, "tone_map: no pixel of the layer is above 0", "a log scale needs some",
                        "use scale = \"linear\"");
        return {log ? 0.1 : 0.0, 1.0};
    }
    const FloatPercentiles percentiles(taken);
    const ToneWindow found{percentiles.at(params.low_percentile), percentiles.at(params.high_percentile)};
    return static_cast<float>(found.low) < static_cast<float>(found.high) ? found : around(found.low, params.scale);
}

Rgb ToneMap::colour(const Params& params, double s) {
    const double position = std::pow(std::clamp(s, 0.0, 1.0), 1 / params.gamma);
    return ::firstlight::colormap(params.colormap, params.invert ? 1 - position : position);
}

ToneMap::Coefficients ToneMap::places(const Params& params, const ToneWindow& window) {
    constexpr std::uint32_t most_entries = 65536;
    Coefficients c;
    c.low = static_cast<float>(window.low);
    const auto high = static_cast<float>(window.high);
    c.log = params.scale == Scale::log;
    c.sixteen_bits = params.bits == Bits::sixteen;
    check(c.low < high && (!c.log || c.low > 0), "low", window.low, "high", window.high);
    c.last = most_entries - 1;
    if (c.log) {
        c.low_bits = std::bit_cast<std::uint32_t>(c.low);
        const std::uint32_t span = std::bit_cast<std::uint32_t>(high) - c.low_bits;
        while ((span >> c.shift) >= most_entries) ++c.shift;
        c.last = static_cast<std::int32_t>(span >> c.shift);
    } else {
        c.entries_per_unit = static_cast<float>(c.last / (static_cast<double>(high) - static_cast<double>(c.low)));
    }
    return c;
}

ToneMap::Coefficients ToneMap::prepare(const Params& params, const ToneWindow& window, Keeper& keep) {
    Coefficients c = places(params, window);
    const auto high = static_cast<float>(window.high);
    std::vector<std::uint16_t> colours;
    colours.reserve(3 * (static_cast<std::size_t>(c.last) + 2));
    const auto add = [&](const Rgb& rgb) {
        for (const double share : {rgb.red, rgb.green, rgb.blue}) colours.push_back(quantised(share, c.sixteen_bits));
    };
    const double log_span = std::log(static_cast<double>(high) / static_cast<double>(c.low));
    for (std::int32_t k = 0; k <= c.last; ++k) {
        double s = static_cast<double>(k) / c.last;
        if (c.log && k != 0 && k != c.last) {
            const std::uint32_t middle = (1U << c.shift) / 2;  // an entry stands for the floats that share its row
            const auto value = std::bit_cast<float>(c.low_bits + (static_cast<std::uint32_t>(k) << c.shift) + middle);
            s = std::log(static_cast<double>(value) / static_cast<double>(c.low)) / log_span;
        }
        add(colour(params, s));
    }
    add(no_value_colour);
    c.colours = keep.keep(colours);
    return c;
}

void ToneMap::on_cpu(const ToneMapWork& work, const Coefficients& c) {
    parallel_for(work.pixels, 1 << 14, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) tone_map_pixel(work, i, c);
    });
}

}  // namespace firstlight
