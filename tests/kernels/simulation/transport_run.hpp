// Runs photon_transport on a queue and brings the tallies home.
#pragma once

#include <cmath>
#include <vector>

#include "kernels/simulation/photon_transport.hpp"
#include "kernels/support/parallel_for.hpp"
#include "kernels/support/run.hpp"

namespace firstlight {

struct TransportOutcome {
    PhotonTransport::Coefficients c;
    std::int64_t photons = 0;
    std::vector<std::int64_t> ends, image, orders;

    [[nodiscard]] double share(PhotonEnd end) const {
        double sum = 0;
        for (int o = 0; o < c.orders; ++o) sum += count(end, o);
        return sum / static_cast<double>(photons);
    }
    [[nodiscard]] double share(PhotonEnd end, int order) const {
        return count(end, order) / static_cast<double>(photons);
    }
    // Next-event estimate of light with so many scatterings, inside and outside the window.
    [[nodiscard]] double seen(int order) const {
        double sum = 0;
        for (int t = 0; t <= c.bins; ++t)
            sum += static_cast<double>(orders[static_cast<std::size_t>(order * (c.bins + 1) + t)]);
        return sum / c.weight_scale / static_cast<double>(photons);
    }
    // Standard deviation of a share counted with the run's photons.
    [[nodiscard]] double sigma(double p) const { return std::sqrt(p * (1 - p) / static_cast<double>(photons)); }

  private:
    [[nodiscard]] double count(PhotonEnd end, int order) const {
        return static_cast<double>(ends[static_cast<std::size_t>(static_cast<int>(end) * c.orders + order)]);
    }
};

inline TransportOutcome run_transport(Queue& queue, const TransportScene& scene, std::int64_t photons, bool image,
                                      std::int64_t seed = 1, int threads = 0) {
    TransportOutcome o;
    Keeper keep(queue);
    PhotonTransport::Params params;
    params.seed = seed;
    params.photons = o.photons = photons;
    o.c = PhotonTransport::prepare(params, scene, keep);
    o.ends.assign(static_cast<std::size_t>(o.c.ends_size()), 0);
    o.image.assign(static_cast<std::size_t>(image ? o.c.image_size() : 0), 0);
    o.orders.assign(static_cast<std::size_t>(image ? o.c.orders_size() : 0), 0);
    std::vector<std::int64_t>* host[] = {&o.ends, &o.image, &o.orders};
    QueueMemory there[3];
    for (int i = 0; i < 3; ++i) {
        there[i] = QueueMemory(queue, host[i]->size() * sizeof(std::int64_t));
        if (there[i].bytes() > 0) queue.upload(there[i].as(), host[i]->data(), there[i].bytes(), 0);
    }
    TransportTask task;
    task.photons = photons;
    task.ends = there[0].as<std::int64_t>();
    task.image = there[1].as<std::int64_t>();
    task.orders = there[2].as<std::int64_t>();
    with_threads(threads, [&] { run<PhotonTransport>(queue, task, o.c, 0); });
    for (int i = 0; i < 3; ++i)
        if (there[i].bytes() > 0) queue.download(host[i]->data(), there[i].as(), there[i].bytes(), 0);
    queue.synchronize(0);
    return o;
}

// Patterns of one value, and of stripes along x.
inline Pattern even_pattern(float value) {
    Pattern p;
    p.rows = p.columns = 1;
    p.pitch_m = 1;
    p.values = {value};
    p.outside = value;
    return p;
}

}  // namespace firstlight
