// A layer of a result as a figure that people look at: tone map, colour bar, scale bar, caption.
//
//   write_layer_figure("ballistic.png", images, "ballistic", 0, recipe, "scan.h5", force);
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "host/data/gated_images.hpp"
#include "host/io/figure.hpp"
#include "host/pipeline/recipe.hpp"

namespace firstlight {

struct LayerColours {
    std::int64_t rows = 0, columns = 0;
    int bits = 8;
    std::vector<std::uint8_t> rgb8;    // [rows][columns][3] when bits is 8
    std::vector<std::uint16_t> rgb16;  // the same when bits is 16
    bool any_without_value = false;    // some pixels are drawn as "no value"
    ToneWindow window;
    ToneMap::Params tone;  // as used
};

// How `layer` is drawn: as the recipe's tone_map says. A fixed window and a log scale that were meant for the layer it
// names are used for others only where they make sense (log: for counts).
[[nodiscard]] ToneMap::Params tone_of(const Recipe& recipe, const ImageLayer& layer);

// Masked pixels are drawn as "no value" unless the recipe fills them in (inpainting). Errors: those of ToneMap::window.
[[nodiscard]] LayerColours colours_of(const GatedImages& images, const ImageLayer& layer, std::int64_t view,
                                      const ToneMap::Params& tone, bool inpainted);

// "window 1 % to 99.5 %, gamma 2", and the figure of such colours: image, colour bar and legend, without words.
[[nodiscard]] std::string caption_of(const LayerColours& colours);
[[nodiscard]] Figure coloured(const LayerColours& colours);

// `source` names the scan in the title. Errors: as write_png; ExitCode::usage when there is no such layer or view.
void write_layer_figure(const std::filesystem::path& path, const GatedImages& images, const std::string& layer,
                        std::int64_t view, const Recipe& recipe, const std::string& source, bool force);

// Layers worth a figure: all but standard deviations and what only explains another layer.
[[nodiscard]] bool is_worth_a_figure(const std::string& layer);

// False where every pixel that has a value has the same one (an arrival that was given), but for the layer that the
// images are about, and where no pixel has any.
[[nodiscard]] bool says_something(const GatedImages& images, const ImageLayer& layer);

// The distance between pixel centres along an axis in m; 0 when it is not known.
[[nodiscard]] double pixel_pitch_m(const Axis& axis);

}  // namespace firstlight
