#include "viewer/image/layer_table.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <tuple>

#include "host/data/median.hpp"
#include "host/io/figure.hpp"
#include "host/pipeline/layer_figure.hpp"
#include "kernels/support/layers.hpp"
#include "viewer/session/document.hpp"
#include "viewer/session/parameter_rows.hpp"

namespace firstlight::viewer {
namespace {

// The image in blocks of step x step pixels.
struct Blocks {
    std::int64_t step, rows, columns;
    Blocks(const GatedImages& images, std::int64_t most)
        : step(std::max<std::int64_t>(1, (std::max(images.rows, images.columns) + most - 1) / most)),
          rows((images.rows + step - 1) / step),
          columns((images.columns + step - 1) / step) {}
    // Calls visit(block, pixel) for every pixel.
    template <class Visit>
    void each(const GatedImages& images, Visit visit) const {
        for (std::int64_t y = 0; y < images.rows; ++y)
            for (std::int64_t x = 0; x < images.columns; ++x)
                visit(static_cast<std::size_t>(y / step * columns + x / step),
                      static_cast<std::size_t>(y * images.columns + x));
    }
};

}  // namespace

LayerSummary summary_of(const GatedImages& images, const ImageLayer& layer, std::int64_t view) {
    LayerSummary summary;
    summary.name = layer.name;
    summary.words = in_words(layer.name);
    summary.long_name = layer.long_name;
    const std::int64_t pixels = images.rows * images.columns;
    std::vector<double> finite;
    finite.reserve(static_cast<std::size_t>(pixels));
    for (std::int64_t i = view * pixels; i < (view + 1) * pixels; ++i)
        if (const double value = layer.values[static_cast<std::size_t>(i)]; std::isfinite(value))
            finite.push_back(value);
    summary.without_value = pixels - static_cast<std::int64_t>(finite.size());
    const std::string unit = layer.unit == "1" ? "" : layer.unit;
    if (finite.empty()) {
        summary.unit = unit;
        return summary;
    }
    const auto [low, high] = std::minmax_element(finite.begin(), finite.end());
    Spread spread{*low, 0, *high};
    std::tie(summary.unit, summary.per_unit) =
        readable_unit(unit, std::max(std::abs(spread.low), std::abs(spread.high)));
    spread.median = median(std::move(finite));
    summary.spread =
        Spread{spread.low * summary.per_unit, spread.median * summary.per_unit, spread.high * summary.per_unit};
    return summary;
}

std::vector<FlagSummary> flags_of(const GatedImages& images, std::int64_t view) {
    std::vector<FlagSummary> flags;
    if (images.mask.empty()) return flags;
    const std::ptrdiff_t pixels = images.rows * images.columns;
    const auto first = images.mask.begin() + view * pixels;
    for (const FlagInfo& info : mask_flag_table) {
        FlagSummary flag;
        flag.bit = info.bit;
        flag.words = in_words(info.name);
        flag.pixels = std::count_if(first, first + pixels, [&info](std::uint8_t f) { return (f & info.bit) != 0; });
        flags.push_back(flag);
    }
    return flags;
}

SmallPicture small_picture(const GatedImages& images, const ImageLayer& layer, std::int64_t view,
                           const ToneMap::Params& tone, bool inpainted, std::int64_t most) {
    const Blocks blocks(images, most);
    const auto size = static_cast<std::size_t>(blocks.rows * blocks.columns);
    const std::int64_t offset = view * images.rows * images.columns;
    std::vector<double> sum(size), count(size);
    std::vector<std::uint8_t> mask(images.mask.empty() ? 0 : size, 0xFF);
    blocks.each(images, [&](std::size_t block, std::size_t pixel) {
        const std::size_t at = static_cast<std::size_t>(offset) + pixel;
        const std::uint8_t flags = images.mask.empty() ? std::uint8_t{0} : images.mask[at];
        if (!mask.empty()) mask[block] &= flags;
        const double value = layer.values[at];
        if (!std::isfinite(value) || (flags != 0 && !inpainted)) return;
        sum[block] += value;
        count[block] += 1;
    });
    GatedImages small;
    small.rows = blocks.rows;
    small.columns = blocks.columns;
    small.layers = {{layer.name, layer.unit, layer.long_name, std::vector<float>(size)}};
    for (std::size_t i = 0; i < size; ++i)
        small.layers.front().values[i] =
            count[i] > 0 ? static_cast<float>(sum[i] / count[i]) : std::numeric_limits<float>::quiet_NaN();
    small.mask = std::move(mask);
    ToneMap::Params with = tone;
    with.bits = ToneMap::Bits::eight;
    try {
        LayerColours colours = colours_of(small, small.layers.front(), 0, with, inpainted);
        return {blocks.rows, blocks.columns, std::move(colours.rgb8)};
    } catch (const Error&) {  // such as a log scale without a positive value: the image panel says it
        return {};
    }
}

SmallPicture small_flag_picture(const GatedImages& images, int bit, std::int64_t view, std::int64_t most) {
    const Blocks blocks(images, most);
    const auto offset = static_cast<std::size_t>(view * images.rows * images.columns);
    std::vector<std::uint8_t> rgb(static_cast<std::size_t>(blocks.rows * blocks.columns) * 3, 40);
    blocks.each(images, [&](std::size_t block, std::size_t pixel) {
        if ((images.mask[offset + pixel] & bit) != 0)
            std::fill_n(rgb.begin() + static_cast<std::ptrdiff_t>(3 * block), 3, std::uint8_t{230});
    });
    return {blocks.rows, blocks.columns, std::move(rgb)};
}

std::string tone_text(const ToneMap::Params& tone) {
    std::string text;
    for (const Param& param : ToneMap::Params::table()) text += to_toml(param, &tone) + " ";
    return text;
}

bool LayerTable::update(const Document& document, double seconds) {
    const GatedImages* images = document.images();
    if (images == nullptr) {
        *this = LayerTable();
        return true;
    }
    const bool previewed = document.preview && images == document.preview.get();
    const std::shared_ptr<const void> of =
        previewed ? std::shared_ptr<const void>(document.preview) : std::shared_ptr<const void>(document.result);
    const std::int64_t view = document.view_of_images();
    const bool same = of_.lock() == of && view_ == view;
    if (!same) {
        if (document.settle_at && !layers_.empty()) return true;  // dragged: the rows before it stay
        of_ = of;
        view_ = view;
        done_ = 0;
        ++number_;
        flags_ = flags_of(*images, view);
        layers_.resize(images->layers.size());
        for (std::size_t i = 0; i < layers_.size(); ++i)
            if (layers_[i].name != images->layers[i].name) {
                layers_[i] = {};
                layers_[i].name = images->layers[i].name;
                layers_[i].words = in_words(images->layers[i].name);
            }
    }
    const auto start = std::chrono::steady_clock::now();
    while (done_ < layers_.size()) {
        layers_[done_] = summary_of(*images, images->layers[done_], view);
        ++done_;
        if (std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() > seconds) break;
    }
    return done_ == layers_.size();
}

}  // namespace firstlight::viewer
