#include "kernels/simulation/transport_objects.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

struct Point {
    double x, y, z;
};

// The body's point nearest to p.
Point nearest_point(const ObjectBody<double>& b, const Point& p) {
    const double ox = p.x - b.x, oy = p.y - b.y, oz = p.z - b.z;
    const double along = ox * b.ax + oy * b.ay + oz * b.az;
    const double qx = ox - along * b.ax, qy = oy - along * b.ay, qz = oz - along * b.az;
    const double away = std::sqrt(qx * qx + qy * qy + qz * qz);
    const double keep = away > b.radius ? b.radius / away : 1;
    const double height = std::clamp(along, -b.half_height, b.half_height);
    return {b.x + keep * qx + height * b.ax, b.y + keep * qy + height * b.ay, b.z + keep * qz + height * b.az};
}

// Smaller by a millionth, so that bodies may touch.
ObjectBody<double> shrunk(const SceneObject& object) {
    ObjectBody<double> b = body_of<double>(object);
    b.radius *= 1 - 1e-6;
    b.half_height *= 1 - 1e-6;
    return b;
}

void check(const SceneObject& o, std::size_t number) {
    const auto refuse = [&](const char* what, double value, const char* unit, const char* expected) {
        throw Error(ExitCode::bad_input, fmt::format("scene: {} of object {} is {:g}{}", what, number, value, unit),
                    fmt::format("expected {}", expected), "correct the object or take it out");
    };
    const auto positive = [](double v) { return std::isfinite(v) && v > 0; };
    const auto not_negative = [](double v) { return std::isfinite(v) && v >= 0; };
    if (!positive(o.radius_m)) refuse("the radius", o.radius_m, " m", "more than 0");
    if (o.shape == SceneObject::Shape::cylinder) {
        if (!positive(o.height_m)) refuse("the height", o.height_m, " m", "more than 0");
        const double square = o.axis_x * o.axis_x + o.axis_y * o.axis_y + o.axis_z * o.axis_z;
        if (!positive(square)) refuse("the length of the axis", std::sqrt(square), "", "a direction");
    }
    if (!not_negative(o.mu_s_per_m)) refuse("the scattering coefficient", o.mu_s_per_m, " per m", "0 or more");
    if (!not_negative(o.mu_a_per_m)) refuse("the absorption coefficient", o.mu_a_per_m, " per m", "0 or more");
}

// The layer that holds the object whole.
std::size_t layer_of(const TransportScene& scene, const SceneObject& object, std::size_t number) {
    constexpr double slack_m = 1e-9;
    const double reach = reach_of(object).z;
    double start = 0;
    for (std::size_t k = 0; k < scene.layers.size(); ++k) {
        const double end = start + scene.layers[k].thickness_m;
        const bool last = k + 1 == scene.layers.size();
        if (object.z_m < end || last) {
            if (object.z_m - reach >= start - slack_m && object.z_m + reach <= end + slack_m) return k;
            throw Error(
                ExitCode::bad_input,
                fmt::format("scene: object {} reaches from {:g} m to {:g} m in depth", number, object.z_m - reach,
                            object.z_m + reach),
                fmt::format("expected within one layer, here layer {} from {:g} m to {:g} m", k + 1, start, end),
                "move it, make it smaller or its layer thicker");
        }
        start = end;
    }
    return 0;
}

}  // namespace

ObjectReach reach_of(const SceneObject& object) {
    const ObjectBody<double> b = body_of<double>(object);
    const auto along = [&](double a) {
        return b.half_height * std::abs(a) + b.radius * std::sqrt(std::max(0.0, 1 - a * a));
    };
    return {along(b.ax), along(b.ay), along(b.az)};
}

// Going to and fro between the nearest points of two convex bodies ends at their distance.
bool do_overlap(const SceneObject& one, const SceneObject& other) {
    constexpr int most_steps = 10'000;
    const ObjectBody<double> a = shrunk(one), b = shrunk(other);
    const double size = std::min(a.radius, b.radius);
    Point p{a.x, a.y, a.z};
    double before = INFINITY;
    for (int step = 0; step < most_steps; ++step) {
        const Point q = nearest_point(b, p);
        p = nearest_point(a, q);
        const double distance = std::hypot(p.x - q.x, p.y - q.y, p.z - q.z);
        if (distance < 1e-7 * size) return true;
        if (before - distance < 1e-13 * size) return false;
        before = distance;
    }
    return false;
}

std::vector<double> place_objects(const TransportScene& scene, PhotonTransport::Coefficients& c) {
    std::vector<double> largest;
    for (const SceneLayer& l : scene.layers) largest.push_back(l.mu_s_per_m + l.mu_a_per_m);
    if (scene.objects.size() > static_cast<std::size_t>(PhotonTransport::max_objects))
        throw Error(ExitCode::bad_input, fmt::format("scene: there are {} objects", scene.objects.size()),
                    fmt::format("at most {} are followed", PhotonTransport::max_objects), "leave some out");
    std::vector<std::size_t> layers;
    for (std::size_t k = 0; k < scene.objects.size(); ++k) {
        const SceneObject& object = scene.objects[k];
        check(object, k + 1);
        layers.push_back(layer_of(scene, object, k + 1));
        for (std::size_t other = 0; other < k; ++other)
            if (do_overlap(scene.objects[other], object))
                throw Error(ExitCode::bad_input, fmt::format("scene: objects {} and {} overlap", other + 1, k + 1),
                            "what is inside both would be undefined", "move them apart; they may touch");
        largest[layers.back()] = std::max(largest[layers.back()], object.mu_s_per_m + object.mu_a_per_m);
    }
    c.objects = static_cast<int>(scene.objects.size());
    for (std::size_t k = 0; k < scene.objects.size(); ++k) {
        const SceneObject& from = scene.objects[k];
        const SceneLayer& layer = scene.layers[layers[k]];
        const double mu_t = from.mu_s_per_m + from.mu_a_per_m, most = largest[layers[k]];
        PhotonTransport::Object& to = c.object[k];
        to.body = body_of<float>(from);
        to.excess = static_cast<float>(mu_t - layer.mu_s_per_m - layer.mu_a_per_m);
        to.absorbed_share = most > 0 ? static_cast<float>(from.mu_a_per_m / most) : 0.0F;
        to.real_share = most > 0 ? static_cast<float>(mu_t / most) : 1.0F;
    }
    return largest;
}

}  // namespace firstlight
