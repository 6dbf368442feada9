// Adding to sums of integers from many threads, on the CPU and on CUDA: order does not matter, so bits do not change.
#pragma once

#include "kernels/simulation/photon_transport_photon.hpp"

namespace firstlight::transport {

FL_HD inline void add(std::int64_t* to, std::int64_t value) {
#if defined(__CUDA_ARCH__) || defined(FIRSTLIGHT_CUDA_ON_HOST)
    atomicAdd(reinterpret_cast<unsigned long long*>(to), static_cast<unsigned long long>(value));
#else
    __atomic_fetch_add(to, value, __ATOMIC_RELAXED);
#endif
}

FL_HD inline void count_end(const TransportTask& task, const Scene& c, PhotonEnd end, int order) {
    const int row = order < c.orders ? order : c.orders - 1;
    add(task.ends + std::int64_t{static_cast<int>(end)} * c.orders + row, 1);
}

// Adds what the camera sees. `u` in [0, 1) rounds up or down at random, so that sums are unbiased.
FL_HD inline void add_sight(const TransportTask& task, const Scene& c, const Sight& sight, int order, float u) {
    if (!(sight.weight > 0.0f)) return;
    const auto units =
        static_cast<std::int64_t>(static_cast<double>(sight.weight) * c.weight_scale + static_cast<double>(u));
    if (units == 0) return;
    const float bin = (sight.path - c.first_path) * c.bins_per_m;
    const bool in_window = bin >= 0.0f && bin < static_cast<float>(c.bins);
    const int t = in_window ? static_cast<int>(bin) : c.bins;
    const int row = order < c.orders ? order : c.orders - 1;
    add(task.orders + std::int64_t{row} * (c.bins + 1) + t, units);
    const float column = (sight.x - c.left) * c.pixels_per_m;
    const float line = (sight.y - c.bottom) * c.pixels_per_m;
    if (!in_window || !(column >= 0.0f && line >= 0.0f && column < static_cast<float>(c.columns) &&
                        line < static_cast<float>(c.rows)))
        return;
    const std::int64_t pixel = static_cast<std::int64_t>(line) * c.columns + static_cast<std::int64_t>(column);
    add(task.image + pixel * c.bins + t, units);
}

// Next-event estimate of a photon that is about to scatter (phase function) or was just reflected by a target.
FL_HD inline void look_from_scattering(const TransportTask& task, const Scene& c, const Photon& p, std::uint64_t photon,
                                       std::uint32_t event) {
    const Random4 random = numbers(c, photon, event, camera);
    const Photon q = towards_camera(p, c, unit_float(random.a), unit_float(random.b));
    const float cosine = p.ux * q.ux + p.uy * q.uy + p.uz * q.uz;
    add_sight(task, c, look(q, c, phase(c.g[p.layer], cosine)), p.order + 1, unit_float(random.c));
}
FL_HD inline void look_from_target(const TransportTask& task, const Scene& c, const Photon& p, std::uint64_t photon,
                                   std::uint32_t event) {
    // Light that a target sends back before any scattering is the exact part's business; and targets are opaque.
    if ((p.order == 0 && p.reflections == 1) || (p.uz > 0.0f) != (c.side > 0)) return;
    const Random4 random = numbers(c, photon, event, camera);
    const Photon q = towards_camera(p, c, unit_float(random.a), unit_float(random.b));
    add_sight(task, c, look(q, c, 0.31830988618f * std::fabs(q.uz)), p.order, unit_float(random.c));
}

FL_HD inline PhotonEnd end_of(Fate fate) {
    switch (fate) {
        case Fate::reflected: return PhotonEnd::reflected;
        case Fate::transmitted: return PhotonEnd::transmitted;
        case Fate::sideways: return PhotonEnd::sideways;
        case Fate::absorbed: return PhotonEnd::absorbed;
        case Fate::stopped: return PhotonEnd::stopped;
        default: return PhotonEnd::lost;
    }
}

FL_HD inline void finish(const TransportTask& task, const Scene& c, const Photon& p, Fate fate) {
    count_end(task, c, end_of(fate), p.order);
    if (is_accepted(p, c, fate)) count_end(task, c, PhotonEnd::accepted, p.order);
}

}  // namespace firstlight::transport
