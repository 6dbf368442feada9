// What the trace stages of a scan say of the detector and of the light, for all pixels at once and in units of people:
// gathered tile by tile while the stages run (RunOptions::look), so that it is what they ran with, to the bit.
//
//   ModelImages model(scan, {ModelPart::dark, ModelPart::arrival});
//   callbacks.look = [&](std::int64_t view, const TraceTile& tile, const TileWindow& inner) {
//       model.take(view, tile, inner);
//   };
//
// Memory is that of the wanted parts: 8 bytes per pixel each, or 4 per bin.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "host/pipeline/recipe.hpp"
#include "kernels/support/scan.hpp"

namespace firstlight {

enum class ModelPart : std::uint8_t {
    flags,
    live,
    dark,
    dark_variance,
    edges,
    shift,
    gain,
    arrival,
    arrival_sigma,
    signal,
    count_
};
constexpr int model_part_count = static_cast<int>(ModelPart::count_);

struct ModelPartInfo {
    ModelPart part;
    const char* name;
    const char* unit;  // "1": a pure number
    const char* meaning;
};

constexpr std::array<ModelPartInfo, model_part_count> model_part_table{{
    {ModelPart::flags, "flags", "1", "hot, dead, noisy, saturated pixels and more, as bits"},
    {ModelPart::live, "live", "1", "share of laser cycles in which a bin could still count"},
    {ModelPart::dark, "dark", "counts", "counts per bin without light"},
    {ModelPart::dark_variance, "dark_variance", "counts^2", "variance of dark"},
    {ModelPart::edges, "edges", "s", "true edges of the time bins, on the scan's time axis"},
    {ModelPart::shift, "shift", "s", "delay of the pixel's electronics"},
    {ModelPart::gain, "gain", "1", "relative sensitivity"},
    {ModelPart::arrival, "arrival", "s", "where unscattered light is expected, with the pixel's delay"},
    {ModelPart::arrival_sigma, "arrival_sigma", "s", "standard deviation of arrival"},
    {ModelPart::signal, "signal", "counts", "estimate of the light in even time bins, with the pixel's delay"},
}};

// Names of the stages that fill the part in, in data-flow order. Flags are any stage's.
[[nodiscard]] std::vector<std::string_view> stages_that_fill(ModelPart part);

class ModelImages {
  public:
    ModelImages(const Scan& scan, const std::vector<ModelPart>& wanted);
    // From any thread, for windows that do not overlap.
    void take(std::int64_t view, const TraceTile& tile, const TileWindow& inner);

    std::vector<std::uint8_t> flags;                           // [views][pixels]
    std::array<std::vector<double>, model_part_count> pixels;  // [views][pixels] of parts that are numbers per pixel
    std::vector<float> live, signal;                           // [views][pixels][bins]
    std::vector<double> edges;                                 // [bins + 1], of all views

  private:
    [[nodiscard]] bool wants(ModelPart part) const { return wanted_[static_cast<std::size_t>(part)]; }
    void take_pixels(ModelPart part, const float* values, double scale, double offset, const TraceTile& tile,
                     const TileWindow& inner, std::int64_t first);
    const Scan& scan_;
    std::array<bool, model_part_count> wanted_{};
};

}  // namespace firstlight
