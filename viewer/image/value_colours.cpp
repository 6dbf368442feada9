#include "viewer/image/value_colours.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kernels/support/run.hpp"

namespace firstlight::viewer {

ValueColours::ValueColours() : queue_(open_cpu_queue(1)) {}

void ValueColours::set(const ToneMap::Params& tone, const ToneWindow& window) {
    const std::string wanted = words_of(tone, window);
    if (wanted == made_of_) return;
    ToneMap::Params eight = tone;
    eight.bits = ToneMap::Bits::eight;
    auto keep = std::make_unique<Keeper>(*queue_);
    coefficients_ = ToneMap::prepare(eight, window, *keep);
    keep_ = std::move(keep);
    window_ = window;
    made_of_ = wanted;
}

void ValueColours::colour(const float* values, const std::uint8_t* flags, std::int64_t pixels,
                          std::uint8_t* rgb) const {
    run<ToneMap>(*queue_, ToneMapWork{values, flags, pixels, rgb}, coefficients_, 0);
}

std::vector<std::uint8_t> ValueColours::colour(const std::vector<float>& values, const std::uint8_t* flags) const {
    std::vector<std::uint8_t> rgb(values.size() * 3);
    colour(values.data(), flags, static_cast<std::int64_t>(values.size()), rgb.data());
    return rgb;
}

std::string words_of(const ToneMap::Params& tone, const ToneWindow& window) {
    return fmt::format("{} {} {} gamma {} {}..{}", static_cast<int>(tone.colormap), tone.invert ? "inverted" : "",
                       tone.scale == ToneMap::Scale::log ? "log" : "linear", tone.gamma, window.low, window.high);
}

const std::vector<std::string>& colormap_names() {
    static const std::vector<std::string> names{"viridis", "magma", "inferno", "gray", "turbo"};
    return names;
}

ToneWindow sound_window(const ToneMap::Params& tone, const float* values, const std::uint8_t* flags,
                        std::int64_t pixels) {
    ToneMap::Params sound = tone;
    if (!(sound.low_percentile < sound.high_percentile)) {
        sound.low_percentile = std::min(sound.low_percentile, 99.9);
        sound.high_percentile = sound.low_percentile + 0.1;
    }
    const bool log = tone.scale == ToneMap::Scale::log;
    if (tone.window == ToneMap::WindowFrom::fixed) {
        double low = tone.low, high = tone.high;
        if (log && !(high > 0)) high = 1;
        if (log && !(low > 0)) low = high * 1e-3;
        if (!(static_cast<float>(low) < static_cast<float>(high)))
            high = log ? low * 2 : low + std::max(1.0, std::abs(low));
        return {low, high};
    }
    try {
        return ToneMap::window(sound, values, flags, pixels);
    } catch (const Error&) {
        return {0.1, 1};  // a log scale of values that are all 0 or less
    }
}

}  // namespace firstlight::viewer
