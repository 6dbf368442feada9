// One photon's life, shared by the CPU's lanes and CUDA's threads. Each event uses one Philox block of four numbers:
// a (free path), b and c (polar angle, azimuth; at an interface: Fresnel), d (absorption; at a target: pass or not).
#pragma once

#include <cmath>

#include "kernels/simulation/philox.hpp"
#include "kernels/simulation/photon_transport.hpp"
#include "kernels/simulation/portable_math.hpp"

namespace firstlight::transport {

using Scene = PhotonTransport::Coefficients;

enum Purpose : std::uint32_t { flight = 0, camera = 1, launch_place = 2 };
constexpr std::uint32_t max_events = 1u << 20;

struct Photon {
    float x, y, z, ux, uy, uz;
    float path;  // optical path since launch, m
    int layer;
    int order;        // scatterings so far
    int reflections;  // by targets
};

enum class Fate : int { flying, reflected, transmitted, sideways, absorbed, stopped, reflected_by_target };

FL_HD inline Random4 numbers(const Scene& c, std::uint64_t photon, std::uint32_t event, Purpose purpose) {
    return philox({static_cast<std::uint32_t>(photon), static_cast<std::uint32_t>(photon >> 32), event, purpose},
                  c.key_low, c.key_high);
}

FL_INLINE float at_least(float value, float limit) { return value > limit ? value : limit; }
FL_INLINE float at_most(float value, float limit) { return value < limit ? value : limit; }
FL_INLINE float square_root(float x) { return std::sqrt(at_least(x, 0.0f)); }

// What an advance met.
enum Met : int { medium = 0, interface = 1, side = 2 };

// Flies to the next interaction, interface or side of the box, whichever is first. Free paths have no memory, so a
// photon that crosses an interface draws anew. No branches: the CPU runs this for many lanes at once.
FL_INLINE int advance(Photon& p, const Scene& c, std::uint32_t random) {
    constexpr float tiny = 1e-30f;
    const bool up = p.uz > 0.0f;
    const float free_path = -log_of(positive_unit_float(random)) * c.mean_free_path[p.layer];
    const float above = c.z[p.layer + 1] - p.z;
    const float below = p.z - c.z[p.layer];
    const float to_face = at_least(up ? above : below, 0.0f);
    const float d_face = to_face / at_least(std::fabs(p.uz), tiny);
    const float to_x = at_least(c.half_width_x - (p.ux > 0.0f ? p.x : -p.x), 0.0f);
    const float to_y = at_least(c.half_width_y - (p.uy > 0.0f ? p.y : -p.y), 0.0f);
    const float d_side = at_most(to_x / at_least(std::fabs(p.ux), tiny), to_y / at_least(std::fabs(p.uy), tiny));
    const float d_wall = at_most(d_face, d_side);
    const float d = at_most(free_path, d_wall);
    p.x = p.x + p.ux * d;
    p.y = p.y + p.uy * d;
    p.z = p.z + p.uz * d;
    p.path = p.path + c.index[p.layer + 1] * d;
    const int wall = d_side < d_face ? side : interface;
    return free_path < d_wall ? static_cast<int>(medium) : wall;
}

// Turns the photon by the Henyey-Greenstein angle; without cancellation for any g: with v = 1 - g + 2 g b,
// 1 - cos = (1 - b)·((1 - g)/v)²·(1 + g + v). Frame: Duff et al., J. Comput. Graph. Tech. 6 (2017).
FL_INLINE void scatter(Photon& p, float g, std::uint32_t random_b, std::uint32_t random_c) {
    const float b = unit_float(random_b);
    const float v = (1.0f - g) + 2.0f * g * b;
    const float w = (1.0f - g) / v;
    const float one_minus_cosine = at_most((1.0f - b) * (w * w) * (1.0f + g + v), 2.0f);
    const float cosine = 1.0f - one_minus_cosine;
    const float sine = std::sqrt(one_minus_cosine * (2.0f - one_minus_cosine));
    const SineCosine azimuth = sine_cosine_of_turns(unit_float(random_c));
    const float along_1 = sine * azimuth.cosine;
    const float along_2 = sine * azimuth.sine;
    const float sign = p.uz >= 0.0f ? 1.0f : -1.0f;
    const float a = -1.0f / (sign + p.uz);
    const float ab = p.ux * p.uy * a;
    const float x = (1.0f + sign * p.ux * p.ux * a) * along_1 + ab * along_2 + p.ux * cosine;
    const float y = sign * ab * along_1 + (sign + p.uy * p.uy * a) * along_2 + p.uy * cosine;
    const float z = -sign * p.ux * along_1 - p.uy * along_2 + p.uz * cosine;
    const float norm = 1.5f - 0.5f * (x * x + y * y + z * z);  // one Newton step keeps it a unit vector
    p.ux = x * norm;
    p.uy = y * norm;
    p.uz = z * norm;
    p.order = p.order + 1;
}

FL_HD inline float value_at(const PhotonTransport::Target& t, float x, float y) {
    const float column = (x - t.left) * t.cells_per_m;
    const float row = (y - t.bottom) * t.cells_per_m;
    if (!(column >= 0.0f && row >= 0.0f && column < static_cast<float>(t.columns) && row < static_cast<float>(t.rows)))
        return t.outside;
    return t.values[static_cast<std::int64_t>(row) * t.columns + static_cast<std::int64_t>(column)];
}

// Share reflected by an interface from index n1 to n2 at cosine ci; `ct` gets the cosine behind it.
FL_HD inline float fresnel(float n1, float n2, float ci, float& ct) {
    const float ratio = n1 / n2;
    const float sine_squared = ratio * ratio * (1.0f - ci * ci);
    if (sine_squared >= 1.0f) return 1.0f;
    ct = std::sqrt(1.0f - sine_squared);
    const float s = (n1 * ci - n2 * ct) / (n1 * ci + n2 * ct);
    const float p = (n1 * ct - n2 * ci) / (n1 * ct + n2 * ci);
    return 0.5f * (s * s + p * p);
}

enum class Collision : int { absorbs, scatters, none };

// These two stay out of line, and take a photon's numbers rather than its address, which would keep it in memory.
FL_HD inline __attribute__((noinline)) Collision collide_among_objects(float x, float y, float z, int layer,
                                                                       const Scene& c, float u) {
    float absorbed = c.absorbed_share[layer];
    float real = c.real_share[layer];
    for (int k = 0; k < c.objects; ++k) {
        const PhotonTransport::Object& object = c.object[k];
        if (!is_inside(object.body, x, y, z)) continue;
        absorbed = object.absorbed_share;
        real = object.real_share;
    }
    return u < absorbed ? Collision::absorbs : u < real ? Collision::scatters : Collision::none;
}
// Optical depth that objects add to a straight way of length d within the photon's layer.
FL_HD inline __attribute__((noinline)) float depth_of_objects(float x, float y, float z, float ux, float uy, float uz,
                                                              const Scene& c, float d) {
    float depth = 0.0f;
    for (int k = 0; k < c.objects; ++k)
        depth = depth + c.object[k].excess * chord(c.object[k].body, x, y, z, ux, uy, uz, d);
    return depth;
}

// What a collision at the photon's place is; `u` in [0, 1).
FL_HD inline Collision collide(const Photon& p, const Scene& c, float u) {
    if (c.objects > 0) return collide_among_objects(p.x, p.y, p.z, p.layer, c, u);
    return u < c.absorbed_share[p.layer] ? Collision::absorbs : Collision::scatters;
}

// The photon is at the face of its layer it flies towards.
FL_HD inline Fate cross(Photon& p, const Scene& c, const Random4& random) {
    const bool up = p.uz > 0.0f;
    const int at = up ? p.layer + 1 : p.layer;
    const int next = up ? p.layer + 1 : p.layer - 1;
    p.z = c.z[at];
    if (c.target_at[at] >= 0) {
        const PhotonTransport::Target& target = c.targets[c.target_at[at]];
        const float value = value_at(target, p.x, p.y);
        const float pass = target.pass_offset + target.pass_slope * value;
        const float u = unit_float(random.d);
        if (u >= pass) {
            if (u >= pass + target.reflect_slope * value) return Fate::stopped;
            const float sine_squared = unit_float(random.b);
            const SineCosine azimuth = sine_cosine_of_turns(unit_float(random.c));
            const float cosine = std::sqrt(1.0f - sine_squared);
            const float sine = std::sqrt(sine_squared);
            p.ux = sine * azimuth.cosine;
            p.uy = sine * azimuth.sine;
            p.uz = up ? -cosine : cosine;
            p.reflections = p.reflections + 1;
            return Fate::reflected_by_target;
        }
    }
    const float n1 = c.index[p.layer + 1];
    const float n2 = c.index[next + 1];
    if (n1 != n2) {
        float ct = 1.0f;
        if (unit_float(random.b) < fresnel(n1, n2, std::fabs(p.uz), ct)) {
            p.uz = -p.uz;
            return Fate::flying;
        }
        p.ux = p.ux * (n1 / n2);
        p.uy = p.uy * (n1 / n2);
        p.uz = up ? ct : -ct;
    }
    if (next < 0) return Fate::reflected;
    if (next >= c.layers) return Fate::transmitted;
    p.layer = next;
    return Fate::flying;
}

// A photon at the entry face; reflected at once with the face's Fresnel share.
FL_HD inline Fate launch(Photon& p, const Scene& c, std::uint64_t photon) {
    const Random4 random = numbers(c, photon, 0, launch_place);
    p = {c.source_x, c.source_y, 0.0f, 0.0f, 0.0f, 1.0f, 0.0f, 0, 0, 0};
    if (c.source == SourceKind::wide) {
        p.x = c.source_x + (unit_float(random.a) - 0.5f) * c.source_width;
        p.y = c.source_y + (unit_float(random.b) - 0.5f) * c.source_height;
    } else if (c.source == SourceKind::cone) {
        const float height = unit_float(random.a) * c.source_cone_height;
        const float sine = square_root(height * (2.0f - height));
        const SineCosine azimuth = sine_cosine_of_turns(unit_float(random.b));
        p.ux = sine * azimuth.cosine;
        p.uy = sine * azimuth.sine;
        p.uz = 1.0f - height;
        return Fate::flying;  // made inside the first layer
    }
    if (c.index[0] != c.index[1]) {
        float ct = 1.0f;
        if (unit_float(random.c) < fresnel(c.index[0], c.index[1], 1.0f, ct)) {
            p.uz = -1.0f;
            return Fate::reflected;
        }
    }
    return Fate::flying;
}

// Whether a photon that left as `fate` says (direction outside) is within the camera's aperture.
FL_HD inline bool is_accepted(const Photon& p, const Scene& c, Fate fate) {
    if (fate != (c.side > 0 ? Fate::transmitted : Fate::reflected)) return false;
    return p.ux * p.ux + p.uy * p.uy <= c.sine_limit * c.sine_limit &&
           p.x * p.x + p.y * p.y <= c.aperture_radius_squared;
}

// Density per steradian of the Henyey-Greenstein angle.
FL_HD inline float phase(float g, float cosine) {
    const float d = at_least(1.0f + g * g - 2.0f * g * cosine, 1e-12f);
    return 0.07957747155f * (1.0f - g * g) / (d * std::sqrt(d));
}

// Light on its way to the camera: where it is seen and how much of it arrives.
struct Sight {
    float weight;  // expected detected photons; 0 when it does not arrive
    float x, y;    // in the focal plane
    float path;    // optical path at arrival
};

// The direction inside `layer` towards the camera that (u, v) in [0, 1)² picks, uniform in solid angle.
FL_HD inline Photon towards_camera(const Photon& p, const Scene& c, float u, float v) {
    Photon q = p;
    const float height = u * c.cone_height[p.layer];
    const float sine = square_root(height * (2.0f - height));
    const SineCosine azimuth = sine_cosine_of_turns(v);
    q.ux = sine * azimuth.cosine;
    q.uy = sine * azimuth.sine;
    q.uz = c.side > 0 ? 1.0f - height : height - 1.0f;
    return q;
}

// Follows q out of the stack along a straight (refracted) line. `density` is the chance per steradian of its direction.
FL_HD inline Sight look(Photon q, const Scene& c, float density) {
    constexpr float turn = 6.28318530718f;
    float weight = density * turn * c.cone_height[q.layer];
    float depth = 0.0f;  // optical depth on the way
    int layer = q.layer;
    for (;;) {
        const int at = c.side > 0 ? layer + 1 : layer;
        const int next = c.side > 0 ? layer + 1 : layer - 1;
        const float d = std::fabs(c.z[at] - q.z) / at_least(std::fabs(q.uz), 1e-6f);
        if (c.objects > 0) depth = depth + depth_of_objects(q.x, q.y, q.z, q.ux, q.uy, q.uz, c, d);
        q.x = q.x + q.ux * d;
        q.y = q.y + q.uy * d;
        q.z = c.z[at];
        q.path = q.path + c.index[layer + 1] * d;
        depth = depth + c.mu_t[layer] * d;
        if (std::fabs(q.x) > c.half_width_x || std::fabs(q.y) > c.half_width_y) return {0.0f, 0.0f, 0.0f, 0.0f};
        if (c.target_at[at] >= 0) {
            const PhotonTransport::Target& target = c.targets[c.target_at[at]];
            weight = weight * (target.pass_offset + target.pass_slope * value_at(target, q.x, q.y));
            if (weight <= 0.0f) return {0.0f, 0.0f, 0.0f, 0.0f};
        }
        const float n1 = c.index[layer + 1];
        const float n2 = c.index[next + 1];
        if (n1 != n2) {
            float ct = 1.0f;
            weight = weight * (1.0f - fresnel(n1, n2, std::fabs(q.uz), ct));
            q.ux = q.ux * (n1 / n2);
            q.uy = q.uy * (n1 / n2);
            q.uz = c.side > 0 ? ct : -ct;
        }
        layer = next;
        if (layer < 0 || layer >= c.layers) break;
    }
    if (q.x * q.x + q.y * q.y > c.aperture_radius_squared) return {0.0f, 0.0f, 0.0f, 0.0f};
    weight = weight * exp_of_negative(-depth);
    // Back to the focal plane, layer by layer; n·sin is the same in all of them.
    const float outside = c.index[layer + 1];
    while (c.side > 0 ? q.z > c.focus_z : q.z < c.focus_z) {
        layer = c.side > 0 ? layer - 1 : layer + 1;
        const float n = c.index[layer + 1];
        const float sx = q.ux * (outside / n);
        const float sy = q.uy * (outside / n);
        const float cosine = std::sqrt(at_least(1.0f - sx * sx - sy * sy, 1e-6f));
        const float end = c.side > 0 ? at_least(c.z[layer], c.focus_z) : at_most(c.z[layer + 1], c.focus_z);
        const float d = std::fabs(q.z - end) / cosine;
        q.x = q.x - sx * d;
        q.y = q.y - sy * d;
        q.z = end;
        q.path = q.path - n * d;
    }
    return {weight, q.x, q.y, q.path + c.focus_path};
}

}  // namespace firstlight::transport
