// Scans of many views for tests of volume stages: images of all views on the host, run on any backend.
//
//   ViewScan scan(60, 2, 64);                                     // views over 180 degrees, rows, columns
//   scan.project({{0.2, 0.1, 8, 0.05}}, 1e4);                     // cylinders, Poisson counts of an open beam of 1e4
//   const std::vector<float> mu = run_volume_stage<FilteredBackprojection>(queue(), scan, params);
#pragma once

#include <algorithm>
#include <cmath>
#include <random>

#include "tests/support/stage_test.hpp"

namespace firstlight {

// Parallel to z; in pixels, mu per pixel. Cylinders add up.
struct Cylinder {
    double x = 0, y = 0, radius = 1, mu = 1;
};

// Mean over the ray's width of the chord times mu. `s`: pixels from the axis.
inline double chord(const Cylinder& c, double angle, double s) {
    const double middle = s - c.x * std::cos(angle) - c.y * std::sin(angle);
    double sum = 0;
    constexpr int parts = 8;
    for (int i = 0; i < parts; ++i) {
        const double d = middle + (i + 0.5) / parts - 0.5;
        sum += std::abs(d) < c.radius ? 2 * std::sqrt(c.radius * c.radius - d * d) / parts : 0;
    }
    return c.mu * sum;
}

struct ViewScan {
    Scan scan;
    std::map<Layer, std::vector<float>> layers;
    std::vector<std::uint8_t> flags;
    std::vector<float> reference, reference_sigma;  // [rows][columns]
    std::map<std::string, double> found, shared;
    std::vector<std::string> warnings;
    static constexpr double pitch_m = 1e-3;  // so that mu per pixel is mu per mm

    ViewScan(std::int64_t views, std::int64_t rows, std::int64_t columns, double centre_offset = 0,
             double range = M_PI) {
        scan.name = "test scan";
        scan.views = views;
        scan.rows = rows;
        scan.columns = columns;
        scan.bins = 1;
        scan.has_views_axis = true;
        scan.pulses = scan.reference_pulses = {1000};
        for (std::int64_t v = 0; v < views; ++v)
            scan.view_angle_rad.push_back(range * static_cast<double>(v) / static_cast<double>(views));
        for (std::int64_t k = 0; k < columns; ++k)
            scan.x_m.push_back((static_cast<double>(k) - centre(centre_offset)) * pitch_m);
        const auto n = static_cast<std::size_t>(views * rows * columns);
        flags.assign(n, 0);
        for (const Layer l : {Layer::optical_depth, Layer::optical_depth_sigma, Layer::optical_depth_upper_limit,
                              Layer::ballistic, Layer::ballistic_sigma, Layer::background})
            layers[l].assign(n, poison);
        reference.assign(static_cast<std::size_t>(std::max<std::int64_t>(rows * columns, 1)), 0);
        reference_sigma = reference;
    }
    [[nodiscard]] double centre(double offset = 0) const {
        return 0.5 * static_cast<double>(scan.columns - 1) + offset;
    }
    [[nodiscard]] std::size_t ray(std::int64_t v, std::int64_t z, std::int64_t k) const {
        return static_cast<std::size_t>((v * scan.rows + z) * scan.columns + k);
    }
    [[nodiscard]] double position(std::int64_t k) const { return scan.x_m[static_cast<std::size_t>(k)] / pitch_m; }

