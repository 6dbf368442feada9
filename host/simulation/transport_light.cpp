#include "host/simulation/transport_light.hpp"

#include <algorithm>
#include <limits>

#include "host/simulation/scan_description.hpp"
#include "kernels/support/error.hpp"
#include "kernels/support/run.hpp"

namespace firstlight {
namespace {

constexpr std::int64_t photons_per_step = std::int64_t{1} << 20;

}  // namespace

Direct direct_light(const std::vector<UnscatteredLight>& light, const Scan& scan, double detections_per_photon) {
    Direct d;
    for (const UnscatteredLight& l : light) {
        for (std::size_t p = 0; p < l.share.size(); ++p) {
            d.share.push_back(l.share[p] * detections_per_photon);
            d.position.push_back(scan.bin_of(l.time_s[p]));
        }
        ++d.components;
    }
    return d;
}

std::vector<UnscatteredLight> unscattered_light_of(const TransportScene& scene) {
    auto host = open_cpu_queue(1);
    Keeper keep(*host);
    return unscattered_light(scene, PhotonTransport::prepare({}, scene, keep));
}

Scattered follow_photons(const TransportScene& scene, const PhotonTransport::Params& params, std::int64_t first,
                         Queue& queue, const std::function<bool(double)>& progress) {
    Keeper keep(queue);
    const auto c = PhotonTransport::prepare(params, scene, keep);
    const auto sized = [](std::int64_t n) { return static_cast<std::size_t>(n) * sizeof(std::int64_t); };
    std::vector<std::int64_t> image(static_cast<std::size_t>(c.image_size()), 0);
    std::vector<std::int64_t> orders(static_cast<std::size_t>(c.orders_size()), 0);
    std::vector<std::int64_t> ends(static_cast<std::size_t>(c.ends_size()), 0);
    QueueMemory on_queue[] = {QueueMemory(queue, sized(c.image_size())), QueueMemory(queue, sized(c.orders_size())),
                              QueueMemory(queue, sized(c.ends_size()))};
    std::vector<std::int64_t>* on_host[] = {&image, &orders, &ends};
    for (int i = 0; i < 3; ++i) queue.upload(on_queue[i].as(), on_host[i]->data(), on_queue[i].bytes(), 0);
    TransportTask task;
    task.image = on_queue[0].as<std::int64_t>();
    task.orders = on_queue[1].as<std::int64_t>();
    task.ends = on_queue[2].as<std::int64_t>();
    for (std::int64_t done = 0; done < params.photons; done += task.photons) {
        task.first = first + done;
        task.photons = std::min(photons_per_step, params.photons - done);
        run<PhotonTransport>(queue, task, c, 0);
        queue.synchronize(0);
        const auto share = static_cast<double>(done + task.photons) / static_cast<double>(params.photons);
        if (progress && !progress(share)) throw Error(ExitCode::interrupted, "the simulation was stopped");
    }
    for (int i = 0; i < 3; ++i) queue.download(on_host[i]->data(), on_queue[i].as(), on_queue[i].bytes(), 0);
    queue.synchronize(0);

    const double unit = 1 / (c.weight_scale * static_cast<double>(params.photons));
    Scattered light;
    for (const std::int64_t v : image) light.image.push_back(static_cast<double>(v) * unit);
    for (std::int64_t o = 0; o < c.orders; ++o)
        for (std::int64_t t = 0; t < c.bins; ++t)
            light.orders.push_back(static_cast<double>(orders[static_cast<std::size_t>(o * (c.bins + 1) + t)]) * unit);
    return light;
}

std::vector<double> target_transmission(const SimulationScene& scene) {
    SimulationScene bare = scene;
    bare.medium_in_reference = false;
    bare.transport.objects.clear();
    for (SceneLayer& l : bare.transport.layers) l.mu_s_per_m = l.mu_a_per_m = 0;
    const auto with = unscattered_light_of(bare.transport);
    const auto without = unscattered_light_of(reference_scene(bare));
    std::vector<double> share(
        static_cast<std::size_t>(scene.transport.detector.rows * scene.transport.detector.columns));
    for (std::size_t p = 0; p < share.size(); ++p) {
        double sum = 0;
        for (const UnscatteredLight& l : with) sum += l.share[p];
        share[p] = without.empty() || !(without[0].share[p] > 0) ? std::numeric_limits<double>::quiet_NaN()
                                                                 : sum / without[0].share[p];
    }
    return share;
}

}  // namespace firstlight
