#include "host/simulation/simulate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "host/simulation/confocal.hpp"
#include "host/simulation/lost_light.hpp"
#include "host/simulation/objects.hpp"
#include "host/simulation/recorder.hpp"
#include "host/simulation/scan_description.hpp"
#include "host/simulation/transport_light.hpp"
#include "kernels/support/gate_axis.hpp"
#include "kernels/support/speed_of_light.hpp"

namespace firstlight {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

// Of unscattered light of 1 that arrives at `time_s`: what an even sweep of the scan's mean exposure counts in all.
double sweep_sum(const Scan& scan, double time_s) {
    const GateBins bins = gate_bins(scan.gates);
    const std::vector<double>& at = scan.irf.time_s;
    double sum = 0;
    for (std::size_t i = 0; i < scan.gates.delay_s.size(); ++i) {
        const double place = (scan.gates.delay_s[i] - time_s - at.front()) / (at[1] - at[0]);
        if (!(place >= 0) || place >= static_cast<double>(at.size() - 1)) continue;
        const auto k = static_cast<std::size_t>(place);
        const double part = place - static_cast<double>(k);
        sum += (bins.edges[i + 1] - bins.edges[i]) * ((1 - part) * scan.irf.values[k] + part * scan.irf.values[k + 1]);
    }
    return sum;
}

void append(std::vector<std::uint32_t>& all, const std::vector<std::uint32_t>& more) {
    all.insert(all.end(), more.begin(), more.end());
}

void multiply(std::vector<double>& values, double factor) {
    for (double& v : values) v *= factor;
}

// Of unscattered light that needs no scan: when it arrives.
double arrival_of(const Scan& scan, const std::vector<UnscatteredLight>& reference) {
    if (scan.path == LightPath::transmission)
        return *scan.medium.refractive_index * *scan.medium.thickness_m / speed_of_light;
    double sum = 0, weight = 0;
    for (std::size_t p = 0; !reference.empty() && p < reference[0].share.size(); ++p) {
        sum += reference[0].share[p] * reference[0].time_s[p];
        weight += reference[0].share[p];
    }
    return weight > 0 ? sum / weight : none;
}

// Adds one view's truth of unscattered light.
void add_truth(SimulatedScan& out, const SimulationScene& scene, const std::vector<UnscatteredLight>& light,
               const std::vector<UnscatteredLight>& reference, double per_photon) {
    const Scan& scan = out.scan;
    std::vector<double> reflecting_depth;
    for (const SceneTarget& t : scene.transport.targets)
        if (t.reflects) reflecting_depth.push_back(t.z_m);
    for (std::size_t p = 0; p < static_cast<std::size_t>(scan.pixels()); ++p) {
        double sum = 0, seen = 0, best = 0, depth = none;
        for (std::size_t k = 0; k < light.size(); ++k) {
            sum += light[k].share[p];
            seen += light[k].share[p] * (scene.gates.empty() ? 1.0 : sweep_sum(scan, light[k].time_s[p]));
            if (light[k].share[p] > best && k < reflecting_depth.size() && scan.path != LightPath::transmission) {
                best = light[k].share[p];
                depth = reflecting_depth[k];
            }
        }
        out.ballistic.push_back(seen * per_photon * scan.pulses[0]);
        const double of_reference = reference.empty() ? 0.0 : reference[0].share[p];
        out.optical_depth.push_back(of_reference > 0 ? -std::log(sum / of_reference) : none);
        if (scan.path != LightPath::transmission) out.depth_m.push_back(depth);
    }
}

}  // namespace

SimulatedScan simulate(const SimulationScene& scene, Queue& queue, const std::function<bool(double)>& progress) {
    if (scene.confocal) return simulate_confocal(scene, queue, progress);
    SimulatedScan out;
    out.title = scene.title;
    out.scene_text = scene.text;
    out.seed = static_cast<std::uint64_t>(scene.photons.seed);
    out.scan = describe(scene);
    Scan& scan = out.scan;
    const Recorder recorder(scene, scan, queue);
    const double per_photon = scene.photons_per_pulse * scene.efficiency;
    const TransportScene clear = reference_scene(scene);
    const auto clear_light = unscattered_light_of(clear);
    const bool scattering_reference = scene.has_reference && scene.medium_in_reference;
    const std::int64_t runs = scan.views + (scattering_reference ? 1 : 0);
    const auto followed = [&](const TransportScene& seen, std::int64_t number) {  // no photon is followed twice
        Scattered light = follow_photons(seen, scene.photons, number * scene.photons.photons, queue, [&](double share) {
            return !progress || progress((static_cast<double>(number) + share) / static_cast<double>(runs));
        });
        multiply(light.image, per_photon);
        return light;
    };

    for (std::int64_t view = 0; view < scan.views; ++view) {
        const TransportScene seen = scan.has_views_axis
                                        ? in_view(scene, scene.view_angles_rad[static_cast<std::size_t>(view)])
                                        : scene.transport;
        const auto light = unscattered_light_of(seen);
        if (view == 0) out.warnings = light_outside(scene, recorder.open(), light);
        const Scattered scattered = followed(seen, view);
        append(out.counts, recorder.counts(direct_light(light, recorder.open(), per_photon), scattered.image,
                                           scene.pulses, {0, view}));
        add_truth(out, scene, light, clear_light, per_photon);
        out.scatter_order.resize(scattered.orders.size(), 0.0);
        for (std::size_t i = 0; i < scattered.orders.size(); ++i)
            out.scatter_order[i] += scattered.orders[i] * per_photon * scene.pulses;
    }
    out.orders = scene.photons.orders;
    if (scene.has_reference) {
        Scattered scattered;
        if (scattering_reference) scattered = followed(clear, scan.views);
        multiply(scattered.image, scene.filter_transmission);
        out.reference_counts =
            recorder.counts(direct_light(clear_light, recorder.open(), per_photon * scene.filter_transmission),
                            scattered.image, scene.reference_pulses, {1, 0});
    }
    if (const double arrival = arrival_of(scan, clear_light); std::isfinite(arrival)) scan.arrival_s = arrival;
    out.transmission = target_transmission(scene);
    out.mu = object_mu(scene);
    return out;
}

PhotonCube as_cube(const Scan& scan, const std::vector<std::uint32_t>& counts) {
    const auto views = static_cast<std::int64_t>(counts.size()) / (scan.pixels() * scan.bins);
    PhotonCube cube(scan.type, views, scan.rows, scan.columns, scan.bins);
    const auto copy = [&](auto* to) {
        using T = std::remove_pointer_t<decltype(to)>;
        constexpr auto most = std::numeric_limits<T>::max();
        for (std::size_t i = 0; i < counts.size(); ++i) to[i] = counts[i] < most ? static_cast<T>(counts[i]) : most;
    };
    if (scan.type == CountType::u1) copy(reinterpret_cast<std::uint8_t*>(cube.counts.data()));
    else if (scan.type == CountType::u2) copy(reinterpret_cast<std::uint16_t*>(cube.counts.data()));
    else copy(reinterpret_cast<std::uint32_t*>(cube.counts.data()));
    return cube;
}

}  // namespace firstlight
