#include "host/pipeline/scan_kind.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace firstlight {
namespace {

// Of time bins and of single-photon counting; a frame has neither.
constexpr const char* for_histograms[] = {"pile_up", "bin_nonlinearity"};

struct Suited {
    std::string recipe, why;
};

Suited suited(const Scan& scan) {
    if (scan.kind == ScanKind::gated) return {"kerr", "is a gated scan"};
    if (scan.path == LightPath::confocal && scan.pixels() > 1) return {"diffuse", "is a confocal scan"};
    if (scan.path == LightPath::reflection) return {"depth", "was seen in reflection"};
    if (scan.views <= 1) return {"transmission", ""};
    std::vector<std::string> missing;
    if (static_cast<std::int64_t>(scan.view_angle_rad.size()) != scan.views) missing.emplace_back("/entry/data/view");
    if (scan.x_m.size() < 2) missing.emplace_back("/entry/data/x");
    if (!scan.has_reference) missing.emplace_back("/entry/reference");
    if (missing.empty()) return {"tomography", fmt::format("has {} views at known angles", scan.views)};
    return {"transmission",
            fmt::format("has {} views but no {}, which tomography needs", scan.views, fmt::join(missing, ", "))};
}

}  // namespace

std::string default_recipe(const Scan& scan) { return suited(scan).recipe; }

std::string default_recipe_reason(const Scan& scan) { return suited(scan).why; }

void check_kind(const Scan& scan, const Recipe& recipe) {
    if (scan.path == LightPath::transmission && recipe.find(DepthMap::info.name) != nullptr)
        throw Error(ExitCode::bad_input, scan.name + ": its light path is transmission",
                    fmt::format("depth_map in recipe \"{}\" takes half the way of light that comes back, and here it "
                                "goes through once",
                                recipe.name),
                    fmt::format("use --recipe {}, or correct /entry's path", default_recipe(scan)));
    const RecipeStage* volume = recipe.volume();
    if (volume != nullptr && !volume->stage->uses_light && scan.path != LightPath::transmission)
        throw Error(
            ExitCode::bad_input,
            fmt::format("{}: {}", scan.name,
                        scan.path == LightPath::reflection ? "was recorded in reflection" : "is a confocal scan"),
            fmt::format("{} in recipe \"{}\" makes a volume of the optical depths of light that went through",
                        volume->stage->info.name, recipe.name),
            fmt::format("use --recipe {}", default_recipe(scan)));
    if (volume != nullptr && volume->stage->check_geometry != nullptr) volume->stage->check_geometry(scan);
    const bool sweeps = recipe.find("gate_sweep") != nullptr;
    if (scan.kind != ScanKind::gated) {
        if (!sweeps) return;
        throw Error(
            ExitCode::bad_input,
            fmt::format("{}: holds {}", scan.name, scan.kind == ScanKind::events ? "photon events" : "histograms"),
            fmt::format("recipe \"{}\" has gate_sweep, which takes frames of a gated camera", recipe.name),
            fmt::format("use --recipe {}", default_recipe(scan)));
    }
    if (!sweeps)
        throw Error(ExitCode::bad_input, fmt::format("{}: holds frames of a gated camera", scan.name),
                    fmt::format("recipe \"{}\" has no gate_sweep and would take them for histograms", recipe.name),
                    "use --recipe kerr");
    for (const char* stage : for_histograms)
        if (recipe.find(stage) != nullptr)
            throw Error(ExitCode::bad_input, fmt::format("{}: holds frames of a gated camera", scan.name),
                        fmt::format("{} in recipe \"{}\" makes sense for histograms alone", stage, recipe.name),
                        "leave it out, or use --recipe kerr");
}

}  // namespace firstlight
