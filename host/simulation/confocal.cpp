#include "host/simulation/confocal.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "host/simulation/lost_light.hpp"
#include "host/simulation/patterns.hpp"
#include "host/simulation/recorder.hpp"
#include "host/simulation/scan_description.hpp"
#include "host/simulation/scene_recording.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

constexpr double mm = 1e-3, per_mm = 1e3;

void read_slab(TomlTable& root, ConfocalSetup& setup, const std::string& name) {
    if (!root.has("medium"))
        throw Error(
            ExitCode::bad_input, name + ": [medium] is missing",
            "a confocal scan looks through a slab, whose thickness and scattering it must know",
            "give [medium] thickness_mm, refractive_index, mu_s_prime_per_mm, mu_a_per_mm; thickness_mm = 0 for none");
    TomlTable t = root.table("medium");
    Slab slab;
    slab.thickness_m = t.number("thickness_mm", -1, 0, 1e6) * mm;
    slab.refractive_index = t.number("refractive_index", 1, 1, 10);
    if (slab.thickness_m > 0) slab.mu_s_prime_per_m = t.number("mu_s_prime_per_mm", 0, 1e-9, 1e9) * per_mm;
    slab.mu_a_per_m = t.number("mu_a_per_mm", 0, 0, 1e9) * per_mm;
    if (t.has("extrapolation_mm")) slab.extrapolation_m = t.number("extrapolation_mm", 0, 0, 1e6) * mm;
    if (slab.thickness_m > 0) setup.slab = slab;
    else (void)t.has("mu_s_prime_per_mm");
    t.refuse_unknown();
}

// Whether the pattern is there at (x, y).
bool is_on(const Pattern& p, double x, double y) {
    const double column = (x - p.centre_x_m) / p.pitch_m + 0.5 * static_cast<double>(p.columns);
    const double row = (y - p.centre_y_m) / p.pitch_m + 0.5 * static_cast<double>(p.rows);
    if (!(column >= 0 && row >= 0 && column < static_cast<double>(p.columns) && row < static_cast<double>(p.rows)))
        return false;
    return p.values[static_cast<std::size_t>(row) * static_cast<std::size_t>(p.columns) +
                    static_cast<std::size_t>(column)] > 0;
}

double depth_behind(const ConfocalSetup& setup, double x, double y) {
    double depth = std::numeric_limits<double>::quiet_NaN();
    for (const HiddenSurface& h : setup.surfaces)
        if (is_on(h.pattern, x, y) && !(depth <= h.z_m)) depth = h.z_m;
    return depth;
}

}  // namespace

void read_confocal(TomlTable& root, SimulationScene& scene, const std::filesystem::path& folder,
                   const std::string& name) {
    ConfocalSetup& setup = scene.confocal.emplace();
    for (const char* key : {"layer", "target", "object", "views", "gates", "reference", "photon_transport"})
        if (root.has(key))
            throw Error(ExitCode::bad_input, fmt::format("{}: [{}] in a confocal scene", name, key),
                        "it has a slab ([medium]) and surfaces hidden behind it ([[hidden]]), and nothing else",
                        "take it out, or set path = \"transmission\" or \"reflection\"");
    read_slab(root, setup, name);
    TomlTable t = root.table("detector");
    read_recording(t, scene);
    const SceneDetector& d = scene.transport.detector;
    setup.rows = d.rows;
    setup.columns = d.columns;
    setup.bins = d.bins;
    setup.bin_width_s = d.bin_width_s;
    setup.first_edge_s = d.first_edge_s;
    const std::vector<double> size = t.one_or_two("scan_size_mm");
    setup.height_m = size[0] * mm;
    setup.width_m = size[1] * mm;
    scene.spot_area_m2 = std::numbers::pi / 4 * std::pow(t.number("spot_mm", 1, 1e-6, 1e6) * mm, 2);
    t.refuse_unknown();
    TomlTable source = root.table("source");
    read_laser(source, scene);
    source.refuse_unknown();
    read_response(root, scene);
    const double pitch =
        std::min(setup.height_m / static_cast<double>(setup.rows), setup.width_m / static_cast<double>(setup.columns));
    for (TomlTable& h : root.tables("hidden")) {
        HiddenSurface surface;
        surface.z_m = h.number("z_mm", 0, 1e-9, 1e9) * mm;
        surface.albedo = h.number("albedo", 1, 0, 1);
        surface.lambertian = h.one_of("surface", {"lambertian", "isotropic"}, "lambertian") == "lambertian";
        surface.pattern = read_pattern(h, pitch, folder);
        h.refuse_unknown();
        setup.surfaces.push_back(std::move(surface));
    }
    if (setup.surfaces.empty())
        throw Error(ExitCode::bad_input, name + ": no [[hidden]] surface", "nothing would be seen behind the slab",
                    "give at least one, e.g. pattern = \"rectangle\" with width_mm, height_mm and z_mm");
}

SimulatedScan simulate_confocal(const SimulationScene& scene, Queue& queue,
                                const std::function<bool(double)>& progress) {
    const ConfocalSetup& setup = *scene.confocal;
    SimulatedScan out;
    out.title = scene.title;
    out.scene_text = scene.text;
    out.seed = static_cast<std::uint64_t>(scene.response.seed);
    out.scan = describe(scene);
    out.warnings = light_outside(setup);
    out.scan_size_m = {setup.height_m, setup.width_m};
    std::vector<double> light = confocal_light(setup, [&](double share) {
        if (progress && !progress(share)) throw Error(ExitCode::interrupted, "the simulation was stopped");
    });
    const double detections = scene.photons_per_pulse * scene.efficiency * scene.spot_area_m2;
    for (double& v : light) v *= detections;
    const Recorder recorder(scene, out.scan, queue);
    out.counts = recorder.counts({}, light, scene.pulses, {0, 0});
    for (const double y : out.scan.y_m)
        for (const double x : out.scan.x_m) out.depth_m.push_back(depth_behind(setup, x, y));
    return out;
}

}  // namespace firstlight