    // Optical depths of row z's cylinders; without noise where `open` is 0, else from Poisson counts with a background.
    void project(const std::vector<Cylinder>& object, double open = 0, double background = 0, unsigned seed = 1,
                 std::int64_t first_row = 0, std::int64_t rows = -1) {
        std::mt19937 random(seed);
        const std::int64_t last = rows < 0 ? scan.rows : first_row + rows;
        for (std::int64_t v = 0; v < scan.views; ++v)
            for (std::int64_t z = first_row; z < last; ++z)
                for (std::int64_t k = 0; k < scan.columns; ++k) {
                    double depth = 0;
                    for (const Cylinder& c : object)
                        depth += chord(c, scan.view_angle_rad[static_cast<std::size_t>(v)], position(k));
                    set_ray(ray(v, z, k), depth, open, background, random);
                }
        std::fill(reference.begin(), reference.end(), static_cast<float>(open));
        std::fill(reference_sigma.begin(), reference_sigma.end(), static_cast<float>(std::sqrt(open) * 1e-3));
    }
    // What attenuation makes of t = `counts` of which `background` are none of the beam.
    void set_ray(std::size_t i, double depth, double open, double background, std::mt19937& random) {
        if (open == 0) {
            layers[Layer::optical_depth][i] = static_cast<float>(depth);
            layers[Layer::optical_depth_sigma][i] = 0.01F;
            return;
        }
        const double mean = open * std::exp(-depth) + background;
        const double counts = mean > 0 ? std::poisson_distribution<int>(mean)(random) : 0;
        const double s = counts - background, sigma = std::sqrt(std::max(counts, 0.0));
        layers[Layer::ballistic][i] = static_cast<float>(s);
        layers[Layer::ballistic_sigma][i] = static_cast<float>(sigma);
        layers[Layer::background][i] = static_cast<float>(background);
        const bool seen = s > 3 * sigma;
        layers[Layer::optical_depth][i] = seen ? static_cast<float>(-std::log(s / open)) : poison;
        layers[Layer::optical_depth_sigma][i] = seen ? static_cast<float>(sigma / s) : poison;
        const double most = std::max(std::max(s, 0.0) + 1.645 * std::max(sigma, std::sqrt(background + 1)), 3.0);
        layers[Layer::optical_depth_upper_limit][i] = seen ? poison : static_cast<float>(-std::log(most / open));
    }
    [[nodiscard]] VolumeTask task() const {
        VolumeTask t;
        t.views = scan.views;
        t.rows = scan.rows;
        t.columns = scan.columns;
        t.bins = scan.bins;
        t.flags = flags.data();
        for (const auto& [layer, values] : layers) t.layers[static_cast<int>(layer)] = values.data();
        return t;
    }
    // mu per pixel at the middle of a voxel, averaged over it.
    [[nodiscard]] double truth(const std::vector<Cylinder>& object, std::int64_t y, std::int64_t x) const {
        double mu = 0;
        constexpr int parts = 5;
        for (int i = 0; i < parts * parts; ++i) {
            const double u = static_cast<double>(x) - centre() + (i % parts + 0.5) / parts - 0.5;
            const double v = static_cast<double>(y) - centre() + (i / parts + 0.5) / parts - 0.5;  // NOLINT: whole rows
            for (const Cylinder& c : object)
                if (std::hypot(u - c.x, v - c.y) < c.radius) mu += c.mu / (parts * parts);
        }
        return mu;
    }
    // Root of the mean squared error of row z's slice (mu in 1/m), over that of the truth.
    [[nodiscard]] double relative_error(const std::vector<Cylinder>& object, const std::vector<float>& mu,
                                        std::int64_t z = 0) const {
        double error = 0, size = 0;
        for (std::int64_t y = 0; y < scan.columns; ++y)
            for (std::int64_t x = 0; x < scan.columns; ++x) {
                const double t = truth(object, y, x) / pitch_m;
                const double m =
                    static_cast<double>(mu[static_cast<std::size_t>((z * scan.columns + y) * scan.columns + x)]);
                error += (m - t) * (m - t);
                size += t * t;
            }
        return std::sqrt(error / size);
    }
    // Mean of mu (per mm) within half the radius of a cylinder.
    [[nodiscard]] double mean_inside(const Cylinder& c, const std::vector<float>& mu, std::int64_t z = 0) const {
        double sum = 0, n = 0;
        for (std::int64_t y = 0; y < scan.columns; ++y)
            for (std::int64_t x = 0; x < scan.columns; ++x) {
                const double u = static_cast<double>(x) - centre(), v = static_cast<double>(y) - centre();
                if (std::hypot(u - c.x, v - c.y) > c.radius / 2) continue;
                sum += static_cast<double>(mu[static_cast<std::size_t>((z * scan.columns + y) * scan.columns + x)]);
                n += 1;
            }
        return sum / n * pitch_m;
    }
};

// Prepares the stage with the whole scan and runs it once. The volume starts poisoned.
template <class S>
std::vector<float> run_volume_stage(Queue& queue, ViewScan& host, const typename S::Params& params = {}) {
    Keeper keep(queue);
    const VolumeTask whole = host.task();
    ImageTile reference;
    reference.rows = host.scan.rows;
    reference.columns = host.scan.columns;
    reference.layers[static_cast<int>(Layer::ballistic)] = host.reference.data();
    reference.layers[static_cast<int>(Layer::ballistic_sigma)] = host.reference_sigma.data();
    StageContext context{host.scan, keep};
    context.volume_input = &whole;
    context.reference_images = &reference;
    context.found = &host.found;
    context.shared = &host.shared;
    context.warn = [&](const std::string& text) { host.warnings.push_back(text); };
    const typename S::Coefficients coefficients = S::prepare(params, context);
    std::vector<QueueMemory> memory;
    const auto there = [&](const void* data, std::size_t bytes) {
        memory.emplace_back(queue, bytes);
        if (bytes > 0) queue.upload(memory.back().as(), data, bytes, 0);
        queue.synchronize(0);
        return memory.back().as();
    };
    VolumeTask task = whole;
    const auto rays = static_cast<std::size_t>(task.rays());
    for (const float*& layer : task.layers)
        if (layer != nullptr) layer = static_cast<const float*>(there(layer, rays * 4));
    task.flags = static_cast<const std::uint8_t*>(there(task.flags, rays));
    // Kernels take any size; box() refuses fewer than 3 columns, which tests by hand make use of.
    const std::int64_t voxels = host.scan.rows * host.scan.columns * host.scan.columns;
    if (host.scan.columns > 2) EXPECT_EQ(S::box(params, host.scan).voxels(), voxels);
    std::vector<float> volume(static_cast<std::size_t>(voxels), poison);
    task.volume = static_cast<float*>(there(volume.data(), volume.size() * 4));
    run<S>(queue, task, coefficients, 0);
    if (!volume.empty()) queue.download(volume.data(), task.volume, volume.size() * 4, 0);
    queue.synchronize(0);
    return volume;
}

}  // namespace firstlight
