#include "kernels/reconstruction/inpainting.hpp"

#include <fmt/format.h>

#include "kernels/reconstruction/inpainting_pixel.hpp"
#include "kernels/support/parallel_for.hpp"

namespace firstlight {

const ParamTable& Inpainting::Params::table() {
    static const ParamTable t{
        integer(&Params::radius_px, "radius_px", "px", "farthest row or column that a value is taken from", 1, 15),
        integer(&Params::min_neighbours, "min_neighbours", "", "least number of unmasked pixels to take a mean of", 1,
                960),
    };
    return t;
}

Inpainting::Coefficients Inpainting::prepare(const Params& params, StageContext&) {
    const std::int64_t side = 2 * params.radius_px + 1;
    if (params.min_neighbours > side * side - 1)
        throw Error(ExitCode::usage,
                    fmt::format("inpainting: min_neighbours {} can never be met", params.min_neighbours),
                    fmt::format("radius_px {} leaves {} neighbours", params.radius_px, side * side - 1));
    return {static_cast<std::int32_t>(params.radius_px), static_cast<std::int32_t>(params.min_neighbours)};
}

std::vector<Layer> Inpainting::layers(const Params&) { return {}; }

void Inpainting::on_cpu(const ImageTile& images, const Coefficients& c) {
    parallel_for(images.pixels(), 1 << 14, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) inpaint_pixel(images, i, c);
    });
}

}  // namespace firstlight
