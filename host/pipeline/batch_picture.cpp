#include "host/pipeline/batch_picture.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "host/io/images.hpp"
#include "host/io/result_file.hpp"
#include "host/pipeline/layer_export.hpp"
#include "host/pipeline/layer_figure.hpp"
#include "kernels/support/layers.hpp"

namespace firstlight {
namespace {

constexpr std::int64_t widest = 224;

// Means of blocks of step x step pixels; what is left at the right and bottom goes to smaller blocks.
std::vector<std::uint8_t> shrunk(const LayerColours& colours, std::int64_t step, std::int64_t rows,
                                 std::int64_t columns) {
    std::vector<std::uint8_t> small;
    for (std::int64_t y = 0; y < rows; ++y)
        for (std::int64_t x = 0; x < columns; ++x)
            for (std::int64_t channel = 0; channel < 3; ++channel) {
                std::int64_t sum = 0, pixels = 0;
                for (std::int64_t v = y * step; v < std::min((y + 1) * step, colours.rows); ++v)
                    for (std::int64_t u = x * step; u < std::min((x + 1) * step, colours.columns); ++u, ++pixels)
                        sum += colours.rgb8[static_cast<std::size_t>((v * colours.columns + u) * 3 + channel)];
                small.push_back(static_cast<std::uint8_t>((sum + pixels / 2) / pixels));
            }
    return small;
}

}  // namespace

std::string picture_of(const std::filesystem::path& path) {
    try {
        const Result result = read_result(path, {});
        const Recipe recipe = drawing_recipe(result, path.string(), "png");
        const ImageLayer* layer = result.images.layer(layer_info(recipe.params<ToneMap>()->layer).name);
        if (layer == nullptr) layer = result.images.layer(result.images.signal);
        if (layer == nullptr) return "";
        const LayerColours colours = colours_of(result.images, *layer, 0, tone_of(recipe, *layer),
                                                recipe.find(Inpainting::info.name) != nullptr);
        const std::int64_t step =
            std::max<std::int64_t>(1, (std::max(colours.rows, colours.columns) + widest - 1) / widest);
        const std::int64_t rows = (colours.rows + step - 1) / step, columns = (colours.columns + step - 1) / step;
        const std::vector<std::uint8_t> rgb = shrunk(colours, step, rows, columns);
        const std::vector<std::uint8_t> png = png_bytes(rgb.data(), rows, columns);
        return base64(png.data(), png.size());
    } catch (const Error&) {
        return "";
    }
}

std::string base64(const unsigned char* data, std::size_t bytes) {
    constexpr const char* digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes; i += 3) {
        const std::size_t left = std::min<std::size_t>(3, bytes - i);
        std::uint32_t three = 0;
        for (std::size_t k = 0; k < 3; ++k) three = three << 8 | (k < left ? data[i + k] : 0U);
        for (std::size_t k = 0; k < 4; ++k) text += k <= left ? digits[three >> (18 - 6 * k) & 63U] : '=';
    }
    return text;
}

}  // namespace firstlight
