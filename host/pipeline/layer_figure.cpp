#include "host/pipeline/layer_figure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kernels/support/layers.hpp"
#include "kernels/support/run.hpp"

namespace firstlight {
namespace {

const ImageLayer& layer_called(const GatedImages& images, const std::string& name) {
    if (const ImageLayer* layer = images.layer(name)) return *layer;
    std::vector<std::string> names;
    for (const ImageLayer& layer : images.layers) names.push_back(layer.name);
    throw Error(ExitCode::usage, fmt::format("there is no layer \"{}\"", name), "",
                fmt::format("choose from {}", fmt::join(names, ", ")));
}

// "optical_depth" as people write it.
std::string in_words(std::string name) {
    std::replace(name.begin(), name.end(), '_', ' ');
    return name;
}

}  // namespace

std::string caption_of(const LayerColours& colours) {
    const ToneMap::Params& tone = colours.tone;
    std::string text = tone.window == ToneMap::WindowFrom::percentiles
                           ? fmt::format("window {:g} % to {:g} %", tone.low_percentile, tone.high_percentile)
                           : std::string("fixed window");
    if (tone.scale == ToneMap::Scale::log) text += ", logarithmic";
    if (tone.gamma != 1) text += fmt::format(", gamma {:g}", tone.gamma);
    return text;
}

double pixel_pitch_m(const Axis& axis) { return std::abs(step_m(axis)); }

bool says_something(const GatedImages& images, const ImageLayer& layer) {
    const auto has_value = [](float v) { return v == v; };
    const auto first = std::find_if(layer.values.begin(), layer.values.end(), has_value);
    if (first == layer.values.end()) return false;
    return layer.name == images.signal ||
           std::any_of(first, layer.values.end(), [&](float v) { return has_value(v) && v != *first; });
}

bool is_worth_a_figure(const std::string& layer) {
    return layer.find("_sigma") == std::string::npos && layer != "background" && layer != "optical_depth_upper_limit";
}

ToneMap::Params tone_of(const Recipe& recipe, const ImageLayer& layer) {
    const ToneMap::Params* given = recipe.params<ToneMap>();
    ToneMap::Params tone = given != nullptr ? *given : ToneMap::Params{};
    const LayerInfo* meant = given != nullptr ? &layer_info(given->layer) : nullptr;
    if (meant == nullptr || layer.name != meant->name) {
        tone.window = ToneMap::WindowFrom::percentiles;
        if (layer.unit != "counts") tone.scale = ToneMap::Scale::linear;
    }
    const bool any_positive = std::any_of(layer.values.begin(), layer.values.end(), [](float v) { return v > 0; });
    if (!any_positive) tone.scale = ToneMap::Scale::linear;
    return tone;
}

LayerColours colours_of(const GatedImages& images, const ImageLayer& layer, std::int64_t view,
                        const ToneMap::Params& tone, bool inpainted) {
    if (view < 0 || view >= images.views)
        throw Error(ExitCode::usage, fmt::format("there is no view {}", view),
                    fmt::format("the result has {}, counted from 0", images.views));
    LayerColours colours;
    colours.rows = images.rows;
    colours.columns = images.columns;
    colours.tone = tone;
    const std::int64_t pixels = images.rows * images.columns;
    const float* values = layer.values.data() + view * pixels;
    const std::uint8_t* flags = images.mask.empty() ? nullptr : images.mask.data() + view * pixels;
    colours.window = ToneMap::window(tone, values, flags, pixels);
    const std::unique_ptr<Queue> queue = open_cpu_queue(1);
    Keeper keep(*queue);
    for (std::int64_t p = 0; p < pixels; ++p) {
        const bool hidden = !inpainted && flags != nullptr && (flags[p] & masked_flags) != 0;
        colours.any_without_value = colours.any_without_value || hidden || values[p] != values[p];
    }
    const ToneMap::Coefficients c = ToneMap::prepare(tone, colours.window, keep);
    colours.bits = tone.bits == ToneMap::Bits::sixteen ? 16 : 8;
    void* rgb = nullptr;
    if (colours.bits == 16) {
        colours.rgb16.resize(static_cast<std::size_t>(pixels) * 3);
        rgb = colours.rgb16.data();
    } else {
        colours.rgb8.resize(static_cast<std::size_t>(pixels) * 3);
        rgb = colours.rgb8.data();
    }
    run<ToneMap>(*queue, ToneMapWork{values, inpainted ? nullptr : flags, pixels, rgb}, c, 0);
    return colours;
}

Figure coloured(const LayerColours& colours) {
    Figure figure;
    figure.rgb = colours.bits == 16 ? static_cast<const void*>(colours.rgb16.data()) : colours.rgb8.data();
    figure.rows = colours.rows;
    figure.columns = colours.columns;
    figure.bits = colours.bits;
    figure.low = colours.window.low;
    figure.high = colours.window.high;
    figure.log = colours.tone.scale == ToneMap::Scale::log;
    constexpr int bar_colours = 256;
    for (int i = 0; i < bar_colours; ++i) {
        const Rgb c = ToneMap::colour(colours.tone, static_cast<double>(i) / (bar_colours - 1));
        figure.bar.push_back({c.red, c.green, c.blue});
    }
    if (colours.any_without_value)
        figure.no_value = std::array<double, 3>{no_value_colour.red, no_value_colour.green, no_value_colour.blue};
    return figure;
}

void write_layer_figure(const std::filesystem::path& path, const GatedImages& images, const std::string& name,
                        std::int64_t view, const Recipe& recipe, const std::string& source, bool force) {
    const ImageLayer& layer = layer_called(images, name);
    const LayerColours colours =
        colours_of(images, layer, view, tone_of(recipe, layer), recipe.find(Inpainting::info.name) != nullptr);
    Figure figure = coloured(colours);
    figure.title = images.views > 1 ? fmt::format("{}: {}, view {}", source, in_words(name), view)
                                    : fmt::format("{}: {}", source, in_words(name));
    figure.caption = layer.long_name.empty() ? caption_of(colours) : layer.long_name + "; " + caption_of(colours);
    figure.quantity = name == layer.unit ? "" : in_words(name);  // "counts", not "counts (counts)"
    figure.unit = layer.unit == "1" ? "" : layer.unit;
    figure.pixel_width_m = pixel_pitch_m(images.x);
    figure.pixel_height_m = pixel_pitch_m(images.y);
    write_figure_png(path, figure, force);
}

}  // namespace firstlight
