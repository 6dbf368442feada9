#include "host/pipeline/light_path.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace firstlight {

std::string light_path_remark(const Scan& scan, const Recipe& recipe) {
    if (scan.path == LightPath::transmission || scan.kind == ScanKind::gated) return "";
    if (scan.path == LightPath::confocal && scan.medium.thickness_m && recipe.find(DepthMap::info.name) != nullptr)
        return fmt::format(
            "{}: its light went through a slab of {:.4g} mm and back, and recipe \"{}\" takes the slab's delay and "
            "blur for "
            "distance: --recipe diffuse takes them out",
            scan.name, *scan.medium.thickness_m * 1e3, recipe.name);
    const bool gates = std::any_of(recipe.stages.begin(), recipe.stages.end(), [](const RecipeStage& stage) {
        return std::string(stage.stage->info.family) == "gating" && !stage.stage->finds_arrival;
    });
    const MatchedArrival::Params* matched = recipe.params<MatchedArrival>();
    const bool each_pixel = matched != nullptr && matched->mode == MatchedArrival::Mode::per_pixel;
    if (!gates || each_pixel) return "";
    return fmt::format(
        "{}: its light path is {}, and recipe \"{}\" gates every pixel at one arrival (what is nearer or farther "
        "reflects at another time and is left out): --recipe depth finds the gate and the distance of each pixel",
        scan.name, scan.path == LightPath::reflection ? "reflection" : "confocal", recipe.name);
}

}  // namespace firstlight
