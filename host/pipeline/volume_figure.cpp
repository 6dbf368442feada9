#include "host/pipeline/volume_figure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "host/pipeline/layer_figure.hpp"
#include "kernels/support/run.hpp"

namespace firstlight {
namespace {

using What = Projection::What;
using Along = Projection::Axis;

const Axis& axis_of(const Volume& volume, Along along) {
    return along == Along::z ? volume.z : along == Along::y ? volume.y : volume.x;
}

// The slice of each axis with the greatest sum of voxels above half of the maximum.
std::array<std::int64_t, 3> fullest_slices(const Volume& volume) {
    float most = 0;
    for (const float v : volume.values)
        if (v > most && std::isfinite(v)) most = v;
    std::array<std::vector<double>, 3> sums{std::vector<double>(static_cast<std::size_t>(volume.z.size)),
                                            std::vector<double>(static_cast<std::size_t>(volume.y.size)),
                                            std::vector<double>(static_cast<std::size_t>(volume.x.size))};
    std::size_t i = 0;
    for (double& z : sums[0])
        for (double& y : sums[1])
            for (double& x : sums[2]) {
                const float v = volume.values[i++];
                if (!(v > most / 2) || !std::isfinite(v)) continue;
                const auto value = static_cast<double>(v);
                z += value;
                y += value;
                x += value;
            }
    std::array<std::int64_t, 3> found{};
    for (std::size_t k = 0; k < 3; ++k) {
        const auto top = std::max_element(sums[k].begin(), sums[k].end());
        found[k] = *top > 0 ? top - sums[k].begin() : static_cast<std::int64_t>(sums[k].size() / 2);
    }
    return found;
}

const char* letter(Along along) { return along == Along::z ? "z" : along == Along::y ? "y" : "x"; }

// Steps of an image's rows and columns in their unit. An axis of one voxel has none of its own and takes the other's;
// where the axes have no common unit a voxel is drawn as a square.
struct Steps {
    double down = 1, across = 1;
};
Steps steps_of(const VolumeImage& image) {
    const double down = pixel_pitch_m(image.down), across = pixel_pitch_m(image.across);
    if (image.down.unit != "m" || image.across.unit != "m") return {};
    if (down > 0 && across > 0) return {down, across};
    const double only = std::max(down, across);
    return only > 0 ? Steps{only, only} : Steps{1e-3, 1e-3};
}

FigureAxis drawn(const Axis& axis, Along which, double step) {
    const bool metres = axis.unit == "m";
    const double last = axis.at(axis.size - 1), to = metres ? 1e3 : 1.0;
    const double half = (last < axis.at(0) ? -0.5 : 0.5) * (metres ? step : 1.0);
    return {fmt::format("{} ({})", letter(which), metres ? "mm" : "index"), (axis.at(0) - half) * to,
            (last + half) * to};
}

// How many pixels the figure takes for so many rows and columns, so that lengths are true to scale.
struct Size {
    std::int64_t rows = 1, columns = 1;
};
Size size_of(const VolumeImage& image, const Steps& steps) {
    constexpr double wanted = 720, most = 2048;
    constexpr std::int64_t thinnest = 24;
    const double height = steps.down * static_cast<double>(image.down.size),
                 width = steps.across * static_cast<double>(image.across.size);
    const double longest = std::max(height, width), finest = std::min(steps.down, steps.across);
    double scale = std::max(wanted / longest, std::min(1 / finest, most / longest));
    if (scale * finest >= 1) scale = std::round(scale * finest) / finest;  // whole pixels per voxel
    const auto pixels = [&](double length) {
        return std::clamp<std::int64_t>(std::llround(length * scale), thinnest, static_cast<std::int64_t>(most));
    };
    return {pixels(height), pixels(width)};
}

// Drawn pixel p of `pixels` shows voxels [first, last) of n: one where they are wider than a pixel.
std::pair<std::int64_t, std::int64_t> voxels_of(std::int64_t p, std::int64_t pixels, std::int64_t n) {
    const std::int64_t first = p * n / pixels;
    return {first, std::max(first + 1, std::min(n, (p + 1) * n / pixels))};
}

// The image in its figure's pixels: voxels are repeated, or several share a pixel, which shows the greatest of a
// maximum and the mean of anything else.
std::vector<float> to_scale(const VolumeImage& image, const Size& size, bool greatest_of_all) {
    std::vector<float> out;
    out.reserve(static_cast<std::size_t>(size.rows * size.columns));
    for (std::int64_t r = 0; r < size.rows; ++r)
        for (std::int64_t c = 0; c < size.columns; ++c) {
            const auto [top, bottom] = voxels_of(r, size.rows, image.down.size);
            const auto [left, right] = voxels_of(c, size.columns, image.across.size);
            float greatest = std::numeric_limits<float>::quiet_NaN();
            double sum = 0, known = 0;
            for (std::int64_t y = top; y < bottom; ++y)
                for (std::int64_t x = left; x < right; ++x) {
                    const float v = image.values[static_cast<std::size_t>(y * image.across.size + x)];
                    if (std::isnan(v)) continue;
                    greatest = greatest >= v ? greatest : v;
                    sum += static_cast<double>(v);
                    ++known;
                }
            out.push_back(greatest_of_all || known == 0 ? greatest : static_cast<float>(sum / known));
        }
    return out;
}

std::string place(const Axis& axis, std::int64_t index) {
    if (axis.unit != "m") return "";
    return fmt::format(" at {:.4g} mm", axis.at(index) * 1e3);
}

std::string words_of(const Volume& volume, const VolumePicture& picture) {
    const Projection::Settings& s = picture.settings;
    const char* along = letter(s.axis);
    switch (s.what) {
        case What::maximum:
            return picture.position ? fmt::format("{} of the maximum", along) : fmt::format("maximum along {}", along);
        case What::mean: return fmt::format("mean along {}", along);
        case What::sum: return fmt::format("sum along {}", along);
        default: return fmt::format("slice {} = {}{}", along, s.index, place(axis_of(volume, s.axis), s.index));
    }
}

std::string window_in_words(const ToneMap::Params& tone) {
    std::string text = tone.low < 0 ? fmt::format("window {:g} % to the largest value", tone.low_percentile)
                                    : std::string("window 0 to the largest value");
    if (tone.gamma != 1) text += fmt::format(", gamma {:g}", tone.gamma);
    return text;
}

}  // namespace

ToneMap::Params volume_tone(const Recipe& recipe, const ImageLayer& layer, bool position) {
    ToneMap::Params tone = tone_of(recipe, layer);
    const ToneMap::Params plain;
    if (position || tone.scale != ToneMap::Scale::linear || tone.window != ToneMap::WindowFrom::percentiles ||
        tone.low_percentile != plain.low_percentile || tone.high_percentile != plain.high_percentile)
        return tone;
    double smallest = std::numeric_limits<double>::infinity(), largest = -smallest;
    for (const float v : layer.values) {
        if (!std::isfinite(v)) continue;
        smallest = std::min(smallest, static_cast<double>(v));
        largest = std::max(largest, static_cast<double>(v));
    }
    double low = 0;
    if (smallest < 0)
        low = std::min(
            0.0,
            ToneMap::window(tone, layer.values.data(), nullptr, static_cast<std::int64_t>(layer.values.size())).low);
    if (!(largest > low)) return tone;
    tone.window = ToneMap::WindowFrom::fixed;
    tone.low = low;
    tone.high = largest;
    return tone;
}

std::string volume_title(const std::string& source, const Volume& volume, const VolumePicture& picture,
                         std::int64_t pixels) {
    constexpr std::int64_t least_letters = 30, letter_pixels = 18;  // of what draw_figure makes of a narrow image
    const std::string of = fmt::format("{}: {}", source, volume.name), words = words_of(volume, picture);
    const auto letters = static_cast<std::int64_t>(of.size() + 2 + words.size());
    const bool fits = letters <= std::max(least_letters, pixels / letter_pixels);
    return of + (fits ? ", " : "\n") + words;
}

const std::vector<std::string>& volume_picture_names() {
    static const std::vector<std::string> names{"max_z", "max_y", "max_x", "slice_z", "slice_y", "slice_x"};
    return names;
}

std::vector<VolumePicture> volume_pictures(const Volume& volume) {
    const std::array<std::int64_t, 3> slices = fullest_slices(volume);
    const std::array along{Along::z, Along::y, Along::x};
    std::vector<VolumePicture> pictures;
    for (std::size_t k = 0; k < 6; ++k)
        pictures.push_back({volume_picture_names()[k],
                            {along[k % 3], k < 3 ? What::maximum : What::slice, k < 3 ? 0 : slices[k % 3]}});
    return pictures;
}

VolumeImage image_of(const Volume& volume, const VolumePicture& picture) {
    const Projection::Settings& settings = picture.settings;
    const VolumeView view{volume.values.data(), volume.z.size, volume.y.size, volume.x.size};
    const Projection::Coefficients c = Projection::prepare(settings, view);
    VolumeImage image;
    image.unit = volume.unit;
    image.down = settings.axis == Along::z ? volume.y : volume.z;
    image.across = settings.axis == Along::x ? volume.y : volume.x;
    image.values.resize(static_cast<std::size_t>(c.pixels()));
    std::vector<std::int32_t> position(picture.position ? image.values.size() : 0);
    const std::unique_ptr<Queue> queue = open_cpu_queue(1);
    run<Projection>(*queue, ProjectionTask{view, image.values.data(), position.empty() ? nullptr : position.data()}, c,
                    0);
    if (!picture.position) return image;
    const Axis& along = axis_of(volume, settings.axis);
    image.unit = along.unit;
    for (std::size_t i = 0; i < position.size(); ++i)
        image.values[i] =
            position[i] < 0 ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(along.at(position[i]));
    return image;
}

void write_volume_figure(const std::filesystem::path& path, const Volume& volume, const VolumePicture& picture,
                         const Recipe& recipe, const std::string& source, bool force,
                         const std::optional<ToneMap::Params>& given) {
    const VolumeImage image = image_of(volume, picture);
    const Steps steps = steps_of(image);
    const Size size = size_of(image, steps);
    GatedImages drawn_image;
    drawn_image.rows = size.rows;
    drawn_image.columns = size.columns;
    drawn_image.layers.push_back({picture.position ? letter(picture.settings.axis) : volume.name, image.unit,
                                  picture.position ? "" : volume.long_name,
                                  to_scale(image, size, picture.settings.what == What::maximum && !picture.position)});
    const ImageLayer& layer = drawn_image.layers.front();
    const ToneMap::Params tone = given.value_or(volume_tone(recipe, layer, picture.position));
    const LayerColours colours = colours_of(drawn_image, layer, 0, tone, true);
    Figure figure = coloured(colours);
    figure.title = volume_title(source, volume, picture, size.columns);
    const bool to_the_largest = !given && tone.window == ToneMap::WindowFrom::fixed &&
                                tone_of(recipe, layer).window == ToneMap::WindowFrom::percentiles;
    const std::string window = to_the_largest ? window_in_words(tone) : caption_of(colours);
    figure.caption = layer.long_name.empty() ? window : layer.long_name + "; " + window;
    figure.quantity = layer.name;
    figure.unit = image.unit == "1" ? "" : image.unit;
    const Along down = picture.settings.axis == Along::z ? Along::y : Along::z,
                across = picture.settings.axis == Along::x ? Along::y : Along::x;
    figure.down = drawn(image.down, down, steps.down);
    figure.across = drawn(image.across, across, steps.across);
    write_figure_png(path, figure, force);
}

}  // namespace firstlight
