#include "host/simulation/scene.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>

#include "host/io/toml_table.hpp"
#include "host/simulation/confocal.hpp"
#include "host/simulation/objects.hpp"
#include "host/simulation/patterns.hpp"
#include "host/simulation/scene_recording.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

constexpr double mm = 1e-3, um = 1e-6, per_mm = 1e3, degree = 0.017453292519943295;

void read_layers(TomlTable& root, TransportScene& scene) {
    for (TomlTable& t : root.tables("layer")) {
        SceneLayer layer;
        layer.thickness_m = t.number("thickness_mm") * mm;
        layer.refractive_index = t.number("refractive_index", 1);
        layer.mu_s_per_m = t.number("mu_s_per_mm", 0) * per_mm;
        layer.mu_a_per_m = t.number("mu_a_per_mm", 0) * per_mm;
        layer.g = t.number("g", 0);
        t.refuse_unknown();
        scene.layers.push_back(layer);
    }
    TomlTable t = root.table("surroundings");
    scene.index_before = t.number("index_before", 0);
    scene.index_behind = t.number("index_behind", 0);
    scene.half_width_x_m = t.number("half_width_x_mm", 0, 0, 1e9) * mm;
    scene.half_width_y_m = t.number("half_width_y_mm", 0, 0, 1e9) * mm;
    t.refuse_unknown();
}

void read_targets(TomlTable& root, TransportScene& scene, const std::filesystem::path& folder) {
    for (TomlTable& t : root.tables("target")) {
        SceneTarget target;
        target.reflects = t.one_of("kind", {"transmission", "reflection"}, "transmission") == "reflection";
        target.z_m = t.number("z_mm") * mm;
        target.pattern = read_pattern(t, scene.detector.pitch_m, folder);
        if (target.reflects) {
            target.reflectivity = t.number("reflectivity", 1, 0, 1);
        } else {
            // Transmission of the pattern and of what surrounds it.
            const auto open = static_cast<float>(t.number("open", 1, 0, 1));
            const auto closed = static_cast<float>(t.number("closed", 0, 0, 1));
            for (float& v : target.pattern.values) v = closed + (open - closed) * v;
            target.pattern.outside = closed + (open - closed) * target.pattern.outside;
        }
        t.refuse_unknown();
        scene.targets.push_back(std::move(target));
    }
}

void read_source(TomlTable& root, SimulationScene& scene) {
    TomlTable t = root.table("source");
    SceneSource& source = scene.transport.source;
    const std::string kind = t.one_of("kind", {"pencil", "wide", "cone"}, "wide");
    source.x_m = t.number("x_mm", 0) * mm;
    source.y_m = t.number("y_mm", 0) * mm;
    if (kind == "wide") {
        source.kind = SourceKind::wide;
        source.width_m = t.number("width_mm") * mm;
        source.height_m = t.number("height_mm", source.width_m / mm) * mm;
    } else if (kind == "cone") {
        source.kind = SourceKind::cone;
        source.half_angle_rad = t.number("half_angle_deg") * degree;
    }
    read_laser(t, scene);
    t.refuse_unknown();
}

void read_detector(TomlTable& root, SimulationScene& scene) {
    TomlTable t = root.table("detector");
    SceneDetector& d = scene.transport.detector;
    const double depth = [&] {
        double sum = 0;
        for (const SceneLayer& l : scene.transport.layers) sum += l.thickness_m;
        return sum;
    }();
    read_recording(t, scene);
    d.pitch_m = t.number("pixel_um") * um;
    d.numerical_aperture = t.number("numerical_aperture");
    d.aperture_radius_m = t.number("aperture_radius_mm", 0, 0, 1e9) * mm;
    d.focus_m = t.number("focus_mm", 0.5 * depth / mm) * mm;
    t.refuse_unknown();
}

}  // namespace

SimulationScene parse_scene(const std::string& text, const std::filesystem::path& folder, const std::string& name) {
    toml::table document;
    try {
        document = toml::parse(text, name);
    } catch (const toml::parse_error& e) {
        throw Error(ExitCode::bad_input, fmt::format("{} line {}: not TOML", name, e.source().begin.line),
                    std::string(e.description()));
    }
    TomlTable root(&document, name + ":");
    SimulationScene scene;
    scene.text = text;
    scene.title = root.text("title", "");
    const std::string path = root.one_of("path", {"transmission", "reflection", "confocal"}, "transmission");
    if (path == "confocal") {
        read_confocal(root, scene, folder, name);
        root.refuse_unknown();
        return scene;
    }
    scene.transport.detector.side = path == "reflection" ? DetectorSide::entry_face : DetectorSide::exit_face;
    read_layers(root, scene.transport);
    read_detector(root, scene);
    read_source(root, scene);
    read_targets(root, scene.transport, folder);
    read_objects(root, scene, name);

    TomlTable photons = root.table("photon_transport");
    photons.parameters(PhotonTransport::Params::table(), &scene.photons);
    photons.refuse_unknown();
    read_response(root, scene);

    if (root.has("gates")) {
        scene.gates = read_gated_camera(root.table("gates"));
        if (!(scene.repetition_rate_hz > 0))
            throw Error(ExitCode::bad_input, name + ": [source] repetition_rate_mhz is missing",
                        "exposures of a gated camera's frames follow from it", "give the laser's repetition rate");
        if (scene.response.statistics != DetectorResponse::Statistics::poisson || scene.response.bin_nonlinearity > 0)
            throw Error(ExitCode::bad_input, name + ": [detector_response] does not describe a gated camera",
                        "its frames have no dead time and no time bins",
                        "set statistics = \"poisson\" and leave bin_nonlinearity out");
    }

    scene.has_reference = root.has("reference");
    TomlTable reference = root.table("reference");
    if (scene.has_reference) {
        scene.reference_pulses = reference.number("pulses", scene.pulses, 1, 1e15);
        scene.filter_transmission = reference.number("filter_transmission", 1, 1e-30, 1);
        scene.medium_in_reference = reference.one_of("medium", {"clear", "same"}, "clear") == "same";
    }
    reference.refuse_unknown();
    root.refuse_unknown();
    return scene;
}

SimulationScene read_scene(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw Error(ExitCode::bad_input, path.string() + ": cannot be read", "", "name a scene file (TOML)");
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    return parse_scene(text, path.parent_path(), path.filename().string());
}

}  // namespace firstlight
