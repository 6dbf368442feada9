#include "kernels/simulation/unscattered_light.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "kernels/simulation/photon_transport_photon.hpp"
#include "kernels/support/speed_of_light.hpp"

namespace firstlight {
namespace {

using namespace transport;

constexpr double pi = 3.14159265358979323846;
constexpr int rays_per_pixel_edge = 8;
constexpr int cone_rays_per_pixel = 1024;
constexpr int rings = 4;
constexpr int spokes = 8;

struct Ray {
    Photon photon;
    double weight;
};

Photon start(double x, double y, double ux, double uy, double uz) {
    return {static_cast<float>(x),
            static_cast<float>(y),
            0.0F,
            static_cast<float>(ux),
            static_cast<float>(uy),
            static_cast<float>(uz),
            0.0F,
            0,
            0,
            0};
}

// Rays of the source that can matter to the camera; `margin_m` beyond its field.
void for_each_ray(const TransportScene& scene, const Scene& c, double margin_m,
                  const std::function<void(const Ray&)>& body) {
    float ct = 1.0F;
    const double entered = 1.0 - static_cast<double>(fresnel(c.index[0], c.index[1], 1.0F, ct));
    const SceneSource& s = scene.source;
    const SceneDetector& d = scene.detector;
    if (s.kind == SourceKind::pencil) {
        body({start(s.x_m, s.y_m, 0, 0, 1), entered});
    } else if (s.kind == SourceKind::wide) {
        const double step = d.pitch_m / rays_per_pixel_edge;
        const double weight = entered * step * step / (s.width_m * s.height_m);
        const auto extra = static_cast<std::int64_t>(std::ceil(margin_m / step));
        const std::int64_t rows = d.rows * rays_per_pixel_edge + 2 * extra;
        const std::int64_t columns = d.columns * rays_per_pixel_edge + 2 * extra;
        for (std::int64_t i = 0; i < rows; ++i)
            for (std::int64_t j = 0; j < columns; ++j) {
                const double x = (static_cast<double>(j) + 0.5 - 0.5 * static_cast<double>(columns)) * step;
                const double y = (static_cast<double>(i) + 0.5 - 0.5 * static_cast<double>(rows)) * step;
                if (std::abs(x - s.x_m) < 0.5 * s.width_m && std::abs(y - s.y_m) < 0.5 * s.height_m)
                    body({start(x, y, 0, 0, 1), weight});
            }
    } else {
        const auto edge = static_cast<std::int64_t>(
            std::ceil(std::sqrt(static_cast<double>(d.rows * d.columns * cone_rays_per_pixel))));
        const double height = 1 - std::cos(s.half_angle_rad);
        const double weight = 1.0 / static_cast<double>(edge * edge);
        for (std::int64_t i = 0; i < edge; ++i)
            for (std::int64_t j = 0; j < edge; ++j) {
                const double cosine = 1 - height * (static_cast<double>(i) + 0.5) / static_cast<double>(edge);
                const double sine = std::sqrt(1 - cosine * cosine);
                const double azimuth = 2 * pi * (static_cast<double>(j) + 0.5) / static_cast<double>(edge);
                body({start(s.x_m, s.y_m, sine * std::cos(azimuth), sine * std::sin(azimuth), cosine), weight});
            }
    }
}

// Takes the ray down to face `face`; false when nothing of it arrives there.
bool descend(Ray& ray, const Scene& c, int face) {
    Photon& q = ray.photon;
    double depth = 0;
    while (q.layer < face) {
        const int next = q.layer + 1;
        const float d = (c.z[next] - q.z) / q.uz;
        if (c.objects > 0) depth += static_cast<double>(depth_of_objects(q.x, q.y, q.z, q.ux, q.uy, q.uz, c, d));
        q.x += q.ux * d;
        q.y += q.uy * d;
        q.z = c.z[next];
        q.path += c.index[q.layer + 1] * d;
        depth += static_cast<double>(c.mu_t[q.layer] * d);
        if (std::fabs(q.x) > c.half_width_x || std::fabs(q.y) > c.half_width_y) return false;
        if (next == face) break;
        if (c.target_at[next] >= 0) {
            const PhotonTransport::Target& t = c.targets[c.target_at[next]];
            ray.weight *= static_cast<double>(t.pass_offset + t.pass_slope * value_at(t, q.x, q.y));
        }
        float ct = q.uz;
        const float ratio = c.index[q.layer + 1] / c.index[next + 1];
        if (ratio != 1.0F)
            ray.weight *= 1.0 - static_cast<double>(fresnel(c.index[q.layer + 1], c.index[next + 1], q.uz, ct));
        q.ux *= ratio;
        q.uy *= ratio;
        q.uz = ct;
        q.layer = next;
        if (!(ray.weight > 0)) return false;
    }
    ray.weight *= std::exp(-depth);
    return ray.weight > 0;
}

class Film {
  public:
    explicit Film(const Scene& c) : c_(c) {
        const auto pixels = static_cast<std::size_t>(c.rows) * static_cast<std::size_t>(c.columns);
        light_.share.assign(pixels, 0.0);
        light_.time_s.assign(pixels, 0.0);
    }
    void add(const Sight& sight, double weight) {
        const float column = (sight.x - c_.left) * c_.pixels_per_m;
        const float line = (sight.y - c_.bottom) * c_.pixels_per_m;
        if (!(weight > 0) || !(column >= 0.0F && line >= 0.0F && column < static_cast<float>(c_.columns) &&
                               line < static_cast<float>(c_.rows)))
            return;
        const auto pixel =
            static_cast<std::size_t>(line) * static_cast<std::size_t>(c_.columns) + static_cast<std::size_t>(column);
        light_.share[pixel] += weight;
        light_.time_s[pixel] += weight * static_cast<double>(sight.path) / speed_of_light;
    }
    UnscatteredLight developed() {
        for (std::size_t p = 0; p < light_.share.size(); ++p)
            if (light_.share[p] > 0) light_.time_s[p] /= light_.share[p];
        return std::move(light_);
    }

