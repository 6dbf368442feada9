#include "host/pipeline/surface_points.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/rendering/colormaps.hpp"
#include "kernels/support/error.hpp"
#include "kernels/support/views.hpp"

namespace firstlight {
namespace {

// Values of a layer, or NaN where there is none.
float value_of(const ImageLayer* layer, std::size_t p) {
    return layer == nullptr ? std::numeric_limits<float>::quiet_NaN() : layer->values[p];
}

// The position of pixel i along an axis, m.
double place(const Axis& axis, std::int64_t i, std::optional<double> pixel_m) {
    return axis.unit == "m" ? axis.at(i) : static_cast<double>(i) * *pixel_m;
}

// How bright the strongest surface of each pixel is, by what the result has; empty where it has nothing of the kind.
struct Brightness {
    std::vector<float> values;
    std::string words;
};
Brightness brightness_of(const GatedImages& images, const Volume* volume) {
    if (const ImageLayer* ballistic = images.layer("ballistic")) return {ballistic->values, "ballistic counts"};
    if (const ImageLayer* counts = images.layer("counts")) return {counts->values, "all counts of the pixel"};
    if (volume == nullptr || images.views != 1 || volume->y.size != images.rows || volume->x.size != images.columns)
        return {};
    const auto pixels = static_cast<std::size_t>(images.pixels());
    std::vector<float> brightest(pixels, std::numeric_limits<float>::quiet_NaN());
    for (std::size_t i = 0; i < volume->values.size(); ++i)
        brightest[i % pixels] = std::fmax(brightest[i % pixels], volume->values[i]);
    return {brightest, "greatest " + volume->name + " along z"};
}

void leave_out_what_none_has(PointCloud& cloud) {
    const auto any = [&](float SurfacePoint::*value) {
        return std::any_of(cloud.points.begin(), cloud.points.end(),
                           [value](const SurfacePoint& p) { return std::isfinite(p.*value); });
    };
    cloud.has_intensity = any(&SurfacePoint::intensity);
    cloud.has_depth_sigma = any(&SurfacePoint::depth_sigma);
}

void colour(PointCloud& cloud) {
    std::vector<float> depths;
    for (const SurfacePoint& p : cloud.points) depths.push_back(p.z);
    std::sort(depths.begin(), depths.end());
    const auto at_share = [&](double share) {
        return static_cast<double>(
            depths[static_cast<std::size_t>(std::lround(share * static_cast<double>(depths.size() - 1)))]);
    };
    const double low = at_share(0.02), high = at_share(0.98);
    for (SurfacePoint& p : cloud.points) {
        const double position = high > low ? (static_cast<double>(p.z) - low) / (high - low) : 0.5;
        const Rgb rgb = colormap(Colormap::viridis, position);
        const auto byte = [](double share) { return static_cast<std::uint8_t>(std::lround(share * 255)); };
        p.red = byte(rgb.red);
        p.green = byte(rgb.green);
        p.blue = byte(rgb.blue);
    }
}

}  // namespace

PointCloud surface_points(const GatedImages& images, const std::string& name, std::optional<double> pixel_m,
                          const Volume* volume) {
    const ImageLayer* depth = images.layer("depth");
    if (depth == nullptr)
        throw Error(ExitCode::bad_input, name + ": there is no layer \"depth\"", "points need one",
                    "reconstruct a scan seen in reflection with --recipe depth");
    if ((images.x.unit != "m" || images.y.unit != "m") && !pixel_m)
        throw Error(ExitCode::bad_input, name + ": its x and y are numbers of pixels",
                    "points are in metres, and the scan did not say where its pixels are (/entry/data/x, y)",
                    "say how far apart pixels are with --pixel-mm");
    const ImageLayer* last_depth = images.layer("depth_last");
    const ImageLayer *arrival = images.layer("arrival"), *last_arrival = images.layer("arrival_last");
    PointCloud cloud;
    cloud.has_views = images.views > 1;
    cloud.comment = "firstlight: surfaces in metres, z is the depth; surface 0: strongest, 1: last";
    const Brightness brightness = brightness_of(images, volume);
    for (std::int64_t i = 0; i < images.pixels(); ++i) {
        const auto p = static_cast<std::size_t>(i);
        if (!images.mask.empty() && (images.mask[p] & masked_flags) != 0) continue;
        const std::int64_t in_view = i % (images.rows * images.columns);
        SurfacePoint point;
        point.x = static_cast<float>(place(images.x, in_view % images.columns, pixel_m));
        point.y = static_cast<float>(place(images.y, in_view / images.columns, pixel_m));
        point.view = static_cast<std::uint16_t>(i / (images.rows * images.columns));
        const auto add = [&](const ImageLayer* z, const char* sigma, float intensity, std::uint8_t surface) {
            if (!std::isfinite(value_of(z, p))) return;
            point.z = value_of(z, p);
            point.depth_sigma = value_of(images.layer(sigma), p);
            point.intensity = intensity;
            point.surface = surface;
            cloud.points.push_back(point);
            cloud.pixels.push_back(i);
        };
        add(depth, "depth_sigma",
            brightness.values.empty() ? std::numeric_limits<float>::quiet_NaN() : brightness.values[p], 0);
        // Smoothing may part the two depths of one surface; its arrivals are the same.
        if (last_arrival != nullptr && value_of(last_arrival, p) != value_of(arrival, p))
            add(last_depth, "depth_last_sigma", value_of(images.layer("ballistic_last"), p), 1);
    }
    if (cloud.points.empty())
        throw Error(ExitCode::bad_input, name + ": no pixel has a depth", "there is nothing to make points of",
                    "look at its mask and at what reconstruct warned of");
    leave_out_what_none_has(cloud);
    if (cloud.has_intensity) cloud.comment += "; intensity: " + brightness.words;
    colour(cloud);
    return cloud;
}

void export_points(const std::filesystem::path& path, const PointCloud& cloud, bool force) {
    write_ply(path, cloud, force);
    if (read_ply(path).points != cloud.points)
        throw Error(ExitCode::output, path.string() + ": holds other points than were written", "", "check the disk");
}

}  // namespace firstlight
