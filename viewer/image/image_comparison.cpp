#include "viewer/image/image_comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "host/figures_of_merit/image_quality.hpp"
#include "host/pipeline/compare_truth.hpp"
#include "kernels/rendering/colormaps.hpp"
#include "kernels/support/layers.hpp"
#include "kernels/support/percentile.hpp"
#include "viewer/session/counted.hpp"

namespace firstlight::viewer {
namespace {

bool is_masked(const std::uint8_t* flags, std::int64_t pixel) {
    return flags != nullptr && (flags[pixel] & masked_flags) != 0;
}

const std::uint8_t* flags_of(const GatedImages& images, std::int64_t view) {
    return images.mask.empty() ? nullptr : images.mask.data() + view * images.rows * images.columns;
}

std::string in_words(std::string name) {
    std::replace(name.begin(), name.end(), '_', ' ');
    return name;
}

}  // namespace

bool ComparedLayer::takes_part(std::int64_t pixel) const {
    return !is_masked(first_flags, pixel) && !is_masked(second_flags, pixel) && std::isfinite(first[pixel]) &&
           std::isfinite(second[pixel]);
}

std::string why_not_compared(const GatedImages& first, const GatedImages& second, const std::string& layer,
                             std::int64_t view, const std::string& first_name, const std::string& second_name) {
    if (first.rows != second.rows || first.columns != second.columns)
        return fmt::format("sizes differ: {} has {} x {} pixels, {} has {} x {}", first_name, first.columns, first.rows,
                           second_name, second.columns, second.rows);
    if (view >= first.views || view >= second.views)
        return fmt::format("{} has {}, {} has {}: there is no view {} in both", first_name,
                           counted(first.views, "view"), second_name, second.views, view);
    const ImageLayer *a = first.layer(layer), *b = second.layer(layer);
    if (a == nullptr || b == nullptr)
        return fmt::format("{} has no layer {}", a == nullptr ? first_name : second_name, in_words(layer));
    if (a->unit != b->unit)
        return fmt::format("units differ: {} is in {} in {} and in {} in {}", in_words(layer), a->unit, first_name,
                           b->unit, second_name);
    return "";
}

ComparedLayer compared_layer(const GatedImages& first, const GatedImages& second, const std::string& layer,
                             std::int64_t view) {
    const ImageLayer *a = first.layer(layer), *b = second.layer(layer);
    const std::int64_t from = view * first.rows * first.columns;
    return {a->name,
            a->unit,
            first.rows,
            first.columns,
            a->values.data() + from,
            b->values.data() + from,
            flags_of(first, view),
            flags_of(second, view)};
}

std::vector<std::string> common_layers(const GatedImages& first, const GatedImages& second) {
    std::vector<std::string> names;
    for (const ImageLayer& layer : first.layers)
        if (second.layer(layer.name) != nullptr) names.push_back(layer.name);
    return names;
}

std::vector<float> difference_of(const ComparedLayer& both, bool relative) {
    std::vector<float> out(static_cast<std::size_t>(both.pixels()), std::numeric_limits<float>::quiet_NaN());
    for (std::int64_t p = 0; p < both.pixels(); ++p) {
        if (!both.takes_part(p)) continue;
        const float difference = both.first[p] - both.second[p];
        if (!relative) out[static_cast<std::size_t>(p)] = difference;
        else if (both.second[p] != 0) out[static_cast<std::size_t>(p)] = difference / both.second[p];
    }
    return out;
}

DifferenceFigures difference_figures(const ComparedLayer& both) {
    DifferenceFigures f;
    double squares = 0;
    std::vector<std::uint8_t> selected(static_cast<std::size_t>(both.pixels()), 0);
    for (std::int64_t p = 0; p < both.pixels(); ++p) {
        if (!both.takes_part(p)) continue;
        selected[static_cast<std::size_t>(p)] = 1;
        const double a = static_cast<double>(both.first[p]), b = static_cast<double>(both.second[p]);
        if (f.pixels == 0 || std::abs(a - b) > std::abs(f.largest)) {
            f.largest = a - b;
            f.largest_at = {p / both.columns, p % both.columns};
        }
        ++f.pixels;
        f.first_mean += a;
        f.second_mean += b;
        squares += (a - b) * (a - b);
    }
    const double n = f.pixels > 0 ? static_cast<double>(f.pixels) : std::numeric_limits<double>::quiet_NaN();
    f.first_mean /= n;
    f.second_mean /= n;
    f.mean = f.first_mean - f.second_mean;
    f.rms = std::sqrt(squares / n);
    if (f.pixels == 0) f.largest = n;
    f.ncc = ncc({both.first, both.rows, both.columns}, {both.second, both.rows, both.columns}, selected.data());
    return f;
}

double difference_limit(const std::vector<float>& difference) {
    std::vector<float> sizes;
    for (const float v : difference)
        if (std::isfinite(v)) sizes.push_back(std::abs(v));
    if (sizes.empty()) return 1;
    double limit = percentile(sizes, 99.5);
    if (!(limit > 0)) limit = static_cast<double>(*std::max_element(sizes.begin(), sizes.end()));
    return limit > 0 ? limit : 1;
}

std::vector<std::uint8_t> difference_colours(const std::vector<float>& difference, double limit) {
    constexpr std::array<double, 3> cool{59, 76, 192}, middle{221, 221, 221}, warm{180, 4, 38};
    constexpr std::array<double, 3> none{no_value_colour.red * 255, no_value_colour.green * 255,
                                         no_value_colour.blue * 255};
    std::vector<std::uint8_t> rgb;
    rgb.reserve(difference.size() * 3);
    for (const float v : difference) {
        const bool known = std::isfinite(v);
        const double share = known ? std::clamp(static_cast<double>(v) / limit, -1.0, 1.0) : 0;
        const std::array<double, 3>& end = share < 0 ? cool : warm;
        for (std::size_t k = 0; k < 3; ++k) {
            const double colour = known ? middle[k] + std::abs(share) * (end[k] - middle[k]) : none[k];
            rgb.push_back(static_cast<std::uint8_t>(std::lround(colour)));
        }
    }
    return rgb;
}

GatedImages truth_images(const Truth& truth, const Result& result) {
    GatedImages images;
    images.views = result.images.views;
    images.rows = result.images.rows;
    images.columns = result.images.columns;
    images.y = result.images.y;
    images.x = result.images.x;
    const auto pixels = static_cast<std::size_t>(images.rows * images.columns);
    const auto add = [&](Layer layer, const std::vector<double>& values, bool gated) {
        if (values.size() != pixels && values.size() != pixels * static_cast<std::size_t>(images.views)) return;
        const LayerInfo& info = layer_info(layer);
        ImageLayer made{info.name, info.unit, std::string("true ") + info.long_name, {}};
        for (std::int64_t view = 0; view < images.views; ++view) {
            const double share = gated ? merits::gate_share(result.process, view).value_or(1) : 1;
            for (const float v : merits::view_of(values, view, pixels))
                made.values.push_back(static_cast<float>(static_cast<double>(v) * share));
        }
        images.layers.push_back(std::move(made));
    };
    add(Layer::ballistic, truth.ballistic, true);
    add(Layer::optical_depth, truth.optical_depth, false);
    add(Layer::depth, truth.depth_m, false);
    return images;
}

}  // namespace firstlight::viewer
