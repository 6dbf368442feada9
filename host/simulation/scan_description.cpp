#include "host/simulation/scan_description.hpp"

namespace firstlight {

Scan describe(const SimulationScene& scene) {
    const TransportScene& t = scene.transport;
    const SceneDetector& d = t.detector;
    Scan scan;
    scan.name = scene.title;
    scan.path = scene.confocal                      ? LightPath::confocal
                : d.side == DetectorSide::exit_face ? LightPath::transmission
                                                    : LightPath::reflection;
    scan.rows = d.rows;
    scan.columns = d.columns;
    scan.bins = d.bins;
    scan.type = scene.count_type;
    scan.bin_width_s = d.bin_width_s;
    scan.first_bin_centre_s = d.first_edge_s + 0.5 * d.bin_width_s;
    const auto centres = [](std::int64_t n, double pitch_m) {
        std::vector<double> at;
        for (std::int64_t i = 0; i < n; ++i)
            at.push_back((static_cast<double>(i) + 0.5 - 0.5 * static_cast<double>(n)) * pitch_m);
        return at;
    };
    const auto pitch = [&](double size_m, std::int64_t n) {
        return scene.confocal ? size_m / static_cast<double>(n) : d.pitch_m;
    };
    scan.x_m = centres(d.columns, pitch(scene.confocal ? scene.confocal->width_m : 0, d.columns));
    scan.y_m = centres(d.rows, pitch(scene.confocal ? scene.confocal->height_m : 0, d.rows));
    scan.has_views_axis = !scene.view_angles_rad.empty();
    scan.view_angle_rad = scene.view_angles_rad;
    if (scan.has_views_axis) scan.views = static_cast<std::int64_t>(scene.view_angles_rad.size());
    scan.pulses = {scene.pulses};
    if (scene.repetition_rate_hz > 0) {
        scan.repetition_rate_hz = scene.repetition_rate_hz;
        scan.exposure_s = {scene.pulses / scene.repetition_rate_hz};
    }
    if (scene.wavelength_m > 0) scan.wavelength_m = scene.wavelength_m;
    if (scene.pulse_fwhm_s > 0) scan.pulse_fwhm_s = scene.pulse_fwhm_s;
    scan.pde = scene.efficiency;
    if (scene.confocal) {
        if (const auto& slab = scene.confocal->slab) {
            scan.medium.thickness_m = slab->thickness_m;
            scan.medium.refractive_index = slab->refractive_index;
            scan.medium.mu_s_prime_per_m = slab->mu_s_prime_per_m;
            scan.medium.mu_a_per_m = slab->mu_a_per_m;
        }
        return scan;
    }
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

TransportScene reference_scene(const SimulationScene& whole) {
    const TransportScene& scene = whole.transport;
    TransportScene clear = scene;
    if (!whole.medium_in_reference)
        for (SceneLayer& l : clear.layers) l.mu_s_per_m = l.mu_a_per_m = 0;
    clear.objects.clear();
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

}  // namespace firstlight