  private:
    const Scene& c_;
    UnscatteredLight light_;
};

UnscatteredLight transmitted(const TransportScene& scene, const Scene& c) {
    Film film(c);
    const float outside = c.index[c.layers + 1];
    for_each_ray(scene, c, 0, [&](const Ray& ray) {
        const Photon& q = ray.photon;
        const float ratio = c.index[1] / outside;
        if ((q.ux * q.ux + q.uy * q.uy) * ratio * ratio > c.sine_limit * c.sine_limit) return;
        // look() multiplies by the acceptance cone's solid angle, which a ray that is there already does not need.
        const Sight sight = look(q, c, 1.0F / (6.28318530718F * c.cone_height[0]));
        film.add(sight, ray.weight * static_cast<double>(sight.weight));
    });
    return film.developed();
}

UnscatteredLight reflected(const TransportScene& scene, const Scene& c, int which) {
    Film film(c);
    const PhotonTransport::Target& target = c.targets[which];
    const int face = static_cast<int>(std::find(c.target_at, c.target_at + c.layers + 1, which) - c.target_at);
    const double defocus = std::abs(scene.targets[static_cast<std::size_t>(which)].z_m - scene.detector.focus_m);
    const double sine = std::min(0.99, static_cast<double>(c.sine_limit));
    for_each_ray(scene, c, defocus * sine / std::sqrt(1 - sine * sine), [&](Ray ray) {
        if (!descend(ray, c, face)) return;
        const auto value = static_cast<double>(value_at(target, ray.photon.x, ray.photon.y));
        const double sent_back = ray.weight * value * static_cast<double>(target.reflect_slope);
        if (!(sent_back > 0)) return;
        for (int ring = 0; ring < rings; ++ring)
            for (int spoke = 0; spoke < spokes; ++spoke) {
                const Photon q = towards_camera(ray.photon, c, (static_cast<float>(ring) + 0.5F) / rings,
                                                (static_cast<float>(spoke) + 0.5F) / spokes);
                const Sight sight = look(q, c, std::fabs(q.uz) / static_cast<float>(pi));
                film.add(sight, sent_back * static_cast<double>(sight.weight) / (rings * spokes));
            }
    });
    return film.developed();
}

}  // namespace

std::vector<UnscatteredLight> unscattered_light(const TransportScene& scene, const PhotonTransport::Coefficients& c) {
    std::vector<UnscatteredLight> light;
    if (scene.detector.side == DetectorSide::exit_face) {
        light.push_back(transmitted(scene, c));
    } else {
        for (std::size_t t = 0; t < scene.targets.size(); ++t)
            if (scene.targets[t].reflects) light.push_back(reflected(scene, c, static_cast<int>(t)));
    }
    return light;
}

}  // namespace firstlight
