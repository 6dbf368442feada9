#include "host/simulation/simulate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/simulation/unscattered_light.hpp"
#include "kernels/support/error.hpp"
#include "kernels/support/gate_axis.hpp"
#include "kernels/support/run.hpp"

namespace firstlight {
namespace {

constexpr double speed_of_light = 299'792'458.0;
constexpr std::int64_t photons_per_step = std::int64_t{1} << 20;

// Unscattered light as the detector sees it: detections per pulse and times in bins, component after component.
struct Direct {
    std::vector<double> share, position;
    int components = 0;
};

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

TransportScene clear_of(const TransportScene& scene) {
    TransportScene clear = scene;
    for (SceneLayer& l : clear.layers) l.mu_s_per_m = l.mu_a_per_m = 0;
    const SceneTarget* nearest = nullptr;
    for (const SceneTarget& t : scene.targets)
        if (t.reflects && (nearest == nullptr || t.z_m < nearest->z_m)) nearest = &t;
    SceneTarget board;
    if (nearest != nullptr && scene.detector.side == DetectorSide::entry_face) {
        board.z_m = nearest->z_m;
        board.reflects = true;
        board.pattern.rows = board.pattern.columns = 1;
        board.pattern.pitch_m = 1;
        board.pattern.values = {1.0F};
        board.pattern.outside = 1;
    }
    clear.targets.clear();
    if (board.reflects) clear.targets.push_back(board);
    return clear;
}

Scan describe(const SimulationScene& scene) {
    const TransportScene& t = scene.transport;
    const SceneDetector& d = t.detector;
    Scan scan;
    scan.name = scene.title;
    scan.path = d.side == DetectorSide::exit_face ? LightPath::transmission : LightPath::reflection;
    scan.rows = d.rows;
    scan.columns = d.columns;
    scan.bins = d.bins;
    scan.type = scene.count_type;
    scan.bin_width_s = d.bin_width_s;
    scan.first_bin_centre_s = d.first_edge_s + 0.5 * d.bin_width_s;
    for (std::int64_t i = 0; i < d.columns; ++i)
        scan.x_m.push_back((static_cast<double>(i) + 0.5 - 0.5 * static_cast<double>(d.columns)) * d.pitch_m);
    for (std::int64_t i = 0; i < d.rows; ++i)
        scan.y_m.push_back((static_cast<double>(i) + 0.5 - 0.5 * static_cast<double>(d.rows)) * d.pitch_m);
    scan.pulses = {scene.pulses};
    if (scene.repetition_rate_hz > 0) {
        scan.repetition_rate_hz = scene.repetition_rate_hz;
        scan.exposure_s = {scene.pulses / scene.repetition_rate_hz};
    }
    if (scene.wavelength_m > 0) scan.wavelength_m = scene.wavelength_m;
    if (scene.pulse_fwhm_s > 0) scan.pulse_fwhm_s = scene.pulse_fwhm_s;
    scan.pde = scene.efficiency;
    scan.numerical_aperture = d.numerical_aperture;
    // Layers as one medium: means over the thickness, exact for times and optical depths.
    double thickness = 0, path = 0, scattered = 0, reduced = 0, absorbed = 0;
    for (const SceneLayer& l : t.layers) {
        thickness += l.thickness_m;
        path += l.thickness_m * l.refractive_index;
        scattered += l.thickness_m * l.mu_s_per_m;
        reduced += l.thickness_m * l.mu_s_per_m * (1 - l.g);
        absorbed += l.thickness_m * l.mu_a_per_m;
    }
    scan.medium.thickness_m = thickness;
    scan.medium.refractive_index = path / thickness;
    scan.medium.mu_s_per_m = scattered / thickness;
    scan.medium.mu_s_prime_per_m = reduced / thickness;
    scan.medium.mu_a_per_m = absorbed / thickness;
    if (scattered > 0) scan.medium.g = 1 - reduced / scattered;
    scan.has_reference = scene.has_reference;
    if (scene.has_reference) {
        scan.reference_pulses = {scene.reference_pulses};
        scan.filter_transmission = scene.filter_transmission;
    }
    return scan;
}

// Photons through the scene, tallied: scattered light per launched photon.
struct Scattered {
    std::vector<double> image;   // [pixels][bins]
    std::vector<double> orders;  // [orders][bins]
};

Scattered follow_photons(const SimulationScene& scene, Queue& queue, const std::function<bool(double)>& progress) {
    Keeper keep(queue);
    const auto c = PhotonTransport::prepare(scene.photons, scene.transport, keep);
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
    for (task.first = 0; task.first < scene.photons.photons; task.first += photons_per_step) {
        task.photons = std::min(photons_per_step, scene.photons.photons - task.first);
        run<PhotonTransport>(queue, task, c, 0);
        queue.synchronize(0);
        const auto done = static_cast<double>(task.first + task.photons) / static_cast<double>(scene.photons.photons);
        if (progress && !progress(done)) throw Error(ExitCode::interrupted, "the simulation was stopped");
    }
    for (int i = 0; i < 3; ++i) queue.download(on_host[i]->data(), on_queue[i].as(), on_queue[i].bytes(), 0);
    queue.synchronize(0);

    const double unit = 1 / (c.weight_scale * static_cast<double>(scene.photons.photons));
    Scattered light;
    for (const std::int64_t v : image) light.image.push_back(static_cast<double>(v) * unit);
    for (std::int64_t o = 0; o < c.orders; ++o)
        for (std::int64_t t = 0; t < c.bins; ++t)
            light.orders.push_back(static_cast<double>(orders[static_cast<std::size_t>(o * (c.bins + 1) + t)]) * unit);
    return light;
}

struct Recorded {
    std::vector<double> light;          // [pixels][bins] detections per pulse; only where no counts were asked for
    std::vector<std::uint32_t> counts;  // [pixels][bins]
};

Recorded record(const Direct& direct, const std::vector<double>& scattered, const Scan& scan, double pulses,
                std::uint32_t recording, bool count, const DetectorResponse::Coefficients& c, Queue& queue) {
    Keeper keep(queue);
    ResponseTask task;
    task.pixels = scan.pixels();
    task.unscattered = direct.components;
    task.share = keep.keep(direct.share);
    task.position = keep.keep(direct.position);
    task.scattered = keep.keep(scattered);
    const auto cells = static_cast<std::size_t>(scan.pixels() * scan.bins);
    const QueueMemory expected(queue, cells * sizeof(double));
    const QueueMemory counts_there(queue, count ? cells * sizeof(std::uint32_t) : 0);
    task.expected = expected.as<double>();
    task.counts = counts_there.as<std::uint32_t>();
    task.pulses = pulses;
    task.recording = recording;
    run<DetectorResponse>(queue, task, c, 0);
    Recorded made;
    if (count) {
        made.counts.resize(cells);
        queue.download(made.counts.data(), counts_there.as(), counts_there.bytes(), 0);
    } else {
        made.light.resize(cells);
        queue.download(made.light.data(), expected.as(), expected.bytes(), 0);
    }
    queue.synchronize(0);
    return made;
}

// Of the targets, over the pixels of the focal plane: 4 x 4 points per pixel along the axis.
std::vector<double> target_transmission(const SimulationScene& scene) {
    SimulationScene bare = scene;
    for (SceneLayer& l : bare.transport.layers) l.mu_s_per_m = l.mu_a_per_m = 0;
    SimulationScene empty = bare;
    empty.transport = clear_of(scene.transport);
    auto host = open_cpu_queue(1);
    Keeper keep(*host);
    const auto with = unscattered_light(bare.transport, PhotonTransport::prepare(scene.photons, bare.transport, keep));
    const auto without =
        unscattered_light(empty.transport, PhotonTransport::prepare(scene.photons, empty.transport, keep));
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

}  // namespace

SimulatedScan simulate(const SimulationScene& scene, Queue& queue, const std::function<bool(double)>& progress) {
    SimulatedScan out;
    out.title = scene.title;
    out.scene_text = scene.text;
    out.seed = static_cast<std::uint64_t>(scene.photons.seed);
    out.scan = describe(scene);
    Scan& scan = out.scan;
    Keeper keep(queue);
    auto response = DetectorResponse::prepare(scene.response, scan, keep);
    const bool gated = !scene.gates.empty();
    if (gated)  // the camera's dark counts come with the exposure, not with the light's time axis
        response.dark = keep.keep(std::vector<double>(static_cast<std::size_t>(scan.pixels()), 0.0));
    const Scan open = scan;
    if (gated) scan = gated_scan(open, scene.gates, scene.pulses);
    const auto recorded = [&](const Direct& direct, const std::vector<double>& scattered, double pulses,
                              std::uint32_t recording) {
        Recorded made = record(direct, scattered, open, pulses, recording, !gated, response, queue);
        if (!gated) return made.counts;
        return expose(made.light, open, scan, scene.gates, pulses, {response.key_low, response.key_high, recording});
    };

    auto host = open_cpu_queue(1);
    Keeper keep_on_host(*host);
    const TransportScene clear = clear_of(scene.transport);
    const auto light =
        unscattered_light(scene.transport, PhotonTransport::prepare(scene.photons, scene.transport, keep_on_host));
    const auto clear_light = unscattered_light(clear, PhotonTransport::prepare(scene.photons, clear, keep_on_host));
    const double per_photon = scene.photons_per_pulse * scene.efficiency;

    const Scattered scattered = follow_photons(scene, queue, progress);
    std::vector<double> image = scattered.image;
    for (double& v : image) v *= per_photon;
    out.counts = recorded(direct_light(light, open, per_photon), image, scene.pulses, 0);
    if (scene.has_reference)
        out.reference_counts = recorded(direct_light(clear_light, open, per_photon * scene.filter_transmission), {},
                                        scene.reference_pulses, 1);

    double path = 0;
    if (scan.path == LightPath::transmission) {
        path = *scan.medium.refractive_index * *scan.medium.thickness_m;
        scan.arrival_s = path / speed_of_light;
    } else if (!clear_light.empty()) {
        double sum = 0, weight = 0;
        for (std::size_t p = 0; p < clear_light[0].share.size(); ++p) {
            sum += clear_light[0].share[p] * clear_light[0].time_s[p];
            weight += clear_light[0].share[p];
        }
        if (weight > 0) scan.arrival_s = sum / weight;
    }

    out.transmission = target_transmission(scene);
    std::vector<double> reflecting_depth;
    for (const SceneTarget& t : scene.transport.targets)
        if (t.reflects) reflecting_depth.push_back(t.z_m);
    for (std::size_t p = 0; p < static_cast<std::size_t>(scan.pixels()); ++p) {
        double sum = 0, seen = 0, best = 0, depth = std::numeric_limits<double>::quiet_NaN();
        for (std::size_t k = 0; k < light.size(); ++k) {
            sum += light[k].share[p];
            seen += light[k].share[p] * (gated ? sweep_sum(scan, light[k].time_s[p]) : 1.0);
            if (light[k].share[p] > best && k < reflecting_depth.size() && scan.path != LightPath::transmission) {
                best = light[k].share[p];
                depth = reflecting_depth[k];
            }
        }
        out.ballistic.push_back(seen * per_photon * scan.pulses[0]);
        const double clear_share = clear_light.empty() ? 0.0 : clear_light[0].share[p];
        out.optical_depth.push_back(clear_share > 0 ? -std::log(sum / clear_share)
                                                    : std::numeric_limits<double>::quiet_NaN());
        if (scan.path != LightPath::transmission) out.depth_m.push_back(depth);
    }
    out.orders = scene.photons.orders;
    for (const double v : scattered.orders) out.scatter_order.push_back(v * per_photon * scene.pulses);
    return out;
}

PhotonCube as_cube(const Scan& scan, const std::vector<std::uint32_t>& counts) {
    PhotonCube cube(scan.type, 1, scan.rows, scan.columns, scan.bins);
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
