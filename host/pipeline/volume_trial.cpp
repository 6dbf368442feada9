#include "host/pipeline/volume_trial.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "host/pipeline/view_images.hpp"
#include "host/pipeline/volume_run.hpp"
#include "kernels/support/layers.hpp"
#include "kernels/support/parallel_for.hpp"

namespace firstlight {
namespace {

constexpr std::int64_t trial_views = 48, trial_rows = 16, trial_columns = 96, trial_light_side = 32;

std::vector<double> centred(const std::vector<double>& at, std::int64_t size) {
    if (at.size() < 2) return {};
    const double pitch = (at.back() - at.front()) / static_cast<double>(at.size() - 1);
    std::vector<double> out(static_cast<std::size_t>(size));
    for (std::int64_t i = 0; i < size; ++i)
        out[static_cast<std::size_t>(i)] = (static_cast<double>(i) - 0.5 * static_cast<double>(size - 1)) * pitch;
    return out;
}

// The scan made smaller, without what it knows of each pixel.
Scan small_scan(const Scan& whole, std::int64_t views, std::int64_t rows, std::int64_t columns) {
    Scan scan = whole;
    scan.views = std::min(views, whole.views);
    scan.rows = std::min(rows, whole.rows);
    scan.columns = std::min(columns, whole.columns);
    scan.x_m = centred(whole.x_m, scan.columns);
    scan.y_m = centred(whole.y_m, scan.rows);
    if (!whole.view_angle_rad.empty()) {
        scan.view_angle_rad.clear();
        for (std::int64_t v = 0; v < scan.views; ++v)
            scan.view_angle_rad.push_back(M_PI * static_cast<double>(v) / static_cast<double>(scan.views));
    }
    for (std::vector<double>* values : {&scan.pulses, &scan.reference_pulses, &scan.exposure_s})
        if (values->size() > 1) *values = {values->front()};
    scan.t0_map_s.clear();
    scan.dark_rate_hz.clear();
    scan.flat.clear();
    scan.pixel_mask.clear();
    if (scan.irf.per_pixel) scan.irf = {};
    return scan;
}

// A disk that takes up a third of the columns, of optical depth 1 across: what any view of a cylinder looks like.
GatedImages made_up_images(const Scan& scan, bool is_reference) {
    GatedImages images = images_of(scan);
    const std::pair<Layer, double> layers[] = {{Layer::ballistic, 1000},
                                               {Layer::ballistic_sigma, 32},
                                               {Layer::background, 20},
                                               {Layer::optical_depth, 0},
                                               {Layer::optical_depth_sigma, 0.04}};
    for (const auto& [layer, open] : layers) {
        std::vector<float>& values = layer_values(images, layer);
        for (std::size_t i = 0; i < values.size(); ++i) {
            const auto x = static_cast<std::int64_t>(i) % scan.columns;
            const double u = 6.0 * (static_cast<double>(x) / static_cast<double>(scan.columns) - 0.5);
            const double depth = is_reference || u * u >= 1 ? 0 : std::sqrt(1 - u * u);
            // Noise of the stated size, or stages that stop when the data are explained would stop at once.
            const double noise = std::sqrt(12.0) * (std::fmod(static_cast<double>(i) * 0.6180339887498949, 1.0) - 0.5);
            values[i] = static_cast<float>(layer == Layer::ballistic       ? open * std::exp(-depth) + 32 * noise
                                           : layer == Layer::optical_depth ? depth + 0.04 * noise
                                                                           : open);
        }
    }
    return images;
}

std::vector<float> made_up_light(const Scan& scan) {
    std::vector<float> light(static_cast<std::size_t>(scan.pixels() * scan.bins));
    for (std::size_t i = 0; i < light.size(); ++i) {
        const double t = static_cast<double>(static_cast<std::int64_t>(i) % scan.bins) / static_cast<double>(scan.bins);
        light[i] = static_cast<float>(std::floor(40 * t * std::exp(-4 * t)));
    }
    return light;
}

}  // namespace

double expected_volume_seconds(const Scan& whole, const Recipe& recipe) {
    const RecipeStage* stage = recipe.volume();
    if (stage == nullptr) return 0;
    const bool uses_light = stage->stage->uses_light;
    (void)stage->stage->box(stage->params.get(), whole);
    const Scan scan = uses_light ? small_scan(whole, 1, trial_light_side, trial_light_side)
                                 : small_scan(whole, trial_views, trial_rows, trial_columns);
    Scan one_view = scan;
    one_view.views = 1;
    GatedImages images = made_up_images(scan, false);
    GatedImages reference_images = made_up_images(one_view, true);
    ImageTile reference;
    reference.rows = scan.rows;
    reference.columns = scan.columns;
    reference.flags = reference_images.mask.data();
    for (ImageLayer& layer : reference_images.layers)
        reference.layers[static_cast<int>(find_layer(layer.name)->layer)] = layer.values.data();
    const std::vector<float> light = uses_light ? made_up_light(scan) : std::vector<float>();
    const std::vector<float> dark(uses_light ? static_cast<std::size_t>(scan.pixels()) : 0, 0.1F);

    const std::unique_ptr<Queue> queue = open_cpu_queue(machine_threads());
    Keeper keep(*queue);
    std::map<std::string, double> found;
    StageContext context{scan, keep};
    context.view = scan.views - 1;
    context.reference_images = &reference;
    context.found = &found;
    context.warn = [](const std::string&) {};
    const auto start = std::chrono::steady_clock::now();
    (void)run_volume({scan, *stage, *queue, scan.rows, images, light, dark, context});
    const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const auto times = [](std::int64_t all, std::int64_t part) {
        return static_cast<double>(all) / static_cast<double>(part);
    };
    const double columns = times(whole.columns, scan.columns);
    return took * times(whole.rows, scan.rows) * columns * (uses_light ? 1 : columns * times(whole.views, scan.views));
}

}  // namespace firstlight
