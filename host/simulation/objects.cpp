#include "host/simulation/objects.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/simulation/transport_objects.hpp"
#include "kernels/support/error.hpp"
#include "kernels/support/parallel_for.hpp"

namespace firstlight {
namespace {

constexpr double mm = 1e-3, per_mm = 1e3, degree = 0.017453292519943295;
constexpr std::int64_t points_per_edge = 8;
constexpr double most_voxels = 1 << 28;

struct LayerSpan {
    std::size_t number = 0;
    double from = 0, to = 0;
};

LayerSpan layer_at(const TransportScene& scene, double depth_m) {
    LayerSpan span;
    for (std::size_t k = 0; k < scene.layers.size(); ++k) {
        span = {k, span.to, span.to + scene.layers[k].thickness_m};
        if (depth_m < span.to) break;
    }
    return span;
}

void read_views(TomlTable& root, SimulationScene& scene, const std::string& name) {
    double depth = 0;
    for (const SceneLayer& l : scene.transport.layers) depth += l.thickness_m;
    scene.axis_depth_m = 0.5 * depth;
    if (!root.has("views")) return;
    TomlTable t = root.table("views");
    scene.axis_depth_m = t.number("axis_depth_mm", scene.axis_depth_m / mm, 0, depth / mm) * mm;
    if (t.has("angles_deg") == t.has("number"))
        throw Error(ExitCode::bad_input,
                    name + ": [views] has " + (t.has("number") ? "both number and angles_deg" : "no angles"),
                    "each view is seen at one angle",
                    "give number and range_deg for even steps, or angles_deg = [0, 10, 25]");
    if (t.has("number")) {
        const std::int64_t number = t.whole("number");
        const double range = t.number("range_deg", 180, -36000, 36000), start = t.number("start_deg", 0);
        if (range == 0 && number > 1)
            throw Error(ExitCode::bad_input, fmt::format("{}: [views] range_deg is 0 for {} views", name, number),
                        "all would be the same view", "give the range that they cover, e.g. 180, or number = 1");
        for (std::int64_t i = 0; i < number; ++i)
            scene.view_angles_rad.push_back((start + range * static_cast<double>(i) / static_cast<double>(number)) *
                                            degree);
    } else {
        for (const double angle : t.numbers("angles_deg")) {
            if (!std::isfinite(angle))
                throw Error(ExitCode::bad_input, fmt::format("{}: [views] angles_deg has {}", name, angle),
                            "expected numbers of degrees");
            scene.view_angles_rad.push_back(angle * degree);
        }
        if (scene.view_angles_rad.empty())
            throw Error(ExitCode::bad_input, name + ": [views] angles_deg is empty", "a scan has at least one view",
                        "list the angles, or give number and range_deg");
    }
    t.refuse_unknown();
    const SceneDetector& d = scene.transport.detector;
    const double pixels = static_cast<double>(d.rows) * static_cast<double>(d.columns) *
                          static_cast<double>(scene.view_angles_rad.size());
    if (pixels > 4294967295.0)
        throw Error(ExitCode::bad_input, fmt::format("{}: {:g} pixels in all views", name, pixels),
                    "at most 2^32 - 1 have random numbers of their own", "take fewer views, rows or columns");
}

SceneObject read_object(TomlTable& t, const SceneLayer& around) {
    SceneObject o;
    o.shape = t.one_of("shape", {"sphere", "cylinder"}, "") == "sphere" ? SceneObject::Shape::sphere
                                                                        : SceneObject::Shape::cylinder;
    o.x_m = t.number("x_mm", 0) * mm;
    o.y_m = t.number("y_mm", 0) * mm;
    o.z_m = t.number("z_mm", 0) * mm;
    o.radius_m = t.number("radius_mm", 0, 1e-9, 1e9) * mm;
    std::array<double, 3> axis{0, 0, 1};
    if (o.shape == SceneObject::Shape::cylinder) {
        o.height_m = t.number("height_mm", 0, 1e-9, 1e9) * mm;
        if (t.has("axis")) axis = t.three("axis");
    }
    o.axis_x = axis[0];
    o.axis_y = axis[1];
    o.axis_z = axis[2];
    o.mu_s_per_m = t.number("mu_s_per_mm", around.mu_s_per_m / per_mm, 0, 1e12) * per_mm;
    o.mu_a_per_m = t.number("mu_a_per_mm", around.mu_a_per_m / per_mm, 0, 1e12) * per_mm;
    t.refuse_unknown();
    return o;
}

SceneObject seen_at(const SceneObject& o, double angle_rad, double axis_depth_m) {
    const double c = std::cos(angle_rad), s = std::sin(angle_rad);
    SceneObject seen = o;
    seen.x_m = o.x_m * c + o.y_m * s;
    seen.y_m = o.z_m;
    seen.z_m = axis_depth_m - o.x_m * s + o.y_m * c;
    seen.axis_x = o.axis_x * c + o.axis_y * s;
    seen.axis_y = o.axis_z;
    seen.axis_z = -o.axis_x * s + o.axis_y * c;
    return seen;
}

std::vector<double> angles_of(const SimulationScene& scene) {
    return scene.view_angles_rad.empty() ? std::vector<double>{0.0} : scene.view_angles_rad;
}

void check_place(const SimulationScene& scene, const LayerSpan& layer, std::size_t number, const std::string& name) {
    for (const double angle : angles_of(scene)) {
        const SceneObject seen = seen_at(scene.objects[number], angle, scene.axis_depth_m);
        const double reach = reach_of(seen).z;
        if (seen.z_m - reach >= layer.from - 1e-9 && seen.z_m + reach <= layer.to + 1e-9) continue;
        throw Error(ExitCode::bad_input,
                    fmt::format("{}: [[object]] {} reaches from {:g} to {:g} mm in depth at {:g} degrees", name,
                                number + 1, (seen.z_m - reach) / mm, (seen.z_m + reach) / mm, angle / degree),
                    fmt::format("expected inside layer {}, {:g} to {:g} mm, where the axis of rotation is",
                                layer.number + 1, layer.from / mm, layer.to / mm),
                    "move it closer to the axis, make it smaller or the layer thicker");
    }
}

}  // namespace

void read_objects(TomlTable& root, SimulationScene& scene, const std::string& name) {
    read_views(root, scene, name);
    const LayerSpan layer = layer_at(scene.transport, scene.axis_depth_m);
    for (TomlTable& t : root.tables("object")) {
        if (scene.transport.layers.empty())
            throw Error(ExitCode::bad_input, name + ": [[object]] without any [[layer]]", "objects lie in a medium",
                        "give at least one layer");
        scene.objects.push_back(read_object(t, scene.transport.layers[layer.number]));
        check_place(scene, layer, scene.objects.size() - 1, name);
        for (std::size_t other = 0; other + 1 < scene.objects.size(); ++other)
            if (do_overlap(scene.objects[other], scene.objects.back()))
                throw Error(ExitCode::bad_input,
                            fmt::format("{}: [[object]] {} and {} overlap", name, other + 1, scene.objects.size()),
                            "what is inside both would be undefined", "move them apart; they may touch");
    }
    scene.transport = in_view(scene, angles_of(scene).front());
}

TransportScene in_view(const SimulationScene& scene, double angle_rad) {
    TransportScene seen = scene.transport;
    seen.objects.clear();
    for (const SceneObject& o : scene.objects) seen.objects.push_back(seen_at(o, angle_rad, scene.axis_depth_m));
    return seen;
}

std::vector<double> object_mu(const SimulationScene& scene) {
    if (scene.objects.empty()) return {};
    const SceneDetector& d = scene.transport.detector;
    const double voxels = static_cast<double>(d.rows) * static_cast<double>(d.columns) * static_cast<double>(d.columns);
    if (voxels > most_voxels)
        throw Error(ExitCode::bad_input, fmt::format("scene: the volume of objects would have {:g} voxels", voxels),
                    "rows x columns x columns; at most 2^28 are kept as truth", "take fewer rows or columns");
    const SceneLayer& around = scene.transport.layers[layer_at(scene.transport, scene.axis_depth_m).number];
    const std::int64_t rows = d.rows, columns = d.columns;
    std::vector<double> mu(static_cast<std::size_t>(rows * columns * columns), 0.0);
    // Of the voxels along an axis, those that a body around `centre` may reach.
    const auto first_of = [&](double from, std::int64_t n) {
        return std::clamp<std::int64_t>(
            static_cast<std::int64_t>(std::floor(from / d.pitch_m + 0.5 * static_cast<double>(n))), 0, n);
    };
    const auto place = [&](std::int64_t i, std::int64_t sub, std::int64_t n) {
        return (static_cast<double>(i) - 0.5 * static_cast<double>(n) +
                (static_cast<double>(sub) + 0.5) / points_per_edge) *
               d.pitch_m;
    };
    for (const SceneObject& o : scene.objects) {
        const ObjectBody<double> body = body_of<double>(o);
        const ObjectReach reach = reach_of(o);
        const double excess = o.mu_s_per_m + o.mu_a_per_m - around.mu_s_per_m - around.mu_a_per_m;
        const std::int64_t z0 = first_of(o.z_m - reach.z, rows),
                           z1 = std::min(rows, first_of(o.z_m + reach.z, rows) + 1);
        const std::int64_t y0 = first_of(o.y_m - reach.y, columns),
                           y1 = std::min(columns, first_of(o.y_m + reach.y, columns) + 1);
        const std::int64_t x0 = first_of(o.x_m - reach.x, columns),
                           x1 = std::min(columns, first_of(o.x_m + reach.x, columns) + 1);
        parallel_for(std::max<std::int64_t>(0, (z1 - z0) * (y1 - y0)), 1, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t line = begin; line < end; ++line)
                for (std::int64_t x = x0; x < x1; ++x) {
                    const std::int64_t z = z0 + line / (y1 - y0), y = y0 + line % (y1 - y0);
                    std::int64_t inside = 0;
                    for (std::int64_t p = 0; p < points_per_edge * points_per_edge * points_per_edge; ++p)
                        inside += is_inside(body, place(x, p % points_per_edge, columns),
                                            place(y, p / points_per_edge % points_per_edge, columns),
                                            place(z, p / (points_per_edge * points_per_edge), rows))
                                      ? 1
                                      : 0;
                    constexpr double all = static_cast<double>(points_per_edge * points_per_edge * points_per_edge);
                    mu[static_cast<std::size_t>((z * columns + y) * columns + x)] +=
                        excess * static_cast<double>(inside) / all;
                }
        });
    }
    return mu;
}

}  // namespace firstlight
