#include "host/pipeline/view_images.hpp"

#include <algorithm>

#include "kernels/support/layers.hpp"

namespace firstlight {

const std::vector<float>* ViewImages::layer(Layer which) const {
    for (std::size_t l = 0; l < layers.size(); ++l)
        if (layers[l] == which) return &values[l];
    return nullptr;
}

ImageTile ViewImages::tile(std::int64_t rows, std::int64_t columns) {
    ImageTile t;
    t.rows = rows;
    t.columns = columns;
    for (std::size_t l = 0; l < layers.size(); ++l) t.layers[static_cast<int>(layers[l])] = values[l].data();
    t.flags = flags.data();
    return t;
}

namespace {

// Without layers and mask.
GatedImages axes_of(const Scan& scan, const std::vector<double>& view_angles, std::int64_t views) {
    GatedImages images;
    images.views = views;
    images.rows = scan.rows;
    images.columns = scan.columns;
    images.has_views_axis = scan.has_views_axis;
    const auto pixel_axis = [](const char* name, const char* what, std::int64_t n, const std::vector<double>& at) {
        return at.empty() ? index_axis(name, "pixel index", n) : listed_axis(name, "m", what, at);
    };
    images.y = pixel_axis("y", "position in the object plane", scan.rows, scan.y_m);
    images.x = pixel_axis("x", "position in the object plane", scan.columns, scan.x_m);
    images.view = view_angles.empty() ? index_axis("view", "view index", views)
                                      : listed_axis("view", "rad", "rotation angle", view_angles);
    return images;
}

}  // namespace

GatedImages images_of(const Scan& scan) {
    GatedImages images = axes_of(scan, scan.view_angle_rad, scan.views);
    images.mask.assign(static_cast<std::size_t>(images.pixels()), 0);
    return images;
}

GatedImages images_of(const Scan& scan, std::int64_t view, ViewImages&& from) {
    std::vector<double> angle;
    if (!scan.view_angle_rad.empty()) angle = {scan.view_angle_rad[static_cast<std::size_t>(view)]};
    GatedImages images = axes_of(scan, angle, 1);
    for (int l = 0; l < layer_count; ++l)
        for (std::size_t k = 0; k < from.layers.size(); ++k) {
            if (from.layers[k] != static_cast<Layer>(l)) continue;
            const LayerInfo& info = layer_info(from.layers[k]);
            images.layers.push_back({info.name, info.unit, info.long_name, std::move(from.values[k])});
        }
    images.mask = std::move(from.flags);
    return images;
}

std::vector<float>& layer_values(GatedImages& images, Layer which) {
    const LayerInfo& info = layer_info(which);
    if (images.layer(info.name) == nullptr)
        images.layers.push_back(
            {info.name, info.unit, info.long_name, std::vector<float>(static_cast<std::size_t>(images.pixels()))});
    return images.layer(info.name)->values;
}

void store_view(const ViewImages& from, std::int64_t view, GatedImages& images) {
    const auto offset = static_cast<std::ptrdiff_t>(images.rows * images.columns) * view;
    for (int l = 0; l < layer_count; ++l) {
        const std::vector<float>* values = from.layer(static_cast<Layer>(l));
        if (values == nullptr) continue;
        std::copy(values->begin(), values->end(), layer_values(images, static_cast<Layer>(l)).begin() + offset);
    }
    std::copy(from.flags.begin(), from.flags.end(), images.mask.begin() + offset);
}

}  // namespace firstlight
