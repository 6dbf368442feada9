// PhotonTransport::prepare: checks a scene and lays it out for the photons' loop.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>
#include <vector>

#include "kernels/simulation/photon_transport.hpp"
#include "kernels/simulation/transport_objects.hpp"
#include "kernels/support/error.hpp"
#include "kernels/support/speed_of_light.hpp"

namespace firstlight {
namespace {

constexpr double unlimited_m = 1e15;

void require(bool holds, const std::string& what, const std::string& found, const std::string& expected) {
    if (!holds) throw Error(ExitCode::bad_input, "scene: " + what + " is " + found, "expected " + expected);
}

void check(const TransportScene& scene) {
    require(!scene.layers.empty(), "the number of layers", "0", "at least one layer");
    for (std::size_t k = 0; k < scene.layers.size(); ++k) {
        const SceneLayer& l = scene.layers[k];
        const auto of_layer = [&](const char* what) { return fmt::format("{} of layer {}", what, k + 1); };
        require(l.thickness_m > 0 && std::isfinite(l.thickness_m), of_layer("the thickness"),
                fmt::format("{:g} m", l.thickness_m), "more than 0");
        require(l.refractive_index >= 1 && l.refractive_index < 10, of_layer("the refractive index"),
                fmt::format("{:g}", l.refractive_index), "1 to 10");
        require(l.mu_s_per_m >= 0 && std::isfinite(l.mu_s_per_m), of_layer("the scattering coefficient"),
                fmt::format("{:g} per m", l.mu_s_per_m), "0 or more");
        require(l.mu_a_per_m >= 0 && std::isfinite(l.mu_a_per_m), of_layer("the absorption coefficient"),
                fmt::format("{:g} per m", l.mu_a_per_m), "0 or more");
        require(l.g > -1 && l.g < 1, of_layer("g"), fmt::format("{:g}", l.g), "more than -1 and less than 1");
    }
    double depth = 0;
    for (const SceneLayer& l : scene.layers) depth += l.thickness_m;
    for (const SceneTarget& t : scene.targets) {
        require(t.z_m > 0 && t.z_m < depth, "the depth of a target", fmt::format("{:g} m", t.z_m),
                fmt::format("inside the layers, 0 to {:g} m", depth));
        require(t.pattern.rows > 0 && t.pattern.columns > 0 && t.pattern.pitch_m > 0 &&
                    static_cast<std::int64_t>(t.pattern.values.size()) == t.pattern.rows * t.pattern.columns,
                "the pattern of a target", fmt::format("{} x {} cells", t.pattern.rows, t.pattern.columns),
                "as many values as cells, of a pitch above 0");
        require(t.reflectivity >= 0 && t.reflectivity <= 1, "the reflectivity of a target",
                fmt::format("{:g}", t.reflectivity), "0 to 1");
    }
    const SceneDetector& d = scene.detector;
    require(d.numerical_aperture > 0, "the numerical aperture", fmt::format("{:g}", d.numerical_aperture),
            "more than 0");
    require(d.focus_m >= 0 && d.focus_m <= depth, "the depth of focus", fmt::format("{:g} m", d.focus_m),
            fmt::format("inside the layers, 0 to {:g} m", depth));
    require(
        d.rows > 0 && d.columns > 0 && d.bins > 0 && d.pitch_m > 0 && d.bin_width_s > 0, "the detector",
        fmt::format("{} x {} pixels of {:g} m, {} bins of {:g} s", d.rows, d.columns, d.pitch_m, d.bins, d.bin_width_s),
        "pixels, bins and sizes above 0");
    if (scene.source.kind == SourceKind::wide)
        require(scene.source.width_m > 0 && scene.source.height_m > 0, "the size of the wide source",
                fmt::format("{:g} x {:g} m", scene.source.width_m, scene.source.height_m), "more than 0");
    if (scene.source.kind == SourceKind::cone)
        require(scene.source.half_angle_rad > 0 && scene.source.half_angle_rad < 1.57, "the half angle of the cone",
                fmt::format("{:g} rad", scene.source.half_angle_rad), "between 0 and pi/2");
}

}  // namespace

PhotonTransport::Coefficients PhotonTransport::prepare(const Params& params, const TransportScene& scene,
                                                       Keeper& keep) {
    check(scene);
    // Faces of layers and targets, in order; a target inside a layer cuts it in two.
    struct Face {
        double z;
        int target;
    };
    std::vector<Face> faces{{0.0, -1}};
    double depth = 0;
    for (const SceneLayer& l : scene.layers) faces.push_back({depth += l.thickness_m, -1});
    const int targets = static_cast<int>(scene.targets.size());
    require(targets <= max_targets, "the number of targets", fmt::format("{}", targets),
            fmt::format("at most {}", max_targets));
    for (int t = 0; t < targets; ++t) {
        const double z = scene.targets[static_cast<std::size_t>(t)].z_m;
        const auto same =
            std::find_if(faces.begin(), faces.end(), [z](const Face& f) { return std::abs(f.z - z) < 1e-9; });
        if (same == faces.end()) {
            faces.push_back({z, t});
        } else {
            require(same->target < 0, "the depth of two targets", fmt::format("{:g} m", z), "different depths");
            same->target = t;
        }
    }
    std::sort(faces.begin(), faces.end(), [](const Face& a, const Face& b) { return a.z < b.z; });

    Coefficients c;
    const std::vector<double> largest = place_objects(scene, c);
    c.layers = static_cast<int>(faces.size()) - 1;
    require(c.layers <= max_layers, "the number of layers (each target inside one adds one)",
            fmt::format("{}", c.layers), fmt::format("at most {}", max_layers));
    std::vector<double> index(static_cast<std::size_t>(c.layers) + 2);
    double end_of_layer = 0;
    std::size_t from = 0;
    for (int k = 0; k < c.layers; ++k) {
        const double middle = 0.5 * (faces[static_cast<std::size_t>(k)].z + faces[static_cast<std::size_t>(k) + 1].z);
        while (middle > end_of_layer + scene.layers[from].thickness_m && from + 1 < scene.layers.size())
            end_of_layer += scene.layers[from++].thickness_m;
        const SceneLayer& l = scene.layers[from];
        const double mu_t = l.mu_s_per_m + l.mu_a_per_m;
        const double most = largest[from];
        c.mu_t[k] = static_cast<float>(mu_t);
        c.mean_free_path[k] = most > 0 ? static_cast<float>(1 / most) : 1e30f;
        c.absorbed_share[k] = most > 0 ? static_cast<float>(l.mu_a_per_m / most) : 0.0f;
        c.real_share[k] = most > 0 ? static_cast<float>(mu_t / most) : 1.0f;
        c.g[k] = static_cast<float>(l.g);
        index[static_cast<std::size_t>(k) + 1] = l.refractive_index;
        const double sine = std::min(1.0, scene.detector.numerical_aperture / l.refractive_index);
        c.cone_height[k] = static_cast<float>(sine * sine / (1 + std::sqrt(1 - sine * sine)));
    }
    index.front() = scene.index_before > 0 ? scene.index_before : index[1];
    index.back() = scene.index_behind > 0 ? scene.index_behind : index[index.size() - 2];
    for (std::size_t i = 0; i < index.size(); ++i) c.index[i] = static_cast<float>(index[i]);
    for (std::size_t i = 0; i < faces.size(); ++i) {
        c.z[i] = static_cast<float>(faces[i].z);
        c.target_at[i] = faces[i].target;
    }
    for (int t = 0; t < targets; ++t) {
        const SceneTarget& from_scene = scene.targets[static_cast<std::size_t>(t)];
        const Pattern& pattern = from_scene.pattern;
        Target& to = c.targets[t];
        to.values = keep.keep(pattern.values);
        to.rows = static_cast<int>(pattern.rows);
        to.columns = static_cast<int>(pattern.columns);
        to.left = static_cast<float>(pattern.centre_x_m - 0.5 * pattern.pitch_m * static_cast<double>(pattern.columns));
        to.bottom = static_cast<float>(pattern.centre_y_m - 0.5 * pattern.pitch_m * static_cast<double>(pattern.rows));
        to.cells_per_m = static_cast<float>(1 / pattern.pitch_m);
        to.outside = pattern.outside;
        if (from_scene.reflects) {
            to.pass_offset = 1;
            to.pass_slope = -1;
            to.reflect_slope = static_cast<float>(from_scene.reflectivity);
        }
    }
    c.half_width_x = static_cast<float>(scene.half_width_x_m > 0 ? scene.half_width_x_m : unlimited_m);
    c.half_width_y = static_cast<float>(scene.half_width_y_m > 0 ? scene.half_width_y_m : unlimited_m);

    c.source = scene.source.kind;
    c.source_x = static_cast<float>(scene.source.x_m);
    c.source_y = static_cast<float>(scene.source.y_m);
    c.source_width = static_cast<float>(scene.source.width_m);
    c.source_height = static_cast<float>(scene.source.height_m);
    c.source_cone_height = static_cast<float>(1 - std::cos(scene.source.half_angle_rad));

    const SceneDetector& d = scene.detector;
    c.side = d.side == DetectorSide::exit_face ? 1 : -1;
    const double outside = c.side > 0 ? index.back() : index.front();
    // The widest cone inside a layer is the whole hemisphere: NA beyond the outside's index changes nothing.
    c.sine_limit = static_cast<float>(std::min(d.numerical_aperture / outside, 1.0));
    c.aperture_radius_squared =
        d.aperture_radius_m > 0 ? static_cast<float>(d.aperture_radius_m * d.aperture_radius_m) : 1e37f;
    c.focus_z = static_cast<float>(d.focus_m);
    double focus_path = 0;
    for (int k = 0; k < c.layers; ++k) {
        const double low = faces[static_cast<std::size_t>(k)].z;
        const double high = faces[static_cast<std::size_t>(k) + 1].z;
        const double beyond = c.side > 0 ? high - std::max(low, d.focus_m) : std::min(high, d.focus_m) - low;
        focus_path += std::max(beyond, 0.0) * index[static_cast<std::size_t>(k) + 1];
    }
    c.focus_path = static_cast<float>(focus_path);
    c.left = static_cast<float>(-0.5 * d.pitch_m * static_cast<double>(d.columns));
    c.bottom = static_cast<float>(-0.5 * d.pitch_m * static_cast<double>(d.rows));
    c.pixels_per_m = static_cast<float>(1 / d.pitch_m);
    c.rows = static_cast<int>(d.rows);
    c.columns = static_cast<int>(d.columns);
    c.bins = static_cast<int>(d.bins);
    c.orders = static_cast<int>(params.orders);
    c.first_path = static_cast<float>(d.first_edge_s * speed_of_light);
    c.bins_per_m = static_cast<float>(1 / (d.bin_width_s * speed_of_light));
    const auto seed = static_cast<std::uint64_t>(params.seed);
    c.key_low = static_cast<std::uint32_t>(seed);
    c.key_high = static_cast<std::uint32_t>(seed >> 32);
    // As fine as 63 bits allow for so many photons of mean weight below 8 in one cell.
    const auto bits_for_photons = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(params.photons)));
    c.weight_scale = std::ldexp(1.0, std::min(40, 60 - bits_for_photons));
    return c;
}

}  // namespace firstlight
